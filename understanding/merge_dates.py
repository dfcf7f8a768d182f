"""Puts the dates of a message into the frame: out, back, spans and lengths of stay."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from understanding.date_relations import Relation, find_relation, is_negated
from understanding.date_rules import (
    SATURDAY,
    DateContext,
    DateValue,
    Options,
    Stay,
    on_day_of_month,
    on_weekday,
    on_weekday_of_week,
)
from understanding.date_ways import OF_MONTH, REPEATING, Said, date_context, find_ways, plain_value, value_after
from understanding.dates import DateMention, judge_date
from understanding.directions import Direction
from understanding.draft import Draft
from understanding.frame import Ambiguity, DateRange
from understanding.lunar_rules import DAYS_BEFORE_TET, is_tet, nearest_mung, on_lunar_day, on_tet_day
from understanding.merge import apply_stay, check_return, set_stay
from understanding.phrases import find_phrase
from understanding.text import Text
from understanding.trip_days import are_trip_days

DAYS_TO_CHOOSE_FROM = 7
FIRST_DAY_BEFORE_TET = 20
"""From here on a day asked for around Tết may be of the lunar month before it."""
SHORTEST_MONTH_DAYS = 28
_NO = {"no", "nope", "khong", "ko", "actually", "sorry", "wait", "nham"}
_OPENING_SPAN = {"from", "between", "tu", "giua"}
_JOINING_DAYS = {"to", "through", "thru", "den", "toi"}
_MONTH_ALONE = ("tháng {mo}", "{clear_month}", "in|next|this {month}")


def merge_dates(draft: Draft, text: Text, mentions: list[DateMention], directions: list[Direction | None]) -> None:
    """`directions` say which way each date is for."""
    values = [plain_value(draft, mention) for mention in mentions]
    stays = [
        (mention, nights)
        for mention, value in zip(mentions, values, strict=True)
        if isinstance(value, Stay) and (nights := _nights_in_all(draft, value))
    ]
    days = [
        Said(mention, direction)
        for mention, direction, value in zip(mentions, directions, values, strict=True)
        if not isinstance(value, Stay) and not is_negated(text, mention)
    ]
    out, back = find_ways(draft, text, days)
    if len(out) + len(back) == 1 and not stays and _is_there_and_back(draft, text, *out, *back):
        _merge_there_and_back(draft, *out, *back)
        return
    _merge_out(draft, text, out)
    for mention, nights in stays:
        set_stay(draft, nights, mention.phrase)
    if stays or (out and draft.before.stay_nights is not None):
        apply_stay(draft)
    if back:
        _merge_back(draft, text, [one.mention for one in back])
    check_return(draft, return_was_said=bool(back or stays))


def merge_bare_day(
    draft: Draft, day: int, field: Literal["depart_on", "return_on"], month_of: date | None = None
) -> None:
    """A bare figure as a day: of the month of a day said before, of a span spoken of, or the next such."""
    context = date_context(draft, is_return=field == "return_on")
    span: DateRange | None = draft.get("depart_range") if field == "depart_on" else None
    spoken_of = month_of.replace(day=1) if month_of else span.first if span else None
    value = on_day_of_month(context, day)
    if spoken_of:
        there = on_day_of_month(context._replace(today=max(draft.today, spoken_of), base=None), day)
        is_inside = span is None or (isinstance(there, date) and there <= span.last)
        if span and not is_inside and (span.last - span.first).days >= SHORTEST_MONTH_DAYS - 1:
            return  # the month spoken of has no such day
        value = there if is_inside else value
    if span and is_tet(span) and day >= FIRST_DAY_BEFORE_TET and isinstance(value, date):
        of_tet = on_tet_day(context, day)
        value = Options((of_tet, value)) if isinstance(of_tet, date) else value
    put_date(draft, field, value, str(day))
    if field == "depart_on":
        apply_stay(draft)
    else:
        draft.set("trip", "round_trip")
    check_return(draft, return_was_said=field == "return_on")


def _merge_out(draft: Draft, text: Text, out: list[Said]) -> None:
    if not out:
        return
    first = out[0].mention
    context = date_context(draft, is_return=False)
    value = _completed(out[0].completes, first, context) if out[0].completes else first.value_on(context)
    if out[0].base:
        value = value_after(draft, first, out[0].base)
    if value is None:
        return
    phrase = first.phrase
    span = out[0].within or draft.get("depart_range")
    if span:
        value = _in_span(span, first, value, context)
        if _is_missing_in(span, first, value):
            return
    elif draft.before.depart_on and _varies_day(text, first):
        value = _completed(draft.before.depart_on, first, context) or value
    elif draft.before.depart_on and first.match.rule.build is on_weekday and isinstance(value, date):
        value = _in_week_of(draft, draft.before.depart_on, value)
    if isinstance(value, date) and _is_at_midnight(text):
        value = Options((value, value + timedelta(days=1)))  # by the clock it is the next day already
    for other in [one.mention for one in out[1:2]]:
        second = _completed(value, other, context) if isinstance(value, date) else other.value_on(context)
        if second is None and isinstance(value, date):
            second = value_after(draft, other, value)
        if second is not None and out[0].within:
            second = _in_span(out[0].within, other, second, context)
        if second is not None:
            relation = find_relation(text, first, other)
            value = _in_week_of_second(first, other, value, second) if relation == "range" else value
            value, phrase = (
                _agreeing(first, other, value, second) or _combine(value, second, relation),
                text.phrase(first.start, other.end),
            )
        if value is None:
            return
    put_date(draft, "depart_on", value, phrase)


def _varies_day(text: Text, mention: DateMention) -> bool:
    """Another day of the month said before, or "no, January": the month of the day said before was wrong."""
    is_month = text.word(0) in _NO and mention.match.rule.pattern.startswith(_MONTH_ALONE)
    return is_month or mention.match.rule.build in OF_MONTH


def _in_week_of_second(first: DateMention, last: DateMention, value: DateValue, end: DateValue) -> DateValue:
    """ "Từ thứ 4 đến thứ 6 tuần sau": the week is said with the last day only."""
    is_weekday = first.match.rule.build is on_weekday and last.match.rule.build is on_weekday_of_week
    if not (is_weekday and isinstance(value, date) and isinstance(end, date) and value.weekday() <= end.weekday()):
        return value
    return end - timedelta(days=end.weekday() - value.weekday())


def _agreeing(first: DateMention, other: DateMention, value: DateValue, second: DateValue) -> date | None:
    """ "On a Wednesday, say 19 May", "the 24th, that's a Tuesday": the day, where its weekday is the one said."""
    days = ((first, value, second), (other, second, value))
    for mention, weekday, day in days:
        if mention.match.rule.build is on_weekday and isinstance(weekday, date) and isinstance(day, date):
            return day if day.weekday() == weekday.weekday() else None
    return None


def _in_week_of(draft: Draft, before: date, coming: date) -> date | Options:
    """A weekday in the place of a day said before is of that week, or, where that is far, the nearest such."""
    if any(draft.get(end) != getattr(draft.before, end) for end in ("origin", "destination")):
        return coming
    same_week = before + timedelta(days=coming.weekday() - before.weekday())
    nearest = min((same_week + timedelta(weeks=weeks) for weeks in (-1, 0, 1)), key=lambda day: abs(day - before))
    readings = tuple(dict.fromkeys(day for day in (same_week, nearest) if day >= coming))
    return Options(readings) if readings else coming


def _is_at_midnight(text: Text) -> bool:
    """Midnight as the hour of leaving, not as the last by which to leave."""
    if not find_phrase(text, "midnight"):
        return False
    index = next((index for index in range(len(text.tokens)) if text.word(index) in {"midnight", "nua"}), 0)
    return text.word(index - 1) not in {"by", "before", "truoc", "after", "sau"}


def _completed(day: date, mention: DateMention, context: DateContext) -> DateValue | None:
    """What a mention means behind another day: "the 4th … the 7th", "20 November … December"."""
    build, pattern = mention.match.rule.build, mention.match.rule.pattern
    if build in OF_MONTH:
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


def _is_there_and_back(draft: Draft, text: Text, one: Said) -> bool:
    """ "From the 3rd to the 7th" of a round trip; "the 3rd to the 7th" of a route of which no day was said."""
    value, pattern = plain_value(draft, one.mention), one.mention.match.rule.pattern
    if not isinstance(value, DateRange) or not any(word in pattern for word in ("đến|tới", " to|")):
        return False
    if draft.before.depart_on or "return_on" in draft.asked:
        return False
    if draft.get("trip") == "round_trip":
        return True
    start = one.mention.start
    joined = {text.word(index) for index in range(start, one.mention.end)}
    is_span = bool(joined & _OPENING_SPAN) or not joined & _JOINING_DAYS
    return not is_span and are_trip_days(draft, text, start, value.first, value.last)


def _merge_there_and_back(draft: Draft, one: Said) -> None:
    value = plain_value(draft, one.mention)
    if isinstance(value, DateRange):
        draft.set("trip", "round_trip")
        put_date(draft, "depart_on", value.first, one.mention.phrase)
        put_date(draft, "return_on", value.last, one.mention.phrase)


def _in_span(span: DateRange, mention: DateMention, value: DateValue, context: DateContext) -> DateValue:
    """Of the days the words may mean those of a span spoken of, if there are any."""
    if mention.match.rule.build in REPEATING:
        return _within(span, mention, context) or value
    if mention.match.rule.build is on_lunar_day and is_tet(span):
        return mention.value_on(context._replace(today=span.first - timedelta(days=DAYS_BEFORE_TET))) or value
    if isinstance(value, Options):
        inside = tuple(day for day in value.days if span.first <= day <= span.last)
        return Options(inside) if inside else value
    return value


def _is_missing_in(span: DateRange, mention: DateMention, value: DateValue) -> bool:
    """ "The 31st" of February: the month spoken of has no such day, so none is meant for sure."""
    is_month = (span.last - span.first).days >= SHORTEST_MONTH_DAYS - 1
    is_inside = isinstance(value, Options) or (isinstance(value, date) and span.first <= value <= span.last)
    return is_month and mention.match.rule.build is on_day_of_month and not is_inside


def _within(span: DateRange, mention: DateMention, context: DateContext) -> DateValue | None:
    """After "next week" a bare "Friday" is a day of that week; None when the span has no such day."""
    days: list[date] = []
    start = span.first - timedelta(days=1)
    while isinstance(day := mention.value_on(context._replace(today=start)), date) and day <= span.last:
        if day >= max(span.first, context.today):
            days.append(day)
        start = max(day, start + timedelta(days=1))
    return Options(tuple(days)) if days else None


def _combine(first: DateValue, second: DateValue, relation: Relation) -> DateValue | None:
    """Two days for one flight: the ends of a span, or two readings; of two spans what they are together."""
    if isinstance(first, DateRange) and isinstance(second, DateRange):
        if relation == "or" and all(_is_weekend(span) for span in (first, second)):
            return Options((first.first, second.first), is_weekend=True)
        return _join(*sorted((first, second), key=lambda span: (span.first, -span.last.toordinal())))
    first, second = _single(first), _single(second)
    if not isinstance(first, date | Options) or not isinstance(second, date | Options):
        return first
    if relation == "range" and isinstance(first, date) and isinstance(second, date) and first <= second:
        return DateRange(first=first, last=second)
    return Options((*_days_of(first), *_days_of(second)))


def _is_weekend(span: DateRange) -> bool:
    return span.first.weekday() == SATURDAY and span.last == span.first + timedelta(days=1)


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


def _merge_back(draft: Draft, text: Text, mentions: list[DateMention]) -> None:
    """The return counts from the outbound day; while that is in doubt, so is the return, and it is asked later."""
    draft.set("trip", "round_trip")
    if draft.is_open("depart_on"):
        return
    mention = mentions[0]
    context = date_context(draft, is_return=True)
    span: DateRange | None = draft.get("depart_range")
    if span and _is_weekend(span):
        context = context._replace(base=span.first)
    elif context.base is None and (nights := _nights_counted(draft, mention)) is not None:
        if nights:
            draft.set("stay_nights", nights)
        return
    value = mention.value_on(context)
    if isinstance(value, DateRange):
        value = _days_to_choose(value)
    if isinstance(value, Options) and "mùng" in mention.match.rule.pattern and context.base:
        value = nearest_mung(context.base, value)
    if value is None or isinstance(value, Stay):
        return
    for other in mentions[1:2]:
        second = other.value_on(context)
        if value is not None and second is not None:
            value = _combine(value, second, find_relation(text, mention, other)) or value
        value = _days_to_choose(value) if isinstance(value, DateRange) else value
    if value is None:
        return
    draft.set("stay_nights", None)
    put_date(draft, "return_on", value, mention.phrase)


def _nights_counted(draft: Draft, mention: DateMention) -> int | None:
    """For a return said before the outbound day is known: the nights it counts from there ("về sau 5 hôm").

    0 when it counts from there but not in nights ("về chủ nhật"), None when it does not depend on that day.
    """
    context = date_context(draft, is_return=True)
    starts = [draft.today + timedelta(days=ahead) for ahead in (0, 11, 19)]
    values = [mention.value_on(context._replace(base=start)) for start in starts]
    if len(set(values)) == 1:
        return None
    nights = {
        (value - start).days if isinstance(value, date) else 0 for start, value in zip(starts, values, strict=True)
    }
    return nights.pop() if len(nights) == 1 else 0


def _nights_in_all(draft: Draft, stay: Stay) -> tuple[int, ...]:
    """ "One more night" is counted from the stay there was, and means nothing without."""
    out, back = draft.before.depart_on, draft.before.return_on
    known = draft.before.stay_nights or ((back - out).days if out and back else 0)
    if not stay.is_more:
        return tuple(nights for nights in stay.nights if nights > 0)
    return tuple(max(known + nights, 1) for nights in stay.nights) if known else ()


def _days_to_choose(span: DateRange) -> DateValue | None:
    """The frame has one day for the return: a span of up to a week becomes a choice, a longer one is asked about."""
    length = (span.last - span.first).days + 1
    if length > DAYS_TO_CHOOSE_FROM:
        return None
    return Options(tuple(span.first + timedelta(days=day) for day in range(length)), confirm=True)


def put_date(draft: Draft, field: str, value: DateValue, phrase: str) -> None:
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
