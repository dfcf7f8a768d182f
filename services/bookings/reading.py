"""Bookings as their owner reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.security import BOOKINGS_SCOPE, Actor
from db.models import Booking, BookingChange, BookingPassenger
from db.repositories.bookings import BookingRepository
from db.repositories.overlaps import OverlapRepository
from db.repositories.proposals import ProposalRepository
from domain.bookings import PUBLIC_STATUSES, UNPAID, Phase, PublicStatus
from domain.money import Money
from domain.offers import FlightOffer, Slice
from services.bookings.errors import BookingNotFound
from services.bookings.policy import OVERLAP


@dataclass(frozen=True, slots=True)
class BookingDetail:
    booking: Booking
    passengers: tuple[BookingPassenger, ...]
    slices: tuple[Slice, ...]
    """What is flown now."""
    change: BookingChange | None
    """One that was agreed to and waits for its money."""
    warnings: tuple[str, ...]
    """Codes of what may spoil the trip; each has its words under `warnings.<code>`."""

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

    @property
    def fees_kept(self) -> Money:
        return Money(amount_minor=self.booking.fees_minor, currency=self.booking.currency)

    @property
    def amount_due(self) -> Money | None:
        """What is to be paid now: its price, or what a change costs."""
        if self.phase in UNPAID:
            return self.total
        if self.change is None:
            return None
        return Money(amount_minor=self.change.difference_minor, currency=self.change.currency)

    @property
    def refund(self) -> Money | None:
        """What was agreed to come back for a booking given up; None where nothing does."""
        agreed = self.booking.agreed_refund_minor
        return Money(amount_minor=agreed, currency=self.booking.currency) if agreed else None

    @property
    def pay_by(self) -> datetime | None:
        """Until when what is due can be paid."""
        if self.phase in UNPAID:
            return self.booking.pay_by
        return self.change.expires_at if self.change else None


async def get_booking(session: AsyncSession, actor: Actor, booking_id: UUID) -> BookingDetail:
    """A booking of the caller's; raises BookingNotFound."""
    actor.require_user(BOOKINGS_SCOPE)
    booking = await BookingRepository(session).find_readable(actor, booking_id)
    if booking is None:
        raise BookingNotFound
    return (await _describe(session, [booking]))[0]


async def get_booking_by_reference(session: AsyncSession, actor: Actor, booking_reference: str) -> BookingDetail:
    """A booking of the caller's by the airline's PNR; raises BookingNotFound."""
    actor.require_user(BOOKINGS_SCOPE)
    booking = await BookingRepository(session).find_by_reference(actor, booking_reference)
    if booking is None:
        raise BookingNotFound
    return (await _describe(session, [booking]))[0]


async def list_bookings(
    session: AsyncSession, actor: Actor, *, status: PublicStatus | None, skip: int, limit: int
) -> list[BookingDetail]:
    """The caller's bookings, latest first."""
    actor.require_user(BOOKINGS_SCOPE)
    phases = [phase for phase, told in PUBLIC_STATUSES.items() if told == status] if status else None
    found = await BookingRepository(session).list_readable(actor, phases=phases, skip=skip, limit=limit)
    return await _describe(session, found)


async def _describe(session: AsyncSession, bookings: Sequence[Booking]) -> list[BookingDetail]:
    ids = [booking.id for booking in bookings]
    passengers = await BookingRepository(session).list_passengers(ids)
    items = await BookingRepository(session).list_items(ids)
    changes = await ProposalRepository(session).list_agreed_changes(ids, now=clock.now())
    overlapping = await OverlapRepository(session).list_overlapping(ids)
    return [
        BookingDetail(
            booking=booking,
            passengers=tuple(row for row in passengers if row.booking_id == booking.id),
            slices=tuple(Slice.model_validate(item.payload) for item in items if item.booking_id == booking.id),
            change=next(
                (each for each in changes if (each.booking_id, booking.phase) == (booking.id, "ticketed")), None
            ),
            warnings=(OVERLAP,) if booking.id in overlapping else (),
        )
        for booking in bookings
    ]
