"""An adapter in front of the stub, at a fixed time, and those who buy through it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from domain.money import Money
from domain.offers import FlightQuery, SliceQuery
from domain.orders import Contact, OrderTraveller, Purchase
from domain.travellers import TravellerCounts, TravellerType
from providers.flights.amadeus import Amadeus
from providers.flights.base import FoundOffer
from tests.support.amadeus_stub import CLIENT_ID, CLIENT_SECRET, SEARCH_PATH, AmadeusStub, search_reply, wire_offer

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
DAY = date(2026, 12, 20)
HAN_DAD = SliceQuery(origins=("HAN",), destinations=("DAD",), departs_on=DAY)


@contextmanager
def adapter_of(stub: AmadeusStub, *, is_test: bool = True) -> Iterator[Amadeus]:
    adapter = Amadeus(
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        base_url=stub.base_url,
        clock=lambda: NOW,
        is_test=is_test,
    )
    yield adapter
    adapter.close()


def query(*slices: SliceQuery, adults: int = 1, children: int = 0, infants: int = 0) -> FlightQuery:
    travellers = TravellerCounts(adults=adults, children=children, infants=infants)
    return FlightQuery(slices=slices or (HAN_DAD,), travellers=travellers, cabin="economy", currency="VND")


async def find(
    stub: AmadeusStub, amadeus: Amadeus, wire: dict[str, Any] | None = None, asked: FlightQuery | None = None
) -> FoundOffer:
    stub.on("POST", SEARCH_PATH, search_reply(wire or wire_offer(unknownKey={"kept": True})))
    (found,) = await amadeus.search(asked or query())
    return found


def traveller(kind: TravellerType = "adult", name: str = "LAN", **more: Any) -> OrderTraveller:
    born_on = {"adult": date(1990, 5, 17), "child": date(2019, 1, 2), "infant": date(2026, 1, 3)}[kind]
    known = {"gender": "female", "born_on": born_on, **more}
    return OrderTraveller(traveller_type=kind, given_name=name, family_name="NGUYEN", **known)


def purchase(*travellers: OrderTraveller, total: int = 1_200_000, **more: Any) -> Purchase:
    """For what `wire_offer` costs, unless another sum was agreed."""
    return Purchase(
        reference="booking-7",
        travellers=travellers or (traveller(),),
        contact=Contact(email="lan@example.com", phone="+84912345678"),
        total=Money(amount_minor=total, currency="VND"),
        **{"flow": "instant", **more},
    )
