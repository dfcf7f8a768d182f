"""What users are asked to agree to, and what they said."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CreatedAt, PrimaryKey, one_of

ProposalAction = Literal["book", "cancel", "change"]
ProposalStatus = Literal["open", "approved", "declined", "void"]
"""void: a newer card, a change of what it was about, or its time took its place."""
ApprovalChannel = Literal["card", "typed", "api"]


class Proposal(Base):
    """A card made of our own data, and the answer to it; used once. Approving it is the only consent there is."""

    __tablename__ = "proposals"
    __table_args__ = (
        CheckConstraint(one_of("action", get_args(ProposalAction)), name="action"),
        CheckConstraint(one_of("status", get_args(ProposalStatus)), name="status"),
        Index(None, "user_id", "created_at"),
        Index(None, "conversation_id"),
    )

    id: Mapped[PrimaryKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversations.id", ondelete="SET NULL"))
    action: Mapped[str]
    subject_id: Mapped[UUID]
    """Of the offer to book, or of the booking to cancel or change."""
    quote: Mapped[dict[str, Any]]
    """Everything agreed to, in the form the hash is made of. No documents, no birth dates."""
    quote_hash: Mapped[str]
    """SHA-256 of the canonical quote, in hex."""
    status: Mapped[str] = mapped_column(default="open")
    channel: Mapped[str | None]
    """How it was answered: `card`, `typed` or `api`."""
    booking_id: Mapped[UUID | None]
    """Of the booking it made or moved, once approved."""
    expires_at: Mapped[datetime]
    created_at: Mapped[CreatedAt]
    decided_at: Mapped[datetime | None]
