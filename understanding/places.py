"""How people say places: names with and without diacritics, shorthand, old and foreign names, and IATA codes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from domain.airports import RENAMED, cities, city_airports, city_code_of, city_name, find_airport
from understanding.frame import Ambiguity, Language, PlaceRef, Problem
from understanding.language import is_everyday_phrase, is_everyday_town, is_word
from understanding.other_names import is_part_of_name
from understanding.people import is_person
from understanding.place_names import (
    PlaceName,
    codes,
    merge_names,
    name_of_code,
    names,
    similar_name,
    spoken_airport_names,
    town_name,
)
from understanding.regions import place_in, read_region
from understanding.text import Text, Token, find_marks, fold, read_text
from understanding.typing_methods import undo_typing

ResolvedPlace = PlaceRef | Ambiguity | Problem

MOST_READINGS = 5
FEW_CODES = 2
SHORT_COUNTRY_LETTERS = 4
_PREFIXES = {
    *("thanh", "pho", "tp", "tinh", "san", "bay", "dao", "nuoc", "quoc", "te"),
    *("city", "airport", "the", "of", "."),
}
_AIRPORT_WORDS = {",", "(", "airport", "international", "san", "bay", "quoc", "te", "tai", "o"}
"""Between a city and its airport: "Tokyo (Narita)", "Nội Bài, Hà Nội"."""
MOST_AIRPORT_WORDS = 3
MOST_BESIDE = 4
MOST_CODE_TOKENS = 8
_DASHES = {"-", ">", "/", "→"}
_BETWEEN_CODES = {*_DASHES, "to", "di", "ve", "ra", "vao", "den", "toi", "sang", "qua"}
_CAPITALISED_ONLY = {"vien", "lon", "xing", "ha", "la", "dc", "kc", "ny"}
"""In Vietnamese these are words in small letters: "sinh viên" is no Vienna, "dc" no Washington."""
_OTHER_WORDS = {"sing", "vinh", "nhat", "phap", "thai"}
_NO_CODES = {"vi": {"cho", "mem"}, "en": {"for", "the", "and", "out", "per", "one", "any"}}
"""Codes that are always words in small letters: "SGN-PQC cho 2 mem"."""
_HALVES = {
    "bac": (find_marks("bắc"), {"ra", "ngoai", "tu"}),
    "nam": ("", {"vao", "vo", "trong", "tu"}),
}
"""The halves of Vietnam, with the words behind which they are meant."""
_OFTEN_SAID = {"hai phong", "hoi an", "tam dao", "long thanh"}
"""Cities first, whatever else is typed so."""
_SPELLED_ALIKE = {"cao bang"}
_SHORTHAND_IN_VIETNAMESE = {"sg": ("SGN", "SIN"), "dn": ("DAD", "LTH")}
"""Places in a Vietnamese sentence; in an English one they may be another."""


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
        is_other = found and _is_other_name(text, index, found[-1].end)
        if is_after_place or not is_other:
            mentions.extend(found)
        index = found[-1].end if found else index + 1
    return qualified(text, _with_airports(text, mentions))


def resolve_place(phrase: str, *, language: Language, field: str = "place") -> ResolvedPlace:
    """What a place phrase or an IATA code means: one place, several to choose from, or why it is none."""
    text = undo_typing(read_text(phrase))
    name = _find_name(text, language)
    if name:
        return refer(name, phrase.strip(), field, language)
    return Problem(field=field, code="unknown_place", params={"phrase": phrase.strip()})


def find_town(text: Text, start: int, end: int) -> PlaceName | None:
    """A town of the library that none of our names covers. Many are everyday words."""
    if read := read_region(text, end):
        within = place_in(PlaceName((), "airport"), text.phrase(start, end), read[0])
        if within:
            return within
    return town_name(" ".join(text.word(index) for index in range(start, end)))


def find_similar_name(text: Text, start: int, end: int) -> PlaceName | None:
    """A name typed with a letter off, or as one word."""
    words = [word for index in range(start, end) if (word := text.word(index)).isalnum()]
    return None if len(words) == 1 and is_everyday_town(words[0]) else similar_name(words)


def qualified(text: Text, mentions: list[PlaceMention]) -> list[PlaceMention]:
    """The places with the country or state said behind them, which says which of several is meant."""
    result: list[PlaceMention] = []
    qualified_to = 0
    for mention in mentions:
        if mention.start < qualified_to:
            continue  # the state of the place before
        read = read_region(text, mention.end) if mention.name.kind in {"city", "airport"} else None
        name = place_in(mention.name, mention.phrase, read[0]) if read else None
        if read and name:
            qualified_to = read[1]
            mention = PlaceMention(mention.start, read[1], text.phrase(mention.start, read[1]), name, is_sure=True)
        result.append(mention)
    return result


def _find_name(text: Text, language: Language) -> PlaceName | None:
    """The place a whole phrase names: our names, any code or town of the library, or one letter off a name."""
    start = 0
    while start < len(text.tokens) - 1 and text.word(start) in _PREFIXES:
        start += 1
    for first in (0, start):
        mention = next(iter(qualified(text, list(_places_at(text, first, language)))), None) if text.tokens else None
        if mention and _is_rest_ignorable(text, mention.end):
            return mention.name
    whole = next(iter(find_places(text, language)), None)
    if whole and whole.start == start and _is_rest_ignorable(text, whole.end):
        return whole.name  # with its airport
    word, end = text.word(start), len(text.tokens)
    if end == start + 1 and len(word) == 3 and (name := name_of_code(word.upper(), anywhere=True)):
        return name
    return find_town(text, start, end) or find_similar_name(text, start, end)


def refer(name: PlaceName, phrase: str, field: str, language: Language) -> ResolvedPlace:
    if name.kind in {"country", "unknown"}:
        code = "needs_city" if name.kind == "country" else "unknown_place"
        return Problem(field=field, code=code, params={"phrase": phrase})
    if len(name.codes) > 1:
        return Ambiguity(field=field, phrase=phrase, readings=name.codes[:MOST_READINGS])
    return place_ref(name.codes[0], language, is_airport=name.kind == "airport")


def _is_short(text: Text) -> bool:
    return sum(token.word.isalpha() for token in text.tokens) <= FEW_CODES


def place_ref(code: str, language: Language, *, is_airport: bool | None = None) -> PlaceRef:
    """A place for the frame, named in the language. A code that is both a city's and an airport's means the city."""
    current = RENAMED.get(code, code)
    if is_airport is None:
        is_airport = current not in cities() and find_airport(current) is not None
    name = _airport_name(current, language) if is_airport else city_name(current, language)
    return PlaceRef(iata=current, name=name, kind="airport" if is_airport else "city")


def _places_at(text: Text, index: int, language: Language) -> Iterator[PlaceMention]:
    token = text.tokens[index]
    found = names().read(text, index)
    if _is_written_as_code(text, index) and _is_code_rather(text, index, found):
        found = []  # HAN is Hanoi, not "Hàn"
    if found:
        end = found[0][1]
        name = merge_names([name for name, its_end in found if its_end == end])
        if spoken := _shorthand(token, language):
            name = PlaceName(spoken, "city")
        is_short_country = name.kind == "country" and end == index + 1 and len(token.word) <= SHORT_COUNTRY_LETTERS
        is_sure = _is_sure(text, index, end) and not is_short_country
        is_here = (
            _is_country_here(text, index, end)
            if name.kind == "country"
            else _is_written_as_name(text, index, end, language)
        )
        if is_here:
            yield PlaceMention(index, end, text.phrase(index, end), name, is_sure)
    elif token.word in _HALVES and _is_half(text, index):
        yield PlaceMention(index, index + 1, token.written, PlaceName(("VN",), "country"), is_sure=True)
    elif len(token.word) == 3 and (coded := name_of_code(token.word.upper(), anywhere=False)):
        is_sure = token.written.isupper() and not (text.written.isupper() and is_word(token.word))
        is_dashed = text.word(index - 1) in _DASHES or text.word(index + 1) in _DASHES
        is_other_word = token.word in _NO_CODES[language] and not (token.written.isupper() or is_dashed)
        is_code = is_sure or not is_word(token.word) or _is_beside_code(text, index)
        if is_code and not is_other_word:
            yield PlaceMention(index, index + 1, token.written, coded, is_sure)
    elif len(token.word) == 1 and (spelled := _spelled_code(text, index)):
        yield PlaceMention(index, index + 3, text.phrase(index, index + 3), spelled, is_sure=True)
    elif len(token.word) == 6 and token.written.isupper() and (text.is_cased or _is_short(text)):
        pair = [name_of_code(half.upper(), anywhere=False) for half in (token.word[:3], token.word[3:])]
        yield from (
            PlaceMention(index, index + 1, half, name, is_sure=True)
            for half, name in zip((token.written[:3], token.written[3:]), pair, strict=True)
            if name and all(pair) and not (is_word(token.word[:3]) and is_word(token.word[3:]))
        )


def _is_half(text: Text, index: int) -> bool:
    """ "Ra Bắc", "vào Nam", but not "vao nam sau", which may be a year."""
    token, (marks, leading) = text.tokens[index], _HALVES[text.word(index)]
    if text.word(index - 1) not in leading or (token.marks and token.marks != marks):
        return False
    is_name = token.is_capitalised and text.is_cased
    return is_name or bool(token.marks) or text.is_marked or token.word != "nam"


def _spelled_code(text: Text, index: int) -> PlaceName | None:
    """ "j f k"."""
    letters = [text.word(at) for at in range(index, index + 3)]
    is_spelled = all(len(letter) == 1 and letter.isalpha() for letter in letters) and len(text.word(index + 3)) != 1
    return name_of_code("".join(letters).upper(), anywhere=False) if is_spelled else None


def _with_airports(text: Text, mentions: list[PlaceMention]) -> list[PlaceMention]:
    """A city and one of its airports are the airport: "Tokyo Narita", "Nội Bài, Hà Nội"."""
    joined: list[PlaceMention] = []
    for mention in mentions:
        last = joined[-1] if joined else None
        pair = (last, mention) if last else ()
        airport = next((one for one in pair if one.name.kind == "airport"), None)
        city = next((one for one in pair if one.name.kind == "city"), None)
        if last and airport and city and _is_airport_of(airport.name, city.name) and _is_beside(text, last, mention):
            end = mention.end + (text.word(last.end) == "(" and text.word(mention.end) == ")")
            joined[-1] = PlaceMention(last.start, end, text.phrase(last.start, end), airport.name, is_sure=True)
        else:
            joined.append(mention)
    return joined


def _is_other_name(text: Text, start: int, end: int) -> bool:
    """Whether somebody or something else is called so: "Jeju Air", "Dallas Cowboys", "my sister Charlotte"."""
    is_airline = text.word(end) in {"air", "airline", "airlines", "airways"}
    return is_airline or is_part_of_name(text, start, end) or is_person(text, start, end)


def _is_airport_of(airport: PlaceName, city: PlaceName) -> bool:
    return any(airport.codes[0] in city_airports(code) or city_code_of(airport.codes[0]) == code for code in city.codes)


def _is_beside(text: Text, first: PlaceMention, second: PlaceMention) -> bool:
    gap = range(first.end, second.start)
    return len(gap) <= MOST_AIRPORT_WORDS and all(text.word(index) in _AIRPORT_WORDS for index in gap)


def _shorthand(token: Token, language: Language) -> tuple[str, ...]:
    readings = _SHORTHAND_IN_VIETNAMESE.get(token.word, ())
    return readings[:1] if language == "vi" else readings


def _is_sure(text: Text, start: int, end: int) -> bool:
    """A single short word without its diacritics, or shorthand, may be any other word."""
    token = text.tokens[start]
    is_name = token.is_capitalised and start > 0 and text.is_cased
    if end - start > 1:
        words = text.folded[token.start : text.tokens[end - 1].end]
        is_meant = words in _OFTEN_SAID or (text.is_marked and words not in _SPELLED_ALIKE)
        return is_name or is_meant or not is_everyday_phrase(words)
    if len(token.word) <= 3:
        return bool(token.marks) or is_name or (token.written.isupper() and not text.written.isupper())
    return is_name or bool(token.marks) or not (token.word in _OTHER_WORDS or is_everyday_town(token.word))


def _is_country_here(text: Text, start: int, end: int) -> bool:
    """Short countries are everyday words: "Anh" needs a capital within the sentence, "Mỹ" that or its diacritics."""
    token = text.tokens[start]
    is_everyday = end - start == 1 and len(token.word) <= SHORT_COUNTRY_LETTERS
    is_alone = len(text.tokens) == 1
    is_name = token.is_capitalised and (start > 0 or is_alone) and text.is_cased
    return not is_everyday or bool(token.marks) or is_name


def _is_written_as_name(text: Text, start: int, end: int, language: Language) -> bool:
    token = text.tokens[start]
    if language == "en" or end > start + 1 or token.word not in _CAPITALISED_ONLY:
        return True
    if text.word(start - 1) in {"to", "from"} or text.word(end) == "to":
        return True
    return token.is_capitalised and text.is_cased and not (start and text.tokens[start - 1].is_capitalised)


def _is_written_as_code(text: Text, index: int) -> bool:
    token = text.tokens[index]
    if len(token.word) != 3 or token.marks or token.word.upper() not in codes():
        return False
    return token.written.isupper() or _is_beside_code(text, index)


def _is_code_rather(text: Text, index: int, found: list[tuple[PlaceName, int]]) -> bool:
    """Whether a code that is a name too is meant as the code: not in a message in capitals, "DELHI TO GOA"."""
    if not found or found[0][0].kind == "country":
        return not found or found[0][1] == index + 1
    return found[0][1] == index + 1 and not text.written.isupper()


def _is_beside_code(text: Text, index: int) -> bool:
    """Whether a row of codes leads on to one that is no word, or a dash to any: "sgn han", "HAN-DAD"."""
    if len(text.tokens) <= MOST_CODE_TOKENS and _is_all_codes(text):
        return True
    for step in (-1, 1):
        at, is_dashed = index + step, False
        for _ in range(MOST_BESIDE):
            word = text.word(at)
            if len(word) == 3 and word.upper() in codes():
                if is_dashed or not is_word(word):
                    return True
            elif word not in _BETWEEN_CODES:
                break
            is_dashed = word in _DASHES
            at += step
    return False


def _is_all_codes(text: Text) -> bool:
    """ "HAN DAD 12/3", "den to sea": a message of codes and nothing else."""
    words = [token.word for token in text.tokens if token.word.isalpha()]
    is_all = all(word in {"to", "from"} or (len(word) == 3 and word.upper() in codes()) for word in words)
    return is_all and len(words) > 1 and ("to" in words or text.written.isupper())


def _is_rest_ignorable(text: Text, index: int) -> bool:
    """After a name: nothing, "airport", a code in brackets, or its country."""
    while index < len(text.tokens):
        word = text.word(index)
        country = [end for name, end in names().read(text, index) if name.kind == "country"]
        if word in _PREFIXES or word in {"(", ")", ",", "-"} or (len(word) == 3 and word.upper() in codes()):
            index += 1
        elif country:
            index = country[0]
        else:
            return False
    return True


def _airport_name(code: str, language: Language) -> str:
    if spoken := spoken_airport_names().get(code):
        return spoken if language == "vi" else _without_marks(spoken)
    airport = find_airport(code)
    if airport is None:
        return code
    return _without_marks(airport.name) if airport.country == "VN" and language == "en" else airport.name


def _without_marks(name: str) -> str:
    return " ".join(word.capitalize() for word in fold(name).split())
