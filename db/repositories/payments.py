"""Queries over payments, what gateways told of them, and refunds.

Rows are locked in one order everywhere: user, booking, change, payment, refund.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.ids import new_id
from db.models import Booking, BookingChange, Payment, PaymentEvent, Refund, User

OPEN_REFUNDS = ("due", "calling", "pending")
"""Where the next call is ours to make."""


Rows = TypeVar("Rows", bound=Select[Any])


def is_for(booking_id: UUID) -> ColumnElement[bool]:
    """Which payments are for a booking: for its price, and for its changes."""
    changes = select(BookingChange.id).where(BookingChange.booking_id == booking_id)
    return or_(
        (Payment.subject_type == "booking") & (Payment.subject_id == booking_id),
        (Payment.subject_type == "booking_change") & Payment.subject_id.in_(changes),
    )


def _lock(statement: Rows) -> Rows:
    """The rows as they are once they are ours, whatever was read of them before."""
    return statement.with_for_update().execution_options(populate_existing=True)


class PaymentRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, payment_id: UUID) -> Payment | None:
        return await self._session.get(Payment, payment_id)

    async def find_by_reference(self, provider: str, reference: str) -> Payment | None:
        statement = select(Payment).where(Payment.provider == provider, Payment.reference == reference)
        return await self._session.scalar(statement)

    async def find_returned(self, reference: str) -> Payment | None:
        """The payment a browser comes back from: references are unguessable, and unique whatever the gateway."""
        return await self._session.scalar(select(Payment).where(Payment.reference == reference))

    async def make_due(self, reference: str, *, now: datetime) -> UUID | None:
        """Have a payment asked about now, unless it was before."""
        waiting = update(Payment).where(Payment.reference == reference, Payment.status == "pending")
        early = waiting.where(Payment.attempts == 0, Payment.due_at > now)
        payment_id: UUID | None = await self._session.scalar(early.values(due_at=now).returning(Payment.id))
        return payment_id

    async def find_open_link(
        self, provider: str, subject_type: str, subject_id: UUID, amount_minor: int, *, good_until: datetime
    ) -> Payment | None:
        """A link that may still be paid until then."""
        statement = (
            select(Payment)
            .where(
                Payment.provider == provider,
                Payment.subject_type == subject_type,
                Payment.subject_id == subject_id,
                Payment.amount_minor == amount_minor,
                Payment.status == "pending",
                Payment.expires_at >= good_until,
            )
            .order_by(Payment.created_at.desc())
            .limit(1)
        )
        return await self._session.scalar(statement)

    async def list_for(self, booking_id: UUID) -> Sequence[Payment]:
        """Latest first."""
        statement = select(Payment).where(is_for(booking_id))
        return list(await self._session.scalars(statement.order_by(Payment.created_at.desc(), Payment.id.desc())))

    async def lock_user(self, user_id: UUID | None) -> None:
        """Keep an account from being closed until the transaction ends; others who do so do not wait."""
        if user_id is not None:
            await self._session.scalar(
                select(User.id).where(User.id == user_id).with_for_update(read=True, key_share=True)
            )

    async def lock_booking(self, booking_id: UUID) -> Booking | None:
        return await self._session.scalar(_lock(select(Booking).where(Booking.id == booking_id)))

    async def find_booking_id(self, payment: Payment) -> UUID | None:
        """None where the booking has gone with its user."""
        if payment.subject_type == "booking":
            return payment.subject_id
        statement = select(BookingChange.booking_id).where(BookingChange.id == payment.subject_id)
        return await self._session.scalar(statement)

    async def lock_change(self, change_id: UUID) -> BookingChange | None:
        return await self._session.scalar(_lock(select(BookingChange).where(BookingChange.id == change_id)))

    async def find_agreed_change(self, booking_id: UUID) -> BookingChange | None:
        """The change that waits for its money, locked."""
        agreed = select(BookingChange).where(BookingChange.booking_id == booking_id, BookingChange.status == "agreed")
        return await self._session.scalar(_lock(agreed))

    async def lock(self, payment_id: UUID) -> Payment:
        payment = await self._session.scalar(_lock(select(Payment).where(Payment.id == payment_id)))
        assert payment is not None, "payments are never deleted"
        return payment

    async def lock_applied(self, booking_id: UUID) -> Sequence[Payment]:
        """The money a booking and its changes were paid with, the last taken first."""
        statement = (
            select(Payment)
            .where(is_for(booking_id), Payment.is_applied)
            .order_by(Payment.paid_at.desc(), Payment.id.desc())
        )
        return list(await self._session.scalars(_lock(statement)))

    async def has_applied(self, payment: Payment) -> bool:
        """Whether what a payment is for was paid with another."""
        statement = select(Payment.id).where(
            Payment.subject_type == payment.subject_type, Payment.subject_id == payment.subject_id, Payment.is_applied
        )
        return await self._session.scalar(statement) is not None

    async def add_event(self, payment_id: UUID, *, provider: str, event_id: str, state: str) -> bool:
        """Write down what a gateway told; False when it has told that before."""
        added = await self._session.scalar(
            insert(PaymentEvent)
            .values(
                id=new_id(),
                payment_id=payment_id,
                provider=provider,
                event_id=event_id,
                state=state,
                created_at=clock.now(),
            )
            .on_conflict_do_nothing(index_elements=["provider", "event_id"])
            .returning(PaymentEvent.id)
        )
        return added is not None

    async def claim_due(self, *, now: datetime, lease_seconds: int, payment_id: UUID | None = None) -> Payment | None:
        """Take the pending payment that waits longest to be asked about, or the one named if it is due."""
        due = (
            select(Payment.id)
            .where(Payment.status == "pending", Payment.due_at <= now, Payment.lease_until <= clock.lease_now())
            .order_by(Payment.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if payment_id is not None:
            due = due.where(Payment.id == payment_id)
        return await self._session.scalar(
            update(Payment)
            .where(Payment.id == due.scalar_subquery())
            .values(
                token=Payment.token + 1,
                attempts=Payment.attempts + 1,
                lease_until=clock.lease_now() + timedelta(seconds=lease_seconds),
            )
            .returning(Payment)
            .execution_options(synchronize_session=False)
        )

    async def write_pending(self, payment: Payment, **values: Any) -> bool:
        """Change a claimed payment that is still pending; False when it is no longer the claimer's."""
        written = await self._session.scalar(
            update(Payment)
            .where(Payment.id == payment.id, Payment.token == payment.token, Payment.status == "pending")
            .values(updated_at=clock.now(), **values)
            .returning(Payment.id)
            .execution_options(synchronize_session=False)
        )
        return written is not None

    async def write_link(self, payment_id: UUID, url: str) -> None:
        """The first link made for a payment stays."""
        await self._session.execute(
            update(Payment)
            .where(Payment.id == payment_id, Payment.payment_url.is_(None))
            .values(payment_url=url, updated_at=clock.now())
        )


class RefundRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, refund_id: UUID) -> Refund | None:
        return await self._session.get(Refund, refund_id)

    async def list_for(self, payment_ids: Sequence[UUID]) -> Sequence[Refund]:
        """Oldest first."""
        statement = select(Refund).where(Refund.payment_id.in_(payment_ids))
        return list(await self._session.scalars(statement.order_by(Refund.created_at, Refund.id)))

    async def sum_of(self, payment_id: UUID) -> int:
        """What a payment's refunds come to, given back and still to give."""
        statement = select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(Refund.payment_id == payment_id)
        return int(await self._session.scalar(statement) or 0)

    async def sum_unfinished(self, booking_id: UUID) -> int:
        """What is still to be given back for a booking."""
        statement = (
            select(func.coalesce(func.sum(Refund.amount_minor), 0))
            .join(Payment, Payment.id == Refund.payment_id)
            .where(is_for(booking_id), Refund.status != "done")
        )
        return int(await self._session.scalar(statement) or 0)

    async def claim_due(self, *, now: datetime, lease_seconds: int, refund_id: UUID | None = None) -> Refund | None:
        """Take the refund that waits longest, or the one named if it is due."""
        due = (
            select(Refund.id)
            .where(Refund.status.in_(OPEN_REFUNDS), Refund.due_at <= now, Refund.lease_until <= clock.lease_now())
            .order_by(Refund.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if refund_id is not None:
            due = due.where(Refund.id == refund_id)
        return await self._session.scalar(
            update(Refund)
            .where(Refund.id == due.scalar_subquery())
            .values(
                token=Refund.token + 1,
                attempts=Refund.attempts + 1,
                lease_until=clock.lease_now() + timedelta(seconds=lease_seconds),
            )
            .returning(Refund)
            .execution_options(synchronize_session=False)
        )

    async def write(self, refund: Refund, **values: Any) -> bool:
        """Change a claimed refund; False when it is no longer the claimer's."""
        written = await self._session.scalar(
            update(Refund)
            .where(Refund.id == refund.id, Refund.token == refund.token)
            .values(**values)
            .returning(Refund.id)
            .execution_options(synchronize_session=False)
        )
        return written is not None
