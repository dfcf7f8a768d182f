"""What stands around every provider: how many calls at a time, for how long, how often, and when none at all.

Permits, breakers and the retry budget are one process's own; N processes ask N times as much.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count

import stamina
import structlog
from stamina.instrumentation import set_on_retry_hooks

from core.deadlines import deadline, own_deadline, seconds_left
from core.metrics import BREAKER_OPEN, PROVIDER_CALLS, PROVIDER_RETRIES, PROVIDER_SECONDS
from providers.flights.base import (
    READS,
    WRITES,
    AlreadyBooked,
    FlightProvider,
    FlightProviderError,
    InvalidRequest,
    OfferGone,
    OutcomeUnknown,
    PriceChanged,
    ProviderBusy,
    ProviderDown,
    ProviderHealth,
    ProviderRetired,
    QuotaSpent,
    Read,
    SoldOut,
    Unsupported,
    Write,
)
from providers.flights.breaker import Breaker
from providers.flights.forwarding import Answer, Call, ForwardingProvider
from providers.flights.retry_budget import RetryBudget

log = structlog.get_logger()

# the defaults log what was raised, and count under names that are not ours
set_on_retry_hooks(())

READS_AT_ONCE = 10
WRITES_AT_ONCE = 4
PERMIT_SECONDS = 1.0
"""How long a call waits for others to end before it is refused."""
READ_SECONDS = 10.0
"""For one attempt, where the deadline leaves so much."""
WRITE_SECONDS = 30.0
"""For an effect and the reads around it, whatever the deadline: giving one up would only make its outcome unknown."""
FAIR_SECONDS = 1.0
"""A call given less than this tells nothing about the provider when it gets no answer, and no retry is made for it."""
READ_ATTEMPTS = 3
LONGEST_PAUSE_SECONDS = 10.0
"""Between two attempts, where no deadline says otherwise."""
FIRST_PAUSE_SECONDS = 0.2
HALT_SECONDS = 3600.0
"""Between two looks at whether a retired access or a spent quota has come back."""


class CallsFull(ProviderBusy):
    """As many calls as we allow are under way; this one was not sent."""


class BreakerOpen(ProviderDown):
    """The provider failed too often; this call was not sent."""


_ANSWERS = (OfferGone, PriceChanged, SoldOut, AlreadyBooked, InvalidRequest)
"""The provider is well, and what was asked of it cannot be had."""
_FAILURES = (ProviderDown, OutcomeUnknown, ProviderRetired)
"""What somebody has to look into; their messages are codes and phrases of the adapters' own."""
_RESULTS: dict[type[FlightProviderError], str] = {
    OfferGone: "offer_gone",
    PriceChanged: "price_changed",
    SoldOut: "sold_out",
    AlreadyBooked: "already_booked",
    InvalidRequest: "invalid_request",
    Unsupported: "unsupported",
    ProviderBusy: "busy",
    CallsFull: "full",
    QuotaSpent: "quota_spent",
    ProviderRetired: "retired",
    ProviderDown: "down",
    OutcomeUnknown: "outcome_unknown",
}


class GuardedProvider(ForwardingProvider):
    """A provider that is never asked too much, waited for too long, or asked in vain.

    Every method raises what the provider's does, and also, without a call: ProviderBusy while too many are under way,
    ProviderDown while the operation is left alone, QuotaSpent for an hour after the operation was refused with it, and
    ProviderRetired for an hour after any was.
    """

    def __init__(self, inner: FlightProvider, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__(inner)
        self._reads = asyncio.Semaphore(READS_AT_ONCE)
        self._writes = asyncio.Semaphore(WRITES_AT_ONCE)
        self._breakers: dict[Read | Write, Breaker] = {each: Breaker(monotonic) for each in (*READS, *WRITES)}
        self._budget = RetryBudget(monotonic)
        self._is_retired = False
        self._spent: set[Read | Write] = set()

    def health(self) -> ProviderHealth:
        """How its last calls went."""
        if self._is_retired:
            return "retired"
        if self._spent:
            return "quota_spent"
        breakers = self._breakers.values()
        if any(breaker.is_open for breaker in breakers):
            return "open"
        return "failing" if any(breaker.has_failed for breaker in breakers) else "ok"

    async def _read(self, operation: Read, call: Call[Answer]) -> Answer:
        """Ask, and ask again where that may help and there is time for it."""
        self._budget.count_call()
        attempts = count(1)

        def find_pause(error: Exception) -> float | bool:
            return self._find_pause(operation, error, next(attempts))

        # how often and for how long is `find_pause`'s to say
        async for attempt in stamina.retry_context(find_pause, attempts=None, timeout=None):
            with attempt:
                return await self._attempt(operation, call, self._reads)
        raise AssertionError("a retry context ends with an answer or an error")

    async def _write(self, operation: Write, call: Call[Answer]) -> Answer:
        """Ask once, and wait for the answer whatever the deadline says."""
        with own_deadline(WRITE_SECONDS):
            return await self._attempt(operation, call, self._writes)

    def _find_pause(self, operation: Read, error: Exception, attempt: int) -> float | bool:
        """Seconds until the next attempt, at least as many as the provider asked for; False where none is made."""
        if not isinstance(error, ProviderDown | ProviderBusy) or isinstance(error, BreakerOpen | CallsFull):
            return False
        asked_for = (error.retry_after or 0.0) if isinstance(error, ProviderBusy) else 0.0
        pause = asked_for + FIRST_PAUSE_SECONDS * 2.0 ** (attempt - 1) * random.uniform(0.5, 1.5)  # noqa: S311 - spreads callers
        has_time = pause <= LONGEST_PAUSE_SECONDS and pause + FAIR_SECONDS <= seconds_left(float("inf"))
        if attempt == READ_ATTEMPTS or not has_time or not self._budget.take():
            return False
        PROVIDER_RETRIES.labels(self.name, operation).inc()
        return pause

    async def _attempt(self, operation: Read | Write, call: Call[Answer], permits: asyncio.Semaphore) -> Answer:
        """Make one call, and learn from what becomes of it."""
        breaker = self._breakers[operation]
        admission = breaker.admit()
        if admission is None:
            PROVIDER_CALLS.labels(self.name, operation, "open").inc()
            raise self._refusal(operation)
        learn, result, has_fair_time = breaker.abandon, "cancelled", True
        try:
            async with self._permit(permits):
                seconds = seconds_left(WRITE_SECONDS if operation in WRITES else READ_SECONDS)
                has_fair_time = seconds >= FAIR_SECONDS
                answer = await self._send(operation, call, seconds)
            learn, result = breaker.succeed, "ok"
            return answer
        except FlightProviderError as error:
            result = next((_RESULTS[kind] for kind in type(error).__mro__ if kind in _RESULTS), "error")
            if isinstance(error, _ANSWERS) and (breaker.is_closed or not isinstance(error, InvalidRequest)):
                learn = breaker.succeed  # a refused request heals nothing: an adapter may have refused it by itself
            elif isinstance(error, ProviderDown | OutcomeUnknown) and has_fair_time:
                learn = breaker.fail
            elif isinstance(error, ProviderRetired):
                self._retire()
            elif isinstance(error, QuotaSpent):
                self._spend(operation)
            raise
        finally:
            learn(admission)
            if breaker.is_closed:
                self._spent.discard(operation)
                if self._is_retired:
                    self._resume()
            PROVIDER_CALLS.labels(self.name, operation, result).inc()
            self._show(operation)

    @asynccontextmanager
    async def _permit(self, permits: asyncio.Semaphore) -> AsyncIterator[None]:
        """One of the calls that may be under way at a time."""
        try:
            async with asyncio.timeout(seconds_left(PERMIT_SECONDS)):
                await permits.acquire()
        except TimeoutError:
            raise CallsFull(f"too many calls of {self.name} at once", retry_after=PERMIT_SECONDS) from None
        try:
            yield
        finally:
            permits.release()

    async def _send(self, operation: Read | Write, call: Call[Answer], seconds: float) -> Answer:
        """The call itself: no answer in time, and an adapter's own mistake, become errors of the port."""
        lost = OutcomeUnknown if operation in WRITES else ProviderDown
        try:
            async with asyncio.timeout(seconds) as limit:
                with deadline(seconds), PROVIDER_SECONDS.labels(self.name, operation).time():
                    return await call()
        except FlightProviderError as error:
            if isinstance(error, _FAILURES):
                self._warn(operation, error)
            raise
        except Exception as error:
            if limit.expired():
                late = lost(f"{self.name} did not answer {operation} in time")
                self._warn(operation, late)
                raise late from None
            # where it happened, without its message: that may quote what the provider sent, or whom we book for
            mistake = (RuntimeError, RuntimeError(type(error).__name__), error.__traceback__)
            log.exception("provider.adapter_failed", provider=self.name, method=operation, exc_info=mistake)
            raise lost(f"{self.name} failed in {operation}: {type(error).__name__}") from None

    def _warn(self, operation: Read | Write, error: FlightProviderError) -> None:
        log.warning("provider.failed", provider=self.name, method=operation, reason=str(error))

    def _retire(self) -> None:
        """Leave the provider alone altogether: without an access nothing of it can be had."""
        self._is_retired = True
        log.error("provider.halted", provider=self.name)
        for operation, breaker in self._breakers.items():
            breaker.open(HALT_SECONDS)
            self._show(operation)

    def _resume(self) -> None:
        """The provider answered again."""
        self._is_retired = False
        self._spent.clear()
        for operation, breaker in self._breakers.items():
            breaker.close()
            self._show(operation)

    def _spend(self, operation: Read | Write) -> None:
        """Leave one operation alone: contracts count their calls by operation."""
        self._spent.add(operation)
        log.error("provider.quota_spent", provider=self.name, method=operation)
        self._breakers[operation].open(HALT_SECONDS)

    def _refusal(self, operation: Read | Write) -> FlightProviderError:
        if self._is_retired:
            return ProviderRetired(f"{self.name} is left alone")
        if operation in self._spent:
            return QuotaSpent(f"{self.name} is left alone: {operation} has no calls left")
        return BreakerOpen(f"{self.name} is left alone: {operation} failed too often")

    def _show(self, operation: Read | Write) -> None:
        BREAKER_OPEN.labels(self.name, operation).set(not self._breakers[operation].is_closed)
