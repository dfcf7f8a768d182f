"""Small numbers in digits and in words, Vietnamese and English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from understanding.grammar import DIGITS, Found, Reader, Vocabulary
from understanding.text import Text

_VI_UNITS = ("", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_VI_AFTER_TENS = {1: ("mốt",), 4: ("tư", "bốn"), 5: ("lăm", "nhăm", "năm"), 7: ("bảy", "bẩy")}
_EN_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_EN_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_EN_ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh"),
    *("twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth"),
    "twentieth",
)
LONGEST_MONTH_DAYS = 31
FIRST_SPOKEN_YEAR = 2020
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th)")


def _vietnamese_numbers() -> Iterator[tuple[str, int]]:
    yield from ((word, value) for value, word in enumerate(_VI_UNITS) if word)
    yield "bẩy", 7
    for value in range(10, 20):
        spellings = ("một",) if value == 11 else _VI_AFTER_TENS.get(value - 10, (_VI_UNITS[value - 10],))
        yield from ((f"mười {spelling}".strip(), value) for spelling in spellings)
    for tens in range(2, 10):
        yield f"{_VI_UNITS[tens]} mươi", tens * 10
        yield f"{_VI_UNITS[tens]} chục", tens * 10
        for unit in range(1, 10):
            for word in _VI_AFTER_TENS.get(unit, (_VI_UNITS[unit],)):
                yield f"{_VI_UNITS[tens]} mươi {word}", tens * 10 + unit
        yield f"{_VI_UNITS[tens]} =mốt", tens * 10 + 1
        yield f"{_VI_UNITS[tens]} =lăm", tens * 10 + 5
    yield from (("một chục", 10), ("chục", 10))
    for unit in range(1, 10):
        for word in _VI_AFTER_TENS.get(unit, (_VI_UNITS[unit],)):
            yield f"hăm {word}", 20 + unit


def _english_numbers() -> Iterator[tuple[str, int]]:
    yield from ((word, value) for value, word in enumerate(_EN_UNITS))
    for tens, word in enumerate(_EN_TENS, start=2):
        yield word, 10 * tens
        yield from ((f"{word} {_EN_UNITS[unit]}", 10 * tens + unit) for unit in range(1, 10))
    yield from (("a couple of", 2), ("a couple", 2), ("a dozen", 12))


def _english_ordinals() -> Iterator[tuple[str, int]]:
    yield from ((word, value) for value, word in enumerate(_EN_ORDINALS, start=1))
    yield from ((f"twenty {_EN_ORDINALS[unit - 1]}", 20 + unit) for unit in range(1, 10))
    yield from (("thirtieth", 30), ("thirty first", 31))


def _days_of_month() -> Iterator[tuple[str, int]]:
    """Cardinals that count days of a month: "hai tư" for the 24th is said of days, hardly of anything else."""
    yield from ((phrase, value) for phrase, value in _vietnamese_numbers() if value <= LONGEST_MONTH_DAYS)
    for tens in (2, 3):
        for unit in range(1, 10 if tens == 2 else 2):
            for word in (*_VI_AFTER_TENS.get(unit, ()), _VI_UNITS[unit]):
                yield f"{_VI_UNITS[tens]} {word}", tens * 10 + unit


def _years() -> Iterator[tuple[str, int]]:
    for year in range(FIRST_SPOKEN_YEAR, FIRST_SPOKEN_YEAR + 10):
        ending = next(phrase for phrase, value in _english_numbers() if value == year % 100)
        yield from ((f"{century} {ending}", year) for century in ("twenty", "two thousand", "two thousand and"))


@cache
def number_words() -> Vocabulary:
    """0 to 99 in words. Without diacritics many are other words: in a message that has some they must have theirs."""
    vietnamese = ((" ".join(map(_held_to_marks, phrase.split())), value) for phrase, value in _vietnamese_numbers())
    return Vocabulary([*vietnamese, *_english_numbers()])


@cache
def ordinal_words() -> Vocabulary:
    return Vocabulary(_english_ordinals())


@cache
def day_words() -> Vocabulary:
    """Days of a month in Vietnamese words."""
    return Vocabulary([(" ".join(map(_held_to_marks, phrase.split())), value) for phrase, value in _days_of_month()])


@cache
def english_day_words() -> Vocabulary:
    """Days of a month in English cardinals: "december twenty three"."""
    return Vocabulary([(phrase, value) for phrase, value in _english_numbers() if 0 < value <= LONGEST_MONTH_DAYS])


@cache
def year_words() -> Vocabulary:
    return Vocabulary(_years())


@cache
def number_slot() -> Reader:
    """A number in digits (up to 4 of them) or words."""
    return Reader(number_words().starts | {DIGITS}, _read_number)


@cache
def ordinal_slot() -> Reader:
    """An English ordinal: 14th, second."""
    return Reader(ordinal_words().starts | {DIGITS}, _read_ordinal)


def _held_to_marks(word: str) -> str:
    return word if word.startswith("=") else f"^{word}"


def _read_number(text: Text, index: int) -> list[Found]:
    word = text.tokens[index].word
    if word.isdigit():
        return [(int(word), index + 1)] if len(word) <= 4 else []
    return number_words().read(text, index)


def _read_ordinal(text: Text, index: int) -> list[Found]:
    if ordinal := _ORDINAL.fullmatch(text.tokens[index].word):
        return [(int(ordinal[1]), index + 1)]
    return ordinal_words().read(text, index)
