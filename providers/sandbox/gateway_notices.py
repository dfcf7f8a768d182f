"""Telling the shop what became of a charge, as a gateway does: again until it listens, and wrongly on request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import structlog

from providers.sandbox.faults import NOTICE_FAULTS, Faults

log = structlog.get_logger()

TRIES = 3
PAUSE_SECONDS = 0.2
LATE_SECONDS = 20.0
"""For whoever pays and wants to see a shop that does not know it yet."""
WRONG_BY_DONG = 1_000

Send = Callable[[httpx.AsyncClient, int, bool], Awaitable[bool]]
"""Sends a notice: how many đồng the amount is wrong by, and whether the signature is; answers whether it was heard."""


class Notices:
    """Sends notices, some of them later."""

    def __init__(self, http: httpx.AsyncClient, faults: Faults) -> None:
        """`http` must reach the shop's notice addresses."""
        self._http = http
        self._faults = faults
        self._waiting: set[asyncio.Task[None]] = set()

    async def tell(self, send: Send, *, is_late: bool = False) -> None:
        """Returns when the shop has been told, or at once where it shall hear later or never."""
        if is_late:
            self._tell_later(send, LATE_SECONDS)
            return
        fault = self._faults.take("notice", NOTICE_FAULTS)
        if fault is None:
            await self._deliver(send)
            return
        match fault.kind:
            case "lost_notice":
                return
            case "late_notice":
                self._tell_later(send, fault.seconds)
            case "redirect_first":
                self._tell_later(send, 0)
            case "duplicate_notice":
                await asyncio.gather(self._deliver(send), self._deliver(send))
            case "forged_notice":
                await self._deliver(send, is_forged=True)
            case "wrong_amount_notice":
                await self._deliver(send, wrong_by=WRONG_BY_DONG)
            case _:
                await self._deliver(send)

    async def close(self) -> None:
        """Forget what was to be told later."""
        for task in self._waiting:
            task.cancel()
        await asyncio.gather(*self._waiting, return_exceptions=True)

    def _tell_later(self, send: Send, seconds: float) -> None:
        async def wait_and_tell() -> None:
            await asyncio.sleep(seconds)
            await self._deliver(send)

        task = asyncio.create_task(wait_and_tell())
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _deliver(self, send: Send, *, wrong_by: int = 0, is_forged: bool = False) -> None:
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(PAUSE_SECONDS)
            try:
                if await send(self._http, wrong_by, is_forged):
                    return
            except httpx.HTTPError as error:
                log.info("sandbox.notice_failed", error=type(error).__name__, attempt=attempt)
        log.warning("sandbox.notice_unheard", count=TRIES)
