"""Ways to get from one airport to another on a day: nonstop, with one change, or with more where nothing else goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise, product
from typing import NamedTuple

from providers.sandbox.network import Network
from providers.sandbox.schedule import Flight, Schedule

MIN_CONNECTION_DOMESTIC = timedelta(minutes=45)
MIN_CONNECTION_INTERNATIONAL = timedelta(minutes=60)
MIN_CONNECTION_MIXED = timedelta(minutes=90)
"""Between a domestic and an international flight: passport control and often another terminal."""

ENOUGH_NONSTOPS = 12
"""With so many nonstop flights in a day nobody asks for a change of planes."""
MAX_ROUTES = 24
"""How many ways through other airports are looked at, the shortest first."""
JOURNEYS_PER_ROUTE = 2
"""Kept for each route and set of carriers, the quickest."""


@dataclass(frozen=True, slots=True)
class Journey:
    """Flights that connect."""

    flights: tuple[Flight, ...]

    @property
    def departs_at(self) -> datetime:
        return self.flights[0].departs_at

    @property
    def arrives_at(self) -> datetime:
        return self.flights[-1].arrives_at

    @property
    def duration(self) -> timedelta:
        return self.arrives_at - self.departs_at


class Terms(NamedTuple):
    """What counts as a reasonable connection."""

    changes: int
    partners_only: bool
    longest_wait: timedelta
    detour_factor: float
    detour_km: int
    """A route may be this many km longer than the factor times the direct distance."""


EASY = Terms(1, True, timedelta(hours=7), 1.3, 700)
FALLBACKS = (
    Terms(1, True, timedelta(hours=14), 1.8, 2500),
    Terms(2, True, timedelta(hours=8), 1.8, 2500),
    Terms(1, False, timedelta(hours=14), 2.5, 3500),
    Terms(2, True, timedelta(hours=14), 2.5, 3500),
    Terms(2, False, timedelta(hours=14), 3.0, 5000),
    Terms(3, False, timedelta(hours=14), 2.0, 3500),
)
"""Tried in turn, only when nothing better flies."""


class JourneyFinder:
    """Finds journeys among the flights that can be bought, for one search."""

    def __init__(self, network: Network, schedule: Schedule, is_open: Callable[[Flight], bool]) -> None:
        self._network = network
        self._schedule = schedule
        self._is_open = is_open
        self._boards: dict[tuple[str, str, date], list[Flight]] = {}

    def find(self, origins: Iterable[str], destinations: Iterable[str], on: date) -> list[Journey]:
        """Journeys that leave on a day, local to the origin, between any of the airports, which all have service."""
        pairs = [
            (origin, destination) for origin, destination in product(origins, destinations) if origin != destination
        ]
        nonstop = [Journey((flight,)) for pair in pairs for flight in self._board(*pair, on)]
        if len(nonstop) >= ENOUGH_NONSTOPS:
            return nonstop
        journeys = [*nonstop, *self._find_connections(pairs, on, EASY)]
        for terms in FALLBACKS:
            if journeys:
                break
            journeys = list(self._find_connections(pairs, on, terms))
        return _drop_detours(journeys)

    def _board(self, origin: str, destination: str, on: date) -> list[Flight]:
        """The open flights of a day between two airports."""
        key = (origin, destination, on)
        if (known := self._boards.get(key)) is None:
            known = [flight for flight in self._schedule.flights(*key) if self._is_open(flight)]
            self._boards[key] = known
        return known

    def _find_connections(self, pairs: Sequence[tuple[str, str]], on: date, terms: Terms) -> Iterator[Journey]:
        routes = [route for pair in pairs for route in self._list_routes(*pair, terms)]
        for _, route in sorted(routes)[:MAX_ROUTES]:
            yield from _keep_quickest(self._follow(route, on, terms))

    def _list_routes(self, origin: str, destination: str, terms: Terms) -> Iterator[tuple[float, tuple[str, ...]]]:
        """Length in km and airports of every route that is not too long."""
        longest = terms.detour_factor * self._network.distance(origin, destination) + terms.detour_km
        for stops in self._list_stops(origin, destination, terms.changes):
            route = (origin, *stops, destination)
            length = sum(self._network.distance(*leg) for leg in pairwise(route))
            if length <= longest:
                yield length, route

    def _list_stops(self, origin: str, destination: str, changes: int) -> Iterator[tuple[str, ...]]:
        """Airports to change at, in every way the network offers; searched from the end with fewer routes."""
        onward, inward = self._network.nonstop_from(origin), self._network.nonstop_from(destination)
        if len(inward) < len(onward):
            yield from (stops[::-1] for stops in self._list_stops(destination, origin, changes))
        elif changes == 1:
            yield from ((stop,) for stop in onward if stop in inward)
        else:
            for first in onward:
                if first != destination:
                    further = self._list_stops(first, destination, changes - 1)
                    yield from ((first, *stops) for stops in further if origin not in stops)

    def _follow(self, route: tuple[str, ...], on: date, terms: Terms) -> list[Journey]:
        chains: list[tuple[Flight, ...]] = [(flight,) for flight in self._board(route[0], route[1], on)]
        for origin, destination in pairwise(route[1:]):
            chains = [
                (*chain, flight) for chain in chains for flight in self._connect(chain[-1], origin, destination, terms)
            ]
        return [Journey(chain) for chain in chains]

    def _connect(self, arriving: Flight, origin: str, destination: str, terms: Terms) -> Iterable[Flight]:
        """The first flight of each suitable carrier that can be reached."""
        first_by_carrier: dict[str, Flight] = {}
        today = arriving.arrives_local.date()
        for on in (today, today + timedelta(days=1)):
            for flight in self._board(origin, destination, on):
                wait = flight.departs_at - arriving.arrives_at
                if not min_connection(arriving, flight) <= wait <= terms.longest_wait:
                    continue
                if terms.partners_only and not arriving.carrier.connects_with(flight.carrier):
                    continue
                known = first_by_carrier.get(flight.carrier.iata)
                if known is None or flight.departs_at < known.departs_at:
                    first_by_carrier[flight.carrier.iata] = flight
        return first_by_carrier.values()


def min_connection(arriving: Flight, leaving: Flight) -> timedelta:
    """The least time between two flights at the same airport."""
    if arriving.departure.is_domestic != leaving.departure.is_domestic:
        return MIN_CONNECTION_MIXED
    return MIN_CONNECTION_DOMESTIC if leaving.departure.is_domestic else MIN_CONNECTION_INTERNATIONAL


def _keep_quickest(journeys: Iterable[Journey]) -> Iterator[Journey]:
    by_carriers: dict[tuple[str, ...], list[Journey]] = {}
    for journey in journeys:
        by_carriers.setdefault(tuple(flight.carrier.iata for flight in journey.flights), []).append(journey)
    for group in by_carriers.values():
        yield from sorted(group, key=lambda journey: (journey.duration, journey.departs_at))[:JOURNEYS_PER_ROUTE]


def _drop_detours(journeys: list[Journey]) -> list[Journey]:
    """Without those that take absurdly longer than the quickest."""
    if not journeys:
        return []
    longest = 2 * min(journey.duration for journey in journeys) + timedelta(hours=4)
    return [journey for journey in journeys if journey.duration <= longest]
