"""The ages of young travellers: "5 tuổi", "aged 4 and 7", "(18 months)", "5yo"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from understanding.grammar import DIGITS, Found, Reader, Vocabulary
from understanding.numbers import number_slot, number_words
from understanding.text import Text

MOST_AGES = 6
_OLDEST_YEARS = 17
_UNITS = Vocabulary(
    {
        **dict.fromkeys(("tuổi", "tuổi rưỡi", "t", "year old", "years old", "year olds", "yr old", "yrs old"), 12),
        **dict.fromkeys(("- year - old", "- year old", "year - old", "- year - olds", "- yr - old", "yo"), 12),
        **dict.fromkeys(("y / o", "years of age", "y o", "years", "yrs"), 12),
        **dict.fromkeys(("tháng", "tháng tuổi", "month old", "months old", "months", "mo", "mos", "mths"), 1),
        **dict.fromkeys(("- month - old", "- month old", "month - old", "- months - old", "months of age"), 1),
    }
)
_JOINED = re.compile(r"(\d{1,2})(t|tuoi|yo|yrs?|y|m|mo|mos|mths?|th|thang)")
_OF_AGE = ("old", "olds", "tuoi", "yo", "age")
_MONTHS = ("m", "mo", "mos", "mth", "mths", "th", "thang")
_MARKS = Vocabulary(
    dict.fromkeys(
        (
            *("aged", "age", "ages", "age of", "ages of", "is", "are", "who is", "who's", "who are", "he's", "she's"),
            *("he is", "she is", "is aged", "are aged", "who is aged", "they are", "they're"),
            *("tuổi", "độ tuổi", "mới", "được", "năm nay", "khoảng", "là"),
        ),
        True,
    )
)
_SURE_MARKS = {"age", "aged", "ages", "who's", "who"}
_SENTENCE_ENDS = {"", ",", ".", ")", "and", "va", "!", ";"}
""" "My son is 4": what is said of a child in a bare figure is its age when nothing is counted by it."""
_LISTING = {",", "and", "va", "&", "/", "voi", "-"}
AGE_UNITS = _UNITS.starts
_BEHIND_YEARS = AGE_UNITS | _LISTING
_BELOW = {"duoi", "under", "below"}
_TENS = {"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "muoi"}
"""A number behind them is the end of a larger one: "sixty eight years old"."""
_SEVERAL_YOUNG = {"kids", "children", "sons", "daughters", "boys", "girls", "grandkids", "be", "chau", "con", "nhoc"}
"""Bare figures listed behind these are ages: "kids 3 and 12"."""
_NO_AGE_BEFORE = frozenset(
    (
        *("adult", "adults", "people", "night", "nights", "day", "days", "week", "weeks", "bag", "bags", "nguoi"),
        *(
            "nl",
            "lon",
            "ngay",
            "dem",
            "tuan",
            "ve",
            "khach",
            "be",
            "em",
            "te",
            "eb",
            "tre",
            "chau",
            "child",
            "children",
        ),
        *("kid", "kids", "infant", "infants", "baby", "babies", "other", "of", "more", "passengers", "h", "gio", "am"),
        *("pm", "kg", "ky", "trieu", "tr", "k", "usd", "dollars", "stop", "stops", "way", "/", ":", "-", "th", "st"),
    )
)
"""Before these a figure behind an age is a count of its own."""

Ages = tuple[int, ...]
"""In months."""


def ages_slot() -> Reader:
    """One age or several: a unit, a word such as "aged", or brackets must say that they are ages."""
    starts = number_words().starts | _MARKS.starts | _BELOW | {DIGITS, "(", ",", "[", "-", ":"}
    return Reader(starts, lambda text, index: list(read_ages(text, index)))


def years_slot() -> Reader:
    """Ages that stand for whoever has them: "a 5 year old", but not "3 months"."""

    def read(text: Text, index: int) -> list[Found]:
        return [(ages, end) for ages, end in read_years(text, index) if text.word(end - 1).endswith(_OF_AGE)]

    return Reader(number_words().starts | {DIGITS}, read)


def read_years(text: Text, index: int) -> list[Found]:
    """Ages that begin with a figure and name their unit; "under 2 years" is nobody's age yet."""
    is_cut = text.word(index - 1) in _TENS and text.word(index) in number_words().starts
    if text.word(index - 1) in _BELOW or is_cut:
        return []
    is_unit_near = text.word(index + 1) in _BEHIND_YEARS or text.word(index + 2) in _BEHIND_YEARS
    return list(read_ages(text, index)) if is_unit_near or _JOINED.fullmatch(text.word(index)) else []


def read_ages(text: Text, index: int) -> Iterator[Found]:
    """The longest list of ages at a token."""
    is_listed = text.word(index - 1) in _SEVERAL_YOUNG
    index += text.word(index) == "," or (is_listed and text.word(index) in {"-", ":"})
    is_bracketed = text.word(index) in {"(", "["}
    index += is_bracketed
    marks = _MARKS.read(text, index) if index < len(text.tokens) else []
    start = marks[0][1] if marks else index
    is_marked = is_bracketed or bool(marks and _SURE_MARKS & {text.word(at) for at in range(index, start)})
    ages: list[tuple[int, int]] = []
    end, at, complete = start, start, 0
    while len(ages) < MOST_AGES and (found := _read_age(text, at)):
        value, unit, at = found
        ages.append((value, unit))
        is_last = text.word(at) in _SENTENCE_ENDS or (is_listed and text.word(at) == "-")
        if unit or is_marked or (is_last and (marks or (is_listed and len(ages) > 1 and text.word(at) != ","))):
            end, complete = at, len(ages)
        while text.word(at) in _LISTING:
            at += 1
    if end == start:
        return
    months = tuple(value * (unit or 12) for value, unit in ages[:complete])
    if is_bracketed and text.word(end) in {")", "]"}:
        end += 1
    if all(month <= _OLDEST_YEARS * 12 for month in months) or is_bracketed:
        yield months, end


def _read_age(text: Text, index: int) -> tuple[int, int, int] | None:
    """A value, the months in its unit (0 when unsaid), and the token after it."""
    if text.word(index) in _BELOW:
        below = _read_age(text, index + 1)
        return (below[0] * below[1] - 1, 1, below[2]) if below and below[0] * below[1] else None
    if index >= len(text.tokens):
        return None
    joined = _JOINED.fullmatch(text.word(index))
    # "18th" is 18 tháng of a child, else a day
    if joined and (joined[2] != "th" or text.word(index - 1) in _SEVERAL_YOUNG):
        ends = index + 2 if text.word(index + 1) in {"old", "tuoi"} else index + 1
        return int(joined[1]), 1 if joined[2] in _MONTHS else 12, ends
    numbers = list(number_slot().read(text, index))
    if not numbers:
        return None
    value, end = numbers[0]
    units = _UNITS.read(text, end) if end < len(text.tokens) else []
    if units:
        months, stop = units[0]
        if text.word(index) == "bay" and not text.tokens[index].marks and text.word(end) == "thang":
            return None  # "bay thẳng"
        return (value, months, stop) if value < 100 else None
    is_dash = text.word(end) == "-" and text.tokens[end].start > text.tokens[end - 1].end  # "kids 8 and 1 - Boston"
    is_count = text.word(end) in _NO_AGE_BEFORE and not is_dash
    return (value, 0, end) if value < 100 and not is_count else None


def find_ages(text: Text) -> Ages:
    """The ages in an answer to how old somebody is, where a bare figure is one: "two, 4 and 8", "10 months and 5"."""
    ages: list[int] = []
    counts: list[int] = []
    index = 0
    while index < len(text.tokens):
        found = _read_age(text, index)
        if found is None:
            index += 1
            continue
        value, unit, index = found
        ages.append(value * (unit or 12))
        counts.append(0 if unit else value)
    if counts and counts[0] == len(ages) - 1 > 0:
        ages.pop(0)
    return tuple(ages) if all(age <= _OLDEST_YEARS * 12 for age in ages) else ()
