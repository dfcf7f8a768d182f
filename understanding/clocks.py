"""Hours of the day in figures and words: "7h30", "bảy rưỡi tối", "eight thirty am", "quarter past five"."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from understanding.grammar import DIGITS, Found, Reader, Vocabulary
from understanding.numbers import number_slot, number_words
from understanding.text import Text

NOON = 12 * 60

_CLOCK = re.compile(
    r"(\d{1,2})(?:"
    r" ?(?P<unit>h|g|gio)(?: ?(?P<minutes>[0-5]\d)(?!\d)| (?P<half>ruoi))?"
    r"|[:.](?P<colon>[0-5]\d)(?=(?! ?[ap]\.? ?m)(?<!\.\d\d)| ?[ap]\.? ?m(?![^\W_]))|(?P<bare_half> ruoi)"
    r"|(?= ?[ap]m(?![^\W_])| [ap] ?\.? ?m(?![^\W_])| o'?clock))"
    r"(?: ?(?P<meridiem>am|pm))?(?![^\W_])"
)
_JOINED = re.compile(r"(\d{1,2})([0-5]\d)(am|pm)")
"""730pm"""
_MERIDIEMS = Vocabulary(
    [
        (phrase, half)
        for half, letter in (("am", "a"), ("pm", "p"))
        for phrase in (f"{letter}m", f"{letter} m", f"{letter} . m .", f"{letter} . m")
    ]
)
_PARTS_BEHIND = Vocabulary(
    [
        *((phrase, "am") for phrase in ("in the morning", "in the am", "this morning", "tomorrow morning", "^sáng")),
        *((phrase, "am") for phrase in ("buổi sáng", "giờ sáng", "sáng sớm")),
        *((phrase, "pm") for phrase in ("in the afternoon", "in the evening", "this afternoon", "this evening")),
        *((phrase, "pm") for phrase in ("tonight", "^chiều", "^tối", "buổi chiều", "buổi tối", "in the pm")),
        *((phrase, "noon") for phrase in ("^trưa", "buổi trưa", "giờ trưa")),
        *((phrase, "night") for phrase in ("at night", "^đêm", "^khuya", "ban đêm")),
    ]
)
"""Parts of the day behind an hour. "Tôi" is not "tối", and needs its own check."""
_MINUTES = {
    "thirty": 30,
    "fifteen": 15,
    "forty five": 45,
    "ten": 10,
    "twenty": 20,
    "forty": 40,
    "fifty": 50,
    "oh five": 5,
}
_MINUTE_WORDS = Vocabulary(
    [
        *_MINUTES.items(),
        *((f"{tens} five", value + 5) for tens, value in (("twenty", 20), ("thirty", 30), ("fifty", 50))),
    ]
)
_FRACTIONS = Vocabulary(
    [
        ("half past", 30),
        ("quarter past", 15),
        ("a quarter past", 15),
        ("quarter after", 15),
        ("a quarter after", 15),
        ("quarter to", -15),
        ("a quarter to", -15),
        ("quarter till", -15),
    ]
)
_LAST_ENGLISH_HOUR = 12
_ENGLISH_HOURS = Vocabulary(
    [
        (word, hour)
        for hour, word in enumerate(
            ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), start=1
        )
    ]
)
_OCLOCK = Vocabulary([("o ' clock", True), ("oclock", True), ("o clock", True)])
_FIRST_NIGHT_HOUR = 6


class Clock(NamedTuple):
    hour: int
    minute: int
    half: str
    """ "am", "pm", "noon" or "night" as said; "24" on a clock of 24 hours; nothing where it is left open."""

    @property
    def minutes(self) -> int | None:
        """After midnight. None where the half is open, or where the hour belongs to the next date: it must be asked."""
        hour = _HOURS[self.half](self.hour) if self.half else None
        return None if hour is None else hour * 60 + self.minute

    def in_half_of(self, other: Clock) -> Clock:
        """The first of "between two and five pm": of the same half, or of the one before ("between 11 and 2 pm")."""
        is_open = not self.half or (self.half == "24" and self.hour <= _LAST_ENGLISH_HOUR and other.half != "24")
        if not is_open:
            return self
        same = self._replace(half=other.half)
        is_after = same.minutes is not None and other.minutes is not None and same.minutes > other.minutes
        return self._replace(half="am") if is_after else same


def _on_night_clock(hour: int) -> int | None:
    """Two at night is two in the morning; twelve at night is asked."""
    if hour == _LAST_ENGLISH_HOUR:
        return None
    return hour + 12 if _FIRST_NIGHT_HOUR <= hour < _LAST_ENGLISH_HOUR else hour


_HOURS = {
    "24": lambda hour: hour if hour < 24 else None,
    "am": lambda hour: hour % 12 if hour <= _LAST_ENGLISH_HOUR else None,
    "pm": lambda hour: hour % 12 + 12 if hour <= _LAST_ENGLISH_HOUR else hour if hour < 24 else None,
    "noon": lambda hour: hour if hour in {10, 11, 12} else hour + 12 if hour < 4 else None,
    "night": _on_night_clock,
}


@cache
def clock_slot() -> Reader:
    """An hour whose half of the day is certain."""
    return Reader(
        _starts(), lambda text, index: [found for found in _read(text, index) if found[0].minutes is not None]
    )


@cache
def open_clock_slot() -> Reader:
    """Any hour: its half may follow from what stands beside it."""
    return Reader(_starts(), _read)


def _starts() -> frozenset[str]:
    return number_words().starts | _FRACTIONS.starts | _ENGLISH_HOURS.starts | {DIGITS}


def _read(text: Text, index: int) -> list[Found]:
    if text.tokens[index].word[0].isdigit():
        return _read_figures(text, index)
    if fraction := _FRACTIONS.read(text, index):
        minutes, hour_at = fraction[0]
        return [
            (_shifted(clock, minutes), end)
            for clock, end in (_read_hour(text, hour_at) if hour_at < len(text.tokens) else [])
            if not clock.minute
        ]
    return _read_hour(text, index)


def _shifted(clock: Clock, minutes: int) -> Clock:
    return clock._replace(minute=minutes) if minutes > 0 else clock._replace(hour=clock.hour - 1, minute=60 + minutes)


def _read_figures(text: Text, index: int) -> list[Found]:
    if joined := _JOINED.fullmatch(text.tokens[index].word):
        return [(Clock(int(joined[1]), int(joined[2]), joined[3]), index + 1)]
    figures = _CLOCK.match(text.folded, text.tokens[index].start)
    end = text.token_ending_at(figures.end(), index) if figures else None
    if figures is None or end is None:
        return _read_plain_hour(text, index)
    hour = int(figures[1])
    minute = int(figures["minutes"] or figures["colon"] or (30 if figures["half"] or figures["bare_half"] else 0))
    if text.word(end) == "kem" and (less := _number_at(text, end + 1)) and 0 < less[0] < 60:
        hour, minute, end = hour - 1, 60 - less[0], less[1]
    if figures["meridiem"]:
        return [(Clock(hour, minute, figures["meridiem"]), end)]
    is_oclock = _after_oclock(text, end) > end
    half, end = _read_half(text, _after_oclock(text, end))
    if not half and (figures["bare_half"] or is_oclock or not (figures["unit"] or figures["colon"])):
        return [(Clock(hour, minute, ""), end)] if is_oclock else []
    return [(Clock(hour, minute, half if half and hour <= _LAST_ENGLISH_HOUR else "24"), end)]


def _read_plain_hour(text: Text, index: int) -> list[Found]:
    """ "8 in the morning", "7 sáng"; a figure alone leaves its half open."""
    word = text.tokens[index].word
    is_hour = word.isdigit() and len(word) <= 2 and 1 <= int(word) <= _LAST_ENGLISH_HOUR
    if not is_hour or text.word(index + 1) in {"/", ".", ":"}:
        return []
    half, end = _read_half(text, _after_oclock(text, index + 1))
    if text.word(index + 1) in {"dem", "chieu"}:
        return []  # "5 đêm" are nights, "1 chiều" is one way
    return [(Clock(int(word), 0, half), end)]


def _read_hour(text: Text, index: int) -> list[Found]:
    """An hour in words, with minutes in words, and its half of the day."""
    if text.tokens[index].word[0].isdigit():
        return _read_figures(text, index)
    vietnamese = _read_vietnamese_hour(text, index)
    return vietnamese or [
        (Clock(hour, minute, half), last)
        for hour, end in _ENGLISH_HOURS.read(text, index)
        for minute, minutes_end in [next(iter(_MINUTE_WORDS.read(text, end)), (0, end))]
        for half, last in [_read_half(text, _after_oclock(text, minutes_end))]
    ]


def _read_vietnamese_hour(text: Text, index: int) -> list[Found]:
    """ "Bảy giờ", "bảy rưỡi tối", "tám giờ kém mười". A number alone is none: "một chiều" is one way."""
    for hour, end in number_words().read(text, index):
        is_half = text.word(end) == "ruoi"
        if hour > 24 or not (is_half or text.word(end) == "gio"):
            continue
        minute, end = (30 if is_half else 0), end + 1
        if not is_half and text.word(end) == "ruoi":
            minute, end = 30, end + 1
        elif text.word(end) == "kem" and (less := _number_at(text, end + 1)) and 0 < less[0] < 60:
            hour, minute, end = hour - 1, 60 - less[0], less[1]
        elif not is_half and (more := _number_at(text, end)) and more[0] < 60 and not more[0] % 5:
            minute, end = more
        half, end = _read_half(text, end)
        if half or not is_half:
            return [(Clock(hour, minute, half or "24"), end)]
    return []


def _after_oclock(text: Text, index: int) -> int:
    found = _OCLOCK.read(text, index) if index < len(text.tokens) else []
    return found[0][1] if found else index


def _number_at(text: Text, index: int) -> tuple[int, int] | None:
    if index >= len(text.tokens):
        return None
    found = list(number_slot().read(text, index))
    return found[0] if found else None


def _read_half(text: Text, index: int) -> tuple[str, int]:
    """The half of the day said behind an hour, and the index after it."""
    meridiem = _MERIDIEMS.read(text, index)
    if meridiem:
        return meridiem[0]
    part = _PARTS_BEHIND.read(text, index)
    if not part or (text.word(index) == "toi" and text.tokens[index].marks == "\u0302"):
        return "", index
    return part[0]
