"""Leave to write in somebody's calendar, and what of a booking stands there."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CreatedAt, PrimaryKey, SealedText, one_of

ConnectionStatus = Literal["connected", "revoked"]
"""revoked: Google says that its owner has taken the leave back, or it ran out."""
EventState = Literal["wanted", "synced", "unwanted", "removed", "parked"]
"""wanted, unwanted: to be written or removed; parked: left alone until the calendar is connected anew."""
UNSETTLED: tuple[EventState, ...] = ("wanted", "unwanted")


class CalendarConnectAttempt(Base):
    """A user on the way to Google and back, to let us write in their calendar. Used once; ends with the user."""

    __tablename__ = "calendar_connect_attempts"

    id: Mapped[PrimaryKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    state_hash: Mapped[bytes] = mapped_column(unique=True)
    """Of the state and a secret of the browser's."""
    code_verifier: Mapped[SealedText]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    created_at: Mapped[CreatedAt]


class CalendarConnection(Base):
    """A user's leave for us to write in their Google Calendar. A new leave is a new row; ends with the user."""

    __tablename__ = "calendar_connections"
    __table_args__ = (CheckConstraint(one_of("status", get_args(ConnectionStatus)), name="status"),)

    id: Mapped[PrimaryKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    refresh_token: Mapped[SealedText]
    status: Mapped[str] = mapped_column(default="connected")
    account: Mapped[str | None]
    """Enough of its address for its owner to know it by: `l…@example.com`."""
    granted_at: Mapped[datetime]
    created_at: Mapped[CreatedAt]


class CalendarEvent(Base):
    """A flight of a booking in a calendar. Ends with the booking; Google's own event outlives both.

    Written under an id made of the booking, the place in it and the calendar, by whoever holds the lease: a write that
    is repeated after a crash is the same event. What it shall say is read from the booking each time.
    """

    __tablename__ = "calendar_events"
    __table_args__ = (
        CheckConstraint(one_of("state", get_args(EventState)), name="state"),
        UniqueConstraint(
            "booking_id", "item_position", "segment_position", "calendar_id", name="uq_calendar_events_place"
        ),
        Index(None, "user_id", "created_at"),
        Index("ix_calendar_events_due_at", "due_at", postgresql_where=text(one_of("state", UNSETTLED))),
    )

    id: Mapped[PrimaryKey]
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    calendar_id: Mapped[str]
    """Google's name for the calendar; `primary` is the account's own."""
    item_position: Mapped[int]
    segment_position: Mapped[int]
    google_event_id: Mapped[str]
    language: Mapped[str]
    """What it is written in."""
    state: Mapped[str] = mapped_column(default="wanted")
    content_hash: Mapped[str | None]
    """SHA-256 of what was written last; none where nothing is known to stand there."""
    token: Mapped[int] = mapped_column(default=0)
    """Grows with each claim and each change of what is wanted; a writer with an older one may no longer record."""
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime]
    due_at: Mapped[datetime]
    synced_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
