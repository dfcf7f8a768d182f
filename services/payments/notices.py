"""What a gateway tells us became of a payment: by itself, or because it was asked. Both come here.

Told twice it is done once. A payment only climbs: pending, then failed or expired, then captured; so the order in which
things are told does not matter. The first money that its booking, or change, still waits for is applied and moves it
on; any other is owed back at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.errors import NotFound
from core.metrics import PAYMENT_NOTICES, PAYMENTS_CAPTURED
from db.models import Payment
from db.repositories.payments import PaymentRepository
from db.session import Transactions
from domain.payments import PAYMENT_RANKS, PaymentStatus, RefundReason
from providers.payments.base import (
    GatewayReply,
    NoticeForged,
    NoticeUnreadable,
    PaymentGateway,
    PaymentNotice,
    Verdict,
)
from services.payments.gateways import Gateways, amount_of, is_of_world
from services.payments.refunds import give_back
from services.payments.subjects import Subject, lock_subject

log = structlog.get_logger()

WRONG_AMOUNT = "wrong_amount"


async def receive(
    transactions: Transactions, gateways: Gateways, gateway_name: str, fields: Mapping[str, Any]
) -> GatewayReply:
    """Hear a notice, and answer as its gateway wants. Raises NotFound for a gateway that is none of ours."""
    gateway = gateways.find(gateway_name)
    if gateway is None:
        raise NotFound
    verdict = await _judge(transactions, gateway, fields)
    PAYMENT_NOTICES.labels(gateway.name, verdict).inc()
    if verdict not in ("accepted", "repeated"):
        log.warning("payment.notice_refused", provider=gateway.name, reason=verdict)
    return gateway.reply(verdict)


async def _judge(transactions: Transactions, gateway: PaymentGateway, fields: Mapping[str, Any]) -> Verdict:
    try:
        notice = gateway.read_notice(fields)
        async with transactions() as session:
            return await record_notice(session, gateway, notice)
    except NoticeForged:
        return "forged"
    except NoticeUnreadable:
        return "unreadable"
    except (OperationalError, PoolTimeout) as error:
        log.warning("payment.notice_put_off", provider=gateway.name, error=type(error).__name__)
        return "try_again"
    except Exception:  # an edge: whatever is wrong here, the gateway has to tell again
        log.exception("payment.notice_failed", provider=gateway.name)
        return "try_again"


async def record_notice(session: AsyncSession, gateway: PaymentGateway, notice: PaymentNotice) -> Verdict:
    """Write down what a gateway vouches for and do what follows, all in this transaction."""
    payments = PaymentRepository(session)
    found = await payments.find_by_reference(gateway.name, notice.reference)
    if found is None or not is_of_world(gateway, found):
        return "unknown_payment"
    if not is_amount_due(found, notice):
        await _keep_wrong_amount(session, found, notice)
        return "wrong_amount"
    subject = await lock_subject(session, found)
    payment = await payments.lock(found.id)
    is_new = await payments.add_event(payment.id, provider=gateway.name, event_id=notice.event_id, state=notice.state)
    if not is_new:
        return "repeated"
    if notice.state == "paid":
        await _capture(session, subject, payment, notice)
    elif notice.state == "failed" and _climbs(payment, "failed"):
        payment.status, payment.reason = "failed", notice.reason
    return "accepted"


def is_amount_due(payment: Payment, notice: PaymentNotice) -> bool:
    """To the minor unit, and in the same currency."""
    return notice.amount == amount_of(payment)


async def _capture(session: AsyncSession, subject: Subject, payment: Payment, notice: PaymentNotice) -> None:
    if not _climbs(payment, "captured"):
        # another event of the same payment: the gateway has taken money for it a second time
        log.error("payment.taken_again", provider=payment.provider, payment_id=str(payment.id))
        PAYMENTS_CAPTURED.labels(payment.provider, "taken_again").inc()
        return
    is_second = await PaymentRepository(session).has_applied(payment)
    is_applied = not is_second and await subject.take_money(session)
    payment.status, payment.reason, payment.is_applied = "captured", None, is_applied
    payment.external_id, payment.paid_at = notice.transaction, clock.now()
    result = "applied"
    if not is_applied:
        reason: RefundReason = "paid_twice" if is_second else "paid_late"
        await give_back(session, payment, payment.amount_minor, reason)
        result = reason
    PAYMENTS_CAPTURED.labels(payment.provider, result).inc()


async def _keep_wrong_amount(session: AsyncSession, payment: Payment, notice: PaymentNotice) -> None:
    """For whoever looks into it; nothing else follows."""
    is_new = await PaymentRepository(session).add_event(
        payment.id, provider=payment.provider, event_id=notice.event_id, state=WRONG_AMOUNT
    )
    if is_new:
        log.error("payment.wrong_amount", provider=payment.provider, payment_id=str(payment.id), status=notice.state)


def _climbs(payment: Payment, status: PaymentStatus) -> bool:
    return PAYMENT_RANKS[status] > PAYMENT_RANKS[cast("PaymentStatus", payment.status)]
