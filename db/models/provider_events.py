"""What flight providers tell us by themselves."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CreatedAt, PrimaryKey


class ProviderEvent(Base):
    """Something a provider told us once about an order, in the transaction of what it changed. Ends with its booking.

    It is a reason to read the order, never what is believed of it.
    """

    __tablename__ = "provider_events"
    __table_args__ = (
        UniqueConstraint("provider", "event_key"),
        Index(None, "booking_id"),
        Index(None, "created_at"),
        Index("ix_provider_events_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    id: Mapped[PrimaryKey]
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id", ondelete="CASCADE"))
    provider: Mapped[str]
    event_key: Mapped[str]
    """The same for every delivery of one happening."""
    event_type: Mapped[str]
    order_id: Mapped[str | None]
    """The provider's."""
    attempts: Mapped[int] = mapped_column(default=0)
    """Of looks that found nobody at home."""
    due_at: Mapped[datetime | None]
    """When to read the order because of it; None once that was done."""
    created_at: Mapped[CreatedAt]
