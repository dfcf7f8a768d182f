"""How seats sell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from providers.sandbox.demand import SALE_CLOSES, Demand
from providers.sandbox.dice import Dice
from providers.sandbox.network import Network
from providers.sandbox.schedule import Flight, Schedule
from tests.providers.sandbox.support import in_days

HOUR = datetime(2026, 11, 21, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def flights() -> list[Flight]:
    """A week of Hanoi to Da Nang."""
    schedule = Schedule(Network(), Dice("test"))
    return [flight for day in range(20, 27) for flight in schedule.flights("HAN", "DAD", in_days(day))]


@pytest.fixture
def demand() -> Demand:
    return Demand(Dice("test"))


def test_seats_only_get_fewer(demand: Demand, flights: list[Flight]) -> None:
    for flight in flights[::10]:
        hours = [HOUR + timedelta(hours=hour) for hour in range(0, 20 * 24, 5)]
        left = [demand.seats_left(flight, "economy", hour) for hour in hours]
        assert all(before >= after for before, after in pairwise(left))
        assert left[0] > left[-1]


def test_some_flights_sell_out_and_most_do_not(demand: Demand, flights: list[Flight]) -> None:
    left = [demand.seats_left(flight, "economy", flight.departs_at - timedelta(hours=3)) for flight in flights]
    sold_out = sum(seats == 0 for seats in left)
    assert 0 < sold_out < len(flights) / 4


def test_sales_close_before_departure(demand: Demand, flights: list[Flight]) -> None:
    flight = flights[0]
    assert demand.seats_left(flight, "economy", flight.departs_at - SALE_CLOSES - timedelta(days=2)) > 0
    assert demand.seats_left(flight, "economy", flight.departs_at - SALE_CLOSES + timedelta(minutes=1)) == 0


def test_a_cabin_the_aircraft_lacks_has_no_seats(demand: Demand, flights: list[Flight]) -> None:
    narrow = next(flight for flight in flights if flight.departure.aircraft.size == "narrow")
    assert demand.seats_left(narrow, "first", HOUR) == 0


def test_price_levels_stay_within_a_factor_of_two(demand: Demand, flights: list[Flight]) -> None:
    levels = [demand.price_level(flight, "economy", HOUR + timedelta(hours=5 * n)) for n, flight in enumerate(flights)]
    assert max(levels) < 2 * min(levels)
    assert len({round(level, 3) for level in levels}) > len(levels) / 4
