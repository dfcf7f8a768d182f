"""A flight provider behind a network that fails on request, as an adapter's callers see it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from domain.money import Money
from domain.offers import BookingFlow, FlightQuery
from domain.orders import (
    CancellationQuote,
    ChangeQuote,
    ChangeRequest,
    FareRules,
    Order,
    Purchase,
    Service,
)
from domain.seats import SeatMap
from providers.flights.base import (
    Capability,
    FlightProvider,
    FlightProviderError,
    FoundOffer,
    OutcomeUnknown,
    ProviderBusy,
    ProviderDown,
    ProviderRetired,
    QuotaSpent,
    WorldMode,
)
from providers.sandbox.faults import WIRE_FAULTS, Fault, Faults, Operation, WireFault

WRITES: frozenset[Operation] = frozenset({"book", "pay", "cancel", "change"})
SEARCH_FAULTS: frozenset[WireFault] = frozenset({"wrong_route", "bad_price"})
"""What only an answer to a search can be like."""

_SPOILT_ANSWERS = frozenset({"garbage", "half_body"})
_LOST_ANSWERS = frozenset({"timeout_after", "cut_after", "server_error_after"})

Answer = TypeVar("Answer")


class FaultyFlights:
    """The provider inside, but for the faults of the wire that were armed."""

    def __init__(self, inner: FlightProvider, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults

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
        fault = self._faults.take("search", SEARCH_FAULTS)
        found = await self._call("search", lambda: self._inner.search(query))
        if fault is None:
            return found
        return found[1:] if fault.kind == "bad_price" else [_misroute(each) for each in found]

    async def price(self, found: FoundOffer) -> FoundOffer:
        return await self._call("price", lambda: self._inner.price(found))

    async def fare_rules(self, found: FoundOffer) -> FareRules:
        return await self._call("fare_rules", lambda: self._inner.fare_rules(found))

    async def seat_map(self, found: FoundOffer) -> list[SeatMap]:
        return await self._call("seat_map", lambda: self._inner.seat_map(found))

    async def services(self, found: FoundOffer) -> list[Service]:
        return await self._call("services", lambda: self._inner.services(found))

    async def book(self, found: FoundOffer, purchase: Purchase) -> Order:
        return await self._call("book", lambda: self._inner.book(found, purchase))

    async def pay(self, provider_order_id: str, amount: Money) -> Order:
        return await self._call("pay", lambda: self._inner.pay(provider_order_id, amount))

    async def get_order(self, provider_order_id: str) -> Order:
        return await self._call("get_order", lambda: self._inner.get_order(provider_order_id))

    async def find_order(self, reference: str) -> Order | None:
        return await self._call("find_order", lambda: self._inner.find_order(reference))

    async def quote_cancellation(self, provider_order_id: str) -> CancellationQuote:
        return await self._call("quote_cancellation", lambda: self._inner.quote_cancellation(provider_order_id))

    async def cancel(self, quote: CancellationQuote) -> Order:
        return await self._call("cancel", lambda: self._inner.cancel(quote))

    async def quote_change(self, provider_order_id: str, change: ChangeRequest) -> list[ChangeQuote]:
        return await self._call("quote_change", lambda: self._inner.quote_change(provider_order_id, change))

    async def change(self, quote: ChangeQuote) -> Order:
        return await self._call("change", lambda: self._inner.change(quote))

    async def _call(self, operation: Operation, call: Callable[[], Awaitable[Answer]]) -> Answer:
        fault = self._faults.take(operation, frozenset(WIRE_FAULTS) - SEARCH_FAULTS)
        if fault is None:
            return await call()
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            return await call()
        is_write = operation in WRITES
        if fault.kind in _LOST_ANSWERS or (is_write and fault.kind in _SPOILT_ANSWERS):
            # a refusal is lost like any other answer
            with suppress(FlightProviderError):
                await call()
        if fault.kind in ("timeout_before", "timeout_after"):
            await asyncio.sleep(fault.seconds)
        raise _error_of(fault, is_write=is_write)


def _error_of(fault: Fault, *, is_write: bool) -> FlightProviderError:
    """What an adapter makes of a fault."""
    if fault.kind == "rate_limited":
        return ProviderBusy("asked too often", retry_after=fault.seconds)
    if fault.kind == "quota_spent":
        return QuotaSpent("no calls are left")
    if fault.kind == "revoked":
        return ProviderRetired("the key was revoked")
    # whether a write without an answer had its effect is what an adapter cannot tell
    return OutcomeUnknown(fault.kind) if is_write else ProviderDown(fault.kind)


def _misroute(found: FoundOffer) -> FoundOffer:
    """The same offer with a last flight to somewhere else."""
    offer = found.offer
    *slices, last_slice = offer.slices
    *segments, last = last_slice.segments
    elsewhere = last.model_copy(update={"destination": "CDG" if last.destination != "CDG" else "LHR"})
    moved = last_slice.model_copy(update={"segments": (*segments, elsewhere)})
    return FoundOffer(offer.model_copy(update={"slices": (*slices, moved)}), found.raw)
