"""Times of day in a message, as windows within which a flight should leave."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import time
from functools import cache
from typing import NamedTuple

from understanding.denials import is_denied
from understanding.frame import TimeWindow
from understanding.grammar import DIGITS, Found, Grammar, Match, Reader, Rule, Vocabulary
from understanding.text import Text, find_marks

AROUND_MINUTES = 60
"""How far either side of "at 9" a flight may leave."""
_NOON = 12 * 60
_LAST_MINUTE = 23 * 60 + 59

_CLOCK = re.compile(
    r"(\d{1,2})(?:"
    r" ?(?P<unit>h|g|gio)(?: ?(?P<minutes>[0-5]\d)(?!\d)| (?P<half>ruoi))?"
    r"|:(?P<colon>[0-5]\d)|(?P<bare_half> ruoi)|(?= ?[ap]m(?![^\W_])))(?: ?(?P<meridiem>am|pm))?(?![^\W_])"
)

MORNING = TimeWindow(first=time(5), last=time(11, 59))
AFTERNOON = TimeWindow(first=time(12), last=time(17, 59))
EVENING = TimeWindow(first=time(18), last=time(23, 59))
_PARTS = {
    "sáng": MORNING,
    "sáng sớm": TimeWindow(first=time(4), last=time(7, 59)),
    "trưa": TimeWindow(first=time(11), last=time(13, 59)),
    "chiều": AFTERNOON,
    "chiều tối": TimeWindow(first=time(16), last=time(20, 59)),
    "tối": EVENING,
    "đêm": TimeWindow(first=time(21), last=time(23, 59)),
    "khuya": TimeWindow(first=time(21), last=time(23, 59)),
    "morning": MORNING,
    "mornings": MORNING,
    "early morning": TimeWindow(first=time(4), last=time(7, 59)),
    "noon": TimeWindow(first=time(11), last=time(13, 59)),
    "midday": TimeWindow(first=time(11), last=time(13, 59)),
    "afternoon": AFTERNOON,
    "evening": EVENING,
    "tonight": EVENING,
    "night": TimeWindow(first=time(18), last=time(23, 59)),
}
_PLAIN_ENGLISH = {"morning", "mornings", "noon", "midday", "afternoon", "evening", "tonight", "early"}
_HALVES = {"sang": 0, "trua": 12, "chieu": 12, "toi": 12, "dem": 12}
_MOVED = {"doi", "chuyen", "lui", "hoan"}
"""Before "sang" these make it "across to", not "sáng", the morning."""
_DEICTIC = {"nay", "mai", "mot", "kia"}
_CLOCK_WORDS = {"12h", "12g", "0h", "gio"}
"""Before a part of the day: the time was not read, and the part alone would say less than was said."""
_CONTRASTS = {"but", "ma"}
_TRAVELLING = {"bay", "di", "fly", "leave", "depart", "travel", "go"}


class TimeMention(NamedTuple):
    start: int
    end: int
    window: TimeWindow


def find_times(text: Text, dates: list[tuple[int, int]]) -> list[TimeMention]:
    """Every time of day. `dates` are the token spans of dates: beside one a part of the day needs no diacritics."""
    beside = {start for start, _ in dates} | {end for _, end in dates}
    inside = {index for start, end in dates for index in range(start, end)}
    matches = _grammar().scan(text, allow=lambda match: _is_meant(text, match, beside, inside))
    meant = (match for match in matches if not _is_refused(text, match.start))
    mentions = (TimeMention(match.start, match.end, match.rule.build(*match.values)) for match in meant)
    return [mention for mention in mentions if mention.window is not None]


def _is_meant(text: Text, match: Match, beside: set[int], inside: set[int]) -> bool:
    """ "Toi" is "tối" beside a date, "tôi" elsewhere; "một chiều" is no afternoon and "4 đêm" no night."""
    if match.rule.pattern != "{part}":
        return match.start not in inside
    token = text.tokens[match.start]
    before = text.word(match.start - 1)
    if before in {"mot", "1", "hai", "2"} and token.word == "chieu":
        return False
    if token.word in _PLAIN_ENGLISH:
        return True
    if token.word == "night":
        return before in {"at", "late", "friday", "saturday", "sunday", "tomorrow"}
    if before.isdigit() or before in _CLOCK_WORDS or (token.word == "dem" and match.start - 1 in inside):
        return False
    if token.word == "sang" and not token.marks and before in _MOVED:
        return False
    if before == "buoi" or (match.start in inside and text.word(match.end) in _DEICTIC):
        return True
    if match.start not in inside and (match.end in beside or match.start in beside):
        return True
    return bool(token.marks) and token.marks == match.values[0][1]


def _is_refused(text: Text, start: int) -> bool:
    """ "Not in the morning" asks for no window: the rest of the day is more than one."""
    before = text.word(start - 1)
    if before in _CONTRASTS:
        return False
    return is_denied(text, start) or (before in _TRAVELLING and is_denied(text, start - 1))


@cache
def _grammar() -> Grammar:
    named = [
        (" ".join(f"^{word}" for word in phrase.split()), (window, find_marks(phrase.split()[0])))
        for phrase, window in _PARTS.items()
    ]
    return Grammar(
        _rules(),
        {"part": Vocabulary(named), "clock": Reader(frozenset({DIGITS}), _read_clock)},
    )


def _rules() -> Iterator[Rule]:
    yield Rule("{part}", lambda part: part[0])
    yield Rule("buổi {part}", lambda part: part[0])
    yield Rule("in the {part}", lambda part: part[0])
    for at in ("{clock}", "lúc|khoảng|tầm|at|around|about {clock}", "vào lúc {clock}"):
        yield Rule(at, lambda minute: _window(minute - AROUND_MINUTES, minute + AROUND_MINUTES))
    for before in ("trước {clock}", "before|by {clock}"):
        yield Rule(before, lambda minute: _window(0, minute))
    for after in ("sau {clock}", "after|from {clock}"):
        yield Rule(after, lambda minute: _window(minute, _LAST_MINUTE))
    for until_noon in ("trước trưa", "trước buổi trưa", "before|by noon|midday"):
        yield Rule(until_noon, lambda: _window(0, _NOON))
    for from_noon in ("sau trưa", "sau buổi trưa", "after|from noon|midday"):
        yield Rule(from_noon, lambda: _window(_NOON, _LAST_MINUTE))
    for between in ("từ {clock} đến|tới|- {clock}", "between {clock} and {clock}", "from {clock} to {clock}"):
        yield Rule(between, _window)


def _read_clock(text: Text, index: int) -> list[Found]:
    """Minutes after midnight. Twelve at night belongs to the next date, so it is not read: it must be asked."""
    clock = _CLOCK.match(text.folded, text.tokens[index].start)
    end = text.token_ending_at(clock.end(), index) if clock else None
    if clock is None or end is None:
        return []
    hour = int(clock[1])
    minute = int(clock["minutes"] or clock["colon"] or (30 if clock["half"] or clock["bare_half"] else 0))
    part = text.word(end) if end < len(text.tokens) and text.tokens[end].marks != "\u0302" else ""  # "tôi" is no part
    if clock["bare_half"] and part not in _HALVES:
        return []
    if hour == 12 and part == "dem":
        return []
    if clock["meridiem"]:
        hour = hour % 12 + (12 if clock["meridiem"] == "pm" else 0)
    elif part in _HALVES:
        end += 1
        hour += _HALVES[part] if hour < 12 and not (part == "trua" and hour == 11) else 0
    return [(hour * 60 + minute, end)] if hour < 24 else []


def _window(first: int, last: int) -> TimeWindow:
    """From and to minutes after midnight, kept within the day."""
    first, last = max(first, 0), min(last, _LAST_MINUTE)
    return TimeWindow(first=time(*divmod(first, 60)), last=time(*divmod(last, 60)))
