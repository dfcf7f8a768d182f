"""Calendar arithmetic under the house rules: what each kind of date expression means on a given day.

Weeks run Monday to Sunday. Without a year a day means its next occurrence. Where good readers would differ, every
reading is returned; nothing is ever shifted to make it fit.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import MAXYEAR, date, timedelta
from typing import NamedTuple

from understanding.frame import DateRange
from understanding.lunar import LunarMonth, lunar_months, tet, to_solar

RETURN_WRAP_DAYS = 120
"""A return without a year may fall in the next year if it is at most this long after the outbound day."""
LEAP_SEARCH_YEARS = 9
LUNAR_SEARCH_YEARS = 20


class DateContext(NamedTuple):
    """What relative expressions are relative to."""

    today: date
    day_first: bool = True
    """False in English, where 03/06 may be either."""
    base: date | None = None
    """For an outbound date the one said before; for a return the outbound date."""
    is_return: bool = False
    back: date | None = None
    """For a return the one said before."""

    @property
    def start(self) -> date:
        """Where "the next …" begins to count."""
        return self.base if self.is_return and self.base else self.today

    @property
    def monday(self) -> date:
        return self.today - timedelta(days=self.today.weekday())


class Options(NamedTuple):
    """Several readings, likeliest first. With `confirm` even a single one is asked back."""

    days: tuple[date, ...]
    confirm: bool = False
    is_weekend: bool = False
    """Each day stands for itself and the next."""


class Impossible:
    """A date the calendar does not have."""


class Stay(NamedTuple):
    """A length of stay; several numbers of nights where the words leave it open."""

    nights: tuple[int, ...]


DateValue = date | DateRange | Options | Impossible | Stay


def shift(day: date, days: int) -> date | Impossible:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return Impossible()


def span(first: date, last: date) -> DateRange:
    return DateRange(first=first, last=last)


def on_offset(context: DateContext, days: int) -> DateValue:
    return shift(context.today, days)


def after_days(context: DateContext, days: int) -> DateValue:
    return shift(context.start, days)


def within_days(context: DateContext, days: int) -> DateValue:
    last = shift(context.today, days)
    return span(context.today, last) if isinstance(last, date) else last


def after_months(context: DateContext, months: int) -> DateValue:
    year, month = month_after(context.start, months)
    return date(year, month, min(context.start.day, monthrange(year, month)[1])) if year <= MAXYEAR else Impossible()


def beside_base(context: DateContext, days: int) -> DateValue | None:
    """The day so many days from the one spoken of; None when none was."""
    return shift(context.base, days) if context.base else None


def beside_said(context: DateContext, days: int) -> DateValue | None:
    """The day said before moved by so many days: for a return that return, else the day spoken of."""
    return shift(context.back, days) if context.is_return and context.back else beside_base(context, days)


def month_after(day: date, months: int) -> tuple[int, int]:
    years, month_index = divmod(day.month - 1 + months, 12)
    return day.year + years, month_index + 1


def coming(start: date, weekday: int) -> date:
    """The first such weekday after a day."""
    return start + timedelta(days=(weekday - start.weekday() - 1) % 7 + 1)


def on_weekday(context: DateContext, weekday: int) -> DateValue:
    return coming(context.start, weekday)


def on_this_weekday(context: DateContext, weekday: int) -> DateValue:
    """ "This Friday", which on a Friday may be today."""
    if context.today.weekday() == weekday and not context.is_return:
        return Options((context.today, coming(context.today, weekday)))
    return on_weekday(context, weekday)


def on_next_weekday(context: DateContext, weekday: int) -> DateValue:
    """ "Next Friday": of next week to some, the coming one to others."""
    return Options((context.monday + timedelta(days=7 + weekday), coming(context.today, weekday)))


def on_weekday_after_next(context: DateContext, weekday: int) -> DateValue:
    following = (context.monday + timedelta(days=14 + weekday), coming(context.today, weekday) + timedelta(days=7))
    return Options(following)


def on_weekday_of_week(context: DateContext, weekday: int, weeks: int) -> DateValue:
    return shift(context.monday, 7 * weeks + weekday)


def in_week(context: DateContext, weeks: int, days: tuple[int, int] = (0, 6)) -> DateValue:
    """A week from this one, or the part between two of its days (0 is Monday)."""
    monday = context.monday + timedelta(weeks=weeks)
    return span(monday + timedelta(days=days[0]), monday + timedelta(days=days[1]))


def on_weekend(context: DateContext, weeks: int | None) -> DateValue:
    """The weekend of a week from this one; without one, the weekend that comes or is."""
    saturday = context.monday + timedelta(days=5, weeks=weeks or 0)
    if weeks is None and context.is_return and context.base:
        saturday = coming(context.base, 5)
    return span(saturday, saturday + timedelta(days=1))


def on_next_weekend(context: DateContext) -> DateValue:
    return Options((context.monday + timedelta(days=12), coming(context.today, 5)), is_weekend=True)


def on_day(context: DateContext, day: int, month: int, year: int | None = None) -> DateValue:
    """A solar date; without a year the next one, and a return may wrap into the year after the outbound."""
    if year is not None:
        return _solar(year, month, day) or Impossible()
    from_today = _next_solar(context.today, day, month)
    if from_today is None:
        return Impossible()
    if context.start > from_today:
        from_start = _next_solar(context.start, day, month)
        if from_start and (from_start - context.start).days <= RETURN_WRAP_DAYS:
            return from_start
    return from_today


def on_numeric(context: DateContext, day: int, month: int, year: int | None = None) -> DateValue:
    """Figures with a separator: day first, but in English either where both are possible."""
    swapped = on_day(context, month, day, year)
    if month > 12:
        return Options((swapped,), confirm=True) if isinstance(swapped, date) else Impossible()
    value = on_day(context, day, month, year)
    if isinstance(value, date) and isinstance(swapped, date) and not context.day_first:
        return Options((value, swapped))
    return value


def on_day_of_month(context: DateContext, day: int, months: int | None = None) -> DateValue:
    """The next such day, or the one of a month counted from this one."""
    if months is not None:
        return _solar(*month_after(context.today, months), day) or Impossible()
    for ahead in range(3):  # of three months in a row one has 31 days
        candidate = _solar(*month_after(context.start, ahead), day)
        if candidate and candidate >= context.start:
            return candidate
    return Impossible()


def with_weekday(context: DateContext, value: DateValue, weekday: int) -> DateValue:
    """A date said together with its weekday: when they disagree, both are readings."""
    days = value.days if isinstance(value, Options) else (value,) if isinstance(value, date) else ()
    agreeing = [day for day in days if day.weekday() == weekday]
    if not days or agreeing:
        return agreeing[0] if agreeing else value
    of_that_week = days[0] + timedelta(days=weekday - days[0].weekday())
    nearest = of_that_week if of_that_week >= context.today else of_that_week + timedelta(days=7)
    return Options((*days, nearest))


def in_month(context: DateContext, month: int, part: str | None = None, year: int | None = None) -> DateValue:
    """A month or a third of it, in the given year or the next time it comes."""
    if not 1 <= month <= 12:
        return Impossible()
    if year is None:
        year = context.start.year + ((month, 1) < (context.start.month, 0))
    return _part_of_month(year, month, part)


def in_month_from_now(context: DateContext, months: int, part: str | None = None) -> DateValue:
    return _part_of_month(*month_after(context.today, months), part)


def in_coming_part_of_month(context: DateContext, part: str) -> DateValue:
    """ "Đầu tháng": of this month, or of the next once it is over."""
    this_month = in_month_from_now(context, 0, part)
    is_over = isinstance(this_month, DateRange) and this_month.last < context.today
    return in_month_from_now(context, 1, part) if is_over else this_month


def in_year_part(context: DateContext, part: str, years: int | None = None) -> DateValue:
    """The beginning (January), middle (June, July) or end (December) of a year."""
    first_month, last_month = {"early": (1, 1), "mid": (6, 7), "late": (12, 12)}[part]
    year = context.today.year + (years or 0)
    if years is None and context.today.month > last_month:
        year += 1
    return span(date(year, first_month, 1), date(year, last_month, monthrange(year, last_month)[1]))


def between_days(context: DateContext, first: int, day: int, month: int, year: int | None = None) -> DateValue:
    """ "3 to 7 March": the month is said with the last day only."""
    last = on_day(context, day, month, year)
    if not isinstance(last, date) or first > day:
        return Impossible()
    return span(last.replace(day=first), last)


def between_days_of_month(context: DateContext, first: int, last: int) -> DateValue:
    start = on_day_of_month(context, first)
    if not isinstance(start, date) or last < first:
        return Impossible()
    end = _solar(start.year, start.month, last)
    return span(start, end) if end else Impossible()


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
            first, last = _part_of_days(part, found.length)
            return span(found.first + timedelta(days=first - 1), found.first + timedelta(days=last - 1))
    return Impossible()


def on_lunar_day(context: DateContext, day: int) -> DateValue:
    """A day of the lunar month, the next time there is one."""
    days = (found.first + timedelta(days=day - 1) for found in _lunar_months_from(context.start) if day <= found.length)
    return next((candidate for candidate in days if candidate >= context.start), Impossible())


def on_bare_mung(context: DateContext, day: int) -> DateValue:
    """ "Mùng 5" alone: of the lunar month, of the solar month, or of Tết."""
    if not 1 <= day <= 10:
        return Impossible()
    readings = (on_lunar_day(context, day), on_day_of_month(context, day), on_tet_day(context, day))
    return Options(tuple(value for value in readings if isinstance(value, date)), confirm=True)


def on_mung_of_either(context: DateContext, day: int, month: tuple[int, bool]) -> DateValue:
    """ "Mùng 10 tháng 12", said of both calendars, unless the month's name is lunar."""
    number, is_lunar_month = month
    lunar, solar = on_lunar(context, day, number), on_day(context, day, number)
    if is_lunar_month or not (isinstance(lunar, date) and isinstance(solar, date)):
        return lunar
    return Options((solar, lunar))


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
            return span(tet(year) + timedelta(days=first), tet(year) + timedelta(days=last))
    return Impossible()


def on_named_day(context: DateContext, named: tuple[str, str, str], years: int | None = None) -> DateValue:
    """A holiday of the table (calendar, first and last day); `years` from now if it was said with "next year"."""
    calendar, first, last = named
    month, day = map(int, first.split("-"))
    begin: DateValue
    if calendar == "lunar":
        begin = on_lunar(context, day, month)
        if years is not None:
            begin = to_solar(context.today.year + years, month, day) or Impossible()
    else:
        begin = on_day(context, day, month, None if years is None else context.today.year + years)
    if first == last or not isinstance(begin, date):
        return begin
    last_month, last_day = map(int, last.split("-"))
    return span(begin, date(begin.year, last_month, last_day))


def _solar(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _next_solar(start: date, day: int, month: int) -> date | None:
    years = range(start.year, min(start.year + LEAP_SEARCH_YEARS, MAXYEAR))
    candidates = (_solar(year, month, day) for year in years)
    return next((candidate for candidate in candidates if candidate and candidate >= start), None)


def _part_of_month(year: int, month: int, part: str | None) -> DateValue:
    first, last = _part_of_days(part, monthrange(year, month)[1])
    return span(date(year, month, first), date(year, month, last))


def _part_of_days(part: str | None, length: int) -> tuple[int, int]:
    """The first and last day of a third of a month."""
    return {None: (1, length), "early": (1, 10), "mid": (11, 20), "late": (21, length)}[part]


def _lunar_months_from(start: date) -> Iterator[LunarMonth]:
    for year in range(start.year - 1, start.year + LUNAR_SEARCH_YEARS):
        yield from (month for month in lunar_months(year) if month.last >= start)
