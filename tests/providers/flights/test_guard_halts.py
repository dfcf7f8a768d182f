"""When the guard leaves a provider alone for long, and what it says of failures."""

from __future__ import annotations

import asyncio
from unittest.mock import ANY

import pytest
from structlog.testing import capture_logs

from providers.flights.base import (
    FlightProviderError,
    InvalidRequest,
    OutcomeUnknown,
    ProviderBusy,
    ProviderDown,
    ProviderRetired,
    QuotaSpent,
    Unsupported,
)
from providers.flights.guard import (
    HALT_SECONDS,
    WRITE_SECONDS,
)
from tests.providers.flights.guard_support import ANSWERS, FOUND, PURCHASE, Scripted, guard
from tests.support.offers import QUERY
from tests.support.virtual_time import in_virtual_time


@in_virtual_time
async def test_an_access_that_ended_is_not_used_for_anything() -> None:
    inner = Scripted(ProviderRetired("ended"))
    provider = guard(inner)
    with pytest.raises(ProviderRetired):
        await provider.search(QUERY)
    await asyncio.sleep(HALT_SECONDS - 1)
    for call in (provider.search(QUERY), provider.book(FOUND, PURCHASE), provider.get_order("one")):
        with pytest.raises(ProviderRetired):
            await call
    assert len(inner.called_at) == 1
    assert provider.health() == "retired"
    await asyncio.sleep(1)
    assert await asyncio.gather(*(provider.get_order("one") for _ in range(2)), return_exceptions=True) == [[], ANY]
    assert provider.health() == "ok"
    await provider.search(QUERY)
    await provider.book(FOUND, PURCHASE)
    assert len(inner.called_at) == 4


@in_virtual_time
async def test_a_spent_quota_is_that_of_one_operation() -> None:
    inner = Scripted(QuotaSpent("spent"))
    provider = guard(inner)
    with pytest.raises(QuotaSpent):
        await provider.search(QUERY)
    await provider.book(FOUND, PURCHASE)
    await asyncio.sleep(HALT_SECONDS - 1)
    with pytest.raises(QuotaSpent):
        await provider.search(QUERY)
    assert (len(inner.called_at), provider.health()) == (2, "quota_spent")
    await asyncio.sleep(1)
    await provider.search(QUERY)
    assert (len(inner.called_at), provider.health()) == (3, "ok")


@pytest.mark.parametrize("error", [Unsupported("no"), InvalidRequest("another party")])
@in_virtual_time
async def test_what_an_adapter_refuses_by_itself_brings_nobody_back(error: FlightProviderError) -> None:
    provider = guard(Scripted(ProviderRetired("ended"), error, 0.0))
    with pytest.raises(ProviderRetired):
        await provider.search(QUERY)
    await asyncio.sleep(HALT_SECONDS)
    with pytest.raises(type(error)):
        await provider.services(FOUND)
    assert provider.health() == "retired"
    await provider.search(QUERY)
    assert provider.health() == "ok"


@pytest.mark.parametrize("error", [ProviderDown("500 no code"), OutcomeUnknown("late"), ProviderRetired("401")])
@in_virtual_time
async def test_failures_are_logged_with_their_reason(error: FlightProviderError) -> None:
    with capture_logs() as logged, pytest.raises(type(error)):
        await guard(Scripted(error)).book(FOUND, PURCHASE)
    told = {"event": "provider.failed", "provider": "scripted", "method": "book", "reason": str(error)}
    assert told.items() <= logged[0].items()


@pytest.mark.parametrize("error", [*ANSWERS, ProviderBusy("later", 60)])
@in_virtual_time
async def test_what_is_no_failure_is_not_logged(error: FlightProviderError) -> None:
    with capture_logs() as logged, pytest.raises(type(error)):
        await guard(Scripted(error)).book(FOUND, PURCHASE)
    assert logged == []


@in_virtual_time
async def test_no_answer_in_time_is_logged() -> None:
    with capture_logs() as logged, pytest.raises(OutcomeUnknown):
        await guard(Scripted(WRITE_SECONDS + 1)).book(FOUND, PURCHASE)
    assert [each["event"] for each in logged] == ["provider.failed"]


@in_virtual_time
async def test_a_call_that_was_out_does_not_unsay_that_the_access_ended() -> None:
    inner = Scripted(1.0, ProviderRetired("ended"))
    provider = guard(inner)
    slow = asyncio.create_task(provider.search(QUERY))
    await asyncio.sleep(0.5)
    with pytest.raises(ProviderRetired):
        await provider.price(FOUND)
    assert await slow == []
    assert provider.health() == "retired"
