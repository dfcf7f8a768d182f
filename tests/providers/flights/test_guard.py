"""What the guard lets through, waits for, repeats and keeps to itself; all waiting is virtual."""

from __future__ import annotations

import asyncio
import inspect
import time
from typing import Any

import pytest
import stamina.instrumentation
from structlog.testing import capture_logs

from core.deadlines import deadline
from providers.flights import guard as guard_module
from providers.flights.base import (
    READS,
    WRITES,
    FlightProvider,
    FlightProviderError,
    OutcomeUnknown,
    ProviderBusy,
    ProviderDown,
    ProviderRetired,
    QuotaSpent,
    SoldOut,
    UnsoldCurrency,
    Unsupported,
)
from providers.flights.breaker import FAILURES_TO_OPEN, OPEN_SECONDS
from providers.flights.guard import (
    READ_ATTEMPTS,
    READ_SECONDS,
    READS_AT_ONCE,
    WRITE_SECONDS,
    WRITES_AT_ONCE,
    GuardedProvider,
)
from providers.flights.retry_budget import FLOOR
from tests.providers.flights.guard_support import ANSWERS, FOUND, PURCHASE, Scripted, count, guard
from tests.support.offers import QUERY
from tests.support.virtual_time import in_virtual_time


async def fail_until_open(provider: GuardedProvider) -> None:
    """By writes, which are not repeated."""
    for _ in range(FAILURES_TO_OPEN):
        with pytest.raises(ProviderDown):
            await provider.book(FOUND, PURCHASE)


def down(times: int) -> list[ProviderDown]:
    return [ProviderDown("no") for _ in range(times)]


def test_it_guards_every_operation_of_the_port() -> None:
    operations = {
        name for name, member in vars(FlightProvider).items() if inspect.iscoroutinefunction(member) and name[0] != "_"
    }
    assert len(operations) == 13
    assert {*READS, *WRITES} == operations
    assert all(inspect.iscoroutinefunction(getattr(GuardedProvider, name)) for name in operations)


@in_virtual_time
async def test_it_says_of_itself_what_its_provider_says() -> None:
    provider = guard(Scripted())
    assert (provider.name, provider.mode) == ("scripted", "simulated")
    assert provider.capabilities == frozenset({"cancel"})
    assert provider.booking_flows == frozenset({"hold"})
    assert provider.health() == "ok"


@in_virtual_time
async def test_a_read_is_repeated_until_it_is_answered() -> None:
    before = count("flight_provider_retries_total", operation="search")
    inner = Scripted(ProviderDown("no"), ProviderBusy("later"))
    assert await guard(inner).search(QUERY) == []
    assert len(inner.called_at) == READ_ATTEMPTS
    assert all(0 < pause < 1 for pause in inner.pauses)
    assert count("flight_provider_retries_total", operation="search") == before + 2


@in_virtual_time
async def test_a_read_is_given_up_after_its_last_attempt() -> None:
    inner = Scripted(*down(9))
    with pytest.raises(ProviderDown):
        await guard(inner).search(QUERY)
    assert len(inner.called_at) == READ_ATTEMPTS


@pytest.mark.parametrize("error", [*ANSWERS, Unsupported("no"), QuotaSpent("spent"), ProviderRetired("gone")])
@in_virtual_time
async def test_what_would_fail_again_is_not_repeated(error: FlightProviderError) -> None:
    inner = Scripted(error)
    with pytest.raises(type(error)):
        await guard(inner).price(FOUND)
    assert len(inner.called_at) == 1


async def count_bookings(kind: type[GuardedProvider], error: FlightProviderError) -> int:
    inner = Scripted(error, error, error)
    with pytest.raises(type(error)):
        await guard(inner, kind).book(FOUND, PURCHASE)
    return len(inner.called_at)


@pytest.mark.parametrize("error", [ProviderDown("no"), ProviderBusy("later", 1), OutcomeUnknown("lost")])
@in_virtual_time
async def test_a_write_is_sent_once_whatever_happens(error: FlightProviderError) -> None:
    assert await count_bookings(GuardedProvider, error) == 1


class RepeatsWrites(GuardedProvider):
    """The mistake that books twice."""

    async def _write(self, operation: Any, call: Any) -> Any:
        return await self._read(operation, call)


@in_virtual_time
async def test_a_guard_that_repeats_writes_would_be_noticed() -> None:
    assert await count_bookings(RepeatsWrites, ProviderDown("no")) > 1


async def pause_asked_for(kind: type[GuardedProvider], seconds: float) -> float:
    inner = Scripted(ProviderBusy("later", retry_after=seconds))
    await guard(inner, kind).search(QUERY)
    return inner.pauses[0]


class Hasty(GuardedProvider):
    """The mistake of waiting by one's own measure only."""

    def _find_pause(self, operation: Any, error: Exception, attempt: int) -> float | bool:
        return 0.2


@in_virtual_time
async def test_it_waits_as_long_as_the_provider_asks() -> None:
    assert await pause_asked_for(GuardedProvider, 4) >= 4
    assert await pause_asked_for(Hasty, 4) < 4


@in_virtual_time
async def test_it_gives_up_at_once_where_the_wait_is_longer_than_the_deadline() -> None:
    inner, started = Scripted(ProviderBusy("later", retry_after=6)), time.monotonic()
    with deadline(5), pytest.raises(ProviderBusy) as caught:
        await guard(inner).search(QUERY)
    assert caught.value.retry_after == 6
    assert (len(inner.called_at), time.monotonic()) == (1, started)


@in_virtual_time
async def test_it_gives_up_at_once_where_the_wait_is_long_and_nobody_set_a_deadline() -> None:
    inner, started = Scripted(ProviderBusy("later", retry_after=120)), time.monotonic()
    with pytest.raises(ProviderBusy):
        await guard(inner).search(QUERY)
    assert time.monotonic() == started


@in_virtual_time
async def test_a_read_without_an_answer_ends_with_its_own_time() -> None:
    inner, started = Scripted(*[READ_SECONDS + 1] * READ_ATTEMPTS), time.monotonic()
    with pytest.raises(ProviderDown):
        await guard(inner).search(QUERY)
    assert len(inner.called_at) == READ_ATTEMPTS
    assert time.monotonic() - started < READ_ATTEMPTS * (READ_SECONDS + 1)


@in_virtual_time
async def test_a_read_without_an_answer_ends_with_the_deadline() -> None:
    inner, started = Scripted(60.0), time.monotonic()
    with deadline(3), pytest.raises(ProviderDown):
        await guard(inner).search(QUERY)
    assert len(inner.called_at) == 1
    assert time.monotonic() - started == pytest.approx(3)


@in_virtual_time
async def test_a_write_is_waited_for_whatever_the_deadline() -> None:
    inner = Scripted(WRITE_SECONDS - 1)
    with deadline(2):
        await guard(inner).book(FOUND, PURCHASE)
    assert inner.seconds_left == [WRITE_SECONDS]


@in_virtual_time
async def test_a_read_knows_how_long_it_may_take() -> None:
    inner = Scripted(ProviderDown("no"), 0.0, 0.0)
    provider = guard(inner)
    await provider.search(QUERY)
    with deadline(4):
        await provider.search(QUERY)
    assert inner.seconds_left == [READ_SECONDS, READ_SECONDS, 4]


@in_virtual_time
async def test_a_write_without_an_answer_may_have_happened() -> None:
    inner, started = Scripted(WRITE_SECONDS + 1), time.monotonic()
    with pytest.raises(OutcomeUnknown):
        await guard(inner).book(FOUND, PURCHASE)
    assert time.monotonic() - started == pytest.approx(WRITE_SECONDS)


@in_virtual_time
async def test_callers_in_a_hurry_do_not_condemn_a_provider() -> None:
    inner = Scripted(*[60.0] * 10)
    provider = guard(inner)
    for _ in range(FAILURES_TO_OPEN + 1):
        with deadline(0.5), pytest.raises(ProviderDown):
            await provider.search(QUERY)
    assert provider.health() == "ok"


@in_virtual_time
async def test_a_failing_operation_is_left_alone_and_the_others_are_not() -> None:
    inner = Scripted(*down(FAILURES_TO_OPEN))
    provider = guard(inner)
    await fail_until_open(provider)
    with pytest.raises(ProviderDown, match="scripted"):
        await provider.book(FOUND, PURCHASE)
    assert len(inner.called_at) == FAILURES_TO_OPEN
    assert provider.health() == "open"
    assert count("flight_provider_breaker_open", operation="book") == 1
    await provider.search(QUERY)
    assert len(inner.called_at) == FAILURES_TO_OPEN + 1


@in_virtual_time
async def test_an_open_breaker_is_not_asked_again_and_again() -> None:
    inner = Scripted(*down(100))
    provider = guard(inner)
    while provider.health() != "open":
        with pytest.raises(ProviderDown):
            await provider.search(QUERY)
    calls, now = len(inner.called_at), time.monotonic()
    with pytest.raises(ProviderDown):
        await provider.search(QUERY)
    assert (len(inner.called_at), time.monotonic()) == (calls, now)


@in_virtual_time
async def test_after_a_while_one_call_finds_out() -> None:
    inner = Scripted(*down(FAILURES_TO_OPEN), 1.0)
    provider = guard(inner)
    await fail_until_open(provider)
    await asyncio.sleep(OPEN_SECONDS)
    assert provider.health() == "failing"
    results = await asyncio.gather(*(provider.book(FOUND, PURCHASE) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [list, guard_module.BreakerOpen, guard_module.BreakerOpen]
    assert provider.health() == "ok"
    assert count("flight_provider_breaker_open", operation="book") == 0


@in_virtual_time
async def test_a_refusal_of_our_request_is_a_sign_of_health() -> None:
    inner = Scripted(*down(FAILURES_TO_OPEN - 1), *ANSWERS)
    provider = guard(inner)
    for _ in range(FAILURES_TO_OPEN - 1):
        with pytest.raises(ProviderDown):
            await provider.book(FOUND, PURCHASE)
    assert provider.health() == "failing"
    for _ in ANSWERS:
        with pytest.raises(FlightProviderError):
            await provider.book(FOUND, PURCHASE)
        assert provider.health() == "ok"


@in_virtual_time
async def test_a_mistake_in_an_adapter_is_logged_without_what_it_says() -> None:
    with capture_logs() as logged, pytest.raises(ProviderDown) as caught:
        await guard(Scripted(*[ValueError("passport C1234567 of Nguyễn")] * 3)).search(QUERY)
    with capture_logs() as also, pytest.raises(OutcomeUnknown):
        await guard(Scripted(KeyError("C1234567"))).book(FOUND, PURCHASE)
    assert [each["event"] for each in logged] == ["provider.adapter_failed"] * READ_ATTEMPTS
    assert "C1234567" not in f"{logged} {also} {caught.value!r} {[each['exc_info'][1] for each in logged + also]}"
    assert "ValueError" in str(caught.value)


@in_virtual_time
async def test_no_more_calls_than_allowed_are_under_way() -> None:
    inner = Scripted(*[0.5] * READS_AT_ONCE)
    provider = guard(inner)
    await asyncio.gather(*(provider.search(QUERY) for _ in range(READS_AT_ONCE + 3)))
    assert inner.most_at_once == READS_AT_ONCE


@in_virtual_time
async def test_a_call_too_many_is_refused_after_a_short_wait() -> None:
    inner = Scripted(*[5.0] * (READS_AT_ONCE + 2))
    provider = guard(inner)
    calls = (provider.search(QUERY) for _ in range(READS_AT_ONCE + 2))
    results = await asyncio.gather(*calls, return_exceptions=True)
    refused = [result for result in results if isinstance(result, BaseException)]
    assert [type(error) for error in refused] == [guard_module.CallsFull] * 2
    assert all(isinstance(error, ProviderBusy) and error.retry_after for error in refused)
    assert len(inner.called_at) == READS_AT_ONCE
    assert provider.health() == "ok"


@in_virtual_time
async def test_searches_leave_room_for_bookings() -> None:
    inner = Scripted(*[5.0] * READS_AT_ONCE)
    provider = guard(inner)
    searches = [asyncio.create_task(provider.search(QUERY)) for _ in range(READS_AT_ONCE)]
    await asyncio.sleep(0)
    started = time.monotonic()
    await provider.book(FOUND, PURCHASE)
    assert time.monotonic() == started
    await asyncio.gather(*searches)


@in_virtual_time
async def test_a_cancelled_call_gives_everything_back_and_tells_nothing() -> None:
    inner = Scripted(*[8.0] * 3 * WRITES_AT_ONCE)
    provider = guard(inner)
    for _ in range(3):
        calls = [asyncio.create_task(provider.book(FOUND, PURCHASE)) for _ in range(WRITES_AT_ONCE + 2)]
        await asyncio.sleep(0.3)
        for call in calls:
            call.cancel()
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(result) for result in results} == {asyncio.CancelledError}
    assert (inner.under_way, provider.health()) == (0, "ok")
    await asyncio.gather(*(provider.book(FOUND, PURCHASE) for _ in range(WRITES_AT_ONCE)))


@in_virtual_time
async def test_a_cancelled_read_is_not_repeated() -> None:
    inner = Scripted(*[8.0] * 3)
    call = asyncio.create_task(guard(inner).search(QUERY))
    await asyncio.sleep(1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert len(inner.called_at) == 1


@in_virtual_time
async def test_a_read_can_be_cancelled_between_two_attempts() -> None:
    inner = Scripted(ProviderBusy("later", retry_after=5))
    call = asyncio.create_task(guard(inner).search(QUERY))
    await asyncio.sleep(1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert len(inner.called_at) == 1


@in_virtual_time
async def test_a_cancelled_probe_lets_another_find_out() -> None:
    inner = Scripted(*down(FAILURES_TO_OPEN), 9.0)
    provider = guard(inner)
    await fail_until_open(provider)
    await asyncio.sleep(OPEN_SECONDS)
    probe = asyncio.create_task(provider.book(FOUND, PURCHASE))
    await asyncio.sleep(1)
    probe.cancel()
    await asyncio.wait([probe])
    assert probe.cancelled()
    await provider.book(FOUND, PURCHASE)


@in_virtual_time
async def test_a_provider_in_trouble_is_not_asked_three_times_by_everybody() -> None:
    inner = Scripted(*[ProviderBusy("later")] * 100)
    provider = guard(inner)
    for _ in range(10):
        with pytest.raises(ProviderBusy):
            await provider.search(QUERY)
    assert len(inner.called_at) == 10 + FLOOR


@in_virtual_time
async def test_calls_are_counted_by_what_became_of_them() -> None:
    def counts() -> list[float]:
        results = ("ok", "sold_out", "invalid_request", "outcome_unknown")
        return [count("flight_provider_calls_total", operation="pay", result=result) for result in results]

    before = counts()
    provider = guard(Scripted(0.0, SoldOut("no"), UnsoldCurrency("no"), OutcomeUnknown("no")))
    for _ in range(4):
        try:
            await provider.pay("order", FOUND.offer.total)
        except FlightProviderError:
            continue
    assert [after - then for after, then in zip(counts(), before, strict=True)] == [1, 1, 1, 1]


def test_retries_are_told_to_nobody_else() -> None:
    assert stamina.instrumentation.get_on_retry_hooks() == ()
