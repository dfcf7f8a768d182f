"""Bookings as their owner reads them, and giving one up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.security import Actor
from db.hints import hint
from db.models import Booking, BookingPassenger
from db.repositories.bookings import BookingRepository
from domain.bookings import PUBLIC_STATUSES, Phase, PublicStatus
from domain.money import Money
from domain.offers import FlightOffer
from services.bookings.creation import ADVANCE_TASK
from services.bookings.errors import BookingNotCancellable, BookingNotFound
from services.bookings.moves import move


@dataclass(frozen=True, slots=True)
class BookingDetail:
    booking: Booking
    passengers: tuple[BookingPassenger, ...]

    @property
    def phase(self) -> Phase:
        return cast("Phase", self.booking.phase)

    @property
    def status(self) -> PublicStatus:
        return PUBLIC_STATUSES[self.phase]

    @property
    def offer(self) -> FlightOffer:
        """As it was agreed."""
        return FlightOffer.model_validate(self.booking.offer)

    @property
    def total(self) -> Money:
        return Money(amount_minor=self.booking.amount_minor, currency=self.booking.currency)


async def get_booking(session: AsyncSession, actor: Actor, booking_id: UUID) -> BookingDetail:
    """A booking of the caller's; raises BookingNotFound."""
    actor.require_user()
    booking = await BookingRepository(session).find_readable(actor, booking_id)
    if booking is None:
        raise BookingNotFound
    return (await _describe(session, [booking]))[0]


async def list_bookings(
    session: AsyncSession, actor: Actor, *, status: PublicStatus | None, skip: int, limit: int
) -> list[BookingDetail]:
    """The caller's bookings, latest first."""
    actor.require_user()
    phases = [phase for phase, told in PUBLIC_STATUSES.items() if told == status] if status else None
    found = await BookingRepository(session).list_readable(actor, phases=phases, skip=skip, limit=limit)
    return await _describe(session, found)


async def cancel_booking(session: AsyncSession, actor: Actor, booking_id: UUID) -> None:
    """Give up a booking that nobody has paid for; the provider is told next.

    Raises BookingNotFound, and BookingNotCancellable for one that has ended or is being made.
    """
    actor.require_user()
    booking = await BookingRepository(session).find_readable(actor, booking_id, for_update=True)
    if booking is None:
        raise BookingNotFound
    if booking.phase == "releasing":
        return
    if booking.phase != "held" or not await move(session, booking, "releasing", by="user"):
        raise BookingNotCancellable
    await hint(session, ADVANCE_TASK, booking_id=booking.id)


async def _describe(session: AsyncSession, bookings: Sequence[Booking]) -> list[BookingDetail]:
    rows = await BookingRepository(session).list_passengers([booking.id for booking in bookings])
    return [BookingDetail(booking, tuple(row for row in rows if row.booking_id == booking.id)) for booking in bookings]
