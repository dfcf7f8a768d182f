"""The one way a booking's phase changes: legal, fenced, and written down with who and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from db.models import Booking, BookingTransition
from db.repositories.bookings import BookingRepository
from domain.bookings import Phase, ensure_legal

Mover = Literal["user", "system"]


async def move(
    session: AsyncSession,
    booking: Booking,
    after: Phase,
    *,
    by: Mover = "system",
    reason: str | None = None,
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
    if is_ours:
        session.add(
            BookingTransition(
                booking_id=booking.id, phase_before=booking.phase, phase_after=after, actor=by, reason=reason
            )
        )
    return is_ours


async def put_off(session: AsyncSession, booking: Booking, *, until: datetime) -> bool:
    """Leave a claimed booking where it is until later; False when it is no longer the claimer's."""
    return await BookingRepository(session).write(booking, due_at=until, lease_until=clock.lease_now())
