"""Searching and buying through the port, the same in every world."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import uuid4

from pydantic import SecretStr

from domain.money import Money
from domain.offers import BookingFlow, FlightQuery, SliceQuery
from domain.orders import Contact, OrderTraveller, Purchase, ServiceChoice, TravelDocument
from domain.travellers import TravellerCounts, TravellerType
from providers.flights.base import FlightProvider, FoundOffer
from tests.conftest import NOW
from tests.support.box import Box

DAY = NOW.date() + timedelta(days=40)
BORN: dict[TravellerType, date] = {
    "adult": date(1990, 5, 17),
    "child": NOW.date() - timedelta(days=8 * 366),
    "infant": NOW.date() - timedelta(days=300),
}


def ask(
    *legs: tuple[str, str, int],
    adults: int = 1,
    children: int = 0,
    infants: int = 0,
    currency: str = "USD",
) -> FlightQuery:
    """Legs are (origin, destination, days after DAY). In USD, as Duffel's face sells: all worlds may be compared."""
    return FlightQuery(
        slices=tuple(
            SliceQuery(
                origins=tuple(origin.split()), destinations=tuple(destination.split()), departs_on=DAY + timedelta(days)
            )
            for origin, destination, days in legs or (("HAN", "DAD", 0),)
        ),
        travellers=TravellerCounts(adults=adults, children=children, infants=infants),
        cabin="economy",
        currency=currency,
    )


def buy(
    query: FlightQuery,
    total: Money,
    flow: BookingFlow = "instant",
    *,
    reference: str | None = None,
    services: tuple[ServiceChoice, ...] = (),
) -> Purchase:
    """A purchase for a query's travellers, under a reference nobody else has."""
    return Purchase(
        reference=reference or f"test-{uuid4().hex}",
        flow=flow,
        travellers=tuple(
            OrderTraveller(
                traveller_type=kind,
                given_name="Lan" + "abcdefghi"[place],
                family_name="Nguyen",
                gender="female",
                born_on=BORN[kind],
                document=TravelDocument(
                    kind="passport",
                    number=SecretStr(f"C123456{place}"),
                    issuing_country="VN",
                    nationality="VN",
                    expires_on=DAY + timedelta(days=900),
                ),
            )
            for place, kind in enumerate(query.travellers.list_types())
        ),
        contact=Contact(email="lan@example.com", phone="+84901234567"),
        total=total,
        services=services,
    )


@dataclass(frozen=True, slots=True)
class World:
    """A provider and the simulated world behind it."""

    box: Box
    provider: FlightProvider

    async def find(self, query: FlightQuery | None = None) -> FoundOffer:
        """The cheapest offer."""
        return (await self.provider.search(query or ask()))[0]

    async def find_refundable(self, query: FlightQuery) -> FoundOffer:
        """The cheapest offer that gives back something and may be changed."""
        offers = await self.box.world.search(query)
        wanted = next(
            each.offer for each in offers if each.offer.conditions.refund.fee and each.offer.conditions.change.fee
        )
        found = await self.provider.search(query)
        return next(each for each in found if name(each) == name(FoundOffer(wanted, {})))


def name(found: FoundOffer) -> tuple[str, ...]:
    """What every world calls an offer the same: its flights and its price."""
    offer = found.offer
    flights = (
        f"{segment.designator} {segment.departs.at_local:%d.%m. %H:%M}"
        for slice_ in offer.slices
        for segment in slice_.segments
    )
    return (*flights, str(offer.total.amount))
