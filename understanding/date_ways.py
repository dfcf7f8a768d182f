"""Which way each date of a message is for: the way out, the way back, or none of the trip."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from understanding.date_relations import find_relation, is_correction, is_of_event, is_remark, is_slip
from understanding.date_rules import DateContext, DateValue, Options, on_day_of_month, on_weekday, on_weekday_and_day
from understanding.dates import DateMention
from understanding.directions import Direction, is_way_back_to_place
from understanding.draft import Draft
from understanding.frame import DateRange
from understanding.text import Text
from understanding.trip_days import are_trip_days

OF_MONTH = (on_day_of_month, on_weekday_and_day)
REACH_OF_VERB = 2
REPEATING = (on_weekday, *OF_MONTH)
"""Rules of days that come again and again, so that what was spoken of before decides which is meant."""


class Said(NamedTuple):
    mention: DateMention
    direction: Direction | None
    completes: date | None = None
    """The day it takes its month or day from: "20 November, sorry, December"."""
    base: date | None = None
    """The day of an event it is counted from: "the wedding is on the 12th, we arrive two days earlier"."""
    within: DateRange | None = None
    """The span it is a day of: "next month, on the 15th"."""


def find_ways(draft: Draft, text: Text, days: list[Said]) -> tuple[list[Said], list[Said]]:
    """The days of the way out and those of the way back."""
    days = [one for one in days if not is_remark(text, one.mention)] or days
    said = _without_corrected(draft, text, [one for one in days if _says_day(draft, one.mention)])
    said = [one._replace(direction=None) if _closes_day_before(text, said, one) else one for one in said]
    out, back = _split(draft, text, _without_vague(draft, _without_events(draft, text, said)))
    return _in_month_of_return(draft, out, back), back


def plain_value(draft: Draft, mention: DateMention) -> DateValue | None:
    return mention.value_on(date_context(draft, is_return=False))


def date_context(draft: Draft, *, is_return: bool) -> DateContext:
    return DateContext(
        today=draft.today,
        day_first=draft.language != "en",
        base=draft.get("depart_on"),
        is_return=is_return,
        back=draft.before.return_on,
    )


def _says_day(draft: Draft, mention: DateMention) -> bool:
    """Whether it means a day now or once the way out is known ("the day after that")."""
    return plain_value(draft, mention) is not None or value_after(draft, mention, draft.today) is not None


def value_after(draft: Draft, mention: DateMention, out: date) -> DateValue | None:
    return mention.value_on(date_context(draft, is_return=True)._replace(base=out))


def _without_vague(draft: Draft, said: list[Said]) -> list[Said]:
    """Beside a span ("ăn Tết") a day is what was meant."""
    vague = [
        one
        for one in said
        if one.direction != "back" and not one.completes and isinstance(plain_value(draft, one.mention), DateRange)
    ]
    out = [one for one in said if one.direction != "back"]
    if not vague or len(vague) == len(out):
        return said
    span = plain_value(draft, vague[0].mention)
    within = span if isinstance(span, DateRange) else None
    return [one._replace(within=within) for one in said if one not in vague]


def _split(draft: Draft, text: Text, said: list[Said]) -> tuple[list[Said], list[Said]]:
    """Which dates are for the way out and which for the way back."""
    back = [one for one in said if one.direction == "back"]
    out = [
        one
        for one in said
        if one.direction is None
        or (one.direction == "out" and (one.base is not None or plain_value(draft, one.mention) is not None))
    ]
    if len(out) > 1 and (out[0].direction, out[1].direction) == (None, "out"):
        # "the wedding is on the 5th, we leave on the 3rd"
        out = out[1:] if find_relation(text, out[0].mention, out[1].mention) == "next" else out
    if back or not out:
        return out, back
    if _is_about_return(draft) and len(out) > 1 and not any(one.direction for one in out):
        return [], out
    is_round = draft.get("trip") == "round_trip"
    first, rest = out[0], out[1:]
    if not rest:
        is_back = _is_about_return(draft) or (is_slip(text) and _is_return_corrected(draft, first))
        return ([], out) if first.direction is None and is_back else (out, [])
    way_back = [one for one in rest if one.direction is None and _leads_back(draft, text, first, one)]
    if way_back:
        return [one for one in out if one not in way_back], way_back
    if len(out) == 2 and is_round and find_relation(text, first.mention, rest[0].mention) in {"range", "next"}:
        return out[:1], rest
    if len(out) == 2 and not any(one.direction for one in out) and _are_there_and_back(draft, text, first, rest[0]):
        return out[:1], rest
    return out, []


def _are_there_and_back(draft: Draft, text: Text, first: Said, last: Said) -> bool:
    """ "19 Dec to 3 Jan", "15JAN 20JAN": the two days of a trip."""
    pair = (first.mention, last.mention)
    is_pair = all(one.match.rule.pattern == "{compact}" for one in pair) and first.mention.end == last.mention.start
    if not is_pair and find_relation(text, *pair) != "range":
        return False
    day = plain_value(draft, first.mention)
    after = value_after(draft, last.mention, day) if isinstance(day, date) else None
    ends = [after] if isinstance(after, date) else list(after.days) if isinstance(after, Options) else []
    return bool(ends) and isinstance(day, date) and are_trip_days(draft, text, first.mention.start, day, min(ends))


def _without_events(draft: Draft, text: Text, said: list[Said]) -> list[Said]:
    """The day of an event is none of the trip, though others count from it: "the wedding is on the 12th"."""
    for first, second in pairwise(said):
        if first.direction == "back" or second.direction == "back":
            continue
        event = plain_value(draft, first.mention)
        is_awaited = text.word(first.mention.start - 1) in {"until", "till", "til"}
        is_event = first.direction is None and (is_awaited or is_of_event(text, first.mention.start))
        if second.mention.value_on(DateContext(draft.today)) is None:
            ends = (event.first, event.last) if isinstance(event, DateRange) else (event, event)
            if isinstance(ends[0], date) and isinstance(ends[1], date):
                day = value_after(draft, second.mention, ends[0])
                is_before = isinstance(day, date) and day < ends[0]
                if is_event or is_before:
                    second = second._replace(base=ends[0] if is_before else ends[1])
                    return [second if one.mention is second.mention else one for one in said if one is not first]
        elif is_event and find_relation(text, first.mention, second.mention) == "next":
            return [_near_event(draft, one, event) for one in said if one is not first]
    return said


def _near_event(draft: Draft, one: Said, event: DateValue | None) -> Said:
    """ "He turns 70 on 3 May, so we fly on the 1st": of the same month where that is before."""
    day = plain_value(draft, one.mention)
    is_before = isinstance(event, date) and isinstance(day, date) and day.day <= event.day
    is_of_month = one.mention.match.rule.build is on_day_of_month
    return one._replace(completes=event) if is_before and is_of_month and isinstance(event, date) else one


def _closes_day_before(text: Text, said: list[Said], one: Said) -> bool:
    """ "Thứ tư đi thứ bảy về Hà Nội": the verb belongs to the day before it."""
    if one.direction != "out":
        return False
    ends = [other.mention.end for other in said if other.mention.end < one.mention.start]
    return any(
        text.word(end) in {"di", "bay", "out", "outbound"} and one.mention.start - end <= REACH_OF_VERB
        for end in ends[-1:]
    )


def _leads_back(draft: Draft, text: Text, first: Said, one: Said) -> bool:
    """A second day that counts from the first, or beside words for going home."""
    return (
        (plain_value(draft, one.mention) is None and find_relation(text, first.mention, one.mention) != "or")
        or is_way_back_to_place(text, one.mention.end)
        or (
            first.direction is not None
            and any(text.word(index) == "home" for index in range(first.mention.end, one.mention.start))
        )
    )


def _is_return_corrected(draft: Draft, one: Said) -> bool:
    """The return is said last of the two days, so a slip is of that, unless the day lies before the way out."""
    out = draft.get("depart_on")
    if not (draft.before.return_on and isinstance(out, date)) or draft.asked:
        return False
    value = one.mention.value_on(date_context(draft, is_return=True))
    return isinstance(value, date) and value >= out


def _is_about_return(draft: Draft) -> bool:
    """Whether a date without a direction answers our question about the way back."""
    return bool(draft.asked & {"return_on", "stay_nights"}) and "depart_on" not in draft.asked


def _in_month_of_return(draft: Draft, out: list[Said], back: list[Said]) -> list[Said]:
    """ "Đi 20 về 25 tháng 12": the month is said once, with the last day."""
    if len(out) != 1 or len(back) != 1 or out[0].mention.match.rule.build is not on_day_of_month:
        return out
    values = [value_after(draft, back[0].mention, draft.today + timedelta(days=ahead)) for ahead in (0, 11)]
    last, first = values[0], plain_value(draft, out[0].mention)
    if not isinstance(last, date) or values[1] != last or back[0].mention.match.rule.build in REPEATING:
        return out
    is_earlier = isinstance(first, date) and first.day <= last.day and last.replace(day=first.day) >= draft.today
    return [out[0]._replace(completes=last)] if is_earlier else out


def _without_corrected(draft: Draft, text: Text, said: list[Said]) -> list[Said]:
    """ "Friday, no wait, Saturday": a day said behind a correction replaces the one it corrects.

    That is the one of its own way; without a way of its own it takes that of the day before it.
    """
    kept: list[Said] = []
    for one in said:
        if kept and is_correction(text, kept[-1].mention.end, one.mention.start):
            wrong = kept[-1]
            if one.direction in {None, wrong.direction}:
                kept = kept[:-1]
                value = plain_value(draft, wrong.mention)
                one = one._replace(
                    direction=one.direction or wrong.direction, completes=value if isinstance(value, date) else None
                )
            kept = [other for other in kept if other.direction != one.direction or one.direction is None]
        kept.append(one)
    return kept
