"""A provider that does what a test tells it to, behind the guard."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, cast

from prometheus_client import REGISTRY

from core.deadlines import seconds_left
from domain.orders import Purchase
from providers.flights.base import (
    AlreadyBooked,
    FlightProvider,
    FoundOffer,
    InvalidRequest,
    OfferGone,
    PriceChanged,
    SoldOut,
    UnsoldCurrency,
)
from providers.flights.guard import (
    GuardedProvider,
)
from tests.support.offers import make_offer

FOUND = FoundOffer(make_offer(), {})
PURCHASE = cast("Purchase", object())
"""The guard hands it on unread."""
ANSWERS = [
    *(OfferGone("gone"), PriceChanged(FOUND), SoldOut("sold"), AlreadyBooked("bought"), InvalidRequest("bad")),
    UnsoldCurrency("EUR"),
]

Step = BaseException | float
"""An error to raise, or seconds to take for an answer."""


class Scripted:
    """A provider that does what each call is told to, then answers at once."""

    name = "scripted"
    mode = "simulated"
    capabilities = frozenset({"cancel"})
    booking_flows = frozenset({"hold"})

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.called_at: list[float] = []
        self.under_way = 0
        self.most_at_once = 0
        self.seconds_left: list[float] = []

    def __getattr__(self, operation: str) -> Callable[..., Awaitable[Any]]:
        return self._answer

    async def _answer(self, *_arguments: object) -> list[object]:
        self.called_at.append(time.monotonic())
        self.seconds_left.append(seconds_left(1000))
        step = self.steps.pop(0) if self.steps else 0.0
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            if isinstance(step, BaseException):
                raise step
            await asyncio.sleep(step)
        finally:
            self.under_way -= 1
        return []

    @property
    def pauses(self) -> list[float]:
        return [after - before for before, after in zip(self.called_at, self.called_at[1:], strict=False)]


def guard(inner: Scripted, kind: type[GuardedProvider] = GuardedProvider) -> GuardedProvider:
    return kind(cast("FlightProvider", inner), monotonic=time.monotonic)


def count(metric: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(metric, {"provider": "scripted", **labels}) or 0.0
