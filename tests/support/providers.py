"""Flight providers for tests: one that can do nothing, to make others of, and one that sells given offers."""

from __future__ import annotations

import asyncio
from typing import Any

from domain.money import Money
from domain.offers import BookingFlow, FlightOffer, FlightQuery
from domain.orders import CancellationQuote, ChangeQuote, ChangeRequest, FareRules, Order, Purchase, Service
from domain.seats import SeatMap
from providers.flights.base import Capability, FlightProviderError, FoundOffer, ProviderHealth, Unsupported, WorldMode
from services.flights.market import Market


class IdleProvider:
    """Has nothing and can do nothing."""

    name = "idle"
    mode: WorldMode = "simulated"
    capabilities: frozenset[Capability] = frozenset()
    booking_flows: frozenset[BookingFlow] = frozenset()

    def health(self) -> ProviderHealth:
        return "ok"

    async def search(self, query: FlightQuery) -> list[FoundOffer]:
        return []

    async def price(self, found: FoundOffer) -> FoundOffer:
        raise Unsupported("price")

    async def fare_rules(self, found: FoundOffer) -> FareRules:
        raise Unsupported("fare_rules")

    async def seat_map(self, found: FoundOffer) -> list[SeatMap]:
        raise Unsupported("seat_map")

    async def services(self, found: FoundOffer) -> list[Service]:
        raise Unsupported("services")

    async def book(self, found: FoundOffer, purchase: Purchase) -> Order:
        raise Unsupported("book")

    async def pay(self, provider_order_id: str, amount: Money) -> Order:
        raise Unsupported("pay")

    async def get_order(self, provider_order_id: str) -> Order:
        raise Unsupported("get_order")

    async def find_order(self, reference: str) -> Order | None:
        raise Unsupported("find_order")

    async def quote_cancellation(self, provider_order_id: str) -> CancellationQuote:
        raise Unsupported("quote_cancellation")

    async def cancel(self, quote: CancellationQuote) -> Order:
        raise Unsupported("cancel")

    async def quote_change(self, provider_order_id: str, change: ChangeRequest) -> list[ChangeQuote]:
        raise Unsupported("quote_change")

    async def change(self, quote: ChangeQuote) -> Order:
        raise Unsupported("change")


class Shop(IdleProvider):
    """Sells the given offers, counts how often it is asked, and can be made to wait or to fail."""

    def __init__(self, *offers: FlightOffer, name: str = "test") -> None:
        self.name = name
        self.offers = list(offers)
        self.asked = 0
        self.fault: FlightProviderError | None = None
        self.door = asyncio.Event()
        """Answers pass when it is open, as it is at first."""
        self.door.set()

    async def search(self, query: FlightQuery) -> list[FoundOffer]:
        self.asked += 1
        raw: dict[str, Any] = {"asked": self.asked}
        await self.door.wait()
        if self.fault is not None:
            raise self.fault
        return [FoundOffer(offer.model_copy(update={"provider": self.name}), raw) for offer in self.offers]

    async def price(self, found: FoundOffer) -> FoundOffer:
        """The offer of the same name as it is on the shelf now."""
        if self.fault is not None:
            raise self.fault
        (now,) = (each for each in self.offers if each.provider_offer_id == found.offer.provider_offer_id)
        return FoundOffer(now, found.raw)


_open: list[Market] = []


def market_of(*providers: IdleProvider) -> Market:
    """A market that `transactions` closes before the database goes: what it still asks would write to it."""
    _open.append(market := Market(providers))
    return market


async def close_markets() -> None:
    while _open:
        await _open.pop().close()
