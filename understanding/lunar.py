"""The Vietnamese lunar calendar: months begin on the day of the new moon, and years are held to the solstice, at UTC+7.

Computed from the positions of moon and sun (series after Meeus, Astronomical Algorithms, chapters 25 and 49), because
the calendars in libraries are reckoned for China, an hour east, and put Tết on another day in some years.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from math import floor, radians, sin
from typing import NamedTuple

HANOI_OFFSET_DAYS = 7 / 24
_JULIAN_DAY_OF_ORDINAL_0 = 1721424.5
_SYNODIC_MONTH = 29.530588861
_WINTER_SECTOR = 9
"""The sun's twelfth of the ecliptic that begins at the winter solstice (270°)."""

_NEW_MOON_TERMS = (
    # coefficient in days, power of the eccentricity factor, multiples of sun's anomaly, moon's anomaly, latitude
    (-0.40720, 0, 0, 1, 0),
    (0.17241, 1, 1, 0, 0),
    (0.01608, 0, 0, 2, 0),
    (0.01039, 0, 0, 0, 2),
    (0.00739, 1, -1, 1, 0),
    (-0.00514, 1, 1, 1, 0),
    (0.00208, 2, 2, 0, 0),
    (-0.00111, 0, 0, 1, -2),
    (-0.00057, 0, 0, 1, 2),
    (0.00056, 1, 1, 2, 0),
    (-0.00042, 0, 0, 3, 0),
    (0.00042, 1, 1, 0, 2),
    (0.00038, 1, 1, 0, -2),
    (-0.00024, 1, -1, 2, 0),
)


class LunarDate(NamedTuple):
    year: int
    month: int
    day: int
    is_leap: bool = False


class LunarMonth(NamedTuple):
    """One month of a lunar year; `length` is 29 or 30 days."""

    year: int
    month: int
    is_leap: bool
    first: date
    length: int

    @property
    def last(self) -> date:
        return self.first + timedelta(days=self.length - 1)


def to_solar(year: int, month: int, day: int, *, is_leap: bool = False) -> date | None:
    """The day of a lunar date; None where that year has no such month or the month no such day."""
    for candidate in lunar_months(year):
        if (candidate.month, candidate.is_leap) == (month, is_leap) and 1 <= day <= candidate.length:
            return candidate.first + timedelta(days=day - 1)
    return None


def to_lunar(day: date) -> LunarDate:
    for year in (day.year, day.year - 1):
        for month in lunar_months(year):
            if month.first <= day <= month.last:
                return LunarDate(year, month.month, (day - month.first).days + 1, month.is_leap)
    raise AssertionError("every day lies in a lunar month")


def tet(year: int) -> date:
    """The first day of a lunar year."""
    return lunar_months(year)[0].first


@lru_cache(maxsize=256)
def lunar_months(year: int) -> tuple[LunarMonth, ...]:
    """The 12 or 13 months of a lunar year, from Giêng to Chạp."""
    months = [*_months_from_solstice(year - 1), *_months_from_solstice(year)]
    return tuple(month for month in months if month.year == year)


@lru_cache(maxsize=256)
def _months_from_solstice(solar_year: int) -> tuple[LunarMonth, ...]:
    """From the month that holds the winter solstice of a solar year (always the 11th) to the one before the next."""
    first, following = _eleventh_month(solar_year), _eleventh_month(solar_year + 1)
    starts = [_new_moon_day(moon) for moon in range(first, following + 1)]
    leap = _leap_index(starts) if len(starts) == 14 else None
    months: list[LunarMonth] = []
    number, year = 11, solar_year
    for index, (start, end) in enumerate(pairwise(starts)):
        is_leap = index == leap
        if index and not is_leap:
            number, year = (1, year + 1) if number == 12 else (number + 1, year)
        months.append(LunarMonth(year, number, is_leap, date.fromordinal(start), end - start))
    return tuple(months)


def _eleventh_month(solar_year: int) -> int:
    """The number of the new moon that opens the month of the winter solstice."""
    new_year = date(solar_year, 12, 31).toordinal()
    moon = _moons_before(new_year)
    return moon - 1 if _sun_sector(_new_moon_day(moon)) >= _WINTER_SECTOR else moon


def _moons_before(ordinal: int) -> int:
    """The number of the last new moon on or before a day."""
    moon = floor((ordinal + _JULIAN_DAY_OF_ORDINAL_0 - 2451550.09766) / _SYNODIC_MONTH) + 1
    while _new_moon_day(moon) > ordinal:
        moon -= 1
    return moon


def _leap_index(starts: list[int]) -> int:
    """The first month in which the sun enters no new sector."""
    sectors = [_sun_sector(start) for start in starts]
    return next(index for index in range(1, 13) if sectors[index] == sectors[index + 1])


@lru_cache(maxsize=4096)
def _new_moon_day(moon: int) -> int:
    """The day in Hanoi, as an ordinal, of a new moon counted from the first of the year 2000."""
    t = moon / 1236.85
    julian = 2451550.09766 + _SYNODIC_MONTH * moon + 0.00015437 * t * t
    sun = 2.5534 + 29.10535670 * moon
    moon_anomaly = 201.5643 + 385.81693528 * moon + 0.0107582 * t * t
    latitude = 160.7108 + 390.67050284 * moon - 0.0016118 * t * t
    eccentricity = 1 - 0.002516 * t
    for coefficient, power, of_sun, of_moon, of_latitude in _NEW_MOON_TERMS:
        angle = of_sun * sun + of_moon * moon_anomaly + of_latitude * latitude
        julian += coefficient * eccentricity**power * sin(radians(angle))
    return floor(julian - _clock_difference_days(t) - _JULIAN_DAY_OF_ORDINAL_0 + HANOI_OFFSET_DAYS)


def _clock_difference_days(centuries: float) -> float:
    """How far the uniform time of the series runs ahead of civil time: about a minute in this century."""
    return (63.8 + 33 * centuries + 30 * centuries * centuries) / 86400


@lru_cache(maxsize=4096)
def _sun_sector(ordinal: int) -> int:
    """Which twelfth of the ecliptic the sun is in as a day begins in Hanoi."""
    t = (ordinal + _JULIAN_DAY_OF_ORDINAL_0 - HANOI_OFFSET_DAYS - 2451545.0) / 36525
    anomaly = radians(357.52911 + 35999.05029 * t - 0.0001537 * t * t)
    centre = (
        (1.914602 - 0.004817 * t) * sin(anomaly)
        + (0.019993 - 0.000101 * t) * sin(2 * anomaly)
        + 0.000289 * sin(3 * anomaly)
    )
    node = radians(125.04 - 1934.136 * t)
    longitude = 280.46646 + 36000.76983 * t + 0.0003032 * t * t + centre - 0.00569 - 0.00478 * sin(node)
    return floor(longitude % 360 / 30)
