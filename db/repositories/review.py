"""Queries over what waits for a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Booking, BookingTransition, Payment, Refund


class ParkedBooking(NamedTuple):
    booking: Booking
    since: datetime


class ParkedRefund(NamedTuple):
    refund: Refund
    payment: Payment


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
