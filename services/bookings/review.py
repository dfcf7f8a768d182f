"""What waits for a person: a list of it, and what they decided. For whoever has the command line, and nobody else.

A decision is a move like any other. Money and phase stay together: what is settled as over has given everything back,
or never had it, and what is settled as ticketed has its price.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from db.hints import hint
from db.models import Booking, Refund
from db.repositories.bookings import BookingRepository
from db.repositories.payments import PaymentRepository, RefundRepository
from db.repositories.review import ReviewRepository
from domain.money import Money
from services.bookings.moves import move
from services.bookings.writing import INSTANT_LIFE
from services.payments.refunds import REFUND_TASK, find_left, finish, owe

Decision = Literal["held", "ticketed", "cancelled", "expired", "failed", "refunding"]
"""refunding: over, and all the money goes back."""
RefundDecision = Literal["done", "again"]
"""done: the traveller has the money; again: the gateway has not given it, and may be asked once more."""


class CannotSettle(Exception):
    """The message says to an operator why not."""


@dataclass(frozen=True, slots=True)
class Case:
    kind: Literal["booking", "refund", "order"]
    """order: a call that came too late, and what it did at the provider is not what we have."""
    id: UUID
    since: datetime
    """When a booking came here; when a refund was owed."""
    reason: str | None
    provider: str
    reference: str | None
    """The airline's PNR; the gateway's number of the payment; the order's at the provider, or ours of it."""
    amount: Money


async def list_cases(session: AsyncSession) -> list[Case]:
    """Everything that waits for a person: bookings, refunds, orders; of each kind the longest waiting first."""
    review = ReviewRepository(session)
    bookings = [
        Case(
            "booking",
            booking.id,
            since,
            booking.reason,
            booking.provider,
            booking.booking_reference,
            _money_of(booking),
        )
        for booking, since in await review.list_bookings()
    ]
    refunds = [
        Case(
            "refund",
            refund.id,
            refund.created_at,
            refund.reason,
            payment.provider,
            payment.external_id,
            _money_of(refund),
        )
        for refund, payment in await review.list_refunds()
    ]
    orders = [
        Case(
            "order",
            call.id,
            call.created_at,
            "came_too_late",
            booking.provider,
            booking.provider_order_id or booking.reference,
            _money_of(booking),
        )
        for call, booking in await review.list_orphans()
    ]
    return [*bookings, *refunds, *orders]


def _money_of(row: Booking | Refund) -> Money:
    return Money(amount_minor=row.amount_minor, currency=row.currency)


async def settle_booking(
    session: AsyncSession,
    booking_id: UUID,
    decision: Decision,
    *,
    order_id: str | None = None,
    record_locator: str | None = None,
) -> str:
    """Take a booking where a person found it to be, and give the phase it came to.

    `order_id` and `record_locator` are what the provider calls it, where that was not known. Raises CannotSettle.
    """
    booking, left = await _take_up(session, booking_id)
    values: dict[str, Any] = {
        "provider_order_id": order_id or booking.provider_order_id,
        "booking_reference": record_locator or booking.booking_reference,
    }
    reason = booking.reason if booking.reason == "given_up_by_airline" else None
    after: Decision = decision
    if decision in ("held", "ticketed"):
        if values["provider_order_id"] is None:
            raise CannotSettle("The provider's name of the order is not known: add --order, and --pnr.")
        values |= _hold(booking, left) if decision == "held" else await _keep(session, booking, left)
        reason = None
    elif decision == "refunding":
        await _drop_change(session, booking)
        owed = await owe(
            session, booking, amount_minor=None, reason="cancelled" if booking.confirmed_at else "not_bought"
        )
        after = "refunding" if owed else "cancelled"
        values["fees_minor"] = 0
    else:
        if left:
            raise CannotSettle(f"{left} {booking.currency} (minor units) were taken for it: settle it as refunding.")
        await _drop_change(session, booking)
        values["fees_minor"] = 0
    if not await move(session, booking, after, by="operator", reason=reason, **values):
        raise CannotSettle("It has moved meanwhile.")
    bookings = BookingRepository(session)
    if (call := await bookings.find_open_call(booking_id)) is not None:
        await bookings.end_call(call.id, state="done", outcome=after)
    return after


async def settle_refund(session: AsyncSession, refund_id: UUID, decision: RefundDecision) -> None:
    """Raises CannotSettle."""
    refunds = RefundRepository(session)
    refund = await refunds.find(refund_id)
    payment = await PaymentRepository(session).find(refund.payment_id) if refund else None
    if refund is None or payment is None or refund.status != "needs_review":
        raise CannotSettle("No refund of this id waits for a person.")
    if decision == "done":
        is_ours = await finish(session, refund, payment, by="operator")
    else:
        anew: dict[str, Any] = {"status": "due", "attempts": 0, "token": refund.token + 1}
        is_ours = await refunds.write(refund, due_at=clock.now(), lease_until=clock.lease_now(), **anew)
        await hint(session, REFUND_TASK, refund_id=refund_id)
    if not is_ours:
        raise CannotSettle("It has moved meanwhile.")


async def settle_order(session: AsyncSession, call_id: UUID) -> None:
    """Somebody has given the tickets back. Raises CannotSettle."""
    if not await ReviewRepository(session).close_orphan(call_id):
        raise CannotSettle("No order of this id waits for a person.")


async def _take_up(session: AsyncSession, booking_id: UUID) -> tuple[Booking, int]:
    """The booking and its money, locked in everybody's order, and what of the money is nobody's yet."""
    payments = PaymentRepository(session)
    found = await session.get(Booking, booking_id)
    if found is not None:
        await payments.lock_user(found.user_id)
        found = await payments.lock_booking(booking_id)
    if found is None or found.phase != "needs_review":
        raise CannotSettle("No booking of this id waits for a person.")
    await BookingRepository(session).find_open_change(booking_id, for_update=True)
    applied = await payments.lock_applied(booking_id)
    return found, sum([await find_left(session, payment) for payment in applied])


def _hold(booking: Booking, left: int) -> dict[str, Any]:
    if left or booking.flow != "hold":
        raise CannotSettle("It is paid for, or its fare is one that no airline holds.")
    until = booking.pay_by
    if until is None or until <= clock.now():
        until = clock.now() + INSTANT_LIFE
    return {"pay_by": until}


async def _keep(session: AsyncSession, booking: Booking, left: int) -> dict[str, Any]:
    """The tickets are good, and fly what they flew before a change was asked for, whose money goes back."""
    change = await BookingRepository(session).find_open_change(booking.id)
    paid_for_change = max(change.difference_minor, 0) if change and change.status == "under_way" else 0
    due = booking.amount_minor + booking.fees_minor
    if left - paid_for_change != due:
        raise CannotSettle(f"Its price and fees are {due} {booking.currency} (minor units), and {left} were taken.")
    await _drop_change(session, booking)
    if paid_for_change:
        await owe(session, booking, amount_minor=paid_for_change, reason="not_bought")
    return {"confirmed_at": booking.confirmed_at or clock.now()}


async def _drop_change(session: AsyncSession, booking: Booking) -> None:
    bookings = BookingRepository(session)
    change = await bookings.find_open_change(booking.id)
    if change is not None:
        await bookings.end_change(change.id, "failed")
