"""Puts the dates of a message into the frame: out, back, spans, lengths of stay and times of day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal, NamedTuple

from understanding.date_rules import DateContext, DateValue, Options, Stay, on_day_of_month, on_weekday
from understanding.dates import DateMention, Direction, judge_date
from understanding.draft import Draft
from understanding.frame import Ambiguity, DateRange
from understanding.merge import apply_stay, check_return, set_stay
from understanding.phrases import find_phrase
from understanding.text import Text
from understanding.times import TimeMention

_RANGE_WORDS = {"den", "toi", "-", "to", "until", "till", "through", ">", "→"}
_OR_WORDS = {"hoac", "hay", "or"}

DAYS_TO_CHOOSE_FROM = 7

Relation = Literal["range", "or", "instead", "next"]


class _Said(NamedTuple):
    mention: DateMention
    direction: Direction | None


def merge_dates(draft: Draft, text: Text, mentions: list[DateMention], directions: list[Direction | None]) -> None:
    """`directions` say which way each date is for."""
    stays = [(mention, value) for mention in mentions if isinstance(value := _plain_value(draft, mention), Stay)]
    said = [
        _Said(mention, direction)
        for mention, direction in zip(mentions, directions, strict=True)
        if not isinstance(_plain_value(draft, mention), Stay) and not _is_negated(text, mention)
    ]
    said = _without_corrected(text, _without_vague(draft, said))
    out, back = _split(draft, text, said)
    _merge_out(draft, text, out)
    for mention, stay in stays:
        set_stay(draft, stay.nights, mention.phrase)
    if any(isinstance(value, Stay) for _, value in stays) or (out and draft.before.stay_nights is not None):
        apply_stay(draft)
    for one in back[:1]:
        _merge_back(draft, one.mention)
    check_return(draft, return_was_said=bool(back or stays))


def merge_bare_day(draft: Draft, day: int, field: Literal["depart_on", "return_on"]) -> None:
    """A bare figure that answers "on which day?"."""
    context = _context(draft, is_return=field == "return_on")
    _put_date(draft, field, on_day_of_month(context, day), str(day))
    check_return(draft, return_was_said=field == "return_on")


def merge_times(
    draft: Draft,
    text: Text,
    times: list[TimeMention],
    mentions: list[DateMention],
    directions: list[Direction | None],
) -> None:
    """The window for the way out. A time said of the way back has no place in the frame."""
    back = [mention for mention, way in zip(mentions, directions, strict=True) if way == "back"]
    for time in times:
        is_beside_back = any(time.start <= mention.end and mention.start <= time.end for mention in back)
        if not is_beside_back and text.word(time.start - 1) != "ve":
            draft.set("depart_time", time.window)
            return


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


def _without_vague(draft: Draft, said: list[_Said]) -> list[_Said]:
    """Beside a span ("ăn Tết") a day is what was meant."""
    vague = [one for one in said if one.direction != "back" and isinstance(_plain_value(draft, one.mention), DateRange)]
    out = [one for one in said if one.direction != "back"]
    return said if len(vague) == len(out) else [one for one in said if one not in vague]


def _split(draft: Draft, text: Text, said: list[_Said]) -> tuple[list[_Said], list[_Said]]:
    """Which dates are for the way out and which for the way back."""
    back = [one for one in said if one.direction == "back"]
    out = [one for one in said if one.direction != "back"]
    if back or not out:
        return out, back
    is_round = draft.get("trip") == "round_trip"
    if len(out) == 1 and out[0].direction is None and _is_about_return(draft):
        return [], out
    if len(out) == 2 and is_round and _relation(text, out[0].mention, out[1].mention) in {"range", "next"}:
        return out[:1], out[1:]
    return out, []


def _is_about_return(draft: Draft) -> bool:
    """Whether a date without a direction answers our question about the way back."""
    return bool(draft.asked & {"return_on", "stay_nights"}) and "depart_on" not in draft.asked


def _merge_out(draft: Draft, text: Text, out: list[_Said]) -> None:
    mentions = [one.mention for one in out]
    if not mentions:
        return
    first = mentions[0]
    context = _context(draft, is_return=False)
    value = first.value_on(context)
    if value is None:
        return
    phrase = first.phrase
    span = draft.get("depart_range")
    if span and first.match.rule.build in (on_weekday, on_day_of_month):
        value = _within(span, first, context) or value
    if isinstance(value, date) and find_phrase(text, "midnight"):
        value = Options((value, value + timedelta(days=1)))  # by the clock it is the next day already
    for other in mentions[1:2]:
        second = other.value_on(context)
        if second is not None:
            value, phrase = _combine(value, second, _relation(text, first, other)), text.phrase(first.start, other.end)
    _put_date(draft, "depart_on", value, phrase)


def _within(span: DateRange, mention: DateMention, context: DateContext) -> DateValue | None:
    """After "next week" a bare "Friday" is a day of that week; None when the span has no such day."""
    days: list[date] = []
    start = span.first - timedelta(days=1)
    while isinstance(day := mention.value_on(context._replace(today=start)), date) and day <= span.last:
        if day >= span.first:
            days.append(day)
        start = max(day, start + timedelta(days=1))
    return Options(tuple(days)) if days else None


def _combine(first: DateValue, second: DateValue, relation: Relation) -> DateValue:
    """Two days for one flight: the ends of a span, or two readings."""
    if not isinstance(first, date) or not isinstance(second, date):
        return first
    if relation == "range" and first <= second:
        return DateRange(first=first, last=second)
    return Options((first, second))


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
    fitting: list[str] = []
    for mention in mentions:
        value = mention.value_on(_context(draft, is_return=doubt.field == "return_on"))
        fitting.extend(reading for reading in doubt.readings if _fits(date.fromisoformat(reading), value))
    return list(dict.fromkeys(fitting))


def _fits(day: date, value: DateValue | None) -> bool:
    match value:
        case DateRange():
            return value.first <= day <= value.last
        case Options():
            return day in value.days
        case date():
            return day == value
    return False


def _relation(text: Text, first: DateMention, second: DateMention) -> Relation:
    gap = {text.word(index) for index in range(first.end, second.start)}
    if gap & _OR_WORDS:
        return "or"
    return "range" if gap & _RANGE_WORDS else "next"


def _is_negated(text: Text, mention: DateMention) -> bool:
    """ "Không phải mai", "not Friday"."""
    before = text.word(mention.start - 1)
    return before == "not" or (before == "phai" and text.word(mention.start - 2) in {"khong", "ko", "chu"})


def _without_corrected(text: Text, said: list[_Said]) -> list[_Said]:
    """ "Friday, no wait, Saturday": what stands before a correction is taken back, if something follows it."""
    for position in range(len(said) - 1, 0, -1):
        between = _slice(text, said[position - 1].mention.end, said[position].mention.start)
        if find_phrase(between, "correction"):
            return said[position:]
    return said


def _slice(text: Text, start: int, end: int) -> Text:
    return text._replace(tokens=text.tokens[start:end])
