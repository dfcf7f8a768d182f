"""Queries over what waits for a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Booking, BookingCall, BookingTransition, Payment, Refund


class ParkedBooking(NamedTuple):
    booking: Booking
    since: datetime


class ParkedRefund(NamedTuple):
    refund: Refund
    payment: Payment


class Orphan(NamedTuple):
    call: BookingCall
    booking: Booking


class ReviewRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def list_bookings(self) -> Sequence[ParkedBooking]:
        """The longest waiting first."""
        since = func.max(BookingTransition.created_at)
        statement = (
            select(Booking, since)
            .join(BookingTransition, BookingTransition.booking_id == Booking.id)
            .where(Booking.phase == "needs_review")
            .group_by(Booking.id)
            .order_by(since)
        )
        return [ParkedBooking(*row) for row in await self._session.execute(statement)]

    async def list_refunds(self) -> Sequence[ParkedRefund]:
        """The longest owed first."""
        statement = (
            select(Refund, Payment)
            .join(Payment, Payment.id == Refund.payment_id)
            .where(Refund.status == "needs_review")
            .order_by(Refund.created_at)
        )
        return [ParkedRefund(*row) for row in await self._session.execute(statement)]

    async def list_orphans(self) -> Sequence[Orphan]:
        """Calls that bought something for a booking that was over, the earliest first."""
        statement = (
            select(BookingCall, Booking)
            .join(Booking, Booking.id == BookingCall.booking_id)
            .where(BookingCall.state == "orphaned")
            .order_by(BookingCall.created_at)
        )
        return [Orphan(*row) for row in await self._session.execute(statement)]

    async def close_orphan(self, call_id: UUID) -> bool:
        """Whether it was one."""
        closed = update(BookingCall).where(BookingCall.id == call_id, BookingCall.state == "orphaned")
        return await self._session.scalar(closed.values(state="done").returning(BookingCall.id)) is not None
