"""Bringing bookings to their next phase: claim one, do its step, write down what became of it.

Whoever holds the lease and the newest token may move a booking. A call with an effect is a row before it is made; one
whose answer never came is looked up at the provider before anything is asked again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import structlog

from core.clock import clock
from db.models import Booking
from db.repositories.bookings import BookingRepository
from db.session import Transactions
from services.bookings import buying, cancelling, changing, holding
from services.bookings.moves import move
from services.bookings.work import BookingParts, Work

log = structlog.get_logger()

LEASE_SECONDS = 30
"""How long nobody else takes up what a process that died had in hand."""
HEARTBEAT_SECONDS = 10
"""How often a lease is renewed while its holder lives, for calls take longer."""
MAX_ATTEMPTS = 60
"""After which a person has to look: some four hours of asking, or as many crashes."""

STEPS: dict[str, Callable[[Work], Awaitable[None]]] = {
    "holding": holding.hold,
    "releasing": holding.release,
    "paid": buying.buy,
    "ticketing": buying.look_for_tickets,
    "cancelling": cancelling.cancel,
    "changing": changing.change,
}


async def advance_due(parts: BookingParts, *, booking_id: UUID | None = None) -> int:
    """Advance every booking that is due, or the one asked for if it is; how many were looked at."""
    looked_at = 0
    while True:
        async with parts.transactions() as session:
            bookings = BookingRepository(session)
            claimed = await bookings.claim_due(now=clock.now(), lease_seconds=LEASE_SECONDS, booking_id=booking_id)
            call = await bookings.find_open_call(claimed.id) if claimed else None
        if claimed is None:
            return looked_at
        looked_at += 1
        provider = parts.market.find(claimed.provider)
        if provider is None or claimed.attempts > MAX_ATTEMPTS:
            await _park(parts, claimed, "stuck" if provider else "provider_gone")
            continue
        work = Work(parts, provider, claimed, call)
        try:
            async with _keep_lease(parts, claimed):
                await STEPS[claimed.phase](work)
        except Exception:  # an edge for one booking: the others must not wait for it
            log.exception("booking.advance_failed", booking_id=str(claimed.id), attempt=claimed.attempts)
            await work.delay()


@asynccontextmanager
async def _keep_lease(parts: BookingParts, booking: Booking) -> AsyncIterator[None]:
    is_done = asyncio.Event()
    beating = asyncio.create_task(_beat(parts, booking, is_done))
    try:
        yield
    finally:
        # told, not cancelled: a query that is cut off would take its connection along
        is_done.set()
        await beating


async def _beat(parts: BookingParts, booking: Booking, is_done: asyncio.Event) -> None:
    while not is_done.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(is_done.wait(), HEARTBEAT_SECONDS)
            return
        try:
            async with parts.transactions() as session:
                await BookingRepository(session).renew_lease(booking, lease_seconds=LEASE_SECONDS)
        except Exception:  # the database may be away for a moment; whoever loses the lease is fenced
            log.warning("booking.lease_not_renewed", booking_id=str(booking.id))


async def _park(parts: BookingParts, booking: Booking, reason: str) -> None:
    log.error("booking.parked", booking_id=str(booking.id), reason=reason)
    async with parts.transactions() as session:
        await move(session, booking, "needs_review", reason=reason)


async def expire_unpaid(transactions: Transactions) -> int:
    """End the bookings and the changes that nobody paid for in time; how many."""
    async with transactions() as session:
        bookings = BookingRepository(session)
        lapsed = await bookings.list_lapsed(now=clock.now(), limit=100)
        ended = sum([await move(session, booking, "expired", reason="not_paid") for booking in lapsed])
        return ended + await bookings.end_lapsed_changes(now=clock.now())
