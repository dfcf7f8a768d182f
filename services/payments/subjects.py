"""What a payment is for, and what its money moves."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from db.hints import hint
from db.models import Booking, BookingChange, Payment
from db.repositories.payments import PaymentRepository
from domain.bookings import UNPAID
from services.bookings.moves import move
from services.bookings.writing import ADVANCE_TASK


@dataclass(frozen=True, slots=True)
class Subject:
    """Locked. A booking that has gone with its user waits for nothing."""

    booking: Booking | None
    change: BookingChange | None
    """Where the payment is for one."""

    async def take_money(self, session: AsyncSession) -> bool:
        """Go on, if it was this money that was waited for."""
        if self.booking is None:
            return False
        if self.change is None:
            is_taken = self.booking.phase in UNPAID and await move(session, self.booking, "paid", by="gateway")
        else:
            is_taken = (
                self.change.status == "agreed"
                and self.booking.phase == "ticketed"
                and await move(session, self.booking, "changing", by="gateway")
            )
            if is_taken:
                self.change.status = "under_way"
                self.change.updated_at = clock.now()
        if is_taken:
            await hint(session, ADVANCE_TASK, booking_id=self.booking.id)
        return is_taken


async def lock_subject(session: AsyncSession, payment: Payment) -> Subject:
    """In the order everybody locks in, the user first."""
    payments = PaymentRepository(session)
    await payments.lock_user(payment.user_id)
    booking_id = await payments.find_booking_id(payment)
    booking = await payments.lock_booking(booking_id) if booking_id else None
    change = await payments.lock_change(payment.subject_id) if payment.subject_type == "booking_change" else None
    return Subject(booking, change)
