"""Queries for travellers who would be in two places at once."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.models import Booking, BookingItem, BookingPassenger
from domain.bookings import OVER
from domain.offers import Slice


class OverlapRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def has_overlap(self, passenger_ids: Sequence[UUID], slices: Sequence[Slice]) -> bool:
        """Whether a live booking has one of the passengers on the way while these slices are flown."""
        busy = (
            select(BookingPassenger.id)
            .join(Booking, Booking.id == BookingPassenger.booking_id)
            .join(BookingItem, BookingItem.booking_id == Booking.id)
            .where(
                BookingPassenger.passenger_id.in_(passenger_ids),
                Booking.phase.not_in(OVER),
                or_(
                    *(
                        (BookingItem.starts_at < each.arrives.instant) & (BookingItem.ends_at > each.departs.instant)
                        for each in slices
                    )
                ),
            )
        )
        return bool(await self._session.scalar(select(exists(busy))))

    async def list_overlapping(self, booking_ids: Sequence[UUID]) -> set[UUID]:
        """Which of these live bookings have a passenger whom another live booking takes elsewhere meanwhile."""
        theirs, other = aliased(Booking), aliased(Booking)
        their_people, other_people = aliased(BookingPassenger), aliased(BookingPassenger)
        their_items, other_items = aliased(BookingItem), aliased(BookingItem)
        found = await self._session.scalars(
            select(theirs.id)
            .join(their_people, their_people.booking_id == theirs.id)
            .join(their_items, their_items.booking_id == theirs.id)
            .join(other_people, other_people.passenger_id == their_people.passenger_id)
            .join(other, other.id == other_people.booking_id)
            .join(other_items, other_items.booking_id == other.id)
            .where(
                theirs.id.in_(booking_ids),
                theirs.phase.not_in(OVER),
                other.phase.not_in(OVER),
                other.id != theirs.id,
                other_items.starts_at < their_items.ends_at,
                other_items.ends_at > their_items.starts_at,
            )
            .distinct()
        )
        return set(found)
