"""Names as in the passport, and as its machine-readable line spells them: what an airline's ticket can take."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Literal

NameWarning = Literal["latin_letters_needed", "name_too_long", "single_name"]

MAX_NAME_CHARACTERS = 100
MAX_TICKET_LETTERS = 20
"""Longer given or family names are cut on many carriers' tickets."""

_APOSTROPHES = "'\u2018\u2019\u02bb\u02bc\u05f3"
_HYPHENS = "-\u2010\u2011"
_INNER_DOTS = "\u00b7\u30fb"
_JOINERS = "\u200c\u200d"
"""Persian and Indic names are spelt with them."""
_SIGNS = frozenset(_APOSTROPHES + _HYPHENS + _INNER_DOTS + _JOINERS + ". ")
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0")
"""Fillers of the Korean script: letters by category, and nothing to see."""

_SPELLINGS = {
    **dict.fromkeys("ĐÐ", "D"),
    **dict.fromkeys("ŒØ", "OE"),
    **dict.fromkeys(_HYPHENS + ".", " "),
    **dict.fromkeys(_APOSTROPHES + _INNER_DOTS + _JOINERS, ""),
    "Ł": "L",
    "Ħ": "H",
    "Ŧ": "T",
    "Ŋ": "N",
    "ĸ": "Q",
    "Æ": "AE",
    "Þ": "TH",
    "ẞ": "SS",
}
"""What is more than a letter with a mark, after ICAO Doc 9303, part 3."""
_DOUBLED = {"Ä": "AE", "Ö": "OE", "Ü": "UE", "Å": "AA"}
_DOUBLING_COUNTRIES = frozenset({"AT", "CH", "DE", "DK", "FI", "IS", "LI", "NO", "SE"})
"""Whose passports write these letters as two; elsewhere (Türkiye, Spain) the marks are dropped."""

_PLACEHOLDERS = frozenset({"FNU", "LNU", "NFN", "NLN", "XXX"})
"""What authorities and carriers write in place of the name a person does not have."""


def check_name(text: str) -> str:
    """The name in NFC with single spaces; raises ValueError unless it is letters and the signs names have."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if len(name) > MAX_NAME_CHARACTERS or not any(_is_letter(character) for character in name):
        raise ValueError("no name")
    if _is_mark(name[0]) or not all(_may_stand(character) for character in name):
        raise ValueError("characters that names do not have")
    return name


def to_latin(name: str, country: str | None = None) -> str | None:
    """The name in capitals A-Z and spaces, as passports of `country` have it; None where a letter has no such form."""
    capitals = unicodedata.normalize("NFC", name).upper()
    if country in _DOUBLING_COUNTRIES:
        capitals = _spell(capitals, _DOUBLED)
    bare = [each for each in unicodedata.normalize("NFKD", capitals) if unicodedata.category(each) != "Mn"]
    spelt = " ".join(_spell("".join(bare).upper(), _SPELLINGS).split())
    return spelt if re.fullmatch(r"[A-Z]+(?: [A-Z]+)*", spelt) else None


def find_name_warnings(first_name: str, last_name: str, country: str | None = None) -> list[NameWarning]:
    """What an airline may not take as it is."""
    latin = [to_latin(first_name, country), to_latin(last_name, country)]
    warnings: list[NameWarning] = []
    if None in latin:
        warnings.append("latin_letters_needed")
    if any(len(name) > MAX_TICKET_LETTERS for name in latin if name):
        warnings.append("name_too_long")
    if first_name.casefold() == last_name.casefold() or not _PLACEHOLDERS.isdisjoint(latin):
        warnings.append("single_name")
    return warnings


def _is_letter(character: str) -> bool:
    return unicodedata.category(character).startswith("L") and character not in _BLANK_LETTERS


def _may_stand(character: str) -> bool:
    return _is_letter(character) or _is_mark(character) or character in _SIGNS


def _is_mark(character: str) -> bool:
    """Whether this stands on a letter; what encloses one, such as a keycap, is no part of a name."""
    return unicodedata.category(character) in ("Mn", "Mc")


def _spell(text: str, spellings: Mapping[str, str]) -> str:
    return "".join(spellings.get(character, character) for character in text)
