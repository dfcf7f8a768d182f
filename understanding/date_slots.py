"""The slots of date patterns: vocabularies of the words of dates, and readers of figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from understanding import date_words as words
from understanding.grammar import DIGITS, Found, Reader, Slot, Vocabulary
from understanding.holidays import holidays
from understanding.numbers import (
    day_words,
    english_day_words,
    number_slot,
    number_words,
    ordinal_slot,
    year_words,
)
from understanding.text import Text

_SEPARATED = re.compile(r"(\d{1,2})([/.-])(\d{1,2})(?:\2(\d{4}|\d{2}))?(?!\d|/|\2\d)")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?![\d/-])")
_COMPACT = re.compile(r"(\d{1,2})([a-z]{3,9})(\d{4}|\d{2})?|([a-z]{3,9})(\d{1,2})")
_DAYS_AND_NIGHTS = re.compile(r"(\d{1,2})n(\d{1,2})d")
FIRST_OF_TWO_FIGURES, LAST_OF_MONTH = 10, 31
MOST_LISTED = 5
"""People count flights up to here; a higher ordinal is a day unless a word says otherwise."""
_MODAL_MONTHS = {"march", "mar", "may"}
"""Months that are verbs too."""


def date_slots() -> dict[str, Slot]:
    months = [(name, number) for number, names in enumerate(words.ENGLISH_MONTHS, 1) for name in names.split()]
    number_months = [(f"t{number}", number) for number in range(1, 13)]
    vietnamese_months: list[tuple[str, tuple[int, bool]]] = [
        *(("giêng", (1, True)), ("chạp", (12, True)), ("tư", (4, False)))
    ]
    digits = frozenset({DIGITS})
    return {
        "day": Vocabulary(words.DAY_WORDS),
        "wd": Vocabulary(words.weekdays()),
        "week": Vocabulary(words.WEEKS),
        "months": Vocabulary(words.MONTHS_FROM_NOW),
        "years": Vocabulary(words.YEARS_FROM_NOW),
        "part": Vocabulary(words.PARTS),
        "calendar": Vocabulary(words.CALENDARS),
        "named": Vocabulary(holidays()),
        "which": Vocabulary(words.WHICH_WORDS),
        "which_behind": Vocabulary(words.WHICH_BEHIND),
        "stay": Vocabulary([(phrase, None) for phrase in words.STAYING]),
        "about": Vocabulary([(phrase, None) for phrase in words.ABOUT]),
        "journey": Vocabulary([(phrase, None) for phrase in words.JOURNEYS]),
        "month": Vocabulary(months),
        "compact": Reader(digits | frozenset(_glued_months(months)), partial(_read_compact, dict(months))),
        "two_figures": Reader(digits, _read_two_figures),
        "short_y": Reader(digits, _read_short_year),
        "clear_month": Vocabulary([(name, number) for name, number in months if name not in _MODAL_MONTHS]),
        "tmonth": Vocabulary(number_months),
        "mo": Reader(
            number_words().starts | {DIGITS, "gieng", "chap", "tu"},
            partial(_read_month, Vocabulary(vietnamese_months)),
        ),
        "n": number_slot(),
        "d": Reader(day_words().starts | {DIGITS}, _read_day),
        "cardinal": Reader(english_day_words().starts | {DIGITS}, _read_cardinal),
        "figure": Reader(digits, _read_figure),
        "lone": Reader(digits, _read_lone),
        "ord": ordinal_slot(),
        "od": Reader(ordinal_slot().starts | english_day_words().starts, _read_english_day),
        "the_ord": Reader(ordinal_slot().starts, _read_ordinal_of_day),
        "figure_ord": Reader(digits, _read_figure_ordinal),
        "y": Reader(year_words().starts | {DIGITS, "nam"}, _read_year),
        "this": Reader(frozenset({"nay", "toi"}), _read_this),
        "dm": Reader(digits, _read_separated),
        "iso": Reader(digits, _read_iso),
        "nd": Reader(digits, _read_days_and_nights),
    }


def _read_month(names: Vocabulary, text: Text, index: int) -> list[Found]:
    """A Vietnamese month: its number and whether its name is a lunar one."""
    found: list[Found] = list(names.read(text, index))
    found.extend(((number, False), end) for number, end in number_slot().read(text, index))
    return found


def _read_day(text: Text, index: int) -> list[Found]:
    """A day of the month in figures or Vietnamese words."""
    word = text.tokens[index].word
    if word.isdigit():
        return [(int(word), index + 1)] if len(word) <= 2 else []
    return day_words().read(text, index)


def _read_cardinal(text: Text, index: int) -> list[Found]:
    """The day behind an English month, in figures or words, unless it counts something else."""
    word = text.tokens[index].word
    found = [(int(word), index + 1)] if word.isdigit() and len(word) <= 2 else english_day_words().read(text, index)
    return [(day, end) for day, end in found if text.word(end) not in words.COUNTED and text.word(end) != ":"]


def _read_figure(text: Text, index: int) -> list[Found]:
    """A number in digits, where a word would more often be another word ("bay tháng 5")."""
    return [found for found in number_slot().read(text, index) if text.tokens[index].word.isdigit()]


def _glued_months(months: list[tuple[str, int]]) -> Iterator[str]:
    """ "dec14", the other way round."""
    return (f"{name}{day}" for name, _ in months for day in range(1, 32))


def _read_compact(months: dict[str, int], text: Text, index: int) -> list[Found]:
    """ "14dec", "03JAN27", "dec14"."""
    glued = _COMPACT.fullmatch(text.tokens[index].word)
    month = months.get(glued[2] or glued[4]) if glued else None
    if glued is None or month is None:
        return []
    year = None if glued[3] is None else int(glued[3]) + (2000 if len(glued[3]) == 2 else 0)
    return [((int(glued[1] or glued[5]), month, year), index + 1)]


def _read_two_figures(text: Text, index: int) -> list[Found]:
    """A figure more likely a day than a count: "28 này", "26 hay 27"."""
    word = text.tokens[index].word
    is_day = len(word) == 2 and word.isdigit() and FIRST_OF_TWO_FIGURES <= int(word) <= LAST_OF_MONTH
    return [(int(word), index + 1)] if is_day and not _is_tail(text, index) else []


def _read_short_year(text: Text, index: int) -> list[Found]:
    word = text.tokens[index].word
    return [(int(word) + 2000, index + 1)] if len(word) == 2 and word.isdigit() else _read_year(text, index)


def _read_this(text: Text, index: int) -> list[Found]:
    """ "20/12 này", "20/12 tới", but not "20/12 tới 25/12" or "20/12 tối đa"."""
    following = text.word(index + 1)
    is_range = following[:1].isdigit() or following in {"ngay", "hom", "het", "da"}
    is_word = text.tokens[index].marks in {"", "\u0300", "\u0301\u031b"}
    return [(None, index + 1)] if is_word and not (text.word(index) == "toi" and is_range) else []


def _read_lone(text: Text, index: int) -> list[Found]:
    """A figure that nothing follows which it could count or begin."""
    word, after = text.tokens[index].word, text.word(index + 1)
    is_lone = not after or after in words.AFTER_LONE_FIGURE or (not after.isalnum() and after not in {"/", ":", "-"})
    return [(int(word), index + 1)] if word.isdigit() and len(word) <= 2 and is_lone else []


def _read_english_day(text: Text, index: int) -> list[Found]:
    return [*ordinal_slot().read(text, index), *_read_cardinal(text, index)]


def _read_ordinal_of_day(text: Text, index: int) -> list[Found]:
    """An ordinal that is no place in a list: "the fifth", but not "the fifth one"."""
    found = ordinal_slot().read(text, index)
    return [(day, end) for day, end in found if _is_day_of_month(day, text.word(end))]


def _is_day_of_month(day: int, after: str) -> bool:
    if not after or not after[0].isalnum() or after in words.AFTER_ORDINAL_DAY:
        return True
    return day > MOST_LISTED and after not in words.LISTED


def _read_figure_ordinal(text: Text, index: int) -> list[Found]:
    return [found for found in _read_ordinal_of_day(text, index) if text.tokens[index].word[0].isdigit()]


def _read_year(text: Text, index: int) -> list[Found]:
    """ "2027", "năm 2027"; a "nam" with no year behind it may count what follows: "tháng 5 nam nguoi"."""
    index += text.word(index) == "nam" and text.tokens[index].marks in {"", "\u0306"}
    word = text.word(index)
    is_year = len(word) == 4 and word.isdigit() and word[:2] in {"19", "20", "21"}
    return [(int(word), index + 1)] if is_year else year_words().read(text, index)


def _read_days_and_nights(text: Text, index: int) -> list[Found]:
    both = _DAYS_AND_NIGHTS.fullmatch(text.tokens[index].word)
    return [(int(both[2]), index + 1)] if both else []


def _read_separated(text: Text, index: int) -> list[Found]:
    return _read_figures(_SEPARATED, text, index, lambda m: _numeric(m[1], m[3], m[4], m[2]))


def _read_iso(text: Text, index: int) -> list[Found]:
    return _read_figures(_ISO, text, index, lambda m: (int(m[1]), int(m[2]), int(m[3])))


def _numeric(day: str, month: str, year: str | None, separator: str) -> tuple[int, int, int | None] | None:
    if separator != "/" and int(month) > 12:
        return None  # 1.50 and 10-15 are no dates
    return int(day), int(month), None if year is None else int(year) + (2000 if len(year) == 2 else 0)


def _read_figures(
    pattern: re.Pattern[str], text: Text, index: int, build: Callable[[re.Match[str]], Any]
) -> list[Found]:
    start = text.tokens[index].start
    if _is_tail(text, index):
        return []
    figures = pattern.match(text.folded, start)
    end = text.token_ending_at(figures.end(), index) if figures else None
    if figures is None or end is None:
        return []
    value = build(figures)
    return [(value, end)] if value else []


def _is_tail(text: Text, index: int) -> bool:
    """Whether a figure continues a longer one. In 10-12/3 the second does not: the first is a day of its own."""
    start = text.tokens[index].start
    if start < 2 or text.folded[start - 1] not in "/.-," or not text.folded[start - 2].isdigit():
        return False
    return text.folded[start - 1] != "-" or len(text.word(index - 2)) > 2 or text.word(index - 3) == "-"
