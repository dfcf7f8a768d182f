"""Asking a traveller for money: what is due, and a link to pay it by.

The row is there before the gateway is asked, so that a link nobody wrote down can still be heard of.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.messages import Language
from core.security import BOOKINGS_SCOPE, Actor
from db.models import Booking, Payment
from db.repositories.bookings import BookingRepository
from db.repositories.payments import PaymentRepository
from db.session import Transactions
from domain.bookings import UNPAID
from domain.money import Money
from domain.offers import FlightOffer
from domain.payments import PaymentSubject
from providers.payments.base import GatewayDown, GatewayError, PaymentGateway
from services.bookings.errors import BookingNotFound
from services.payments.errors import (
    AmountMismatch,
    NoPaymentMethod,
    NotPayable,
    PaymentRefused,
    PaymentsUnreachable,
    TooLateToPay,
)
from services.payments.gateways import Gateways
from services.payments.reading import PaymentDetail, list_payments
from services.payments.reconcile import first_look_at

log = structlog.get_logger()

LINK_LIFE = timedelta(minutes=15)
BEFORE_THE_END = timedelta(minutes=2)
"""Between the last second of a link and the end of the seats, for the notice and for paying the airline."""
SHORTEST = timedelta(minutes=1)
"""Nobody pays in less."""
NO_ADDRESS = "127.0.0.1"
"""For a caller without one: gateways want to be told some."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a client believes is due; checked, never used."""

    amount: str | None = None
    """A decimal in major units."""
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """What a booking waits for."""

    subject_type: PaymentSubject
    subject_id: UUID
    amount: Money
    pay_by: datetime | None


@dataclass(frozen=True, slots=True)
class Asker:
    """Who wants to pay, as gateways are told."""

    client_address: str
    language: Language

    @classmethod
    def at(cls, caller: str, language: Language) -> Asker:
        """Of an IPv6 caller the network is known, whose first address stands for it."""
        return cls(caller.partition("/")[0] or NO_ADDRESS, language)


async def start_payment(
    transactions: Transactions,
    gateways: Gateways,
    actor: Actor,
    *,
    booking_id: UUID,
    provider: str | None,
    claimed: Claimed,
    asker: Asker,
    payment_id: UUID,
) -> PaymentDetail:
    """A link for what is due: the price of a booking, or what a change of it costs.

    Asked again with the same `payment_id` it is the same payment; and while an unpaid link of the same gateway is good,
    that one is given again. Raises BookingNotFound, NotPayable, NoPaymentMethod, AmountMismatch, TooLateToPay,
    PaymentRefused and PaymentsUnreachable, after which the same call goes on where this one ended.
    """
    actor.require_user(BOOKINGS_SCOPE)
    async with transactions() as session:
        payment = await _write_intent(session, gateways, actor, booking_id, provider, claimed, asker, payment_id)
    if payment.status == "pending" and payment.payment_url is None:
        url = await _make_link(gateways, payment)
        async with transactions() as session:
            await PaymentRepository(session).write_link(payment.id, url)
    async with transactions() as session:
        found = await list_payments(session, actor, booking_id)
    return next(each for each in found if each.payment.id == payment.id)


async def _write_intent(
    session: AsyncSession,
    gateways: Gateways,
    actor: Actor,
    booking_id: UUID,
    provider: str | None,
    claimed: Claimed,
    asker: Asker,
    payment_id: UUID,
) -> Payment:
    payments = PaymentRepository(session)
    await payments.lock_user(actor.user_id)
    # two at once for one booking become one link
    booking = await BookingRepository(session).find_readable(actor, booking_id, for_update=True)
    if booking is None:
        raise BookingNotFound
    begun = await payments.find(payment_id)
    if begun is not None:
        return begun
    due = await _find_due(payments, booking)
    simulated = FlightOffer.model_validate(booking.offer).simulated
    gateway = gateways.choose(provider, due.amount.currency, simulated=simulated)
    _ensure_agreed(claimed, due.amount)
    now = clock.now()
    open_link = await payments.find_open_link(
        gateway.name, due.subject_type, due.subject_id, due.amount.amount_minor, good_until=now + SHORTEST
    )
    if open_link is not None:
        return open_link
    payment = _make_payment(actor, due, gateway, asker, payment_id, now)
    session.add(payment)
    await session.flush()
    return payment


async def _find_due(payments: PaymentRepository, booking: Booking) -> Due:
    if booking.phase in UNPAID:
        price = Money(amount_minor=booking.amount_minor, currency=booking.currency)
        return Due("booking", booking.id, price, booking.pay_by)
    change = await payments.find_agreed_change(booking.id) if booking.phase == "ticketed" else None
    if change is None or change.difference_minor <= 0:
        raise NotPayable
    difference = Money(amount_minor=change.difference_minor, currency=change.currency)
    return Due("booking_change", change.id, difference, change.expires_at)


def _ensure_agreed(claimed: Claimed, due: Money) -> None:
    """Raises AmountMismatch."""
    currency = claimed.currency or due.currency
    try:
        amount = due if claimed.amount is None else Money.parse(claimed.amount, currency)
    except ValueError:
        amount = None
    if currency != due.currency or amount != due:
        raise AmountMismatch(extra={"amount": str(due.amount), "currency": due.currency})


def _make_payment(
    actor: Actor, due: Due, gateway: PaymentGateway, asker: Asker, payment_id: UUID, now: datetime
) -> Payment:
    """Raises TooLateToPay."""
    expires_at = now + LINK_LIFE
    if due.pay_by is not None:
        expires_at = min(expires_at, due.pay_by - BEFORE_THE_END)
    if expires_at < now + SHORTEST:
        raise TooLateToPay
    return Payment(
        id=payment_id,
        user_id=actor.user_id,
        subject_type=due.subject_type,
        subject_id=due.subject_id,
        provider=gateway.name,
        reference=payment_id.hex,
        amount_minor=due.amount.amount_minor,
        currency=due.amount.currency,
        client_address=asker.client_address,
        language=asker.language,
        simulated=gateway.mode != "live",
        lease_until=clock.lease_now(),
        due_at=first_look_at(now, expires_at),
        expires_at=expires_at,
        created_at=now,
    )


async def _make_link(gateways: Gateways, payment: Payment) -> str:
    gateway = gateways.find_for(payment)
    if gateway is None:
        raise NoPaymentMethod
    if payment.expires_at < clock.now() + SHORTEST:
        raise TooLateToPay
    try:
        return await gateway.create_link(gateways.make_charge(payment))
    except GatewayDown as error:
        raise PaymentsUnreachable from error
    except GatewayError as error:
        # it stays pending: a gateway that has the charge already may say so by refusing it
        log.warning("payment.link_refused", provider=payment.provider, reason=str(error))
        raise PaymentRefused from error
