"""How flights fill up and what that does to fares: pure functions of the flight, the hour and the orders."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from domain.offers import CabinClass
from providers.sandbox.carriers import AircraftSize
from providers.sandbox.dice import Dice
from providers.sandbox.schedule import Flight

SoldSeats = Mapping[tuple[str, CabinClass], int]
"""Seats that orders hold or have bought, by flight key and cabin."""
NOTHING_SOLD: SoldSeats = {}

SEATS: dict[AircraftSize, dict[CabinClass, int]] = {
    "turboprop": {"economy": 68},
    "regional": {"economy": 80, "business": 8},
    "narrow": {"economy": 176, "business": 12},
    "wide": {"economy": 246, "premium_economy": 28, "business": 32, "first": 8},
}
SALE_CLOSES = timedelta(hours=2)
"""Before departure, counted from the start of the clock hour so that the answer holds for all of it."""
HALF_SOLD_DAYS_AHEAD = 16
LOWEST_LEVEL, HIGHEST_LEVEL = 0.84, 1.40

TET = (
    date(2026, 2, 17),
    date(2027, 2, 6),
    date(2028, 1, 26),
    date(2029, 2, 13),
    date(2030, 2, 3),
    date(2031, 1, 23),
    date(2032, 2, 11),
    date(2033, 1, 31),
    date(2034, 2, 19),
    date(2035, 2, 8),
)
"""First days of the lunar years."""
_TET_COUNTRIES = frozenset({"VN", "CN", "TW", "HK", "MO", "SG", "MY", "KR"})
_WEEKDAY_LEVELS = (0.98, 0.93, 0.94, 0.99, 1.07, 1.00, 1.06)
_ADVANCE_LEVELS = ((3, 1.22), (7, 1.13), (14, 1.05), (30, 0.98), (90, 0.90), (200, 0.93), (400, 0.96))
_BUCKETS = 8
_EARLIEST_BUCKET_LEVEL, _LAST_BUCKET_LEVEL = 0.76, 1.32
_RUSH_HOURS = frozenset({7, 8, 9, 17, 18, 19})
_ODD_HOURS = frozenset({0, 1, 2, 3, 4, 5, 6, 22, 23})


class Demand:
    """The market of the simulated world."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice

    def seats_left(self, flight: Flight, cabin: CabinClass, hour: datetime, sold: SoldSeats = NOTHING_SOLD) -> int:
        """Seats for sale at the start of a clock hour; 0 without such a cabin, or once sold out or closed.

        They only ever get fewer, but for orders that are given up.
        """
        if cabin not in flight.departure.cabins or is_closed(flight, hour):
            return 0
        capacity = SEATS[flight.departure.aircraft.size][cabin]
        in_the_market = int(capacity * (1 - self._sold_share(flight, cabin, hour)))
        return max(0, in_the_market - sold.get((flight.key, cabin), 0))

    def price_level(self, flight: Flight, cabin: CabinClass, hour: datetime) -> float:
        """What to multiply the ordinary fare by: demand between two bounds, the carrier's policy, and a small drift."""
        days_ahead = (flight.departs_at - hour) / timedelta(days=1)
        advance = next(level for days, level in _ADVANCE_LEVELS if days_ahead <= days)
        level = advance * season_level(flight) * _clock_level(flight) * self._bucket_level(flight, cabin, hour)
        bounded = min(HIGHEST_LEVEL, max(LOWEST_LEVEL, level))
        return bounded * self._policy(flight) * self._drift(flight, hour)

    def _bucket_level(self, flight: Flight, cabin: CabinClass, hour: datetime) -> float:
        """Fares rise in steps as seats are sold."""
        bucket = int(_BUCKETS * min(1.0, self._sold_share(flight, cabin, hour))) / _BUCKETS
        return _EARLIEST_BUCKET_LEVEL + (_LAST_BUCKET_LEVEL - _EARLIEST_BUCKET_LEVEL) * bucket

    def _policy(self, flight: Flight) -> float:
        """How dear a carrier is on a route, compared with others of its kind."""
        departure = flight.departure
        ends = sorted((departure.origin.iata, departure.destination.iata))
        return 0.93 + 0.14 * self._dice.roll("policy", departure.carrier.iata, *ends)

    def _sold_share(self, flight: Flight, cabin: CabinClass, hour: datetime) -> float:
        """Sold seats by capacity; above 1 the flight would have sold more than it has."""
        at_departure = (0.55 + 0.52 * self._dice.roll("load", flight.key, cabin)) * (0.6 + 0.4 * season_level(flight))
        days_ahead = (flight.departs_at - hour) / timedelta(days=1)
        return at_departure * HALF_SOLD_DAYS_AHEAD / (HALF_SOLD_DAYS_AHEAD + days_ahead)

    def _drift(self, flight: Flight, hour: datetime) -> float:
        of_day = self._dice.roll("day", flight.key, hour.date())
        of_hour = self._dice.roll("hour", flight.key, f"{hour:%Y%m%d%H}")
        return 1 + 0.05 * (of_day - 0.5) + 0.02 * (of_hour - 0.5)


def is_closed(flight: Flight, hour: datetime) -> bool:
    """Whether the flight leaves too soon to be sold in a clock hour."""
    return flight.departs_at < hour + SALE_CLOSES


def _clock_level(flight: Flight) -> float:
    leaves = flight.departs_local
    by_hour = 1.04 if leaves.hour in _RUSH_HOURS else 0.95 if leaves.hour in _ODD_HOURS else 1.0
    return by_hour * _WEEKDAY_LEVELS[leaves.weekday()]


def season_level(flight: Flight) -> float:
    """Above 1 in the weeks when everybody travels."""
    day = flight.departs_local.date()
    countries = {flight.departure.origin.country, flight.departure.destination.country}
    if countries & _TET_COUNTRIES and any(-10 <= (day - first).days <= 10 for first in TET):
        return 1.6
    if (day.month, day.day) >= (12, 18) or (day.month, day.day) <= (1, 4):
        return 1.2
    if "VN" in countries and (day.month, day.day) in {(4, 29), (4, 30), (5, 1), (5, 2), (9, 1), (9, 2), (9, 3)}:
        return 1.2
    return 1.1 if day.month in (6, 7, 8) else 1.0
