"""Money: links to pay by, what was taken, what gateways said, and what is given back."""

from __future__ import annotations

from datetime import datetime
from typing import get_args
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CreatedAt, PrimaryKey, UpdatedAt, one_of
from domain.payments import PaymentStatus, PaymentSubject, RefundReason, RefundStatus


class Payment(Base):
    """A link to pay by and what came of it. Kept without its user when the account ends, as the law wants ledgers."""

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint(one_of("subject_type", get_args(PaymentSubject)), name="subject_type"),
        CheckConstraint(one_of("status", get_args(PaymentStatus)), name="status"),
        CheckConstraint("NOT is_applied OR status = 'captured'", name="applied_is_captured"),
        Index(
            "uq_payments_applied",
            "subject_type",
            "subject_id",
            unique=True,
            postgresql_where=text("is_applied"),
        ),
        Index(None, "subject_type", "subject_id"),
        Index("ix_payments_due_at", "due_at", postgresql_where=text("status = 'pending'")),
    )

    id: Mapped[PrimaryKey]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    provider: Mapped[str]
    """The gateway's name."""
    reference: Mapped[str] = mapped_column(unique=True)
    """Ours at the gateway."""
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    status: Mapped[str] = mapped_column(default="pending")
    is_applied: Mapped[bool] = mapped_column(default=False)
    """Whether it is the money its subject was paid with; other money taken is given back."""
    reason: Mapped[str | None]
    """The gateway's code where it failed."""
    external_id: Mapped[str | None]
    """The gateway's number of the transaction, which a refund names."""
    payment_url: Mapped[str | None]
    """None until the gateway has made it."""
    client_address: Mapped[str]
    language: Mapped[str]
    simulated: Mapped[bool]
    """No real money stands behind it."""
    token: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime]
    due_at: Mapped[datetime]
    """When to ask the gateway what became of it, if it does not tell by itself."""
    expires_at: Mapped[datetime]
    """The link takes no money after this."""
    paid_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class PaymentEvent(Base):
    """Something a gateway told us once, in the transaction of what it changed. Append-only."""

    __tablename__ = "payment_events"
    __table_args__ = (UniqueConstraint("provider", "event_id"), Index(None, "payment_id"))

    id: Mapped[PrimaryKey]
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id", ondelete="CASCADE"))
    provider: Mapped[str]
    event_id: Mapped[str]
    state: Mapped[str]
    """A providers.payments.base.PaymentState."""
    created_at: Mapped[CreatedAt]


class Refund(Base):
    """Money to give back, from owing it to having done so."""

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint(one_of("status", get_args(RefundStatus)), name="status"),
        CheckConstraint(one_of("reason", get_args(RefundReason)), name="reason"),
        CheckConstraint("amount_minor > 0", name="amount_minor"),
        Index(None, "payment_id"),
        Index("ix_refunds_due_at", "due_at", postgresql_where=text("status IN ('due', 'calling', 'pending')")),
    )

    id: Mapped[PrimaryKey]
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id", ondelete="CASCADE"))
    reference: Mapped[str] = mapped_column(unique=True)
    """Ours at the gateway, the same for every try."""
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    reason: Mapped[str]
    status: Mapped[str] = mapped_column(default="due")
    token: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime]
    due_at: Mapped[datetime]
    created_at: Mapped[CreatedAt]
    done_at: Mapped[datetime | None]
