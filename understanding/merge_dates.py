"""Puts the dates of a message into the frame: out, back, spans and lengths of stay."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal, NamedTuple

from understanding.date_relations import Relation, find_relation, is_correction, is_negated, is_slip
from understanding.date_rules import (
    DateContext,
    DateValue,
    Options,
    Stay,
    on_day_of_month,
    on_weekday,
    on_weekday_and_day,
)
from understanding.dates import DateMention, judge_date
from understanding.directions import Direction, is_way_back_to_place
from understanding.draft import Draft
from understanding.frame import Ambiguity, DateRange
from understanding.merge import apply_stay, check_return, set_stay
from understanding.phrases import find_phrase
from understanding.text import Text

_OF_MONTH = (on_day_of_month, on_weekday_and_day)
_REPEATING = (on_weekday, *_OF_MONTH)
"""Rules of days that come again and again, so that what was spoken of before decides which is meant."""
DAYS_TO_CHOOSE_FROM = 7
_MONTH_ALONE = ("tháng {mo}", "{clear_month}", "in|next|this {month}")


class _Said(NamedTuple):
    mention: DateMention
    direction: Direction | None
    completes: date | None = None
    """The day it takes its month or day from: "20 November, sorry, December"."""


def merge_dates(draft: Draft, text: Text, mentions: list[DateMention], directions: list[Direction | None]) -> None:
    """`directions` say which way each date is for."""
    values = [_plain_value(draft, mention) for mention in mentions]
    stays = [(mention, value) for mention, value in zip(mentions, values, strict=True) if isinstance(value, Stay)]
    said = [
        _Said(mention, direction)
        for mention, direction, value in zip(mentions, directions, values, strict=True)
        if not isinstance(value, Stay) and not is_negated(text, mention) and _says_day(draft, mention, value)
    ]
    said = _without_vague(draft, _without_corrected(draft, text, said))
    out, back = _split(draft, text, said)
    out = _in_month_of_return(draft, out, back)
    if draft.get("trip") == "round_trip" and len(out) == 1 and not back and _is_there_and_back(draft, out[0]):
        _merge_there_and_back(draft, out[0])
        return
    _merge_out(draft, text, out)
    for mention, stay in stays:
        set_stay(draft, stay.nights, mention.phrase)
    if any(isinstance(value, Stay) for _, value in stays) or (out and draft.before.stay_nights is not None):
        apply_stay(draft)
    for one in back[:1]:
        _merge_back(draft, one.mention)
    check_return(draft, return_was_said=bool(back or stays))


def merge_bare_day(
    draft: Draft, day: int, field: Literal["depart_on", "return_on"], month_of: date | None = None
) -> None:
    """A bare figure as a day: of the month of a day said before, of a span spoken of, or the next such."""
    context = _context(draft, is_return=field == "return_on")
    span: DateRange | None = draft.get("depart_range") if field == "depart_on" else None
    spoken_of = month_of.replace(day=1) if month_of else span.first if span else None
    value = on_day_of_month(context, day)
    if spoken_of:
        there = on_day_of_month(context._replace(today=max(draft.today, spoken_of), base=None), day)
        is_inside = span is None or (isinstance(there, date) and there <= span.last)
        value = there if is_inside else value
    _put_date(draft, field, value, str(day))
    if field == "depart_on":
        apply_stay(draft)
    check_return(draft, return_was_said=field == "return_on")


def _plain_value(draft: Draft, mention: DateMention) -> DateValue | None:
    return mention.value_on(_context(draft, is_return=False))


def _context(draft: Draft, *, is_return: bool) -> DateContext:
    return DateContext(
        today=draft.today,
        day_first=draft.language != "en",
        base=draft.get("depart_on"),
        is_return=is_return,
        back=draft.before.return_on,
    )


def _says_day(draft: Draft, mention: DateMention, value: DateValue | None) -> bool:
    """Whether it means a day now or once the way out is known ("the day after that")."""
    return value is not None or _value_after(draft, mention, draft.today) is not None


def _value_after(draft: Draft, mention: DateMention, out: date) -> DateValue | None:
    return mention.value_on(_context(draft, is_return=True)._replace(base=out))


def _without_vague(draft: Draft, said: list[_Said]) -> list[_Said]:
    """Beside a span ("ăn Tết") a day is what was meant."""
    vague = [
        one
        for one in said
        if one.direction != "back" and not one.completes and isinstance(_plain_value(draft, one.mention), DateRange)
    ]
    out = [one for one in said if one.direction != "back"]
    return said if len(vague) == len(out) else [one for one in said if one not in vague]


def _split(draft: Draft, text: Text, said: list[_Said]) -> tuple[list[_Said], list[_Said]]:
    """Which dates are for the way out and which for the way back."""
    back = [one for one in said if one.direction == "back"]
    out = [
        one
        for one in said
        if one.direction is None or (one.direction == "out" and _plain_value(draft, one.mention) is not None)
    ]
    if len(out) > 1 and (out[0].direction, out[1].direction) == (None, "out"):
        # "the wedding is on the 5th, we leave on the 3rd"
        out = out[1:] if find_relation(text, out[0].mention, out[1].mention) == "next" else out
    if back or not out:
        return out, back
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
    return out, []


def _leads_back(draft: Draft, text: Text, first: _Said, one: _Said) -> bool:
    """A second day that counts from the first, or beside words for going home."""
    gap = [text.word(index) for index in range(first.mention.end, one.mention.start)]
    return (
        _plain_value(draft, one.mention) is None
        or is_way_back_to_place(text, one.mention.end)
        or ("home" in gap and first.direction is not None)
    )


def _is_return_corrected(draft: Draft, one: _Said) -> bool:
    """The return is said last of the two days, so a slip is of that, unless the day lies before the way out."""
    out = draft.get("depart_on")
    if not (draft.before.return_on and isinstance(out, date)) or draft.asked:
        return False
    value = one.mention.value_on(_context(draft, is_return=True))
    return isinstance(value, date) and value >= out


def _is_about_return(draft: Draft) -> bool:
    """Whether a date without a direction answers our question about the way back."""
    return bool(draft.asked & {"return_on", "stay_nights"}) and "depart_on" not in draft.asked


def _merge_out(draft: Draft, text: Text, out: list[_Said]) -> None:
    if not out:
        return
    first = out[0].mention
    context = _context(draft, is_return=False)
    value = _completed(out[0].completes, first, context) if out[0].completes else first.value_on(context)
    if value is None:
        return
    phrase = first.phrase
    span = draft.get("depart_range")
    if span and first.match.rule.build in _REPEATING:
        value = _within(span, first, context) or value
    elif draft.before.depart_on and first.match.rule.build in _OF_MONTH:
        value = _completed(draft.before.depart_on, first, context) or value
    if isinstance(value, date) and _is_at_midnight(text):
        value = Options((value, value + timedelta(days=1)))  # by the clock it is the next day already
    for other in [one.mention for one in out[1:2]]:
        second = _completed(value, other, context) if isinstance(value, date) else other.value_on(context)
        if second is not None:
            value, phrase = (
                _combine(value, second, find_relation(text, first, other)),
                text.phrase(first.start, other.end),
            )
        if value is None:
            return
    _put_date(draft, "depart_on", value, phrase)


def _is_at_midnight(text: Text) -> bool:
    """Midnight as the hour of leaving, not as the last by which to leave."""
    if not find_phrase(text, "midnight"):
        return False
    index = next((index for index in range(len(text.tokens)) if text.word(index) in {"midnight", "nua"}), 0)
    return text.word(index - 1) not in {"by", "before", "truoc", "after", "sau"}


def _completed(day: date, mention: DateMention, context: DateContext) -> DateValue | None:
    """What a mention means behind another day: "the 4th … the 7th", "20 November … December"."""
    build, pattern = mention.match.rule.build, mention.match.rule.pattern
    if build in _OF_MONTH:
        return mention.value_on(context._replace(today=max(day.replace(day=1), context.today)))
    value = mention.value_on(context)
    if pattern.startswith(_MONTH_ALONE) and isinstance(value, DateRange):
        return _on_day_in(value.first, day.day) or value
    return value


def _on_day_in(month: date, day: int) -> date | None:
    try:
        return month.replace(day=day)
    except ValueError:
        return None


def _in_month_of_return(draft: Draft, out: list[_Said], back: list[_Said]) -> list[_Said]:
    """ "Đi 20 về 25 tháng 12": the month is said once, with the last day."""
    if len(out) != 1 or len(back) != 1 or out[0].mention.match.rule.build is not on_day_of_month:
        return out
    values = [_value_after(draft, back[0].mention, draft.today + timedelta(days=ahead)) for ahead in (0, 11)]
    last, first = values[0], _plain_value(draft, out[0].mention)
    if not isinstance(last, date) or values[1] != last or back[0].mention.match.rule.build in _REPEATING:
        return out
    is_earlier = isinstance(first, date) and first.day <= last.day and last.replace(day=first.day) >= draft.today
    return [out[0]._replace(completes=last)] if is_earlier else out


def _is_there_and_back(draft: Draft, one: _Said) -> bool:
    """ "From the 3rd to the 7th" of a round trip."""
    value, pattern = _plain_value(draft, one.mention), one.mention.match.rule.pattern
    return isinstance(value, DateRange) and any(word in pattern for word in ("đến|tới", " to|"))


def _merge_there_and_back(draft: Draft, one: _Said) -> None:
    value = _plain_value(draft, one.mention)
    if isinstance(value, DateRange):
        _put_date(draft, "depart_on", value.first, one.mention.phrase)
        _put_date(draft, "return_on", value.last, one.mention.phrase)


def _within(span: DateRange, mention: DateMention, context: DateContext) -> DateValue | None:
    """After "next week" a bare "Friday" is a day of that week; None when the span has no such day."""
    days: list[date] = []
    start = span.first - timedelta(days=1)
    while isinstance(day := mention.value_on(context._replace(today=start)), date) and day <= span.last:
        if day >= span.first:
            days.append(day)
        start = max(day, start + timedelta(days=1))
    return Options(tuple(days)) if days else None


def _combine(first: DateValue, second: DateValue, relation: Relation) -> DateValue | None:
    """Two days for one flight: the ends of a span, or two readings; of two spans what they are together."""
    if isinstance(first, DateRange) and isinstance(second, DateRange):
        return _join(*sorted((first, second), key=lambda span: (span.first, -span.last.toordinal())))
    first, second = _single(first), _single(second)
    if not isinstance(first, date | Options) or not isinstance(second, date | Options):
        return first
    if relation == "range" and isinstance(first, date) and isinstance(second, date) and first <= second:
        return DateRange(first=first, last=second)
    return Options((*_days_of(first), *_days_of(second)))


def _single(value: DateValue) -> DateValue:
    """Readings that are one and the same day are that day."""
    is_one = isinstance(value, Options) and len(set(value.days)) == 1 and not value.is_weekend
    return value.days[0] if is_one and isinstance(value, Options) else value


def _days_of(value: date | Options) -> tuple[date, ...]:
    return value.days if isinstance(value, Options) else (value,)


def _join(first: DateRange, second: DateRange) -> DateRange | None:
    """A span within the other is what was meant, two in a row are one; None for any others."""
    if second.last <= first.last:
        return second
    is_in_a_row = second.first <= first.last + timedelta(days=1)
    return DateRange(first=first.first, last=second.last) if is_in_a_row else None


def _merge_back(draft: Draft, mention: DateMention) -> None:
    """The return counts from the outbound day; while that is in doubt, so is the return, and it is asked later."""
    draft.set("trip", "round_trip")
    if draft.is_open("depart_on"):
        return
    if draft.get("depart_on") is None and (nights := _nights_counted(draft, mention)) is not None:
        if nights:
            draft.set("stay_nights", nights)
        return
    value = mention.value_on(_context(draft, is_return=True))
    if isinstance(value, DateRange):
        value = _days_to_choose(value)
    if value is None or isinstance(value, Stay):
        return
    draft.set("stay_nights", None)
    _put_date(draft, "return_on", value, mention.phrase)


def _nights_counted(draft: Draft, mention: DateMention) -> int | None:
    """For a return said before the outbound day is known: the nights it counts from there ("về sau 5 hôm").

    0 when it counts from there but not in nights ("về chủ nhật"), None when it does not depend on that day.
    """
    context = _context(draft, is_return=True)
    starts = [draft.today + timedelta(days=ahead) for ahead in (0, 11, 19)]
    values = [mention.value_on(context._replace(base=start)) for start in starts]
    if len(set(values)) == 1:
        return None
    nights = {
        (value - start).days if isinstance(value, date) else 0 for start, value in zip(starts, values, strict=True)
    }
    return nights.pop() if len(nights) == 1 else 0


def _days_to_choose(span: DateRange) -> DateValue | None:
    """The frame has one day for the return: a span of up to a week becomes a choice, a longer one is asked about."""
    length = (span.last - span.first).days + 1
    if length > DAYS_TO_CHOOSE_FROM:
        return None
    return Options(tuple(span.first + timedelta(days=day) for day in range(length)), confirm=True)


def _put_date(draft: Draft, field: str, value: DateValue, phrase: str) -> None:
    judged = judge_date(value, phrase, field, draft.today)
    if field == "depart_on" and isinstance(judged, DateRange):
        draft.set("depart_range", judged)
        draft.set("depart_on", None)
    elif field == "depart_on" and isinstance(judged, date):
        draft.set("depart_on", judged)
        draft.set("depart_range", None)
    elif field == "return_on" and isinstance(judged, Ambiguity):
        draft.put(field, _return_readings(draft, judged))
    elif judged is not None:
        draft.put(field, judged)


def _return_readings(draft: Draft, doubt: Ambiguity) -> Ambiguity | date:
    """Readings that lie before the way out fall away; if none is left, the last is refused as a return."""
    out = draft.get("depart_on")
    possible = tuple(reading for reading in doubt.readings if out is None or reading >= out.isoformat())
    return doubt.model_copy(update={"readings": possible}) if possible else date.fromisoformat(doubt.readings[-1])


def put_reading(draft: Draft, doubt: Ambiguity, reading: str) -> None:
    """The traveller chose one day of several."""
    day = date.fromisoformat(reading)
    if doubt.field == "depart_range":
        _put_date(draft, "depart_on", DateRange(first=day, last=day + timedelta(days=1)), doubt.phrase)
    else:
        _put_date(draft, doubt.field, day, doubt.phrase)
    if doubt.field != "return_on":
        apply_stay(draft)
    check_return(draft, return_was_said=doubt.field == "return_on")


def readings_meant(draft: Draft, doubt: Ambiguity, mentions: Iterable[DateMention]) -> list[str]:
    """Which readings of an open doubt a new date expression fits."""
    context = _context(draft, is_return=doubt.field == "return_on")
    return [
        reading
        for reading in doubt.readings
        if any(_fits(date.fromisoformat(reading), mention, context) for mention in mentions)
    ]


def _fits(day: date, mention: DateMention, context: DateContext) -> bool:
    """Whether the words mean that day, or, being "Friday" or "the 9th", may do so here."""
    if mention.match.rule.build in _REPEATING:
        context = context._replace(today=day - timedelta(days=1), base=None)
    match value := mention.value_on(context):
        case DateRange():
            return value.first <= day <= value.last
        case Options():
            return day in value.days
        case date():
            return day == value
    return False


def _without_corrected(draft: Draft, text: Text, said: list[_Said]) -> list[_Said]:
    """ "Friday, no wait, Saturday": a day said behind a correction replaces the one it corrects.

    That is the one of its own way; without a way of its own it takes that of the day before it.
    """
    kept: list[_Said] = []
    for one in said:
        if kept and is_correction(text, kept[-1].mention.end, one.mention.start):
            wrong = kept[-1]
            if one.direction in {None, wrong.direction}:
                kept = kept[:-1]
                value = _plain_value(draft, wrong.mention)
                one = one._replace(
                    direction=one.direction or wrong.direction, completes=value if isinstance(value, date) else None
                )
            kept = [other for other in kept if other.direction != one.direction or one.direction is None]
        kept.append(one)
    return kept
