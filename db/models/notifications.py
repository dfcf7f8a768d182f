"""Messages to people: what is to be sent, and what was."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CreatedAt, PrimaryKey, SealedText, one_of

NotificationStatus = Literal["queued", "sent", "failed", "skipped"]
"""skipped: overtaken by events, or not wanted, by the time it was due."""


class NotificationLog(Base):
    """A message to a user or to our support desk: the outbox while it is queued, the history after. Ends with the user.

    Sent at least once by whoever holds the lease, under a Message-ID made of the row's id, so that a repeat is seen
    as one.
    """

    __tablename__ = "notification_logs"
    __table_args__ = (
        CheckConstraint(one_of("status", get_args(NotificationStatus)), name="status"),
        Index(None, "user_id", "created_at"),
        Index("ix_notification_logs_due_at", "due_at", postgresql_where=text("status = 'queued'")),
    )

    id: Mapped[PrimaryKey]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    """None for a letter to our support desk, which no user can read."""
    type: Mapped[str]
    """The template's name; an open set."""
    channel: Mapped[str] = mapped_column(default="email")
    language: Mapped[str]
    subject: Mapped[str | None]
    ref_id: Mapped[UUID | None]
    """What it is about: a booking; for money given back beyond a price, the payment."""
    status: Mapped[str] = mapped_column(default="queued")
    letter: Mapped[SealedText | None]
    """JSON: the address and what fills the template. Sealed, and gone once it is sent or given up; absent where it is
    all read from what `ref_id` names when it is sent."""
    token: Mapped[int] = mapped_column(default=0)
    """Grows with each claim; a sender with an older one may no longer write."""
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime]
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
