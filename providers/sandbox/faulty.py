"""A flight provider behind a network that fails on request, as an adapter's callers see it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from domain.offers import FlightQuery
from providers.flights.base import (
    FlightProvider,
    FlightProviderError,
    FoundOffer,
    Operation,
    OutcomeUnknown,
    ProviderBusy,
    ProviderDown,
    ProviderRetired,
    QuotaSpent,
    Read,
    Write,
)
from providers.flights.forwarding import Answer, Call, ForwardingProvider
from providers.sandbox.faults import WIRE_FAULTS, Fault, Faults, WireFault

SEARCH_FAULTS: frozenset[WireFault] = frozenset({"wrong_route", "bad_price"})
"""What only an answer to a search can be like."""

_SPOILT_ANSWERS = frozenset({"garbage", "half_body"})
_LOST_ANSWERS = frozenset({"timeout_after", "cut_after", "server_error_after"})


class FaultyFlights(ForwardingProvider):
    """The provider inside, but for the faults of the wire that were armed."""

    def __init__(self, inner: FlightProvider, faults: Faults) -> None:
        super().__init__(inner)
        self._faults = faults

    async def search(self, query: FlightQuery) -> list[FoundOffer]:
        fault = self._faults.take("search", SEARCH_FAULTS)
        found = await super().search(query)
        if fault is None:
            return found
        return found[1:] if fault.kind == "bad_price" else [_misroute(each) for each in found]

    async def _read(self, operation: Read, call: Call[Answer]) -> Answer:
        return await self._call(operation, call, is_write=False)

    async def _write(self, operation: Write, call: Call[Answer]) -> Answer:
        return await self._call(operation, call, is_write=True)

    async def _call(self, operation: Operation, call: Call[Answer], *, is_write: bool) -> Answer:
        fault = self._faults.take(operation, frozenset(WIRE_FAULTS) - SEARCH_FAULTS)
        if fault is None:
            return await call()
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            return await call()
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
