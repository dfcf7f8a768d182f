"""Cities and airports for a search field: by code, by any name people use, by its beginning, or nearly."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum, auto
from functools import cache
from itertools import islice
from typing import Literal, NamedTuple

from babel import Locale

from core.messages import Language
from domain.airports import RENAMED, airports_by_town, cities, city_name, find_airport
from understanding.place_names import list_spoken_names
from understanding.places import place_ref
from understanding.text import fold

LocationKind = Literal["city", "airport"]

_WORD = re.compile(r"[^\W_]+")
_SAYING_CITY = ("thanh pho", "tp", "city")
_SAYING_AIRPORT = ("san bay", "quoc te", "international", "airport")
_LAST = "\U0010ffff"
"""Sorts after every letter."""


class Quality(IntEnum):
    """How good a match is, best first.

    A known place is one of our cities, or an airport of one. The airfields of the rest of the world stand behind: "vin"
    is Vinh before it is Vinnytsia, unless it is written as a code.
    """

    KNOWN_CODE = auto()
    KNOWN_NAME = auto()
    WRITTEN_CODE = auto()
    KNOWN_PREFIX = auto()
    CODE = auto()
    NAME = auto()
    KNOWN_WORDS = auto()
    COUNTRY = auto()
    KNOWN_TYPO = auto()
    PREFIX = auto()
    WORDS = auto()


@dataclass(frozen=True, slots=True)
class Location:
    """A city or an airport, in the language it was asked in."""

    code: str
    kind: LocationKind
    name: str
    city: str
    country: str
    """ISO 3166 alpha-2."""
    country_name: str
    airports: tuple[str, ...]
    """Of a city, the main one first."""


class Name(NamedTuple):
    """What a place is called."""

    letters: str
    """Folded, without blanks."""
    words: frozenset[str]
    distance: int = 0
    """0 for its own name; more for shorthand and for towns that it only serves, the likeliest place first."""


class Place(NamedTuple):
    """A location before anybody asks for it."""

    code: str
    kind: LocationKind
    country: str
    airports: tuple[str, ...]
    codes: tuple[str, ...]
    """Those it is found by, in lower case."""
    names: tuple[Name, ...]
    """Those it is found by; an airport also by its city's."""
    is_known: bool


class Match(NamedTuple):
    """What one place has to do with what was typed, in the order in which it counts: smaller is better."""

    quality: Quality
    letters_off: int
    is_abroad: bool
    distance: int
    is_airport: bool
    number: int
    """The place's, in the order of our tables."""


def search_locations(text: str, *, limit: int, language: Language) -> list[Location]:
    """The places `text` may mean, likeliest first. Any string is acceptable.

    The first call in a process reads every airport of the world, which takes a good part of a second.
    """
    words = _words(text)
    if not words:
        return []
    index = _index()
    matches = [*index.match_code("".join(words), is_capitals=text.strip().isupper()), *index.match_words(words)]
    matches += index.match_names("".join(words))
    if not any(index.places[match.number].is_known for match in matches):
        matches += index.match_nearly("".join(words))
    chosen = _without_doubles(index.places[match.number] for match in sorted(matches))
    return [_describe(place, language) for place in islice(chosen, limit)]


class Index:
    """All places, with their codes, names and words in order, so that what begins alike stands together."""

    def __init__(self, places: Sequence[Place]) -> None:
        self.places = places
        self._codes: dict[str, list[int]] = defaultdict(list)
        self._names: list[tuple[str, int]] = []
        self._words: list[tuple[str, int]] = []
        self._country_words: list[tuple[str, int]] = []
        self._named: list[tuple[int, Name]] = []
        """A place and one of its names. The lists above tell names by their position here."""
        for number, place in enumerate(places):
            for code in place.codes:
                self._codes[code].append(number)
            for name in place.names:
                position = len(self._named)
                self._named.append((number, name))
                self._names.append((name.letters, position))
                self._words += ((word, position) for word in name.words.union(place.codes))
                self._country_words += ((word, position) for word in _country_words(place.country))
        self._cities, self._airports = (
            {position for position, (number, _) in enumerate(self._named) if places[number].kind == kind}
            for kind in ("city", "airport")
        )
        self._known: dict[str, list[int]] = defaultdict(list)
        """The names of known places, by their letters."""
        for position, (number, name) in enumerate(self._named):
            if places[number].is_known:
                self._known[name.letters].append(position)
        for entries in (self._names, self._words, self._country_words):
            entries.sort()

    def match_code(self, letters: str, *, is_capitals: bool) -> Iterator[Match]:
        """Places with this code; one written in capitals is surely meant as a code."""
        unknown = Quality.WRITTEN_CODE if is_capitals else Quality.CODE
        for number in self._codes.get(letters, ()):
            yield self._match(number, Quality.KNOWN_CODE if self.places[number].is_known else unknown)

    def match_names(self, letters: str) -> Iterator[Match]:
        """Places with a name that begins so, blanks aside."""
        for position in _beginning_with(self._names, letters):
            number, name = self._named[position]
            is_whole, is_known = name.letters == letters, self.places[number].is_known
            known, unknown = (Quality.KNOWN_NAME, Quality.NAME) if is_whole else (Quality.KNOWN_PREFIX, Quality.PREFIX)
            yield self._match(number, known if is_known else unknown, name)

    def match_words(self, words: Sequence[str]) -> Iterator[Match]:
        """Places of which every word begins one of a name, or tells the country or what they are: "sân bay"."""
        own = [_beginning_with(self._words, word) for word in words]
        countries = [_beginning_with(self._country_words, word) for word in words]
        about = [self._called(word, words) for word in words]
        named, of_country = set().union(*own), set.intersection(*countries)
        for position in set.intersection(*(set().union(*each) for each in zip(own, countries, about, strict=True))):
            number, name = self._named[position]
            is_known = self.places[number].is_known
            if position in named:
                yield self._match(number, Quality.KNOWN_WORDS if is_known else Quality.WORDS, name)
            elif position in of_country and is_known and position in self._cities:
                yield self._match(number, Quality.COUNTRY)

    def match_nearly(self, letters: str) -> Iterator[Match]:
        """Known places with a name that one or two letters turn into these."""
        allowed = _letters_forgiven(letters)
        for known, positions in self._known.items() if allowed else ():
            if abs(len(known) - len(letters)) <= allowed and _letters_forgiven(known):
                off = count_letters_off(letters, known, at_most=allowed)
                for number, name in (self._named[position] for position in positions if off <= allowed):
                    yield self._match(number, Quality.KNOWN_TYPO, name, letters_off=off)

    def _called(self, word: str, words: Sequence[str]) -> set[int]:
        """What is a city, or an airport, where the word is part of saying so."""
        said = f" {' '.join(words)} "
        for sayings, positions in ((_SAYING_AIRPORT, self._airports), (_SAYING_CITY, self._cities)):
            if any(word in saying.split() and f" {saying} " in said for saying in sayings):
                return positions
        return set()

    def _match(self, number: int, quality: Quality, name: Name | None = None, letters_off: int = 0) -> Match:
        place = self.places[number]
        distance = name.distance if name else 0
        return Match(quality, letters_off, place.country != "VN", distance, place.kind == "airport", number)


def count_letters_off(said: str, known: str, *, at_most: int) -> int:
    """Letters left out, added, mistaken, or swapped with the next; `at_most` + 1 stands for any greater number."""
    before: list[int] = []
    row = list(range(len(known) + 1))
    for i, letter in enumerate(said):
        older, before, row = before, row, [i + 1]
        for j, other in enumerate(known):
            off = min(before[j] + (letter != other), before[j + 1] + 1, row[j] + 1)
            if i and j and letter == known[j - 1] and other == said[i - 1]:
                off = min(off, older[j - 1] + 1)
            row.append(off)
        if min(row) > at_most:
            return at_most + 1
    return min(row[-1], at_most + 1)


def _letters_forgiven(word: str) -> int:
    """Short names are too alike to forgive a wrong letter."""
    return 0 if len(word) < 4 else 1 if len(word) < 8 else 2


def _beginning_with(entries: Sequence[tuple[str, int]], beginning: str) -> set[int]:
    start, end = bisect_left(entries, (beginning,)), bisect_left(entries, (beginning + _LAST,))
    return {number for _, number in entries[start:end]}


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text))


@cache
def _country_words(country: str) -> frozenset[str]:
    return frozenset(word for language in ("vi", "en") for word in _words(_country_name(country, language)))


def _country_name(country: str, language: str) -> str:
    return str(Locale(language).territories.get(country, country))


@cache
def _index() -> Index:
    return Index([*_known_places(), *_other_airports()])


def _known_places() -> Iterator[Place]:
    """Our cities and their airports."""
    spoken: dict[tuple[str, str], list[Name]] = defaultdict(list)
    for name, spellings in list_spoken_names():
        for distance, code in enumerate(name.codes, start=1):
            spoken[name.kind, code] += (_name(spelling, distance=distance) for spelling in spellings)
    for city in cities().values():
        towns = [_name(city.name_vi), _name(city.name_en), *spoken["city", city.code]]
        codes = tuple(code.lower() for code in (city.code, *(old for old, new in RENAMED.items() if new == city.code)))
        yield Place(city.code, "city", city.country, city.airports, codes, tuple(towns), is_known=True)
        for code in city.airports:
            airport = find_airport(code)
            assert airport is not None, "our tables name airports that exist"
            halls = [_name(airport.name), *(name._replace(distance=0) for name in spoken["airport", code])]
            towns_words = towns[0].words | towns[1].words
            names = (*(name._replace(words=name.words | towns_words) for name in halls), *towns)
            yield Place(code, "airport", city.country, (), (code.lower(), *codes), names, is_known=True)


def _other_airports() -> Iterator[Place]:
    known = {code for city in cities().values() for code in city.airports}
    for code in sorted(code for codes in airports_by_town().values() for code in codes if code not in known):
        airport = find_airport(code)
        if airport is not None and airport.iata == code:  # what was closed leads to what took its place
            names = (_name(airport.name, airport.city), _name(airport.city))
            yield Place(code, "airport", airport.country, (), (code.lower(),), names, is_known=False)


def _name(spelling: str, *towns: str, distance: int = 0) -> Name:
    """A name; the towns count where its words are looked at, and not as its beginning."""
    words = _words(spelling)
    return Name("".join(words), frozenset(words).union(*map(_words, towns)), distance)


def _without_doubles(places: Iterator[Place]) -> Iterator[Place]:
    """Of a city and its only airport the better match."""
    seen = set()
    for place in places:
        only = place.airports[0] if len(place.airports) == 1 else None
        key = (place.kind, place.code) if only is None else ("airport", only)
        if key not in seen:
            seen.add(key)
            yield place


def _describe(place: Place, language: Language) -> Location:
    city = city_name(place.code, language)
    return Location(
        code=place.code,
        kind=place.kind,
        name=city if place.kind == "city" else place_ref(place.code, language, is_airport=True).name,
        city=city,
        country=place.country,
        country_name=_country_name(place.country, language),
        airports=place.airports,
    )
