"""Asking gateways what became of payments they did not tell us of.

What is answered is heard like a notice. A link that nobody paid, by an answer of an hour after its end, is `expired`;
without an answer it is asked about for ever, at most a day apart.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from core.backoff import back_off
from core.clock import clock
from db.hints import hint
from db.models import Payment
from db.repositories.payments import PaymentRepository
from providers.payments.base import GatewayError, PaymentNotice
from services.payments.notices import record_notice
from services.payments.parts import PaymentParts

log = structlog.get_logger()

RECONCILE_TASK = "reconcile_payments"
LEASE_SECONDS = 60
FIRST_LOOK = timedelta(minutes=10)
AFTER_EXPIRY = timedelta(minutes=1)
"""By then the gateway knows of a payment of the last second."""
GIVEN_UP_AFTER = timedelta(hours=1)
FIRST_DELAY = timedelta(minutes=5)
"""Doubled by each further look."""
LONGEST_DELAY = timedelta(days=1)


def first_look_at(created_at: datetime, expires_at: datetime) -> datetime:
    return min(created_at + FIRST_LOOK, expires_at + AFTER_EXPIRY)


async def ask_soon(session: AsyncSession, reference: str) -> None:
    """Ask about a payment nobody told of, now that its payer is back; once, whoever comes how often."""
    payment_id = await PaymentRepository(session).make_due(reference, now=clock.now())
    if payment_id is not None:
        await hint(session, RECONCILE_TASK, payment_id=payment_id)


async def reconcile_due(parts: PaymentParts, *, payment_id: UUID | None = None) -> int:
    """Ask about every payment that is due, or the one named if it is; how many were asked about."""
    asked = 0
    while True:
        async with parts.transactions() as session:
            payment = await PaymentRepository(session).claim_due(
                now=clock.now(), lease_seconds=LEASE_SECONDS, payment_id=payment_id
            )
        if payment is None:
            return asked
        asked += 1
        try:
            await _reconcile(parts, payment)
        except Exception:  # an edge for one payment: the others must not wait for it
            log.exception("payment.reconcile_failed", payment_id=str(payment.id), attempt=payment.attempts)
            await _put_off(parts, payment)


async def _reconcile(parts: PaymentParts, payment: Payment) -> None:
    gateway = parts.gateways.find_for(payment)
    if gateway is None:
        await _put_off(parts, payment)
        return
    try:
        answer = await gateway.ask(parts.gateways.make_charge(payment))
    except GatewayError as error:
        log.warning("payment.not_told", provider=payment.provider, reason=type(error).__name__)
        await _put_off(parts, payment)
        return
    async with parts.transactions() as session:
        if answer is not None:
            await record_notice(session, gateway, answer)
        payments = PaymentRepository(session)
        # neither of these writes a payment that the answer has just settled
        if _is_over(payment, answer):
            await payments.write_pending(payment, status="expired", lease_until=clock.lease_now())
        else:
            await payments.write_pending(payment, due_at=_next_look_at(payment), lease_until=clock.lease_now())


async def _put_off(parts: PaymentParts, payment: Payment) -> None:
    async with parts.transactions() as session:
        await PaymentRepository(session).write_pending(
            payment, due_at=_next_look_at(payment), lease_until=clock.lease_now()
        )


def _is_over(payment: Payment, answer: PaymentNotice | None) -> bool:
    """Whether nobody can have paid, or ever will."""
    is_unpaid = answer is None or answer.state == "pending"
    return is_unpaid and clock.now() >= payment.expires_at + GIVEN_UP_AFTER


def _next_look_at(payment: Payment) -> datetime:
    now, after_expiry = clock.now(), payment.expires_at + AFTER_EXPIRY
    later = now + back_off(payment.attempts, first=FIRST_DELAY, longest=LONGEST_DELAY)
    return min(later, after_expiry) if now < after_expiry else later
