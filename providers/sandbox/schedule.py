"""The weekly timetable: when each flight leaves, on which days, on which aircraft, and how long it takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import cos, radians
from zoneinfo import ZoneInfo

from domain.airports import Airport
from domain.offers import CabinClass
from providers.sandbox.carriers import Aircraft, Carrier
from providers.sandbox.dice import Dice
from providers.sandbox.network import Link, Network

TAXI_AND_CLIMB_MINUTES = 38
TURBOPROP_KM_PER_MINUTE = 7.6
JET_KM_PER_MINUTE = 13.2
LONG_HAUL_KM_PER_MINUTE = 14.6
LONG_HAUL_AFTER_KM = 2000
WIND_SHARE = 0.07
"""How much of the cruise the westerlies save or cost on an east-west flight outside the tropics."""

_STEP_MINUTES = 5
_DAY_MINUTES = 24 * 60
_NIGHT_FLIGHT_BLOCK_MINUTES = 270
"""Only flights this long leave around midnight."""
_PLANNED_AT = datetime(2026, 1, 15)  # noqa: DTZ001 - a wall time, asked for the offset of a zone
"""Departures are wall times all year; this winter day's zone offsets decide which of them arrive at a decent hour."""


@dataclass(frozen=True, slots=True)
class Departure:
    """A flight number in the weekly timetable."""

    carrier: Carrier
    operator: str
    number: str
    origin: Airport
    destination: Airport
    minute: int
    """Minutes after local midnight."""
    block_minutes: int
    weekdays: frozenset[int]
    aircraft: Aircraft
    cabins: tuple[CabinClass, ...]
    km: int

    @property
    def designator(self) -> str:
        return f"{self.carrier.iata}{self.number}"

    @property
    def is_domestic(self) -> bool:
        return self.origin.country == self.destination.country


@dataclass(frozen=True, slots=True)
class Flight:
    """A departure on a day."""

    key: str
    """What tells it from all others: VN201-2026-12-01."""
    departure: Departure
    departs_local: datetime
    arrives_local: datetime
    departs_at: datetime
    arrives_at: datetime

    @property
    def carrier(self) -> Carrier:
        return self.departure.carrier


class Schedule:
    """The timetable of a network. A pair's departures are worked out when first asked for."""

    def __init__(self, network: Network, dice: Dice) -> None:
        self._network = network
        self._dice = dice
        self._departures: dict[tuple[str, str], tuple[Departure, ...]] = {}

    def departures(self, origin: str, destination: str) -> tuple[Departure, ...]:
        """All flight numbers between two airports that have service, on any day."""
        pair = (origin, destination)
        if (known := self._departures.get(pair)) is None:
            links = self._network.links(origin, destination)
            known = tuple(each for link in links for each in self._plan_link(link, origin, destination))
            self._departures[pair] = known
        return known

    def flights(self, origin: str, destination: str, on: date) -> list[Flight]:
        """What leaves on a day, local to the origin."""
        weekday = on.weekday()
        flights = (fly(each, on) for each in self.departures(origin, destination) if weekday in each.weekdays)
        return [flight for flight in flights if flight is not None]

    def find_flight(self, key: str) -> Flight | None:
        """The flight of a key, or None when nothing flies under that number on that day."""
        designator, _, day = key.partition("-")
        pair = self._network.find_pair(designator)
        if pair is None:
            return None
        return next((flight for flight in self.flights(*pair, date.fromisoformat(day)) if flight.key == key), None)

    def _plan_link(self, link: Link, origin: str, destination: str) -> list[Departure]:
        start, end = self._network.airport(origin), self._network.airport(destination)
        km = round(self._network.distance(origin, destination))
        minutes = decent_minutes(block_minutes(start, end, km), _offset_minutes(end) - _offset_minutes(start))
        return [self._plan_departure(link, start, end, km, minutes, slot) for slot in range(link.daily)]

    def _plan_departure(
        self, link: Link, start: Airport, end: Airport, km: int, minutes: list[int], slot: int
    ) -> Departure:
        name = (link.carrier.iata, start.iata, end.iata, slot)
        aircraft = self._choose_aircraft(link, km, slot)
        position = (slot + self._dice.roll("minute", *name)) / link.daily
        return Departure(
            carrier=link.carrier,
            operator=link.operator,
            number=str(link.first_number + 2 * slot + (start.iata == link.station)),
            origin=start,
            destination=end,
            minute=minutes[int(position * len(minutes))],
            block_minutes=block_minutes(start, end, km, aircraft),
            weekdays=self._choose_weekdays(link, slot),
            aircraft=aircraft,
            cabins=link.carrier.cabins_on(aircraft),
            km=km,
        )

    def _choose_aircraft(self, link: Link, km: int, slot: int) -> Aircraft:
        """The same both ways, as the aircraft comes back."""
        carrier, roll = link.carrier, self._dice.roll("aircraft", link.carrier.iata, link.hub, link.station, slot)
        if carrier.regional and (link.operator != carrier.iata or _suits_regional(carrier.regional, link, km, roll)):
            return carrier.regional
        chosen = carrier.wide if roll < _wide_body_share(carrier, km, link.weekly) else carrier.narrow
        fitting = chosen or carrier.narrow or carrier.wide
        assert fitting is not None, carrier.iata
        return fitting

    def _choose_weekdays(self, link: Link, slot: int) -> frozenset[int]:
        days_left = link.weekly - 7 * slot
        if days_left >= 7:
            return frozenset(range(7))
        first_day = int(7 * self._dice.roll("weekday", link.carrier.iata, link.hub, link.station))
        return frozenset((first_day + 7 * each // days_left) % 7 for each in range(days_left))


def block_minutes(start: Airport, end: Airport, km: int, aircraft: Aircraft | None = None) -> int:
    """Gate to gate, in steps of five minutes; a jet unless the aircraft says otherwise."""
    if aircraft is not None and aircraft.size == "turboprop":
        cruise = km / TURBOPROP_KM_PER_MINUTE
    else:
        cruise = min(km, LONG_HAUL_AFTER_KM) / JET_KM_PER_MINUTE
        cruise += max(km - LONG_HAUL_AFTER_KM, 0) / LONG_HAUL_KM_PER_MINUTE
    minutes = TAXI_AND_CLIMB_MINUTES + cruise * (1 - WIND_SHARE * _tailwind(start, end, km))
    return _STEP_MINUTES * round(minutes / _STEP_MINUTES)


def decent_minutes(block: int, offset_change: int) -> list[int]:
    """Local departure minutes that airlines would choose: people are awake at both ends, or sleep on board."""
    first, last = (345, _DAY_MINUTES + 60) if block >= _NIGHT_FLIGHT_BLOCK_MINUTES else (360, 22 * 60)
    leaving = range(first, last + 1, _STEP_MINUTES)
    good = [minute for minute in leaving if 330 <= (minute + block + offset_change) % _DAY_MINUTES <= 23 * 60 + 50]
    return [minute % _DAY_MINUTES for minute in good or leaving]


def fly(departure: Departure, on: date) -> Flight | None:
    """The flight of that day, or None when the clock change makes one of its wall times impossible or ambiguous."""
    departs_local = datetime.combine(on, time()) + timedelta(minutes=departure.minute)
    start, end = ZoneInfo(departure.origin.zone), ZoneInfo(departure.destination.zone)
    departs_at = departs_local.replace(tzinfo=start).astimezone(UTC)
    arrives_at = departs_at + timedelta(minutes=departure.block_minutes)
    arrival = arrives_at.astimezone(end)
    is_skipped_hour = departs_at.astimezone(start).replace(tzinfo=None) != departs_local
    if is_skipped_hour or arrival.fold:
        return None
    key = f"{departure.designator}-{on.isoformat()}"
    return Flight(key, departure, departs_local, arrival.replace(tzinfo=None), departs_at, arrives_at)


def _suits_regional(aircraft: Aircraft, link: Link, km: int, roll: float) -> bool:
    farthest_km = 450 if aircraft.size == "turboprop" else 900
    return km < farthest_km and link.weekly <= 21 and roll < 0.6


def _wide_body_share(carrier: Carrier, km: int, weekly: int) -> float:
    if km >= 4500:
        return 1
    if km >= 1800:
        return (0.6 if km >= 3200 else 0.35) if carrier.kind == "full" else 0.15
    is_trunk = weekly >= 49 and km >= 500
    return 0.25 if is_trunk and carrier.kind == "full" else 0


def _tailwind(start: Airport, end: Airport, km: int) -> float:
    """From -1 (straight west) to 1 (straight east); near 0 for north-south flights and in the tropics."""
    degrees_east = (end.longitude - start.longitude + 180) % 360 - 180
    latitude = abs(start.latitude + end.latitude) / 2
    km_east = degrees_east * 111 * cos(radians(latitude))
    return max(-1.0, min(1.0, km_east / km)) * min(latitude / 30, 1)


def _offset_minutes(airport: Airport) -> int:
    offset = ZoneInfo(airport.zone).utcoffset(_PLANNED_AT)
    assert offset is not None
    return offset // timedelta(minutes=1)
