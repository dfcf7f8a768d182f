"""What places are called: our tables of names, the library's towns, and names with a letter off."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from domain.airports import RENAMED, airports_by_town, cities, city_airports, city_code_of, much_travelled
from understanding.grammar import Vocabulary
from understanding.language import is_everyday_phrase
from understanding.text import fold, read_text

PlaceKind = Literal["city", "airport", "country", "unknown"]

FUZZY_LENGTH = 6
"""Names shorter than this are too alike to forgive a wrong letter."""
JOINED_LENGTH = 5
"""Names of several words are also typed as one, "kualalumpur"; shorter ones would be other words."""
MOST_SIMILAR = 3
_ABBREVIATED = {"st": "saint", "ft": "fort", "mt": "mount"}


class PlaceName(NamedTuple):
    """What a name stands for: codes, the likeliest first. A country's code is ISO, the others' IATA.

    A state is a country too, "US-OR": no place to fly to. What nobody knows has no code.
    """

    codes: tuple[str, ...]
    kind: PlaceKind


def list_spoken_names() -> Iterator[tuple[PlaceName, list[str]]]:
    """What cities and airports are called beside their own names: shorthand, old names, towns without an airport."""
    for codes, kind, names in _rows("place_names.tsv"):
        yield PlaceName(tuple(codes.split(",")), "airport" if kind == "airport" else "city"), names.split(", ")


def list_regions() -> Iterator[tuple[str, list[str]]]:
    """Countries and states with their names, the library's spelling of a state first."""
    for code, names in _rows("countries.tsv"):
        yield code, names.split(", ")


@cache
def names() -> Vocabulary:
    return Vocabulary(_phrases())


@cache
def codes() -> frozenset[str]:
    """The codes we know without the library."""
    return frozenset({*cities(), *RENAMED, *(airport for city in cities().values() for airport in city.airports)})


def name_of_code(code: str, *, anywhere: bool) -> PlaceName | None:
    """The place of an IATA code; `anywhere` in the world, or only the well-known."""
    if code not in codes() and not (anywhere and code.isascii() and city_airports(code)):
        return None
    current = RENAMED.get(code, code)
    is_city = current in cities() or len(city_airports(current)) > 1
    return PlaceName((current,), "city" if is_city else "airport")


def town_name(words: str) -> PlaceName | None:
    """A town of the library that none of our names covers."""
    found = _towns().get(words) if words else None
    return PlaceName(found, "airport") if found else None


def similar_name(words: list[str]) -> PlaceName | None:
    """The name that differs by a letter: left out, added, or mistaken; of several similar ones the much-travelled.

    It has as many words as were said, or they were said as one.
    """
    letters = "".join(words)
    if len(letters) < FUZZY_LENGTH - 1:
        return None
    keys = {letters, *_without_one_letter(letters)}
    alike = {similar for key in keys for similar in _misspellings().get(key, ())}
    found = {name for known, count, name in alike if len(words) in {1, count} and _is_one_letter_off(letters, known)}
    found = {name for name in found if any(city_code_of(code) in much_travelled() for code in name.codes)} or found
    return merge_names(sorted(found)) if 0 < len(found) <= MOST_SIMILAR else None


@cache
def spoken_airport_names() -> dict[str, str]:
    """What airports are called first, by code."""
    spoken: dict[str, str] = {}
    for name, spellings in list_spoken_names():
        if name.kind == "airport":
            spoken.setdefault(name.codes[0], spellings[0])
    return spoken


@cache
def _rows(file_name: str) -> tuple[tuple[str, ...], ...]:
    lines = Path(__file__).with_name(file_name).read_text(encoding="utf-8").splitlines()
    return tuple(tuple(line.split("\t")) for line in lines[1:])


def _phrases() -> Iterator[tuple[str, PlaceName]]:
    for spelling, name in _spellings():
        for variant in dict.fromkeys(_variants(spelling)):
            yield variant, name


def _spellings() -> Iterator[tuple[str, PlaceName]]:
    for city in cities().values():
        for spelling in dict.fromkeys((city.name_vi, city.name_en)):
            yield spelling, PlaceName((city.code,), "city")
    for name, spellings in list_spoken_names():
        for spelling in spellings:
            yield spelling, name
    for code, spellings in list_regions():
        for spelling in spellings:
            yield spelling, PlaceName((code,), "country")


def _variants(spelling: str) -> Iterator[str]:
    """The ways a name is typed: with forgiven marks, without its signs, as one word, "St" written out."""
    words = [token.written for token in read_text(spelling).tokens]
    yield _as_pattern(words)
    plain = [word for word in words if word[0].isalnum()]
    if len(plain) < len(words):
        yield _as_pattern(plain)
        if "'" in spelling:
            yield _as_pattern([token.written for token in read_text(spelling.replace("'", "")).tokens])
    if len(plain) > 1 and len(joined := "".join(plain)) >= JOINED_LENGTH:
        yield f"~{joined}"
    first = fold(plain[0])
    for short, full in _ABBREVIATED.items():
        if first in {short, full} and len(plain) > 1:
            yield _as_pattern([short, *plain[1:]])
            yield _as_pattern([short, ".", *plain[1:]])
            yield _as_pattern([full, *plain[1:]])


def _as_pattern(words: list[str]) -> str:
    """In a name of several words, and in a foreign one, a wrong mark is forgiven: "Đà Nắng", "Ôsaka"; not if it makes
    another word of it: "giá lại" is no Gia Lai."""
    if is_everyday_phrase(fold(" ".join(words))):
        return " ".join(f"^{word}" for word in words)
    length = len(" ".join(words))
    is_foreign = len(words) == 1 and length >= JOINED_LENGTH and words[0].isascii()
    if is_foreign or (len(words) > 1 and length >= FUZZY_LENGTH):
        return " ".join(f"~{word}" for word in words)
    return " ".join(words)


@cache
def _towns() -> dict[str, tuple[str, ...]]:
    towns: dict[str, tuple[str, ...]] = {}
    for town, its_codes in airports_by_town().items():
        towns[fold(town)] = towns.get(fold(town), ()) + its_codes
    return towns


@cache
def _misspellings() -> dict[str, set[tuple[str, int, PlaceName]]]:
    """By what is left of a name when a letter falls out: the name's letters, its number of words, what it means."""
    meanings: dict[tuple[str, int], set[PlaceName]] = {}
    for spelling, name in _spellings():
        words = [token.word for token in read_text(spelling).tokens if token.word.isalnum()]
        letters = "".join(words)
        if len(letters) >= FUZZY_LENGTH and name.kind != "country":
            meanings.setdefault((letters, len(words)), set()).add(name)
    misspellings: dict[str, set[tuple[str, int, PlaceName]]] = {}
    for (letters, count), names_meant in meanings.items():
        name = merge_names(sorted(names_meant))
        for key in {letters, *_without_one_letter(letters)}:
            misspellings.setdefault(key, set()).add((letters, count, name))
    return misspellings


def merge_names(found: list[PlaceName]) -> PlaceName:
    """One name for several places: Birmingham. A city outranks the country of its name."""
    ranked = [name for name in found if name.kind != "country"] or found
    return PlaceName(tuple(dict.fromkeys(code for name in ranked for code in name.codes)), ranked[0].kind)


def _is_one_letter_off(said: str, known: str) -> bool:
    """One letter left out, added, mistaken, or swapped with the next: "narnia" is no "narita"."""
    start = next((index for index, pair in enumerate(zip(said, known, strict=False)) if pair[0] != pair[1]), len(known))
    said, known = said[start:], known[start:]
    is_swapped = said[:2] == known[1::-1] and said[2:] == known[2:]
    return is_swapped or known[1:] in {said, said[1:]} or said[1:] == known


def _without_one_letter(letters: str) -> Iterator[str]:
    """The first letter is held to be right."""
    return (letters[:index] + letters[index + 1 :] for index in range(1, len(letters)))
