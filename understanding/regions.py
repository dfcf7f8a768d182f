"""Countries and states: which of the places of one name is meant by what is said behind it, or by the other end."""

from __future__ import annotations

import re
from functools import cache

from domain.airports import cities, city_airports, country_of, region_of
from understanding.grammar import Vocabulary
from understanding.language import is_common_word
from understanding.place_names import PlaceName, list_regions, town_name
from understanding.text import Text, fold

_BETWEEN = {",", "(", "in", "the", "state", "province", "of", "o", "ben", "thuoc", "bang", "tinh", "nuoc"}
MOST_BETWEEN = 3
_SHORT_SAINT = re.compile(r"^st\b ?\.? ?")
_WORDS = {"or", "me", "in", "hi", "ok", "la", "id", "on", "de"}
"""Abbreviations of states that are words in small letters."""


def read_region(text: Text, index: int) -> tuple[tuple[str, ...], int] | None:
    """The country or state named right behind a place that ends at a token, and the token after it."""
    start = index
    while start < index + MOST_BETWEEN and text.word(start) in _BETWEEN:
        start += 1
    if start >= len(text.tokens):
        return None
    found = _regions().read(text, start)
    if found and not _is_everyday(text, start, found[0][1]):
        end = found[0][1]
        codes = tuple(dict.fromkeys(code for code, its_end in found if its_end == end))
    elif _is_abbreviation(text, start):
        codes, end = _abbreviations()[text.word(start)], start + 1
    else:
        return None
    return codes, end + (text.word(index) == "(" and text.word(end) == ")")


def codes_in(codes: tuple[str, ...], regions: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the places that lie in one of the countries or states."""
    return tuple(code for code in codes if any(_is_in(code, region) for region in regions))


def place_in(name: PlaceName, words: str, regions: tuple[str, ...]) -> PlaceName | None:
    """The place of a name that lies in a country or state: one of those meant by it, or a town of the library."""
    if within := codes_in(name.codes, regions):
        return PlaceName(within, name.kind)
    said = fold(words)
    towns = [town for spelling in (said, _SHORT_SAINT.sub("saint ", said)) if (town := town_name(spelling))]
    within = codes_in(tuple(code for town in towns for code in town.codes), regions)
    known = tuple(code for code in within if code in cities())
    return PlaceName(known or tuple(dict.fromkeys(within)), "city" if known else "airport") if within else None


def is_state(name: PlaceName) -> bool:
    return name.kind == "country" and "-" in name.codes[0]


def _is_in(code: str, region: str) -> bool:
    country, _, state = region.partition("-")
    if country_of(code) != country:
        return False
    return not state or any(region_of(airport) == _state_names()[region] for airport in city_airports(code))


def _is_abbreviation(text: Text, index: int) -> bool:
    """ "Portland, ME", "austin tx"; in small letters no everyday word."""
    token = text.tokens[index]
    if token.word not in _abbreviations() or token.marks:
        return False
    if token.written.isupper() and not text.written.isupper():
        return True
    is_word = token.word in _WORDS or (text.word(index - 1) != "," and is_common_word(token))
    return not is_word


def _is_everyday(text: Text, start: int, end: int) -> bool:
    """ "To Tampa, my wife and I" names no "Mỹ"."""
    token = text.tokens[start]
    is_name = bool(token.marks) or (token.is_capitalised and text.tokens[start - 1].word in _BETWEEN)
    return end == start + 1 and not is_name and is_common_word(token)


@cache
def _regions() -> Vocabulary:
    return Vocabulary([(name, code) for code, names in list_regions() for name in names])


@cache
def _abbreviations() -> dict[str, tuple[str, ...]]:
    abbreviations: dict[str, tuple[str, ...]] = {}
    for code, _ in list_regions():
        if "-" in code:
            short = code.partition("-")[2].lower()
            abbreviations[short] = (*abbreviations.get(short, ()), code)
    return abbreviations


@cache
def _state_names() -> dict[str, str]:
    return {code: names[0] for code, names in list_regions()}
