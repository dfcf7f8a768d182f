"""Payments as their owner reads them, and what a browser that comes back from a gateway is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import NotFound
from core.messages import Language
from core.security import BOOKINGS_SCOPE, Actor
from db.models import Booking, BookingChange, Payment, Refund
from db.repositories.bookings import BookingRepository
from db.repositories.payments import PaymentRepository, RefundRepository
from domain.bookings import FLOWN, OVER
from domain.money import Money
from domain.payments import PublicPaymentStatus
from services.bookings.errors import BookingNotFound
from services.payments.gateways import amount_of

ReturnState = Literal["waiting", "not_paid", "received", "booked", "given_back", "over"]
"""received: the money is here and the ticket is not yet; given_back: it is on its way back, or has come; over: given up
later, for nothing in return."""


class PaymentNotFound(NotFound):
    code = "payment_not_found"


@dataclass(frozen=True, slots=True)
class PaymentDetail:
    booking_id: UUID
    payment: Payment
    refunds: tuple[Refund, ...]

    @property
    def amount(self) -> Money:
        return amount_of(self.payment)

    @property
    def status(self) -> PublicPaymentStatus:
        """REFUNDED once all of it has been given back."""
        if self.payment.status == "pending":
            return "PENDING"
        if self.payment.status != "captured":
            return "FAILED"
        given_back = sum(each.amount_minor for each in self.refunds if each.status == "done")
        return "REFUNDED" if given_back == self.payment.amount_minor else "COMPLETED"


@dataclass(frozen=True, slots=True)
class Return:
    """Nothing personal: whoever has the address of the page may read it."""

    state: ReturnState
    booking_reference: str | None
    """The airline's PNR, once it is booked."""
    simulated: bool
    language: Language


async def list_payments(session: AsyncSession, actor: Actor, booking_id: UUID) -> list[PaymentDetail]:
    """Everything that was to be paid for a booking of the caller's, latest first; raises BookingNotFound."""
    actor.require_user(BOOKINGS_SCOPE)
    if await BookingRepository(session).find_readable(actor, booking_id) is None:
        raise BookingNotFound
    payments = await PaymentRepository(session).list_for(booking_id)
    refunds = await RefundRepository(session).list_for([each.id for each in payments])
    return [
        PaymentDetail(booking_id, each, tuple(refund for refund in refunds if refund.payment_id == each.id))
        for each in payments
    ]


async def read_return(session: AsyncSession, reference: str) -> Return:
    """How a payment stands, for whoever holds its unguessable reference; raises PaymentNotFound."""
    payments = PaymentRepository(session)
    payment = await payments.find_returned(reference)
    if payment is None:
        raise PaymentNotFound
    booking_id = await payments.find_booking_id(payment)
    booking = await session.get(Booking, booking_id) if booking_id else None
    change = await session.get(BookingChange, payment.subject_id) if payment.subject_type == "booking_change" else None
    refunds = await RefundRepository(session).list_for([payment.id])
    state = _find_state(payment, booking, change, has_refund=bool(refunds))
    reference_told = booking.booking_reference if booking is not None and state == "booked" else None
    return Return(state, reference_told, payment.simulated, cast("Language", payment.language))


def _find_state(
    payment: Payment, booking: Booking | None, change: BookingChange | None, *, has_refund: bool
) -> ReturnState:
    if payment.status == "pending":
        return "waiting"
    if payment.status != "captured":
        return "not_paid"
    if not payment.is_applied or booking is None or booking.phase in OVER or (change and change.status == "failed"):
        is_given_up = payment.is_applied and booking is not None and booking.phase == "cancelled"
        return "over" if is_given_up and not has_refund else "given_back"
    is_done = change is None or change.status == "done"
    return "booked" if is_done and booking.phase in FLOWN else "received"
