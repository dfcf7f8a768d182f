"""Calendar arithmetic under the house rules: what each kind of date expression means on a given day.

Weeks run Monday to Sunday. Without a year a day means its next occurrence. Where good readers would differ, every
reading is returned; nothing is ever shifted to make it fit.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import MAXYEAR, date, timedelta
from typing import NamedTuple

from understanding.frame import DateRange
from understanding.holidays import LAST_WEEKDAY, Holiday, nth_weekday

RETURN_WRAP_DAYS = 120
"""A return without a year may fall in the next year if it is at most this long after the outbound day."""
LEAP_SEARCH_YEARS = 9
_PARTS_OF_YEAR = {"early": (1, 1), "mid": (6, 7), "late": (12, 12), "first half": (1, 6), "second half": (7, 12)}
"""First and last month."""
SATURDAY = 5


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
    is_more: bool = False
    """Counted from the stay known so far; negative for fewer."""


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


def until_end(context: DateContext, value: DateValue) -> DateValue:
    """From today to the last day of a span."""
    last = value.last if isinstance(value, DateRange) else value
    return span(context.today, last) if isinstance(last, date) and last >= context.today else value


def last_of(value: DateValue) -> DateValue:
    return value.last if isinstance(value, DateRange) else value


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


def on_weekday_of_base(context: DateContext, weekday: int) -> DateValue | None:
    """ "That Sunday", of the week of the day spoken of; None when none was."""
    if context.base is None:
        return None
    day = context.base + timedelta(days=weekday - context.base.weekday())
    return day if day >= context.base else coming(context.base, weekday)


def on_following_weekday(context: DateContext, weekday: int) -> DateValue:
    return coming(context.base or context.today, weekday)


def on_same_day(context: DateContext) -> DateValue | None:
    """ "The same day", which says something of a return only."""
    return context.base if context.is_return else None


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


def on_weekend_of_base(context: DateContext, weeks: int) -> DateValue:
    """The weekend of the week of the day spoken of, or of today, or so many weeks after."""
    base = context.base or context.today
    saturday = base + timedelta(days=SATURDAY - base.weekday(), weeks=weeks)
    return span(saturday, saturday + timedelta(days=1))


def in_following_week(context: DateContext) -> DateRange:
    """The week after the one of the day spoken of, or after this one."""
    base = context.base or context.today
    monday = base + timedelta(days=7 - base.weekday())
    return span(monday, monday + timedelta(days=6))


def in_rest_of(value: DateValue, today: date) -> DateValue:
    """ "Later this week": what is left of a span after today."""
    if isinstance(value, DateRange) and value.last > today:
        return span(max(value.first, today + timedelta(days=1)), value.last)
    return value


def until(context: DateContext, value: DateValue | None, *, inclusive: bool) -> DateValue | None:
    """From today to a day or the first of a span."""
    end = value.first if isinstance(value, DateRange) else value
    if not isinstance(end, date) or end <= context.start:
        return value
    return span(context.start, end if inclusive else end - timedelta(days=1))


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


def last_such(context: DateContext, day: int, month: int, year: int | None = None) -> DateValue:
    """A date that is gone: "20/10 vừa rồi"."""
    years = (context.today.year, context.today.year - 1) if year is None else (year,)
    days = (_solar(each, month, day) for each in years)
    return next((found for found in days if found and found <= context.today), Impossible())


def on_numeric(context: DateContext, day: int, month: int, year: int | None = None) -> DateValue:
    """Figures with a separator: day first, but in English either where both are possible."""
    swapped = on_day(context, month, day, year)
    if month > 12:
        if not context.day_first:
            return swapped
        return Options((swapped,), confirm=True) if isinstance(swapped, date) else Impossible()
    value = on_day(context, day, month, year)
    if isinstance(value, date) and isinstance(swapped, date) and value != swapped and not context.day_first:
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


def on_weekday_and_day(context: DateContext, weekday: int, day: int) -> DateValue:
    return with_weekday(context, on_day_of_month(context, day), weekday)


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


def in_week_of_month(context: DateContext, which: int, month: int, year: int | None = None) -> DateValue:
    """The first to fourth, or last, seven days of a month."""
    days = in_month(context, month, None, year)
    if not isinstance(days, DateRange):
        return days
    if which == LAST_WEEKDAY:
        return span(days.last - timedelta(days=6), days.last)
    first = days.first + timedelta(days=7 * (which - 1))
    return span(first, min(first + timedelta(days=6), days.last))


def on_nth_weekday(context: DateContext, which: int, weekday: int, month: int, year: int | None = None) -> DateValue:
    """ "The first Monday of June", the next time there is one."""
    if not 1 <= month <= 12 or not 1 <= which <= LAST_WEEKDAY:
        return Impossible()
    years = (context.start.year, context.start.year + 1) if year is None else (year,)
    days = [nth_weekday(each, month, which, weekday) for each in years if 1 < each < MAXYEAR]
    return next((day for day in days if year is not None or day >= context.start), Impossible())


def on_nth_weekend(context: DateContext, which: int, month: int) -> DateValue:
    saturday = on_nth_weekday(context, which, SATURDAY, month)
    return span(saturday, saturday + timedelta(days=1)) if isinstance(saturday, date) else saturday


def in_month_from_now(context: DateContext, months: int, part: str | None = None) -> DateValue:
    return _part_of_month(*month_after(context.today, months), part)


def in_coming_part_of_month(context: DateContext, part: str) -> DateValue:
    """ "Đầu tháng": of this month, or of the next once it is over."""
    this_month = in_month_from_now(context, 0, part)
    is_over = isinstance(this_month, DateRange) and this_month.last < context.today
    return in_month_from_now(context, 1, part) if is_over else this_month


def in_year_part(context: DateContext, part: str, years: int | None = None) -> DateValue:
    """The beginning (January), middle (June, July) or end (December) of a year."""
    first_month, last_month = _PARTS_OF_YEAR[part]
    year = context.today.year + (years or 0)
    if years is None and context.today.month > last_month:
        year += 1
    return span(date(year, first_month, 1), date(year, last_month, monthrange(year, last_month)[1]))


def between_days(context: DateContext, first: int, day: int, month: int, year: int | None = None) -> DateValue:
    """ "3 to 7 March": the month is said with the last day only."""
    last = on_day(context, day, month, year)
    if not isinstance(last, date) or not 1 <= first <= day:
        return Impossible()
    return span(last.replace(day=first), last)


def either_day(context: DateContext, first: int, second: int, month: int) -> DateValue:
    """ "The fifth or sixth of May"."""
    days = tuple(day for each in (first, second) if isinstance(day := on_day(context, each, month), date))
    return Options(days) if days else Impossible()


def either_day_of_month(context: DateContext, first: int, second: int) -> DateValue:
    days = tuple(day for each in (first, second) if isinstance(day := on_day_of_month(context, each), date))
    return Options(days) if days else Impossible()


def between_days_of_month(context: DateContext, first: int, last: int) -> DateValue:
    start = on_day_of_month(context, first)
    if not isinstance(start, date) or last < first:
        return Impossible()
    end = _solar(start.year, start.month, last)
    return span(start, end) if end else Impossible()


def on_holiday(context: DateContext, holiday: Holiday, years: int | None = None) -> DateValue:
    """The next such holiday that is not over, or the one `years` from now; of several days a span."""
    this_year = context.start.year if years is None else context.today.year + years
    for year in range(this_year - 1, this_year + 2) if years is None else (this_year,):
        first = holiday.first_in(year)
        last = first and first + timedelta(days=holiday.length - 1)
        if first and last and (years is not None or last >= context.start):
            return first if holiday.length == 1 else span(first, last)
    return Impossible()


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
    first, last = part_of_days(part, monthrange(year, month)[1])
    return span(date(year, month, first), date(year, month, last))


def part_of_days(part: str | None, length: int) -> tuple[int, int]:
    """The first and last day of a third of a month."""
    return {
        None: (1, length),
        "early": (1, 10),
        "mid": (11, 20),
        "late": (21, length),
        "first half": (1, 15),
        "second half": (16, length),
    }[part]
