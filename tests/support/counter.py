"""Paying for trips at simulated tills: links, notices, questions and refunds, without a network."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.clock import clock
from core.ids import new_id
from core.security import BOOKINGS_SCOPE, Actor
from db.models import Booking, BookingChange, Payment, PaymentEvent, Proposal, Refund
from domain.money import Money
from providers.payments.base import Charge, GatewayError, PaymentGateway, PaymentNotice, RefundOrder, RefundState
from services.payments.gateways import Gateways
from services.payments.links import Asker, Claimed, start_payment
from services.payments.notices import receive
from services.payments.parts import PaymentParts
from services.payments.reading import PaymentDetail
from tests.support.airline import HOLD
from tests.support.till import Operation, Till
from tests.support.trips import Trips

DIFFERENCE = 300_000


class DoubtfulTill(Till):
    """Falls silent where it is told to, before or after it did what was asked; may forget a refund it made."""

    def __init__(self, name: str = "vnpay") -> None:
        super().__init__(name)
        self.before: list[GatewayError] = []
        self.after: list[GatewayError] = []
        self.answers: list[RefundState] = []
        """To the next refunds, in place of `done`."""
        self.repeats = True
        self.refunds_asked: list[RefundOrder] = []
        self.asked = 0

    async def meet(self, operation: Operation, *, is_done: bool) -> None:
        errors = self.after if is_done else self.before
        if errors:
            raise errors.pop(0)

    async def ask(self, charge: Charge) -> PaymentNotice | None:
        self.asked += 1
        return await super().ask(charge)

    async def refund(self, order: RefundOrder) -> RefundState:
        self.refunds_asked.append(order)
        if self.answers and self.answers[0] == "refused":
            return self.answers.pop(0)
        made = await super().refund(order)
        return self.answers.pop(0) if self.answers else made

    def may_repeat(self, order: RefundOrder, *, asked_at: datetime) -> bool:
        return self.repeats


class Counter:
    """Trips, the tills they are paid at, and what became of it."""

    def __init__(self, trips: Trips, *gateways: PaymentGateway) -> None:
        self.trips, self.transactions = trips, trips.transactions
        self.gateways = Gateways(gateways, "https://travel.example")
        self.parts = PaymentParts(self.transactions, self.gateways)

    @property
    def actor(self) -> Actor:
        return Actor(kind="user", user_id=self.trips.user_id, scopes=frozenset({BOOKINGS_SCOPE}))

    async def start(
        self,
        booking_id: UUID,
        provider: str | None = None,
        *,
        amount: str | None = None,
        currency: str | None = None,
        payment_id: UUID | None = None,
        actor: Actor | None = None,
    ) -> PaymentDetail:
        return await start_payment(
            self.transactions,
            self.gateways,
            actor or self.actor,
            booking_id=booking_id,
            provider=provider,
            claimed=Claimed(amount, currency),
            asker=Asker("203.0.113.9", "vi"),
            payment_id=payment_id or new_id(),
        )

    async def hear(self, fields: dict[str, Any], name: str = "vnpay") -> str:
        """The verdict on a notice."""
        return str((await receive(self.transactions, self.gateways, name, fields)).body["verdict"])  # type: ignore[index]

    async def agree_to_change(self, booking_id: UUID, difference_minor: int = DIFFERENCE) -> UUID:
        change_id = new_id()
        async with self.transactions() as session:
            consent = Proposal(
                user_id=self.trips.user_id,
                action="change",
                subject_id=booking_id,
                quote={},
                quote_hash=change_id.hex,
                status="approved",
                channel="card",
                booking_id=booking_id,
                expires_at=clock.now() + HOLD,
            )
            session.add(consent)
            await session.flush()
            session.add(
                BookingChange(
                    id=change_id,
                    booking_id=booking_id,
                    proposal_id=consent.id,
                    quote={},
                    difference_minor=difference_minor,
                    fee_minor=0,
                    currency="VND",
                    expires_at=clock.now() + HOLD,
                )
            )
        return change_id

    async def change_booking(self, booking_id: UUID, **values: Any) -> None:
        async with self.transactions() as session:
            row = await session.get_one(Booking, booking_id)
            for name, value in values.items():
                setattr(row, name, value)

    async def payment(self, payment_id: UUID) -> Payment:
        async with self.transactions() as session:
            return await session.get_one(Payment, payment_id)

    async def change(self, change_id: UUID) -> BookingChange:
        async with self.transactions() as session:
            return await session.get_one(BookingChange, change_id)

    async def events(self) -> list[tuple[str, str]]:
        async with self.transactions() as session:
            return [(each.event_id, each.state) for each in await session.scalars(select(PaymentEvent))]

    async def refunds(self) -> Sequence[Refund]:
        async with self.transactions() as session:
            return list(await session.scalars(select(Refund).order_by(Refund.created_at, Refund.id)))

    async def refund_states(self) -> list[tuple[int, str, str]]:
        return [(each.amount_minor, each.reason, each.status) for each in await self.refunds()]


def vnd(amount_minor: int) -> Money:
    return Money(amount_minor=amount_minor, currency="VND")
