"""Where bookings are worked on in this process, so that who waits for one may stop waiting and it goes on."""

from __future__ import annotations

import asyncio
from uuid import UUID

import structlog

from core.clock import clock
from db.repositories.bookings import BookingRepository
from services.bookings.advance import advance_due
from services.bookings.work import BookingParts

log = structlog.get_logger()

PATIENCE_SECONDS = 8
"""How long somebody waits for the provider's answer; it is written down whenever it comes."""
LOOK_SECONDS = 0.1
LOOKS = 80
"""As many as fit into anybody's patience."""


class Desk:
    """The bookings under way here."""

    def __init__(self, parts: BookingParts) -> None:
        self.parts = parts
        self._working: set[asyncio.Task[None]] = set()

    async def advance(self, booking_id: UUID) -> None:
        """Bring a booking as far as it gets while one waits."""
        task = asyncio.create_task(self._work(booking_id))
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        await asyncio.wait([task], timeout=PATIENCE_SECONDS)

    async def _work(self, booking_id: UUID) -> None:
        """Until it has come to rest: another worker may have been quicker to take it up."""
        try:
            for _ in range(LOOKS):
                await advance_due(self.parts, booking_id=booking_id)
                async with self.parts.transactions() as session:
                    if not await BookingRepository(session).is_due(booking_id, now=clock.now()):
                        return
                await asyncio.sleep(LOOK_SECONDS)
        except Exception:  # an edge: nobody may be waiting any more, and asyncio would log it unscrubbed
            log.exception("booking.desk_failed", booking_id=str(booking_id))

    async def close(self, seconds: float) -> None:
        """Let what is under way end; what has not by then is taken up again by its row."""
        if self._working:
            _, late = await asyncio.wait(self._working, timeout=seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
