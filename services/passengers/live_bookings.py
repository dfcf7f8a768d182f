"""Whether somebody is about to travel."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from db.repositories.bookings import BookingRepository


async def has_live_booking(session: AsyncSession, passenger_id: UUID) -> bool:
    """Whether a booking that is neither over nor ended names the passenger.

    Ask with the passenger's row locked: what makes a booking locks it too.
    """
    return await BookingRepository(session).has_live(passenger_id, now=clock.now())
