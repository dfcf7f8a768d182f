"""Which of several things shown is meant: "cái thứ hai", "option B", "rẻ nhất", "the Vietjet one", "chuyến 7h"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import time
from functools import cache
from pathlib import Path
from typing import NamedTuple

from understanding.airlines import airline_slot, read_any_airline
from understanding.frame import TimeWindow
from understanding.grammar import Grammar, Rule, Vocabulary
from understanding.numbers import number_slot, ordinal_slot
from understanding.phrases import read_phrases
from understanding.reading import Choice
from understanding.text import Text
from understanding.times import AROUND_MINUTES, TimeMention

LAST = -1
"""In a position: the last one shown, however many there are."""
_HOURS, _MINUTES = 12, 60
_NOON = 12 * 60

_VIETNAMESE_ORDINALS = {
    "nhất": 1,
    "đầu": 1,
    "đầu tiên": 1,
    "nhì": 2,
    "hai": 2,
    "ba": 3,
    "tư": 4,
    "bốn": 4,
    "năm": 5,
    "sáu": 6,
    "bảy": 7,
    "tám": 8,
    "chín": 9,
    "mười": 10,
}
_MEASURES = {
    "rẻ nhất": "price",
    "cheapest": "price",
    "lowest": "price",
    "nhanh nhất": "duration",
    "ngắn nhất": "duration",
    "fastest": "duration",
    "quickest": "duration",
    "shortest": "duration",
    "sớm nhất": "departure",
    "earliest": "departure",
    "đến sớm nhất": "arrival",
}


_NOUN_VI = "cái|chuyến|vé|con|chiếc|phương|lựa|cách"
_NOUN_EN = "one|option|flight|offer|choice|result|ticket"
_NAMED = (_NOUN_VI, "cái", "số|#", "the? {ord}", "the? last", "option", "the {measure}", "{measure}")
_TAKING = {"take", "choose", "pick", "select", "grab", "book", "with", "for", "want", "have", "prefer"}
_OPTION_WORDS = {"option", "number", "phuong", "lua"}
_NOUNS = {"chuyen", "cai", "ve", "con", "chiec", "flight", "option", "ticket"}
_NOUNS_BEHIND = {"one", "flight", "option", "departure", "ticket"}
_BETWEEN = {
    "bay",
    "cua",
    "hang",
    "luc",
    "vao",
    "di",
    "the",
    "by",
    "at",
    "with",
    "on",
    "of",
    "that",
    "leaves",
    "leaving",
}
"""Words that may stand between a flight and what describes it."""
_HALF_DAYS = {"am", "pm", "sang", "trua", "chieu", "toi", "dem", "khuya", "morning", "afternoon", "evening", "night"}
_SPAN_WORDS = {"tu", "den", "toi", "from", "between", "to", "-", "truoc", "sau", "before", "after", "until"}


class ChoiceMention(NamedTuple):
    start: int
    end: int
    choice: Choice


def find_choice(text: Text, shown: int) -> ChoiceMention | None:
    """The one of `shown` things that is meant; None when nothing was shown or none is named.

    A position beyond `shown` is returned as said, so that the answer can say how many there are.
    """
    if not shown:
        return None
    if bare := _bare_choice(text):
        return ChoiceMention(0, len(text.tokens), bare)
    matches = _grammar().scan(text)
    choice: Choice | None = matches[0].rule.build(*matches[0].values) if matches else None
    if choice is None:
        return None
    if choice.position == LAST:
        choice = Choice(position=shown)
    return ChoiceMention(matches[0].start, matches[0].end, choice)


def find_described(text: Text, times: Sequence[TimeMention], shown: int) -> ChoiceMention | None:
    """One of `shown` flights named by its airline, by when it leaves, or by both; None for a wish for such flights."""
    airlines = _find_airlines(text) if shown else []
    if not shown or not (times or airlines) or len(times) > 1 or len(airlines) > 1:
        return None
    spans = [(time.start, time.end) for time in times] + [(start, end) for start, end, _ in airlines]
    start, end = min(spans)[0], max(end for _, end in spans)
    phrases = read_phrases(text).spans
    if "limit" in phrases or text.word(end) == "thoi":
        return None
    is_the_airline = bool(airlines) and text.word(start - 1) == "the"
    while text.word(start - 1) in _BETWEEN:
        start -= 1
    is_taken = "select" in phrases or "book" in phrases
    is_noun_before, is_noun_behind = text.word(start - 1) in _NOUNS, text.word(end) in _NOUNS_BEHIND
    departs = _read_departure(text, times[0]) if times else ()
    is_exact = bool(airlines) or len(departs) > 1 or departs[0].first != times[0].window.first
    ranked = _grammar().scan(text, allow=lambda match: match.end <= start or match.start >= end)
    is_described = (is_exact and (is_taken or is_noun_before)) or (is_taken and is_noun_before)
    is_pointed_at = is_noun_behind or is_the_airline or is_described
    if not (is_pointed_at or ranked):
        return None
    choice = Choice(airline=airlines[0][2] if airlines else None, departs=departs)
    start, end = start - is_noun_before, end + is_noun_behind
    if ranked:
        better: Choice = ranked[0].rule.build(*ranked[0].values)
        position = shown if better.position == LAST else better.position
        choice = choice.model_copy(update={"position": position, "best_by": better.best_by})
        start, end = min(start, ranked[0].start), max(end, ranked[0].end)
    return ChoiceMention(start, end, choice)


def _find_airlines(text: Text) -> list[tuple[int, int, str]]:
    """Each airline with the tokens that name it."""
    slot, found, index = airline_slot(), [], 0
    while index < len(text.tokens):
        before = text.word(index - 2)
        is_pointed_at = text.word(index - 1) == "the" and (before in _TAKING or not before.isalnum())
        read = list(slot.read(text, index)) if text.word(index) in slot.starts else []
        if is_pointed_at and not read:
            read = read_any_airline(text, index)
        if read:
            code, end = max(read, key=lambda code_and_end: code_and_end[1])
            found.append((index, end, str(code)))
            index = end
        else:
            index += 1
    return found


def _read_departure(text: Text, mention: TimeMention) -> tuple[TimeWindow, ...]:
    """The minute that was said, or the hour; a part of the day as it is.

    "At 7" widens to an hour either side for a search. The offers on a screen leave at 7 something, or in the evening.
    """
    first, last = (_minute(end) for end in (mention.window.first, mention.window.last))
    words = {text.word(index) for index in range(mention.start, mention.end)}
    if first is None or last is None or words & _SPAN_WORDS or last - first > 2 * AROUND_MINUTES:
        return (mention.window,)
    # the hour around a time near midnight is cut off there
    said = last - AROUND_MINUTES if first == 0 else first + AROUND_MINUTES
    is_half_day_open = said < _NOON + 60 and not words & _HALF_DAYS
    return tuple(_from_minute(minute) for minute in ((said, (said + _NOON) % 1440) if is_half_day_open else (said,)))


def _minute(clock: time | None) -> int | None:
    return None if clock is None else clock.hour * 60 + clock.minute


def _from_minute(minute: int) -> TimeWindow:
    hour, past = divmod(minute, 60)
    return TimeWindow(first=time(hour, past), last=time(hour, past or 59))


def names_unseen(text: Text) -> bool:
    """Whether one of several things is picked though we know of none: "I'll take option 3", "chọn cái đầu tiên"."""
    phrases = read_phrases(text).spans
    if not (phrases.keys() & {"select", "book", "feature", "details"} or text.word(0) in _OPTION_WORDS):
        return False
    return any(match.rule.pattern.startswith(_NAMED) for match in _grammar().scan(text))


def _bare_choice(text: Text) -> Choice | None:
    """A message that is only "2", "B" or "rẻ nhất"."""
    for measure, end in _measures().read(text, 0) if text.tokens else ():
        if end == len(text.tokens):
            return _best(measure)
    word = text.word(0)
    if len(text.tokens) != 1:
        return None
    if word.isdigit() and len(word) <= 2:
        return _at(int(word)) if int(word) else None
    return _at("abcdefgh".index(word) + 1) if len(word) == 1 and word in "abcdefgh" else None


@cache
def _measures() -> Vocabulary:
    return Vocabulary(_MEASURES)


@cache
def _grammar() -> Grammar:
    return Grammar(
        _rules(),
        {
            "n": number_slot(),
            "ord": ordinal_slot(),
            "thu": Vocabulary(_VIETNAMESE_ORDINALS),
            "code": _airline_codes(),
            "letter": Vocabulary({letter: position for position, letter in enumerate("abcdefgh", start=1)}),
            "measure": _measures(),
        },
    )


def _rules() -> Iterator[Rule]:
    noun_vi, noun_en = _NOUN_VI, _NOUN_EN
    for said in (f"{noun_vi} án|chọn|bay? thứ {{thu}}", f"{noun_vi} án|chọn|bay? số? {{n}}", "số|# {n}", "cái {thu}"):
        yield Rule(said, _at)
    yield Rule(f"{noun_vi} án|chọn|bay? thứ {{n}}", _at)
    yield Rule(f"{noun_vi} án|chọn {{letter}}", _at)
    yield Rule(f"{noun_vi} án|chọn|bay? đầu tiên?", lambda: _at(1))
    yield Rule("đầu tiên", lambda: _at(1))
    yield Rule("thứ nhất", lambda: _at(1))
    yield Rule("thứ nhì", lambda: _at(2))
    yield Rule(f"{noun_vi} án|chọn|bay? cuối cùng?", lambda: _at(LAST))
    yield Rule(f"the? {{ord}} {noun_en}", _at)
    yield Rule("the {ord}", _at)
    yield Rule(f"the? last {noun_en}?", lambda: _at(LAST))
    yield Rule("chuyến|cái|vé|con bay? {code}", _of_airline)
    yield Rule("the {code} one|flight", _of_airline)
    yield Rule("the {n} {n} one|flight|departure?", _at_clock)
    yield Rule("option|number|no|flight|offer {n}", _at)
    yield Rule("no . {n}", _at)
    yield Rule("option|offer {letter}", _at)
    yield Rule("map|plan|seats of|on {n}", _at)
    yield Rule("rules|conditions of|for|on {n}", _at)
    yield Rule("sơ đồ ghế {n}", _at)
    yield Rule(f"{noun_vi} bay|án|chọn? {{measure}}", _best)
    yield Rule(f"the {{measure}} {noun_en}?", _best)
    yield Rule(f"{{measure}} {noun_en}", _best)


def _at(position: int) -> Choice:
    return Choice(position=position)


def _of_airline(code: str) -> Choice:
    return Choice(airline=code)


def _at_clock(hour: int, minute: int) -> Choice | None:
    """ "The nine thirty-five"."""
    if not (0 < hour <= _HOURS and 0 <= minute < _MINUTES):
        return None
    said = hour * 60 + minute
    return Choice(departs=(_from_minute(said % 1440), _from_minute((said + _NOON) % 1440)))


@cache
def _airline_codes() -> Vocabulary:
    lines = Path(__file__).with_name("airlines.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return Vocabulary([(code, code) for code in (line.partition("\t")[0] for line in lines) if code.isalpha()])


def _best(measure: str) -> Choice:
    return Choice.model_validate({"best_by": measure})
