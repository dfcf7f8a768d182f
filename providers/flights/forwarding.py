"""A provider around another: every call goes through one of two doors, for questions and for effects."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from domain.money import Money
from domain.offers import BookingFlow, FlightQuery
from domain.orders import CancellationQuote, ChangeQuote, ChangeRequest, FareRules, Order, Purchase, Service
from domain.seats import SeatMap
from providers.flights.base import Capability, FlightProvider, FoundOffer, Read, WorldMode, Write

Answer = TypeVar("Answer")
Call = Callable[[], Awaitable[Answer]]


class ForwardingProvider(ABC):
    """The provider inside, as its subclass lets calls through."""

    def __init__(self, inner: FlightProvider) -> None:
        self._inner = inner

    @abstractmethod
    async def _read(self, operation: Read, call: Call[Answer]) -> Answer:
        """The answer to a question."""

    @abstractmethod
    async def _write(self, operation: Write, call: Call[Answer]) -> Answer:
        """The answer to a call with an effect."""

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def mode(self) -> WorldMode:
        return self._inner.mode

    @property
    def capabilities(self) -> frozenset[Capability]:
        return self._inner.capabilities

    @property
    def booking_flows(self) -> frozenset[BookingFlow]:
        return self._inner.booking_flows

    async def search(self, query: FlightQuery) -> list[FoundOffer]:
        return await self._read("search", partial(self._inner.search, query))

    async def price(self, found: FoundOffer) -> FoundOffer:
        return await self._read("price", partial(self._inner.price, found))

    async def fare_rules(self, found: FoundOffer) -> FareRules:
        return await self._read("fare_rules", partial(self._inner.fare_rules, found))

    async def seat_map(self, found: FoundOffer) -> list[SeatMap]:
        return await self._read("seat_map", partial(self._inner.seat_map, found))

    async def services(self, found: FoundOffer) -> list[Service]:
        return await self._read("services", partial(self._inner.services, found))

    async def book(self, found: FoundOffer, purchase: Purchase) -> Order:
        return await self._write("book", partial(self._inner.book, found, purchase))

    async def pay(self, provider_order_id: str, amount: Money) -> Order:
        return await self._write("pay", partial(self._inner.pay, provider_order_id, amount))

    async def get_order(self, provider_order_id: str) -> Order:
        return await self._read("get_order", partial(self._inner.get_order, provider_order_id))

    async def find_order(self, reference: str) -> Order | None:
        return await self._read("find_order", partial(self._inner.find_order, reference))

    async def quote_cancellation(self, provider_order_id: str) -> CancellationQuote:
        return await self._read("quote_cancellation", partial(self._inner.quote_cancellation, provider_order_id))

    async def cancel(self, quote: CancellationQuote) -> Order:
        return await self._write("cancel", partial(self._inner.cancel, quote))

    async def quote_change(self, provider_order_id: str, change: ChangeRequest) -> list[ChangeQuote]:
        return await self._read("quote_change", partial(self._inner.quote_change, provider_order_id, change))

    async def change(self, quote: ChangeQuote) -> Order:
        return await self._write("change", partial(self._inner.change, quote))
