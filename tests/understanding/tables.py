"""Cases as data, and the ways a phrase is typed."""

from __future__ import annotations

import functools
import inspect
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from understanding.frame import Ambiguity, DateRange, PlaceRef, Problem

NOW = datetime(2026, 11, 25, 10, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
"""A Wednesday."""

ROWS_IN_A_LOT = 40


def read_table(file_name: str) -> list[tuple[str, ...]]:
    lines = Path(__file__).with_name(file_name).read_text(encoding="utf-8").splitlines()
    return [tuple(line.split("\t")) for line in lines if line and not line.startswith("#")]


def in_lots(rows: Iterable[Any]) -> Callable[[Callable[..., None]], Callable[[list[Any]], None]]:
    """Ask a test about every row, a tuple being its arguments, and tell all that are wrong of a lot at once.

    As `pytest.mark.parametrize` for large tables: a test of its own costs more than reading most rows does.
    """
    every = list(rows)
    lots = {f"{at + 1}-": every[at : at + ROWS_IN_A_LOT] for at in range(0, len(every), ROWS_IN_A_LOT)}

    def ask_by_lots(test: Callable[..., None]) -> Callable[[list[Any]], None]:
        @functools.wraps(test)
        def ask(lot: list[Any]) -> None:
            wrong: list[tuple[Any, Exception]] = []
            for row in lot:
                try:
                    test(*row) if isinstance(row, tuple) else test(row)
                except Exception as error:
                    wrong.append((row, error))
            if wrong:
                told = "\n\n".join(f"{row!r}\n{type(error).__name__}: {error}" for row, error in wrong)
                raise AssertionError(f"{len(wrong)} of {len(lot)} rows are wrong\n\n{told}") from wrong[0][1]

        # else pytest looks for fixtures named like the cells
        vars(ask)["__signature__"] = inspect.Signature([inspect.Parameter("lot", inspect.Parameter.KEYWORD_ONLY)])
        by_lots: Callable[[list[Any]], None] = pytest.mark.parametrize("lot", lots.values(), ids=lots.keys())(ask)
        return by_lots

    return ask_by_lots


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
