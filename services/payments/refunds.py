"""Giving money back: what is owed is a row before anybody is asked to pay it, and never more than was taken.

A refund is asked for under one reference, however often. Where asking again could give back twice, a person looks.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from core.backoff import back_off
from core.clock import clock
from core.ids import new_id
from core.metrics import REFUNDS
from db.hints import hint
from db.models import Booking, Payment, Refund
from db.repositories.payments import PaymentRepository, RefundRepository
from domain.money import Money
from domain.payments import RefundReason
from providers.payments.base import (
    GatewayDown,
    GatewayError,
    GatewayRefused,
    PaymentGateway,
    RefundOrder,
)
from services.bookings.announcements import announce_refund
from services.bookings.moves import Mover, move
from services.payments.gateways import amount_of
from services.payments.parts import PaymentParts

log = structlog.get_logger()

REFUND_TASK = "refund_payment"
LEASE_SECONDS = 120
"""Longer than the longest call, and the look after it, may take."""
MAX_ATTEMPTS = 16
"""Over some days: a person looks before the traveller has to ask."""
FIRST_DELAY = timedelta(seconds=30)
"""Doubled by each further attempt."""
LONGEST_DELAY = timedelta(days=1)


class RefundExceedsPayment(Exception):
    """A bug: more was to be given back than was taken."""


async def owe(session: AsyncSession, booking: Booking, *, amount_minor: int | None, reason: RefundReason) -> int:
    """Give back money a booking was paid with, the last taken first; None for all that is left.

    Gives what is still to be given back for the booking, this included; 0 for nothing.
    """
    payments, refunds = PaymentRepository(session), RefundRepository(session)
    # before its payments, as everywhere; who gives the last money back meanwhile waits here, or we do
    await payments.lock_user(booking.user_id)
    await payments.lock_booking(booking.id)
    left_to_owe = amount_minor
    for payment in await payments.lock_applied(booking.id):
        left = await find_left(session, payment)
        part = left if left_to_owe is None else min(left, left_to_owe)
        if part > 0:
            await give_back(session, payment, part, reason)
        if left_to_owe is not None:
            left_to_owe -= part
    if left_to_owe:
        # an airline may promise more than was paid through us; the rest is for a person to explain
        log.error("refund.more_than_paid", booking_id=str(booking.id))
        REFUNDS.labels("none", "more_than_paid").inc()
    return await refunds.sum_unfinished(booking.id)


async def give_back(session: AsyncSession, payment: Payment, amount_minor: int, reason: RefundReason) -> None:
    """Owe a part of a payment, whose row is locked. Raises RefundExceedsPayment."""
    if amount_minor > await find_left(session, payment):
        raise RefundExceedsPayment
    refund_id = new_id()
    refund = Refund(
        id=refund_id,
        payment_id=payment.id,
        reference=refund_id.hex,
        amount_minor=amount_minor,
        currency=payment.currency,
        reason=reason,
        status="due",
        lease_until=clock.lease_now(),
        due_at=clock.now(),
    )
    session.add(refund)
    await session.flush()
    await announce_refund(session, payment, refund)
    await hint(session, REFUND_TASK, refund_id=refund_id)


async def find_left(session: AsyncSession, payment: Payment) -> int:
    """What of a captured payment nobody is owed yet."""
    return payment.amount_minor - await RefundRepository(session).sum_of(payment.id)


async def refund_due(parts: PaymentParts, *, refund_id: UUID | None = None) -> int:
    """Ask for every refund that is due, or the one named if it is; how many were looked at."""
    looked_at = 0
    while True:
        async with parts.transactions() as session:
            refund = await RefundRepository(session).claim_due(
                now=clock.now(), lease_seconds=LEASE_SECONDS, refund_id=refund_id
            )
            payment = await PaymentRepository(session).find(refund.payment_id) if refund else None
        if refund is None or payment is None:
            return looked_at
        looked_at += 1
        try:
            await _give(parts, refund, payment)
        except Exception:  # an edge for one refund: the others must not wait for it
            log.exception("refund.failed", refund_id=str(refund.id), attempt=refund.attempts)
            await _put_off(parts, refund)


async def _give(parts: PaymentParts, refund: Refund, payment: Payment) -> None:
    gateway = parts.gateways.find_for(payment)
    if refund.attempts > MAX_ATTEMPTS:
        await _park(parts, refund, payment, "too_many_attempts")
        return
    if gateway is None:
        await _put_off(parts, refund)
        return
    order = _make_order(refund, payment)
    if refund.status != "due" and not gateway.may_repeat(order, asked_at=refund.created_at):
        await _park(parts, refund, payment, "may_be_done")
        return
    # written down before it is asked for: a crash leaves no doubt that it may have been
    async with parts.transactions() as session:
        if not await RefundRepository(session).write(refund, status="calling"):
            return
    await _ask(parts, refund, payment, gateway, order)


async def _ask(
    parts: PaymentParts, refund: Refund, payment: Payment, gateway: PaymentGateway, order: RefundOrder
) -> None:
    try:
        state = await gateway.refund(order)
    except GatewayDown:
        # nothing happened this time; what may have happened before is as it was
        await _put_off(parts, refund, refund.status)
    except GatewayRefused as error:
        await _park(parts, refund, payment, error.code)
    except GatewayError:
        await _put_off(parts, refund, "calling")
    else:
        if state == "done":
            await _finish(parts, refund, payment)
        elif state == "pending":
            await _put_off(parts, refund, "pending")
        else:
            await _park(parts, refund, payment, "refused")


async def _finish(parts: PaymentParts, refund: Refund, payment: Payment) -> None:
    async with parts.transactions() as session:
        await finish(session, refund, payment)


async def finish(session: AsyncSession, refund: Refund, payment: Payment, *, by: Mover = "system") -> bool:
    """Write down that money has gone back, and end its booking with the last of it; False when it is not ours to."""
    payments, refunds = PaymentRepository(session), RefundRepository(session)
    await payments.lock_user(payment.user_id)
    booking_id = await payments.find_booking_id(payment)
    booking = await payments.lock_booking(booking_id) if booking_id else None
    payment = await payments.lock(payment.id)
    done: dict[str, Any] = {"status": "done", "done_at": clock.now(), "token": refund.token + 1}
    if not await refunds.write(refund, lease_until=clock.lease_now(), **done):
        return False
    ended = await session.get_one(Refund, refund.id, populate_existing=True)
    await announce_refund(session, payment, ended)
    if booking is not None and booking.phase == "refunding" and not await refunds.sum_unfinished(booking.id):
        await move(session, booking, "refunded", by=by)
    REFUNDS.labels(payment.provider, "done").inc()
    return True


async def _put_off(parts: PaymentParts, refund: Refund, status: str | None = None) -> None:
    delay = back_off(refund.attempts, first=FIRST_DELAY, longest=LONGEST_DELAY)
    values = {"status": status} if status else {}
    async with parts.transactions() as session:
        await RefundRepository(session).write(
            refund, due_at=clock.now() + delay, lease_until=clock.lease_now(), **values
        )


async def _park(parts: PaymentParts, refund: Refund, payment: Payment, reason: str) -> None:
    """Leave it to a person: the money is owed and no call of ours will bring it back."""
    async with parts.transactions() as session:
        if not await RefundRepository(session).write(refund, status="needs_review", lease_until=clock.lease_now()):
            return
    log.error("refund.needs_review", provider=payment.provider, refund_id=str(refund.id), reason=reason)
    REFUNDS.labels(payment.provider, "needs_review").inc()


def _make_order(refund: Refund, payment: Payment) -> RefundOrder:
    assert payment.external_id is not None, "only what was captured is given back"
    return RefundOrder(
        reference=refund.reference,
        charge_reference=payment.reference,
        charged_at=payment.created_at,
        transaction=payment.external_id,
        charged=amount_of(payment),
        amount=Money(amount_minor=refund.amount_minor, currency=refund.currency),
        description=f"Hoan tien {payment.reference}",
    )
