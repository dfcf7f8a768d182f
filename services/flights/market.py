"""The providers that are asked, and the questions under way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import structlog

from providers.flights.base import FlightProviderError, WatchedProvider, WorldMode
from services.flights.selection import StoredOffer

CALENDAR_SEARCHES_AT_ONCE = 4
"""Of all calendars together: they must not keep people who search from being answered."""

log = structlog.get_logger()

Answer = tuple[StoredOffer, ...]


class Market:
    """Every provider this process asks, and who is being asked what; equal questions at a time are asked once.

    Other processes ask for themselves.
    """

    def __init__(self, providers: Sequence[WatchedProvider]) -> None:
        self.providers = tuple(providers)
        self.calendar_gate = asyncio.Semaphore(CALENDAR_SEARCHES_AT_ONCE)
        self._asking: dict[str, asyncio.Task[Answer]] = {}

    @property
    def mode(self) -> WorldMode:
        """What all of them sell: worlds are never mixed."""
        (mode,) = {provider.mode for provider in self.providers}
        return mode

    def find(self, name: str) -> WatchedProvider | None:
        """The provider of an offer; None where it is no longer asked."""
        return next((provider for provider in self.providers if provider.name == name), None)

    def health(self) -> dict[str, str]:
        """How each provider has been doing, by its name."""
        return {provider.name: provider.health() for provider in self.providers}

    def ask(self, key: str, question: Callable[[], Coroutine[Any, Any, Answer]]) -> asyncio.Task[Answer]:
        """The answer to come to a question, which outlives whoever waits for it."""
        if (asking := self._asking.get(key)) is not None:
            return asking
        asking = self._asking[key] = asyncio.create_task(question())
        asking.add_done_callback(lambda done: self._forget(key, done))
        return asking

    def _forget(self, key: str, done: asyncio.Task[Answer]) -> None:
        del self._asking[key]
        error = None if done.cancelled() else done.exception()
        # nobody may be waiting for it any more, who would tell
        if error is not None and not isinstance(error, FlightProviderError):
            log.error("search.failed", error=type(error).__name__)

    async def close(self) -> None:
        """Give up what is under way."""
        asking = list(self._asking.values())
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
