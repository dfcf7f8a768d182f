"""Times of day in a message, as windows within which a flight should leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import time
from functools import cache
from typing import NamedTuple

from understanding.clocks import NOON, Clock, clock_slot, open_clock_slot
from understanding.denials import is_denied
from understanding.frame import TimeWindow
from understanding.grammar import Grammar, Match, Rule, Slot, Vocabulary
from understanding.text import Text, find_marks

AROUND_MINUTES = 60
"""How far either side of "at 9" a flight may leave."""
_LAST_MINUTE = 23 * 60 + 59

ANY_TIME = TimeWindow()
"""Said to take a window back."""
EARLY = TimeWindow(first=time(4), last=time(7, 59))
MORNING = TimeWindow(first=time(5), last=time(11, 59))
MIDDAY = TimeWindow(first=time(11), last=time(13, 59))
AFTERNOON = TimeWindow(first=time(12), last=time(17, 59))
EVENING = TimeWindow(first=time(18), last=time(23, 59))
LATE = TimeWindow(first=time(21), last=time(23, 59))
_VIETNAMESE_PARTS = {
    "sáng": MORNING,
    "sáng sớm": EARLY,
    "sớm mai": EARLY,
    "tờ mờ sáng": EARLY,
    "tinh mơ": EARLY,
    "rạng sáng": EARLY,
    "hừng đông": EARLY,
    "mờ sáng": EARLY,
    "sáng tinh mơ": EARLY,
    "trưa": MIDDAY,
    "giữa trưa": MIDDAY,
    "chiều": AFTERNOON,
    "xế chiều": AFTERNOON,
    "chiều tối": TimeWindow(first=time(16), last=time(20, 59)),
    "tối": EVENING,
    "chập tối": EVENING,
    "đêm": LATE,
    "khuya": LATE,
    "đêm khuya": LATE,
    "tối khuya": LATE,
}
_ENGLISH_PARTS = {
    **dict.fromkeys(
        ("morning", "mornings", "morning's", "mornin", "late morning", "mid morning", "mid - morning"), MORNING
    ),
    **dict.fromkeys(("in the am", "first thing in the morning"), MORNING),
    **dict.fromkeys(("early morning", "early in the morning", "crack of dawn", "dawn", "sunrise", "early am"), EARLY),
    **dict.fromkeys(("bright and early", "early early"), EARLY),
    **dict.fromkeys(
        ("noon", "midday", "noontime", "lunchtime", "lunch time", "around lunch", "at lunch", "mid - day"), MIDDAY
    ),
    **dict.fromkeys(
        ("afternoon", "afternoons", "arvo", "early afternoon", "late afternoon", "mid afternoon"), AFTERNOON
    ),
    **dict.fromkeys(("mid - afternoon", "midafternoon", "after lunch", "afternoon's"), AFTERNOON),
    **dict.fromkeys(
        ("evening", "evenings", "evenin", "late evening", "early evening", "tonight", "evening's"), EVENING
    ),
    **dict.fromkeys(("after dinner", "late in the evening", "suppertime", "dinner time"), EVENING),
    "late in the afternoon": AFTERNOON,
    "am": MORNING,
    "pm": TimeWindow(first=time(12), last=time(23, 59)),
    "early in the afternoon": AFTERNOON,
    "early in the evening": EVENING,
    "night": TimeWindow(first=time(18), last=time(23, 59)),
    **dict.fromkeys(("late night", "late at night", "overnight", "nighttime", "night time"), LATE),
    **dict.fromkeys(("red eye", "redeye", "red - eye", "redeyes", "red eyes"), LATE),
}
_NIGHT_BEFORE = {
    *("at", "late", "tomorrow", "the", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    *("mon", "tue", "wed", "thu", "fri", "sat", "sun", "a"),
}
_MOVED = {"doi", "chuyen", "lui", "hoan"}
"""Before "sang" these make it "across to", not "sáng", the morning."""
_AFTER_MORNING = {
    *("bay", "di", "nhe", "nha", "som", "tu", "luc", "co", "cho", "a", "thoi", "ve", "va", "hoac", "hay", "cung"),
    *("dc", "duoc", "mai", "nay", "mot", "thu", "ngay", "chu", "cn", "khoi", "tam", "khoang", "truoc", "sau", "gia"),
}
"""Behind "sang" beside a date these leave it "sáng"; a place does not."""
_PLAIN_PARTS = {"chieu", "trua", "dem", "khuya"}
_AFTER_WAY = {"ve", "di", "dai", "cao", "bay", "thoi"}
"""Behind "chiều" these make it "way": "chiều về"."""
_DEICTIC = {"nay", "mai", "mot", "kia"}
_HALVES = {"am", "pm"}
"""Beside a date they are parts of the day: "14 Dec am"."""
_CLOCK_WORDS = {"12h", "12g", "0h", "gio"}
"""Before a part of the day: the time was not read, and the part alone would say less than was said."""
_CONTRASTS = {"but", "ma"}
_TRAVELLING = {"bay", "di", "fly", "leave", "depart", "travel", "go"}
_AFTER_MAXIMUM = {"da", "thieu", "uu", "hau", "tan", "mat"}
"""Behind "tối" and "tôi": "tối đa" is "at most"."""
_ENDING = {"di", "nhe", "nha", "thoi", "nhen", "a"}
_AFTER_ME = {"muon", "can", "se", "dinh", "di"}
"""Behind an unmarked "toi" these make it "tôi"."""
_GREETED = {"i", "i'm", "i'd", "can", "could", "we", "we're", "all", "folks", "there", "mate", "everyone", "to", "sir"}
_FLIGHTS = {"chuyen", "cai", "con", "the", "ve"}
_FLIGHT_NOUNS = {"one", "flight", "departure"}


class TimeMention(NamedTuple):
    start: int
    end: int
    window: TimeWindow
    names_flight: bool = False
    """Whether it may name one of the flights shown ("the 7 am one", "chuyến 9h20")."""


def find_times(text: Text, dates: list[tuple[int, int]]) -> list[TimeMention]:
    """Every time of day. `dates` are the token spans of dates: beside one a part of the day needs no diacritics."""
    beside = {start for start, _ in dates} | {end for _, end in dates}
    inside = {index for start, end in dates for index in range(start, end)}
    matches = _grammar().scan(text, allow=lambda match: _is_meant(text, match, beside, inside))
    meant = (match for match in matches if match.rule.pattern in _ANY_TIME or not _is_refused(text, match))
    ends = dict(dates)
    mentions = (_mention(text, match, ends) for match in meant)
    return [mention for mention in mentions if mention is not None]


def _mention(text: Text, match: Match, date_ends: dict[int, int]) -> TimeMention | None:
    window = match.rule.build(*match.values)
    if window is None:
        return None
    if window == MORNING and "som" in {text.word(match.end), text.word(date_ends.get(match.end, match.end))}:
        window = EARLY  # sáng mai sớm
    is_exact = match.rule.pattern in _EXACT
    before, after = text.word(match.start - 1), text.word(match.end)
    names_flight = is_exact and (before in _FLIGHTS or after in _FLIGHT_NOUNS)
    return TimeMention(match.start, match.end, window, names_flight)


def _is_meant(text: Text, match: Match, beside: set[int], inside: set[int]) -> bool:
    """ "Toi" is "tối" beside a date, "tôi" elsewhere; "một chiều" is no afternoon and "4 đêm" no night."""
    if match.rule.pattern not in _PART_PATTERNS:
        return match.start not in inside
    token, last = text.tokens[match.start], text.tokens[match.end - 1]
    before, after = text.word(match.start - 1), text.word(match.end)
    if match.rule.pattern == "{english_part}":
        return _is_english_part_meant(text, match.start, match.end, beside)
    if token.word == "chieu" and (before in {"mot", "1", "hai", "2"} or (after in {"di", "ve"} and not match.start)):
        return False  # one way, two ways, the way out
    if before.isdigit() or before in _CLOCK_WORDS or (token.word == "dem" and match.start - 1 in inside):
        return False
    if token.word == "toi" and not token.marks and after in _AFTER_ME:
        return False
    if (
        token.word == "sang"
        and not token.marks
        and before in _TRAVELLING
        and (not after.isalnum() or (after in _ENDING and not text.word(match.end + 1).isalnum()))
    ):
        return True
    if (token.word == "toi" and after in _AFTER_MAXIMUM) or (token.word, after) == ("chieu", "ve"):
        return False
    if token.word == "sang" and not token.marks and match.end - match.start == 1:
        if before in _MOVED:
            return False
        if match.end not in beside and after and after[0].isalnum() and after not in _AFTER_MORNING:
            return False
    if not token.marks and token.word in _PLAIN_PARTS and before in _TRAVELLING | {"chuyen"}:
        return after not in _AFTER_WAY
    if before == "buoi" or (match.start in inside and after in _DEICTIC):
        return True
    if match.start not in inside and (match.end in beside or match.start in beside):
        return True
    return bool(token.marks or last.marks) and token.marks == match.values[0][1]


def _is_english_part_meant(text: Text, start: int, end: int, beside: set[int]) -> bool:
    word, before = text.word(start), text.word(start - 1)
    if word in _HALVES:
        return start in beside and text.word(end) != "lich"
    if before in {"good", "last"}:
        return False
    if start == 0 and end < len(text.tokens):
        is_addressed = text.word(end) in _GREETED and bool(text.word(end + 1))
        is_greeting = is_addressed or (not text.word(end)[0].isalnum() and text.word(end + 1) in _GREETED)
        return not is_greeting
    return word != "night" or before in _NIGHT_BEFORE


def _is_refused(text: Text, match: Match) -> bool:
    """ "Not in the morning", "5h30 sớm quá" ask for no window: the rest of the day is more than one."""
    start, before = match.start, text.word(match.start - 1)
    behind = match.end
    while text.word(behind) in _BEFORE_UNFIT and behind < match.end + _REACH_OF_UNFIT:
        behind += 1
    if _UNFIT.read(text, behind):
        return True
    if before in _CONTRASTS:
        return False
    return is_denied(text, start) or (before in _TRAVELLING and is_denied(text, start - 1))


@cache
def _grammar() -> Grammar:
    vietnamese = [
        (" ".join(f"^{word}" for word in phrase.split()), (window, find_marks(phrase.split()[0])))
        for phrase, window in _VIETNAMESE_PARTS.items()
    ]
    english = [(phrase, (window, "")) for phrase, window in _ENGLISH_PARTS.items()]
    slots: dict[str, Slot] = {
        "part": Vocabulary(vietnamese),
        "english_part": Vocabulary(english),
        "clock": clock_slot(),
        "hour": open_clock_slot(),
    }
    return Grammar(_rules(), slots)


_PART_PATTERNS = {"{part}", "{english_part}"}
_EXACT = {"{clock}"}
_BEFORE_UNFIT = {
    "is",
    "'s",
    "s",
    "a",
    "bit",
    "way",
    "far",
    "much",
    "thi",
    "that",
    "flight",
    "one",
    "hoi",
    "la",
    "nay",
    "ay",
    "just",
}
_REACH_OF_UNFIT = 4
_UNFIT = Vocabulary(
    [
        (phrase, True)
        for phrase in (
            *("too early", "too late", "early for me", "late for me", "no good", "doesn't work", "won't work"),
            *("doesn't suit", "sớm quá", "sớm lắm", "trễ quá", "trễ lắm", "muộn quá", "muộn lắm", "khuya quá"),
            *(
                "quá sớm",
                "quá trễ",
                "quá muộn",
                "quá khuya",
                "sớm thế",
                "thì thôi",
                "không tiện",
                "ko tiện",
                "không kịp",
                "ko kịp",
            ),
        )
    ]
)
"""Right behind a time: it does not suit."""
_ANY_TIME = ("any time", "anytime", "any time of day", "giờ nào cũng được", "lúc nào cũng được", "mấy giờ cũng được")


def _rules() -> Iterator[Rule]:
    for part in ("{part}", "buổi|ban {part}", "{english_part}", "in|during the {english_part}"):
        yield Rule(part, lambda part: part[0])
    for at in ("{clock}", "lúc|khoảng|tầm|cỡ|chừng|=độ|at|around|about|like {clock}", "vào? lúc|khoảng|tầm {clock}"):
        yield Rule(at, _around)
    yield Rule("at|around about|around {clock}", _around)
    for before in (
        *("trước {clock}", "before|by|until {clock}", "no|not later than {clock}", "trễ|muộn|chậm nhất là? {clock}"),
        *("at the latest {clock}", "earlier than {clock}", "sớm hơn {clock}", "không trễ|muộn hơn {clock}"),
        *("{clock} at the latest", "{clock} or earlier|before", "{clock} trở|đổ lại", "{clock} trở về trước"),
        *("up to|until {clock}", "anytime|sometime before {clock}", "any time before|until {clock}"),
    ):
        yield Rule(before, lambda clock: _window(0, clock.minutes))
    for after in (
        *("sau {clock}", "after|from|past|since {clock}", "later than {clock}", "no|not earlier than {clock}"),
        *("từ {clock} trở? đi|lên", "{clock} trở đi|lên", "{clock} đổ đi", "sớm nhất là? {clock}"),
        *("{clock} or later|after", "{clock} onwards|onward", "muộn|trễ hơn {clock}", "không sớm hơn {clock}"),
        *(
            "anytime|sometime|any after {clock}",
            "any time after|past|from {clock}",
            "{clock} at the earliest",
            "từ {clock}",
        ),
    ):
        yield Rule(after, lambda clock: _window(clock.minutes, _LAST_MINUTE))
    for until_noon in ("trước trưa", "trước buổi trưa", "before|by noon|midday|lunch"):
        yield Rule(until_noon, lambda: _window(0, NOON))
    for from_noon in ("sau trưa", "sau buổi trưa", "after|from noon|midday"):
        yield Rule(from_noon, lambda: _window(NOON, _LAST_MINUTE))
    for any_time in _ANY_TIME:
        yield Rule(any_time, lambda: ANY_TIME)
    for until_noon in ("between|from {hour} and|to|until noon|midday",):
        yield Rule(until_noon, lambda clock: _between(clock, Clock(12, 0, "pm")))
    for from_noon in ("between|from noon|midday and|to|until {hour}",):
        yield Rule(from_noon, lambda clock: _window(NOON, (clock if clock.half else clock._replace(half="pm")).minutes))
    for between in (
        *("từ {hour} đến|tới|- {clock}", "between {hour} and|& {clock}", "from? {hour} to|through|until|till {clock}"),
        *("khoảng|tầm|giữa {hour} đến|tới|và|- {clock}", "{hour} - {clock}", "{hour} đến|tới {clock}"),
        *("lúc|around|about|at {hour} - {clock}", "around|about|at {hour} or {clock}"),
    ):
        yield Rule(between, _between)
    for part in ("{part}", "{english_part}"):
        yield Rule(f"{part} lúc|khoảng|tầm|at|around|about {{hour}}", lambda part, hour: _in_part(part, hour, _around))
        yield Rule(f"{part} trước|before|by {{hour}}", lambda part, hour: _in_part(part, hour, _until))
        yield Rule(f"{part} sau|after|from {{hour}}", lambda part, hour: _in_part(part, hour, _since))


def _around(clock: Clock) -> TimeWindow | None:
    return _spread(clock.minutes)


def _until(clock: Clock) -> TimeWindow | None:
    return _window(0, clock.minutes)


def _since(clock: Clock) -> TimeWindow | None:
    return _window(clock.minutes, _LAST_MINUTE)


def _spread(minutes: int | None) -> TimeWindow | None:
    return None if minutes is None else _window(minutes - AROUND_MINUTES, minutes + AROUND_MINUTES)


def _between(first: Clock, last: Clock) -> TimeWindow | None:
    begin = first.in_half_of(last).minutes
    return None if begin is None else _window(begin, last.minutes)


def _in_part(
    part: tuple[TimeWindow, str], clock: Clock, build: Callable[[Clock], TimeWindow | None]
) -> TimeWindow | None:
    """ "In the morning around eight": the half of the day is that of the part."""
    if clock.half:
        return build(clock)
    half = "am" if part[0] in {MORNING, EARLY} else "noon" if part[0] == MIDDAY else "pm"
    return build(clock._replace(half=half))


def _window(first: int | None, last: int | None) -> TimeWindow | None:
    """From and to minutes after midnight, kept within the day."""
    if first is None or last is None:
        return None
    first, last = max(first, 0), min(last, _LAST_MINUTE)
    return TimeWindow(first=time(*divmod(first, 60)), last=time(*divmod(last, 60))) if first <= last else None
