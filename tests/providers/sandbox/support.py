"""Queries and clocks for tests of the simulated world."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from domain.offers import CabinClass, FlightOffer, FlightQuery, SliceQuery
from domain.travellers import TravellerCounts
from providers.sandbox.timetable import SandboxTimetable

NOW = datetime(2026, 11, 21, 3, 17, 42, tzinfo=UTC)
TODAY = NOW.date()
ONE_ADULT = TravellerCounts()

WELL_KNOWN = frozenset(Path(__file__).with_name("well_known_cities.txt").read_text().split())
"""Metro codes of cities abroad that a traveller expects to be served; the smaller towns need not be."""


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


def make_query(
    *legs: tuple[str, str, date],
    travellers: TravellerCounts = ONE_ADULT,
    cabin: CabinClass = "economy",
    currency: str = "VND",
) -> FlightQuery:
    """Each leg is (origins, destinations, day); several airports are separated by spaces."""
    slices = tuple(
        SliceQuery(origins=tuple(origins.split()), destinations=tuple(destinations.split()), departs_on=day)
        for origins, destinations, day in legs
    )
    return FlightQuery(slices=slices, travellers=travellers, cabin=cabin, currency=currency)


def timetable_at(now: datetime, seed: str = "world") -> SandboxTimetable:
    return SandboxTimetable(lambda: now, seed=seed)


async def search(timetable: SandboxTimetable, query: FlightQuery) -> list[FlightOffer]:
    return [found.offer for found in await timetable.search(query)]


def prices(offers: list[FlightOffer]) -> dict[tuple[str, ...], int]:
    """The total of each flight and brand, in minor units."""
    return {
        (offer.fare_brand, *(segment.designator for slice_ in offer.slices for segment in slice_.segments)): (
            offer.total.amount_minor
        )
        for offer in offers
    }
