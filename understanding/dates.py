"""Dates in a message: where they are said, and what they mean on a given day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

from domain.offers import SEARCH_WINDOW_DAYS
from understanding.date_grammar import date_grammar
from understanding.date_positions import is_date_here
from understanding.date_rules import DateContext, DateValue, Impossible, Options, Stay
from understanding.frame import Ambiguity, DateRange, Language, Problem
from understanding.grammar import Match
from understanding.language import find_language
from understanding.text import Text, read_text

ResolvedDate = date | DateRange | Ambiguity | Problem


class DateMention(NamedTuple):
    """A date expression at tokens `start` up to `end`; it means something only on a day, see `value_on`."""

    start: int
    end: int
    phrase: str
    match: Match

    def value_on(self, context: DateContext) -> DateValue | None:
        """None for words that say no day here ("the day after" nothing)."""
        value: DateValue | None = self.match.rule.build(context, *self.match.values)
        return value


def find_dates(text: Text) -> list[DateMention]:
    """Every date expression, from left to right."""
    matches = date_grammar().scan(text, allow=lambda match: is_date_here(text, match))
    return [DateMention(match.start, match.end, text.phrase(match.start, match.end), match) for match in matches]


def resolve_date(
    phrase: str, *, now: datetime, base: date | None = None, language: Language | None = None
) -> ResolvedDate:
    """What a date phrase means: a day, a span, several readings, or why it cannot be.

    `now` is the traveller's; `base` the outbound date when the phrase is about the return. `language` decides how
    03/06 is read; without it the phrase's own does, and figures alone are day first.
    """
    text = read_text(phrase)
    mentions = find_dates(text)
    field = "return_on" if base else "depart_on"
    spoken = language or find_language(text)
    context = DateContext(now.date(), day_first=spoken != "en", base=base, is_return=base is not None)
    value = mentions[0].value_on(context) if len(mentions) == 1 else None
    judged = judge_date(value, phrase.strip(), field, context.today) if value is not None else None
    return judged or Problem(field=field, code="impossible_date", params={"phrase": phrase.strip()})


def judge_date(value: DateValue, phrase: str, field: str, today: date) -> ResolvedDate | None:
    """A meaning checked against what can be flown: not past, not beyond what airlines sell. None for a stay."""
    last_day = today + timedelta(days=SEARCH_WINDOW_DAYS)
    match value:
        case Impossible():
            return Problem(field=field, code="impossible_date", params={"phrase": phrase})
        case Stay():
            return None
        case Options():
            return _judge_options(value, phrase, field, today)
        case DateRange():
            if value.last < today or value.first > last_day:
                return judge_date(value.last if value.last < today else value.first, phrase, field, today)
            return DateRange(first=max(value.first, today), last=min(value.last, last_day))
        case date() if value < today:
            return Problem(field=field, code="date_in_past", params={"date": value.isoformat()})
        case date() if value > last_day:
            return Problem(field=field, code="date_too_far", params={"date": value.isoformat()})
    return value


def _judge_options(options: Options, phrase: str, field: str, today: date) -> ResolvedDate | None:
    days = tuple(dict.fromkeys(options.days))
    possible = tuple(day for day in days if isinstance(judge_date(day, phrase, field, today), date))
    if not possible or (len(days) == 1 and not options.confirm):
        if options.is_weekend:
            return judge_date(DateRange(first=days[0], last=days[0] + timedelta(days=1)), phrase, field, today)
        return judge_date(days[0], phrase, field, today)
    asked_field = "depart_range" if options.is_weekend else field
    return Ambiguity(field=asked_field, phrase=phrase, readings=tuple(day.isoformat() for day in possible))
