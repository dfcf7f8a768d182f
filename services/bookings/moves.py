"""The one way a booking's phase changes: legal, fenced, and written down with who and why.

Whoever has to hear of it, and whatever has to follow, is a row in the same transaction.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.metrics import BOOKING_MOVES
from db.models import Booking, BookingTransition
from db.repositories.bookings import BookingRepository
from domain.bookings import Phase, ensure_legal
from services.bookings.announcements import announce
from services.calendar.sync import mark_due

Mover = Literal["user", "provider", "gateway", "system", "operator"]
"""provider: an airline by itself; gateway: a payment; operator: a person of ours."""


async def move(
    session: AsyncSession,
    booking: Booking,
    after: Phase,
    *,
    by: Mover = "system",
    reason: str | None = None,
    proposal_id: UUID | None = None,
    **values: Any,
) -> bool:
    """Take a booking from the phase it was read in to the next; False when it has moved, or was claimed, since."""
    ensure_legal(cast("Phase", booking.phase), after)
    is_ours = await BookingRepository(session).write(
        booking,
        phase=after,
        reason=reason,
        attempts=0,
        due_at=clock.now(),
        lease_until=clock.lease_now(),
        **values,
    )
    if not is_ours:
        return False
    session.add(
        BookingTransition(
            booking_id=booking.id,
            phase_before=booking.phase,
            phase_after=after,
            actor=by,
            reason=reason,
            proposal_id=proposal_id,
        )
    )
    await announce(session, booking, after, reason)
    await mark_due(session, booking.id)
    BOOKING_MOVES.labels(after).inc()
    return True


async def put_off(session: AsyncSession, booking: Booking, *, until: datetime) -> bool:
    """Leave a claimed booking where it is until later; False when it is no longer the claimer's."""
    return await BookingRepository(session).write(booking, due_at=until, lease_until=clock.lease_now())
