"""Times: zones, clock changes, how long flights take, and when they leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from providers.sandbox.dice import Dice
from providers.sandbox.network import Network
from providers.sandbox.schedule import Departure, Flight, Schedule, block_minutes, fly

Fly = Callable[[Departure, date], Flight | None]

EUROPE_SPRING, EUROPE_AUTUMN = date(2027, 3, 28), date(2027, 10, 31)
AMERICA_SPRING, AMERICA_AUTUMN = date(2027, 3, 14), date(2027, 11, 7)
CLOCK_CHANGES = (EUROPE_SPRING, EUROPE_AUTUMN, AMERICA_SPRING, AMERICA_AUTUMN)


@pytest.fixture(scope="module")
def network() -> Network:
    return Network()


@pytest.fixture(scope="module")
def schedule(network: Network) -> Schedule:
    return Schedule(network, Dice("test"))


def list_impossible_times(schedule: Schedule, fly_day: Fly) -> list[Flight]:
    """Flights of the clock-change days with a wall time that reads as another instant than the flight's."""
    impossible = []
    for origin, destination in [("FRA", "JFK"), ("JFK", "LHR"), ("HAN", "CDG"), ("LAX", "JFK"), ("DEN", "ORD")]:
        for pattern in schedule.departures(origin, destination):
            every_quarter = [replace(pattern, minute=minute) for minute in range(0, 24 * 60, 15)]
            flights = [fly_day(departure, day) for departure in every_quarter for day in CLOCK_CHANGES]
            impossible += [flight for flight in flights if flight and not has_plain_times(flight)]
    return impossible


def has_plain_times(flight: Flight) -> bool:
    departs = flight.departs_local.replace(tzinfo=ZoneInfo(flight.departure.origin.zone), fold=0)
    arrives = flight.arrives_local.replace(tzinfo=ZoneInfo(flight.departure.destination.zone), fold=0)
    exists = departs.astimezone(UTC).astimezone(departs.tzinfo).replace(tzinfo=None) == flight.departs_local
    return exists and arrives - departs.astimezone(UTC) == timedelta(minutes=flight.departure.block_minutes)


def fly_carelessly(departure: Departure, on: date) -> Flight | None:
    """The mutant: no thought for hours that are skipped or come twice."""
    departs_local = datetime.combine(on, time()) + timedelta(minutes=departure.minute)
    departs_at = departs_local.replace(tzinfo=ZoneInfo(departure.origin.zone)).astimezone(UTC)
    arrives_at = departs_at + timedelta(minutes=departure.block_minutes)
    arrives_local = arrives_at.astimezone(ZoneInfo(departure.destination.zone)).replace(tzinfo=None)
    return Flight("", departure, departs_local, arrives_local, departs_at, arrives_at)


def test_no_flight_has_a_wall_time_that_the_clock_change_skips_or_repeats(schedule: Schedule) -> None:
    assert list_impossible_times(schedule, fly) == []
    assert list_impossible_times(schedule, fly_carelessly)


def test_only_the_odd_hour_is_left_out(schedule: Schedule) -> None:
    pattern = schedule.departures("FRA", "JFK")[0]
    at_half_past_two = replace(pattern, minute=150)
    assert fly(at_half_past_two, EUROPE_SPRING) is None
    assert fly(at_half_past_two, EUROPE_SPRING + timedelta(days=1)) is not None
    assert fly(replace(pattern, minute=300), EUROPE_SPRING) is not None


def test_the_same_flight_lands_an_hour_later_on_the_clock_when_only_the_destination_changed_it(
    schedule: Schedule,
) -> None:
    pattern = replace(schedule.departures("HAN", "FRA")[0], minute=600)
    before, after = fly(pattern, date(2027, 3, 26)), fly(pattern, date(2027, 3, 29))
    assert before is not None
    assert after is not None
    assert after.arrives_local.time().hour == before.arrives_local.time().hour + 1


@pytest.mark.parametrize(
    ("origin", "destination", "low", "high"),
    [
        ("HAN", "SGN", 115, 135),
        ("HAN", "DAD", 75, 90),
        ("SGN", "BKK", 85, 105),
        ("HAN", "NRT", 270, 320),
        ("NRT", "HAN", 300, 360),
        ("LHR", "JFK", 435, 490),
        ("JFK", "LHR", 390, 440),
        ("SIN", "JFK", 1080, 1170),
    ],
)
def test_flights_take_about_as_long_as_real_ones(
    network: Network, origin: str, destination: str, low: int, high: int
) -> None:
    km = round(network.distance(origin, destination))
    assert low <= block_minutes(network.airport(origin), network.airport(destination), km) <= high


def test_a_week_has_as_many_flights_as_the_network_says(network: Network, schedule: Schedule) -> None:
    monday = date(2027, 1, 4)
    for origin, destination in [("HAN", "SGN"), ("SGN", "SFO"), ("VII", "BMV"), ("SYD", "HAN"), ("LHR", "SIN")]:
        flown = [
            flight for day in range(7) for flight in schedule.flights(origin, destination, monday + timedelta(day))
        ]
        assert len(flown) == sum(link.weekly for link in network.links(origin, destination))


def test_thin_routes_fly_on_some_weekdays_only(schedule: Schedule) -> None:
    pattern = next(each for each in schedule.departures("SGN", "SFO") if each.carrier.iata == "VN")
    assert len(pattern.weekdays) == 5


def test_short_flights_leave_and_arrive_by_day(schedule: Schedule) -> None:
    for pair in [("HAN", "SGN"), ("DAD", "HAN"), ("SGN", "BKK"), ("FRA", "LHR"), ("SYD", "MEL")]:
        for departure in schedule.departures(*pair):
            flight = fly(departure, date(2027, 1, 13))
            assert flight is not None
            assert time(6) <= flight.departs_local.time() <= time(22)
            assert flight.arrives_local.date() == flight.departs_local.date()


def test_flight_numbers_are_unique_for_a_carrier(network: Network, schedule: Schedule) -> None:
    numbers = [
        departure.number
        for destination in network.nonstop_from("HAN")
        for pair in (("HAN", destination), (destination, "HAN"))
        for departure in schedule.departures(*pair)
        if departure.carrier.iata == "VN"
    ]
    assert len(numbers) == len(set(numbers)) > 100
