"""What somebody counts as depends on the day they travel."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from domain.travellers import age_on, is_birth_date, traveller_type_on

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("born_on", "day", "kind"),
    [
        (date(2026, 11, 21), date(2026, 11, 21), "infant"),
        (date(2024, 11, 22), date(2026, 11, 21), "infant"),
        (date(2024, 11, 21), date(2026, 11, 21), "child"),
        (date(2014, 11, 22), date(2026, 11, 21), "child"),
        (date(2014, 11, 21), date(2026, 11, 21), "adult"),
        (date(2014, 11, 22), date(2026, 11, 22), "adult"),
        (date(2024, 2, 29), date(2026, 2, 28), "infant"),
        (date(2024, 2, 29), date(2026, 3, 1), "child"),
        (date(1950, 1, 1), date(2026, 1, 1), "adult"),
    ],
)
def test_traveller_is_counted_by_age_on_the_day(born_on: date, day: date, kind: str) -> None:
    assert traveller_type_on(day, born_on) == kind


def test_age_rises_on_the_birthday() -> None:
    assert [age_on(date(2026, 11, day), date(2000, 11, 21)) for day in (20, 21, 22)] == [25, 26, 26]


@pytest.mark.parametrize(
    ("born_on", "is_one"),
    [
        (TODAY, True),
        (TODAY + timedelta(days=1), False),
        (date(1905, 11, 22), True),
        (date(1905, 11, 21), False),
        (date(1900, 1, 1), False),
        (date(1, 1, 1), False),
        (date(9999, 12, 31), False),
    ],
)
def test_birth_date_is_past_and_of_somebody_alive(born_on: date, is_one: bool) -> None:
    assert is_birth_date(born_on, today=TODAY) is is_one
