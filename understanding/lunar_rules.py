"""What expressions of the lunar calendar mean on a given day: lunar dates, mùng and rằm, and the days of Tết."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from understanding import date_rules as rules
from understanding.date_rules import DateContext, DateValue, Impossible, Options
from understanding.frame import DateRange
from understanding.lunar import LunarMonth, lunar_months, tet, to_solar

LUNAR_SEARCH_YEARS = 20
DAYS_BEFORE_TET, _DAYS_OF_TET = 20, 10
_SHORT_TRIP = 30
"""A return within so many days needs no asking if the other reading lies beyond."""


def on_lunar(context: DateContext, day: int, month: int, *, is_leap: bool = False) -> DateValue:
    """The next such lunar date. A month without that day is refused, not shifted."""
    for found in _lunar_months_from(context.start):
        if (found.month, found.is_leap) != (month, is_leap):
            continue
        if not 1 <= day <= found.length:
            return Impossible()
        candidate = found.first + timedelta(days=day - 1)
        if candidate >= context.start:
            return candidate
    return Impossible()


def in_lunar_month(context: DateContext, month: int, part: str | None = None, *, is_leap: bool = False) -> DateValue:
    for found in _lunar_months_from(context.start):
        if (found.month, found.is_leap) == (month, is_leap):
            first, last = rules.part_of_days(part, found.length)
            return rules.span(found.first + timedelta(days=first - 1), found.first + timedelta(days=last - 1))
    return Impossible()


def on_lunar_day(context: DateContext, day: int) -> DateValue:
    """A day of the lunar month, the next time there is one."""
    months = (found for found in _lunar_months_from(context.start) if 1 <= day <= found.length)
    days = (found.first + timedelta(days=day - 1) for found in months)
    return next((candidate for candidate in days if candidate >= context.start), Impossible())


def on_bare_mung(context: DateContext, day: int) -> DateValue:
    """ "Mùng 5" alone: of the lunar month, of the solar month, or of Tết."""
    if not 1 <= day <= 10:
        return Impossible()
    readings = (on_lunar_day(context, day), rules.on_day_of_month(context, day), on_tet_day(context, day))
    return Options(tuple(value for value in readings if isinstance(value, date)), confirm=True)


def on_mung_of_either(context: DateContext, day: int, month: tuple[int, bool]) -> DateValue:
    """ "Mùng 10 tháng 12", said of both calendars, unless the month's name is lunar."""
    number, is_lunar_month = month
    lunar, solar = on_lunar(context, day, number), rules.on_day(context, day, number)
    if is_lunar_month or not (isinstance(lunar, date) and isinstance(solar, date)):
        return lunar
    return Options((solar, lunar))


def is_tet(days: DateRange) -> bool:
    """Whether a day or span is about Tết."""
    years = (days.first.year, days.first.year + 1)
    return any(-DAYS_BEFORE_TET <= (days.first - tet(year)).days < _DAYS_OF_TET for year in years)


def nearest_mung(out: date, value: Options) -> DateValue:
    """Of the readings of a "mùng" for the way back: after a day of Tết that of Tết, else the nearest by far."""
    after = sorted(day for day in set(value.days) if day >= out)
    if not after:
        return value
    of_tet = value.days[-1]
    is_clear = len(after) == 1 or (after[0] - out).days <= _SHORT_TRIP < (after[1] - out).days
    if is_tet(rules.span(out, out)) and of_tet in after:
        return of_tet
    return after[0] if is_clear else value


def on_tet_day(context: DateContext, number: int) -> DateValue:
    """The N-th of Tết: up to 10 after the new year begins, from 20 on the days of Chạp before it (30 is the eve)."""
    for year in range(context.start.year, context.start.year + 3):
        chap = lunar_months(year - 1)[-1]
        if number <= 10:
            day = to_solar(year, 1, number)
        else:
            day = chap.first + timedelta(days=min(number, chap.length) - 1) if 20 <= number <= 30 else None
        if day is None:
            return Impossible()
        if day >= context.start:
            return day
    return Impossible()


def around_tet(context: DateContext, first: int, last: int) -> DateValue:
    """Days counted from the first day of the next Tết that is not over."""
    for year in range(context.start.year, context.start.year + 3):
        if tet(year) + timedelta(days=last) >= context.start:
            return rules.span(tet(year) + timedelta(days=first), tet(year) + timedelta(days=last))
    return Impossible()


def _lunar_months_from(start: date) -> Iterator[LunarMonth]:
    for year in range(start.year - 1, start.year + LUNAR_SEARCH_YEARS):
        yield from (month for month in lunar_months(year) if month.last >= start)
