"""Cases as data, and the ways a phrase is typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from understanding.frame import Ambiguity, DateRange, PlaceRef, Problem

NOW = datetime(2026, 11, 25, 10, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
"""A Wednesday."""


def read_table(file_name: str) -> list[tuple[str, ...]]:
    lines = Path(__file__).with_name(file_name).read_text(encoding="utf-8").splitlines()
    return [tuple(line.split("\t")) for line in lines if line and not line.startswith("#")]


def without_marks(phrase: str) -> str:
    decomposed = unicodedata.normalize("NFD", phrase.replace("đ", "d").replace("Đ", "D"))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def typed(phrase: str) -> Iterator[str]:
    """The phrase as written, decomposed, in capitals, with extra blanks."""
    yield phrase
    yield unicodedata.normalize("NFD", phrase)
    yield phrase.upper()
    yield f"  {phrase.replace(' ', '   ')} "


def notation(value: date | DateRange | PlaceRef | Ambiguity | Problem) -> str:
    """A result as the tables write it."""
    match value:
        case DateRange():
            return f"{value.first}..{value.last}"
        case Ambiguity():
            return "|".join(value.readings) + ("|" if len(value.readings) == 1 else "")
        case Problem():
            return f"!{value.code}"
        case PlaceRef():
            return f"{value.iata}{'*' if value.kind == 'airport' else ''}"
    return str(value)
