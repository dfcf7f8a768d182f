"""What users are asked to agree to, and what they said."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CreatedAt, PrimaryKey, one_of

BookingAction = Literal["book", "cancel", "change"]
"""What makes or moves a booking."""
AccountAction = Literal["calendar", "remember", "forget_document", "change_email"]
"""What changes something else of the caller's: their calendar, their preferences, their papers, their address."""
ProposalAction = Literal[BookingAction, AccountAction]
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
        Index(
            "uq_proposals_open_conversation_id",
            "conversation_id",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
    )

    id: Mapped[PrimaryKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversations.id", ondelete="SET NULL"))
    action: Mapped[str]
    subject_id: Mapped[UUID]
    """Of the offer to book, the booking to cancel, to change or to write down, the document to delete, or else of the
    user."""
    quote: Mapped[dict[str, Any]]
    """Everything agreed to, in the form the hash is made of. No documents, no birth dates."""
    quote_hash: Mapped[str]
    """SHA-256 of the canonical quote, in hex."""
    status: Mapped[str] = mapped_column(default="open")
    channel: Mapped[str | None]
    """How it was answered: `card`, `typed` or `api`."""
    booking_id: Mapped[UUID | None]
    """Of the booking it made or moved, once approved."""
    tool_call_id: Mapped[str | None]
    """Of the call that asked, in the words of the model's provider; none where no tool did."""
    answered_in: Mapped[UUID | None] = mapped_column(
        ForeignKey("conversation_messages.id", ondelete="SET NULL"), index=True
    )
    """The words, or the click, that answered it in its conversation."""
    expires_at: Mapped[datetime]
    created_at: Mapped[CreatedAt]
    decided_at: Mapped[datetime | None]
