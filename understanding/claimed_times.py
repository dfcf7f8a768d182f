"""Hours of the day and lengths of time in a sentence: "9:30", "ba giờ chiều", "hai tiếng rưỡi", "2h 10m", "4 đêm"."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from understanding.claim_base import Found
from understanding.clocks import Clock, open_clock_slot
from understanding.numbers import number_slot, number_words
from understanding.text import Text

_HOUR_UNITS = {"hour", "hours", "hr", "hrs", "tieng", "gio", "h"}
_MINUTE_UNITS = {"minute", "minutes", "min", "mins", "phut", "m", "p"}
_DAY_UNITS = {"ngay": 1, "dem": 1, "day": 1, "days": 1, "night": 1, "nights": 1, "tuan": 7, "week": 7, "weeks": 7}
_OPEN_UNITS = {"gio", "h"}
"""Of a length and of the clock alike."""
_JOINED = re.compile(r"(\d{1,3})h(?:(\d{1,2})(?:m|p|ph|min)?)?|(\d{1,3})(?:m|p|ph|min|mins)")
_JOINED_HOURS = re.compile(r"(\d{1,3})(?:h|hr|hrs)")
_JOINED_MINUTES = re.compile(r"(\d{1,2})(?:m|p|ph|min|mins)")
_HALVES_OF_DAY = {"sang", "trua", "chieu", "toi", "dem", "khuya", "am", "pm"}
_AT = {"at", "luc"}
_NAMED_HOURS = {"noon": 12 * 60, "midnight": 0, "midday": 12 * 60}
_DAY_MINUTES = 24 * 60


class Span(NamedTuple):
    """What an hour or a length may be; it is true when one of its readings is."""

    clocks: frozenset[int] = frozenset()
    """Minutes after midnight."""
    lengths: frozenset[int] = frozenset()
    """Minutes."""
    days: frozenset[int] = frozenset()
    """Days or nights."""


def find_lengths(found: Found) -> None:
    """How long something lasts. One day, hour or minute in words is a way of speaking: "one moment", "a day"."""
    text, index = found.text, 0
    while index < len(text.tokens):
        read = _read_length(text, index) if found.is_free_token(index) else None
        if read is None:
            index += 1
            continue
        span, end = read
        if span is not None:
            found.add_tokens("duration", index, end, span)
        index = max(end, index + 1)


def find_clocks(found: Found) -> None:
    """Hours of the day."""
    text, slot, index = found.text, open_clock_slot(), 0
    while index < len(text.tokens):
        word = text.word(index)
        if word in _NAMED_HOURS and text.word(index - 1) != "after":
            found.add_tokens("time", index, index + 1, Span(clocks=frozenset({_NAMED_HOURS[word]})))
        begins = word[0].isdigit() or word in slot.starts
        read = next(iter(slot.read(text, index)), None) if begins and found.is_free_token(index) else None
        if read is None or not _is_clock(text, index, read[1], read[0]):
            index += 1
            continue
        clock, end = read
        found.add_tokens("time", index, end, _span_of(clock, text, index, end))
        index = end


def _is_clock(text: Text, index: int, end: int, clock: Clock) -> bool:
    """Whether more than a bare number says that it is an hour."""
    if clock.hour > 24 or clock.minute > 59 or text.word(end) in {"%", "kg", "kilo", "kilos"}:
        return False
    if clock.half or "o" in {text.word(end - 1), text.word(end - 3)} or text.word(end - 1) in {"clock", "oclock"}:
        return True
    is_figure = text.word(index)[0].isdigit()
    if clock.minute:
        return True
    return is_figure and text.word(index - 1) in _AT and not text.word(end)[:1].isalpha()


def _span_of(clock: Clock, text: Text, index: int, end: int) -> Span:
    minutes = clock.minutes
    if minutes is None:
        first = clock.hour % 12 * 60 + clock.minute
        return Span(clocks=frozenset({first, first + _DAY_MINUTES // 2}))
    said = {text.word(at) for at in range(index, end)}
    is_open = clock.half == "24" and (said & _OPEN_UNITS or any(_JOINED.fullmatch(word) for word in said))
    return Span(clocks=frozenset({minutes}), lengths=frozenset({minutes}) if is_open else frozenset())


def _read_length(text: Text, index: int) -> tuple[Span | None, int] | None:
    """A length that begins at a token and the index after it; the length is None for a mere way of speaking."""
    if joined := _read_joined(text, index):
        return joined
    amount = _read_amount(text, index)
    if amount is None:
        return None
    value, end = amount
    if text.word(end) == "-":
        end += 1
    unit = text.word(end)
    if unit in _HOUR_UNITS:
        return _read_hours(text, index, value, end)
    if unit in _MINUTE_UNITS and len(unit) > 1:
        return _length(text, index, int(value)), end + 1
    is_weekday = text.word(index - 1) in {"thu", "ngay", "thang"}
    # "buổi tối 5 đêm" is not said; "2 ngày" after "thứ" is a Monday
    if unit in _DAY_UNITS and not is_weekday and value == int(value):
        days = int(value) * _DAY_UNITS[unit]
        return (Span(days=frozenset({days})) if days > 1 else None), end + 1
    return None


def _read_joined(text: Text, index: int) -> tuple[Span | None, int] | None:
    """ "2h10m", "2h 10m", "90p"; an hour alone is left to the clock."""
    word = text.word(index)
    is_decimal = text.word(index - 1) in {".", ","} and text.word(index - 2).isdigit()
    if not word[:1].isdigit() or (is_decimal and text.tokens[index - 1].end == text.tokens[index].start):
        return None
    if (hours := _JOINED_HOURS.fullmatch(word)) and (rest := _JOINED_MINUTES.fullmatch(text.word(index + 1))):
        return Span(lengths=frozenset({int(hours[1]) * 60 + int(rest[1])})), index + 2
    joined = _JOINED.fullmatch(word)
    if joined is None or text.word(index + 1) in _HALVES_OF_DAY:
        return None
    if joined[3]:
        return Span(lengths=frozenset({int(joined[3])})), index + 1
    if joined[2] is None:
        return None
    minutes = int(joined[1]) * 60 + int(joined[2])
    is_open = word[-1].isdigit()
    return Span(frozenset({minutes}) if is_open else frozenset(), frozenset({minutes})), index + 1


def _read_hours(text: Text, index: int, value: Decimal, at: int) -> tuple[Span | None, int] | None:
    unit, end = text.word(at), at + 1
    minutes = int(value * 60)
    if text.word(end) == "ruoi":
        minutes, end = minutes + 30, end + 1
    elif [text.word(end + step) for step in range(3)] == ["and", "a", "half"]:
        minutes, end = minutes + 30, end + 3
    more = _read_minutes(text, end, is_bare_enough=unit == "tieng")
    if more is not None:
        minutes, end = minutes + more[0], more[1]
    if unit in _OPEN_UNITS and (more is None or unit == "gio"):
        # "2 giờ 10 phút" is a length and an hour of the day, "2 giờ chiều" only an hour
        if more is None or text.word(end) in _HALVES_OF_DAY:
            return None
        return Span(frozenset({minutes}), frozenset({minutes})), end
    return _length(text, index, minutes), end


def _read_minutes(text: Text, index: int, *, is_bare_enough: bool) -> tuple[int, int] | None:
    """The minutes behind hours: "10 phút", "and 25 minutes", "10m"."""
    at = index + (text.word(index) in {"and", "va", ","})
    if joined := _JOINED_MINUTES.fullmatch(text.word(at)):
        return int(joined[1]), at + 1
    amount = _read_amount(text, at)
    if amount is None or amount[0] >= 60:
        return None
    value, end = amount
    if text.word(end) in _MINUTE_UNITS:
        return int(value), end + 1
    return (int(value), end) if is_bare_enough and at == index and not text.word(end)[:1].isalpha() else None


def _length(text: Text, index: int, minutes: int) -> Span | None:
    is_idiom = text.word(index) in {"a", "an", "mot", "one"} and minutes in {1, 60}
    return None if is_idiom else Span(lengths=frozenset({minutes}))


def _read_amount(text: Text, index: int) -> tuple[Decimal, int] | None:
    """A number in figures or words, with a decimal or a half: "2.5", "two and a half", "nửa", "half an"."""
    word = text.word(index)
    if not word:
        return None
    if word == "nua" and text.tokens[index].marks:
        return Decimal("0.5"), index + 1
    if word == "half" and text.word(index + 1) in {"a", "an"}:
        return Decimal("0.5"), index + 2
    if word in {"a", "an"}:
        return Decimal(1), index + 1
    is_whole = word.isdigit() and text.word(index + 1) in {".", ","} and text.word(index + 2).isdigit()
    if is_whole and text.tokens[index + 2].start == text.tokens[index].end + 1:
        return (Decimal(f"{int(word)}.{int(text.word(index + 2))}"), index + 3) if len(word) < 4 else None
    if not word.isdigit() and word not in number_words().starts:
        return None
    read = next(iter(number_slot().read(text, index)), None)
    if read is None:
        return None
    value, end = read
    if [text.word(end + step) for step in range(3)] == ["and", "a", "half"]:
        return value + Decimal("0.5"), end + 3
    return Decimal(value), end
