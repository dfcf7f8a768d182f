"""Buying from the simulated airlines, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from domain.money import Money
from domain.offers import BookingFlow, FlightOffer, FlightQuery
from domain.orders import Contact, Order, OrderTraveller, Purchase, ServiceChoice, TravelDocument
from domain.travellers import TravellerCounts, TravellerType
from providers.flights.base import FoundOffer
from providers.sandbox.flights import SandboxFlights
from tests.providers.sandbox.support import NOW, in_days, make_query

FAMILY = TravellerCounts(adults=2, children=1, infants=1)
BORN: dict[TravellerType, date] = {"adult": date(1990, 5, 17), "child": date(2019, 3, 8), "infant": date(2026, 1, 30)}
CONTACT = Contact(email="hoa.nguyen@example.com", phone="+84901234567")
PASSPORT = TravelDocument(
    kind="passport", number=SecretStr("C1234567"), issuing_country="VN", nationality="VN", expires_on=date(2033, 1, 1)
)
HOME = make_query(("HAN", "SGN", in_days(20)))


class MovingClock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


async def find(
    flights: SandboxFlights, query: FlightQuery = HOME, *, brand: str | None = None, carrier: str = "VN"
) -> FoundOffer:
    """The cheapest offer of a carrier."""
    return next(
        found
        for found in await flights.search(query)
        if found.offer.carriers == (carrier,) and brand in (None, found.offer.fare_brand)
    )


async def find_scarce(flights: SandboxFlights, clock: MovingClock) -> FoundOffer:
    """An offer of a flight with few seats left, on the day before it leaves."""
    for days in range(2, 12):
        clock.now = NOW + timedelta(days=days)
        for found in await flights.search(make_query(("SGN", "DAD", in_days(days + 1)), cabin="business")):
            if found.offer.seats_left is not None and 2 <= found.offer.seats_left <= 6 and not found.offer.stops:
                return found
    raise AssertionError("every flight has seats enough")


def make_purchase(
    offer: FlightOffer,
    flow: BookingFlow = "hold",
    services: Sequence[str] = (),
    reference: str = "ours-1",
    extras: Money | None = None,
) -> Purchase:
    """`extras` is what the services cost."""
    assert offer.travellers is not None
    travellers = tuple(
        OrderTraveller(
            traveller_type=kind,
            given_name="Thi Hoa",
            family_name="Nguyen",
            gender="female",
            born_on=BORN[kind],
            document=PASSPORT,
        )
        for kind in offer.travellers.list_types()
    )
    chosen = tuple(ServiceChoice(service_id=service_id) for service_id in services)
    total = offer.total if extras is None else offer.total + extras
    return Purchase(
        reference=reference, flow=flow, travellers=travellers, contact=CONTACT, total=total, services=chosen
    )


async def buy(flights: SandboxFlights, found: FoundOffer, flow: BookingFlow = "hold", **more: Any) -> Order:
    return await flights.book(found, make_purchase(found.offer, flow, **more))


def id_of(order: Order) -> str:
    assert order.provider_order_id is not None
    return order.provider_order_id


def total_of(order: Order) -> Money:
    assert order.total is not None
    return order.total
