"""Effects at a Duffel that takes its time; all waiting is virtual."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import httpx
import pytest

from core.deadlines import deadline
from domain.money import Money
from providers.flights.base import (
    ProviderDown,
)
from providers.flights.duffel import Duffel
from providers.flights.guard import GuardedProvider
from tests.providers.flights.duffel_support import held_order, order
from tests.support.virtual_time import in_virtual_time


def usd(amount: str) -> Money:
    return Money.parse(amount, "USD")


class SlowDuffel(httpx.AsyncBaseTransport):
    """Takes its time for everything, as slow as a vendor may be."""

    def __init__(self, *, read_seconds: float, write_seconds: float) -> None:
        self.read_seconds = read_seconds
        self.write_seconds = write_seconds
        self.written = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            await asyncio.sleep(self.read_seconds)
            return httpx.Response(200, json={"data": order() if self.written else held_order()})
        await asyncio.sleep(self.write_seconds)
        self.written += 1
        return httpx.Response(201, json={"data": {"id": "pay_1"}})

    def provider(self) -> GuardedProvider:
        duffel = Duffel(
            httpx.AsyncClient(transport=self),
            access_token="duffel_test_x",
            base_url="https://duffel.test",
            clock=lambda: datetime(2026, 11, 21, 2, tzinfo=UTC),
            is_test=True,
        )
        return GuardedProvider(duffel, monotonic=time.monotonic)


@in_virtual_time
async def test_a_slow_payment_is_waited_for_and_read_back() -> None:
    with deadline(1):
        paid = await SlowDuffel(read_seconds=3, write_seconds=23).provider().pay("ord_1", usd("110"))
    assert paid.status == "ticketed"


@in_virtual_time
async def test_an_order_that_takes_too_long_to_read_is_not_paid() -> None:
    slow = SlowDuffel(read_seconds=6, write_seconds=1)
    with pytest.raises(ProviderDown):
        await slow.provider().pay("ord_1", usd("110"))
    assert slow.written == 0
