"""An open doubt about a day: which of its readings new words mean, and the one chosen put into the frame."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from understanding.date_rules import DateContext, Options
from understanding.date_ways import REPEATING, date_context
from understanding.dates import DateMention
from understanding.draft import Draft
from understanding.frame import Ambiguity, DateRange
from understanding.merge import apply_stay, check_return
from understanding.merge_dates import put_date


def put_reading(draft: Draft, doubt: Ambiguity, reading: str) -> None:
    """The traveller chose one day of several."""
    day = date.fromisoformat(reading)
    if doubt.field == "depart_range":
        put_date(draft, "depart_on", DateRange(first=day, last=day + timedelta(days=1)), doubt.phrase)
    else:
        put_date(draft, doubt.field, day, doubt.phrase)
    if doubt.field != "return_on":
        apply_stay(draft)
    check_return(draft, return_was_said=doubt.field == "return_on")


def readings_meant(draft: Draft, doubt: Ambiguity, mentions: Iterable[DateMention]) -> list[str]:
    """Which readings of an open doubt a new date expression fits."""
    context = date_context(draft, is_return=doubt.field == "return_on")
    return [
        reading
        for reading in doubt.readings
        if any(_fits(date.fromisoformat(reading), mention, context) for mention in mentions)
    ]


def _fits(day: date, mention: DateMention, context: DateContext) -> bool:
    """Whether the words mean that day, or, being "Friday" or "the 9th", may do so here."""
    if mention.match.rule.build in REPEATING:
        context = context._replace(today=day - timedelta(days=1), base=None)
    match value := mention.value_on(context):
        case DateRange():
            return value.first <= day <= value.last
        case Options():
            return day in value.days
        case date():
            return day == value
    return False
