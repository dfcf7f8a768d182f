"""How people say places: names with and without diacritics, shorthand, old and foreign names, and IATA codes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from domain.airports import RENAMED, airports_by_town, cities, city_airports, city_name, find_airport
from understanding.frame import Ambiguity, Language, PlaceRef, Problem
from understanding.grammar import Vocabulary
from understanding.people import is_titled
from understanding.text import Text, Token, fold, read_text

PlaceKind = Literal["city", "airport", "country"]
ResolvedPlace = PlaceRef | Ambiguity | Problem

FUZZY_LENGTH = 6
"""Names shorter than this are too alike to forgive a wrong letter."""
MOST_READINGS = 5
SHORT_COUNTRY_LETTERS = 4
_PREFIXES = {
    "thanh",
    "pho",
    "tp",
    "tinh",
    "san",
    "bay",
    "dao",
    "nuoc",
    "quoc",
    "te",
    "city",
    "airport",
    "the",
    "of",
    ".",
}
_WORDS_THAT_ARE_CODES = {
    *("can", "man", "per", "sin", "bud", "ham", "sea", "den", "las", "aus", "dad", "mad", "pen", "sub", "van"),
    *("tan", "nan", "san", "sai", "mel", "hue", "vie", "bom", "lim", "bog", "sof", "lis", "hel", "los", "mia"),
    *("hou", "chi", "cap", "del", "don", "dau", "hen", "hai", "ban", "ben", "bay", "boi", "sao", "cai", "cao"),
    *("cho", "chu", "con", "mai", "nam", "phu", "qua", "tam", "tin", "toi", "tru", "vui", "tim", "lon", "may"),
    *("one", "two", "ten", "our", "out", "and", "the", "for", "you", "not", "any", "was", "has"),
}
_SHORTHAND_IN_VIETNAMESE = {"sg": ("SGN", "SIN"), "dn": ("DAD", "LTH")}
"""Places in a Vietnamese sentence; in an English one they may be another."""


class PlaceName(NamedTuple):
    """What a name stands for: codes, the likeliest first. A country's code is ISO, the others' IATA."""

    codes: tuple[str, ...]
    kind: PlaceKind


class PlaceMention(NamedTuple):
    """A place at tokens `start` up to `end`."""

    start: int
    end: int
    phrase: str
    name: PlaceName
    is_sure: bool
    """False for a word that is a place only beside a word such as "from"."""

    def resolve(self, field: str, language: Language) -> ResolvedPlace:
        return refer(self.name, self.phrase, field, language)


def find_places(text: Text, language: Language) -> list[PlaceMention]:
    """Every name and code of a place, from left to right; a longer name wins."""
    mentions: list[PlaceMention] = []
    index = 0
    while index < len(text.tokens):
        found = list(_places_at(text, index, language))
        is_after_place = bool(mentions) and mentions[-1].end == index
        if is_after_place or not _is_person(text, index):
            mentions.extend(found)
        index = found[-1].end if found else index + 1
    return [mention for mention in mentions if not _is_country_of_another(mention, mentions)]


def resolve_place(phrase: str, *, language: Language, field: str = "place") -> ResolvedPlace:
    """What a place phrase or an IATA code means: one place, several to choose from, or why it is none."""
    text = read_text(phrase)
    name = find_name(text, language)
    if name:
        return refer(name, phrase.strip(), field, language)
    return Problem(field=field, code="unknown_place", params={"phrase": phrase.strip()})


def find_name(text: Text, language: Language = "vi", *, is_town_known: bool = True) -> PlaceName | None:
    """The place a whole phrase names: our names, any code, or one letter off a name.

    With `is_town_known` any town of the world that has an airport counts too, of which many are everyday words.
    """
    start = 0
    while start < len(text.tokens) - 1 and text.word(start) in _PREFIXES:
        start += 1
    for first in (0, start):
        mention = next(_places_at(text, first, language), None) if text.tokens else None
        if mention and _is_rest_ignorable(text, mention.end):
            return mention.name
    words = [token.word for token in text.tokens[start:]]
    if (
        is_town_known
        and len(words) == 1
        and len(words[0]) == 3
        and (name := _name_of_code(words[0].upper(), anywhere=True))
    ):
        return name
    town = _town(" ".join(words)) if is_town_known else None
    return town or _similar_name("".join(words))


def refer(name: PlaceName, phrase: str, field: str, language: Language) -> ResolvedPlace:
    if name.kind == "country":
        return Problem(field=field, code="needs_city", params={"phrase": phrase})
    if len(name.codes) > 1:
        return Ambiguity(field=field, phrase=phrase, readings=name.codes[:MOST_READINGS])
    return place_ref(name.codes[0], language, is_airport=name.kind == "airport")


def list_spoken_names() -> Iterator[tuple[PlaceName, list[str]]]:
    """What cities and airports are called beside their own names: shorthand, old names, towns without an airport."""
    for codes, kind, names in _rows("place_names.tsv"):
        yield PlaceName(tuple(codes.split(",")), "airport" if kind == "airport" else "city"), names.split(", ")


def place_ref(code: str, language: Language, *, is_airport: bool | None = None) -> PlaceRef:
    """A place for the frame, named in the language. A code that is both a city's and an airport's means the city."""
    current = RENAMED.get(code, code)
    if is_airport is None:
        is_airport = current not in cities() and find_airport(current) is not None
    name = _airport_name(current, language) if is_airport else city_name(current, language)
    return PlaceRef(iata=current, name=name, kind="airport" if is_airport else "city")


def _places_at(text: Text, index: int, language: Language) -> Iterator[PlaceMention]:
    token = text.tokens[index]
    found = _names().read(text, index)
    if _is_written_as_code(token) and (not found or found[0][1] == index + 1):
        found = []  # HAN is Hanoi, not "Hàn"
    if found:
        end = found[0][1]
        name = _merge([name for name, its_end in found if its_end == end])
        if spoken := _shorthand(token, language):
            name = PlaceName(spoken, "city")
        is_short_country = name.kind == "country" and end == index + 1 and len(token.word) <= SHORT_COUNTRY_LETTERS
        is_sure = _is_sure(text, index, end) and not is_short_country
        if name.kind != "country" or _is_country_here(text, index, end):
            yield PlaceMention(index, end, text.phrase(index, end), name, is_sure)
    elif len(token.word) == 3 and (name_of_code := _name_of_code(token.word.upper(), anywhere=False)):
        is_sure = token.written.isupper() and not (text.written.isupper() and token.word in _WORDS_THAT_ARE_CODES)
        if is_sure or token.word not in _WORDS_THAT_ARE_CODES:
            yield PlaceMention(index, index + 1, token.written, name_of_code, is_sure)
    elif len(token.word) == 6 and token.written.isupper():
        pair = [_name_of_code(half.upper(), anywhere=False) for half in (token.word[:3], token.word[3:])]
        yield from (
            PlaceMention(index, index + 1, half, name, is_sure=True)
            for half, name in zip((token.written[:3], token.written[3:]), pair, strict=True)
            if name and all(pair)
        )


def _merge(names: list[PlaceName]) -> PlaceName:
    """One name for several places: Birmingham. A city outranks the country of its name."""
    ranked = [name for name in names if name.kind != "country"] or names
    return PlaceName(tuple(dict.fromkeys(code for name in ranked for code in name.codes)), ranked[0].kind)


def _shorthand(token: Token, language: Language) -> tuple[str, ...]:
    readings = _SHORTHAND_IN_VIETNAMESE.get(token.word, ())
    return readings[:1] if language == "vi" else readings


def _is_sure(text: Text, start: int, end: int) -> bool:
    """A single short word without its diacritics, or shorthand, may be any other word."""
    token = text.tokens[start]
    if end - start > 1:
        return True
    if len(token.word) <= 3:
        return bool(token.marks) or (token.written.isupper() and not text.written.isupper())
    is_name = token.is_capitalised and start > 0 and not text.written.isupper()
    return is_name or bool(token.marks) or token.word not in {"sing", "vinh", "nice", "nhat", "phap", "thai"}


def _is_person(text: Text, index: int) -> bool:
    """ "Anh Vinh" is somebody."""
    return is_titled(text, index) and text.tokens[index].is_capitalised


def _is_country_of_another(mention: PlaceMention, mentions: list[PlaceMention]) -> bool:
    """In "Tokyo, Japan" the country only says which Tokyo."""
    if mention.name.kind != "country":
        return False
    codes = {code for other in mentions for code in other.name.codes if other.name.kind != "country"}
    return any((city := cities().get(code)) is not None and city.country in mention.name.codes for code in codes)


def _is_country_here(text: Text, start: int, end: int) -> bool:
    """Short countries are everyday words: "Anh" needs a capital within the sentence, "Mỹ" that or its diacritics."""
    token = text.tokens[start]
    is_everyday = end - start == 1 and len(token.word) <= SHORT_COUNTRY_LETTERS
    is_alone = len(text.tokens) == 1
    is_name = token.is_capitalised and (start > 0 or is_alone) and not text.written.isupper()
    return not is_everyday or bool(token.marks) or is_name


def _is_written_as_code(token: Token) -> bool:
    return len(token.word) == 3 and token.written.isupper() and not token.marks and token.word.upper() in _codes()


def _is_rest_ignorable(text: Text, index: int) -> bool:
    """After a name: nothing, "airport", a code in brackets, or its country."""
    while index < len(text.tokens):
        word = text.word(index)
        country = [end for name, end in _names().read(text, index) if name.kind == "country"]
        if word in _PREFIXES or word in {"(", ")", ",", "-"} or (len(word) == 3 and word.upper() in _codes()):
            index += 1
        elif country:
            index = country[0]
        else:
            return False
    return True


@cache
def _names() -> Vocabulary:
    return Vocabulary(_phrases())


def _phrases() -> Iterator[tuple[str, PlaceName]]:
    for city in cities().values():
        for spelling in dict.fromkeys((city.name_vi, city.name_en)):
            yield _as_pattern(spelling), PlaceName((city.code,), "city")
    for name, spellings in list_spoken_names():
        for spelling in spellings:
            yield _as_pattern(spelling), name
    for country, names in _rows("countries.tsv"):
        for spelling in names.split(", "):
            yield _as_pattern(spelling), PlaceName((country,), "country")


def _as_pattern(spelling: str) -> str:
    """In a name of several words a wrong mark is forgiven."""
    words = [token.written for token in read_text(spelling).tokens]
    return (
        " ".join(f"~{word}" for word in words) if len(words) > 1 and len(spelling) >= FUZZY_LENGTH else " ".join(words)
    )


@cache
def _codes() -> frozenset[str]:
    """The codes we know without the library."""
    return frozenset({*cities(), *RENAMED, *(airport for city in cities().values() for airport in city.airports)})


def _name_of_code(code: str, *, anywhere: bool) -> PlaceName | None:
    """The place of an IATA code; `anywhere` in the world, or only the well-known."""
    if code not in _codes() and not (anywhere and code.isascii() and city_airports(code)):
        return None
    current = RENAMED.get(code, code)
    is_city = current in cities() or len(city_airports(current)) > 1
    return PlaceName((current,), "city" if is_city else "airport")


def _airport_name(code: str, language: Language) -> str:
    for codes, kind, names in _rows("place_names.tsv"):
        if codes == code and kind == "airport":
            name = names.split(", ")[0]
            return name if language == "vi" else _without_marks(name)
    airport = find_airport(code)
    if airport is None:
        return code
    return _without_marks(airport.name) if airport.country == "VN" and language == "en" else airport.name


def _without_marks(name: str) -> str:
    return " ".join(word.capitalize() for word in fold(name).split())


@cache
def _towns() -> dict[str, tuple[str, ...]]:
    towns: dict[str, tuple[str, ...]] = {}
    for town, codes in airports_by_town().items():
        towns[fold(town)] = towns.get(fold(town), ()) + codes
    return towns


def _town(words: str) -> PlaceName | None:
    """A town of the library that none of our names covers."""
    codes = _towns().get(words) if words else None
    return PlaceName(codes, "airport") if codes else None


def _similar_name(letters: str) -> PlaceName | None:
    """The one name that differs by a letter: left out, added, or mistaken."""
    if len(letters) < FUZZY_LENGTH - 1:
        return None
    keys = {letters, *_without_one_letter(letters)}
    alike = {known for key in keys for known in _misspellings().get(key, ())}
    found = {name for known, name in alike if _is_one_letter_off(letters, known)}
    return found.pop() if len(found) == 1 else None


@cache
def _misspellings() -> dict[str, set[tuple[str, PlaceName]]]:
    """By what is left of a name when a letter falls out: the name's letters and what it stands for."""
    misspellings: dict[str, set[tuple[str, PlaceName]]] = {}
    for pattern, name in _phrases():
        letters = fold(pattern.replace("~", "")).replace(" ", "")
        if len(letters) >= FUZZY_LENGTH and name.kind != "country":
            for key in {letters, *_without_one_letter(letters)}:
                misspellings.setdefault(key, set()).add((letters, name))
    return misspellings


def _is_one_letter_off(said: str, known: str) -> bool:
    """One letter left out, added, mistaken, or swapped with the next: "narnia" is no "narita"."""
    start = next((index for index, pair in enumerate(zip(said, known, strict=False)) if pair[0] != pair[1]), len(known))
    said, known = said[start:], known[start:]
    is_swapped = said[:2] == known[1::-1] and said[2:] == known[2:]
    return is_swapped or known[1:] in {said, said[1:]} or said[1:] == known


def _without_one_letter(letters: str) -> Iterator[str]:
    """The first letter is held to be right."""
    return (letters[:index] + letters[index + 1 :] for index in range(1, len(letters)))


@cache
def _rows(file_name: str) -> tuple[tuple[str, ...], ...]:
    lines = Path(__file__).with_name(file_name).read_text(encoding="utf-8").splitlines()
    return tuple(tuple(line.split("\t")) for line in lines[1:])
