"""Journeys with a price, put together into whole trips, and which of the many trips are worth showing."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise, product
from typing import TypeVar

from providers.sandbox.carriers import Carrier
from providers.sandbox.journeys import MIN_CONNECTION_MIXED, Journey

OPTIONS_PER_SLICE = {2: 6, 3: 4, 4: 3, 5: 2, 6: 2}
"""How many journeys of each slice are combined, by number of slices: the product stays below a hundred."""
ENOUGH_ONE_SELLER_TRIPS = 8
"""With so many trips on one carrier nobody needs a mix of two."""
RETURN_LEVEL = 0.9
"""Full-service carriers sell both directions together for less than two one-way tickets."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class PricedJourney:
    """A journey with an adult's price in the cheapest brand, in USD."""

    journey: Journey
    seller: Carrier
    km: int
    """The direct distance."""
    fare_usd: float
    taxes_usd: float
    seats_left: int

    @property
    def total_usd(self) -> float:
        return self.fare_usd + self.taxes_usd


@dataclass(frozen=True, slots=True)
class Itinerary:
    """One journey per slice."""

    slices: tuple[PricedJourney, ...]

    @property
    def seller(self) -> Carrier:
        return self.slices[0].seller

    @property
    def has_one_seller(self) -> bool:
        return all(priced.seller == self.seller for priced in self.slices)

    @property
    def fare_level(self) -> float:
        """What to multiply the sum of the fares by."""
        is_return = len(self.slices) > 1 and self.has_one_seller and self.seller.kind == "full"
        return RETURN_LEVEL if is_return else 1.0

    @property
    def fares_usd(self) -> tuple[float, ...]:
        return tuple(priced.fare_usd * self.fare_level for priced in self.slices)

    @property
    def taxes_usd(self) -> float:
        return sum(priced.taxes_usd for priced in self.slices)

    @property
    def total_usd(self) -> float:
        return sum(self.fares_usd) + self.taxes_usd

    @property
    def is_chronological(self) -> bool:
        """Every slice leaves after the one before has arrived."""
        return all(
            before.journey.arrives_at + MIN_CONNECTION_MIXED <= after.journey.departs_at
            for before, after in pairwise(self.slices)
        )


def combine(slices: Sequence[Sequence[PricedJourney]]) -> list[Itinerary]:
    """Trips over all slices: those of one seller, and mixed ones where these are few."""
    if len(slices) == 1:
        return _one_slice_trips(slices[0])
    sellers = {priced.seller.iata: None for priced in slices[0]}
    itineraries = list(chain.from_iterable(_combine_seller(slices, seller) for seller in sellers))
    if len(itineraries) < ENOUGH_ONE_SELLER_TRIPS:
        itineraries += (mixed for mixed in _multiply(slices) if not mixed.has_one_seller)
    return itineraries


def _combine_seller(slices: Sequence[Sequence[PricedJourney]], seller: str) -> Iterator[Itinerary]:
    return _multiply([[priced for priced in options if priced.seller.iata == seller] for options in slices])


def _multiply(slices: Sequence[Sequence[PricedJourney]]) -> Iterator[Itinerary]:
    limit = OPTIONS_PER_SLICE[len(slices)]
    chosen = [[trip.slices[0] for trip in pick_trips(_one_slice_trips(options), limit)] for options in slices]
    return (each for each in map(Itinerary, product(*chosen)) if each.is_chronological)


def _one_slice_trips(options: Iterable[PricedJourney]) -> list[Itinerary]:
    return [Itinerary((priced,)) for priced in options]


def pick_trips(trips: Iterable[Itinerary], limit: int) -> list[Itinerary]:
    """At most `limit` trips, cheapest first, that differ in carrier, part of the day and number of stops."""
    by_cost = sorted(trips, key=lambda trip: trip.total_usd)
    by_flavour = _deal(by_cost, lambda trip: tuple(map(_flavour, trip.slices)))
    by_seller = _deal(by_flavour, lambda trip: tuple(priced.seller.iata for priced in trip.slices))
    return sorted(by_seller[:limit], key=lambda trip: trip.total_usd)


def _deal(items: Iterable[Item], kind: Callable[[Item], Hashable]) -> list[Item]:
    """The items with one of each kind before a second of any, otherwise in their order."""
    seen: dict[Hashable, int] = {}
    rounds = []
    for item in items:
        seen[kind(item)] = seen.get(kind(item), 0) + 1
        rounds.append((seen[kind(item)], item))
    return [item for _, item in sorted(rounds, key=lambda entry: entry[0])]


def _flavour(priced: PricedJourney) -> tuple[str, int, int]:
    """Seller, part of the day, and number of flights."""
    flights = priced.journey.flights
    return priced.seller.iata, flights[0].departs_local.hour // 4, len(flights)
