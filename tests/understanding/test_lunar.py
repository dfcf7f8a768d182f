from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import holidays
import pytest

from tests.understanding.tables import in_lots
from understanding import lunar
from understanding.lunar import lunar_months, tet, to_lunar, to_solar


def library_tet(year: int) -> date:
    days = holidays.country_holidays("VN", years=year, language="en_US")
    return min(day for day, name in days.items() if name == "Lunar New Year")


def forget_computed() -> None:
    for function in (lunar.lunar_months, lunar._months_from_solstice, lunar._new_moon_day, lunar._sun_sector):
        function.cache_clear()


@pytest.fixture
def reckoned_in_beijing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(lunar, "HANOI_OFFSET_DAYS", 8 / 24)
    forget_computed()
    yield
    monkeypatch.undo()
    forget_computed()


def test_tet_is_right_in_every_year_from_1950_to_2099() -> None:
    assert [year for year in range(1950, 2100) if tet(year) != library_tet(year)] == []


@pytest.mark.usefixtures("reckoned_in_beijing")
def test_the_oracle_notices_a_calendar_reckoned_an_hour_east() -> None:
    wrong = {year for year in range(1950, 2100) if tet(year) != library_tet(year)}
    assert {1968, 1985, 2007, 2030} <= wrong


@pytest.mark.parametrize(("year", "month"), [(2025, 6), (2028, 5), (2031, 3), (2033, 11), (2036, 6)])
def test_leap_months_fall_where_the_almanac_has_them(year: int, month: int) -> None:
    assert [found.month for found in lunar_months(year) if found.is_leap] == [month]


@in_lots(
    [
        (2026, 3, 10, date(2026, 4, 26)),
        (2027, 7, 15, date(2027, 8, 16)),
        (2028, 8, 15, date(2028, 10, 3)),
        (2030, 1, 1, date(2030, 2, 2)),
        (2033, 3, 10, date(2033, 4, 9)),
        (2035, 8, 15, date(2035, 9, 16)),
    ]
)
def test_lunar_holidays_fall_on_their_solar_day(year: int, month: int, day: int, solar: date) -> None:
    assert to_solar(year, month, day) == solar


def test_chap_has_29_days_from_2026_to_2032_and_30_after() -> None:
    lengths = [lunar_months(year - 1)[-1].length for year in range(2026, 2036)]
    assert lengths == [29, 29, 29, 29, 29, 29, 29, 30, 30, 30]


def test_every_day_has_one_lunar_date_and_comes_back_from_it() -> None:
    day = date(2024, 1, 1)
    while day < date(2038, 1, 1):
        there = to_lunar(day)
        assert to_solar(there.year, there.month, there.day, is_leap=there.is_leap) == day
        day += timedelta(days=1)


def test_a_day_the_month_does_not_have_is_none() -> None:
    assert to_solar(2026, 12, 30) is None
    assert to_solar(2026, 6, 1, is_leap=True) is None
