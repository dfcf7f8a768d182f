"""What travellers ask of our people."""

from __future__ import annotations

from typing import Literal, get_args
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CreatedAt, PrimaryKey, one_of

TicketStatus = Literal["open", "closed"]
FIRST_TICKET = 1001
"""Four digits are easily read out, and look like no count of ours."""


class SupportTicket(Base):
    """A traveller's wish to be answered by a person. Ends with its conversation, or with the user."""

    __tablename__ = "support_tickets"
    __table_args__ = (
        CheckConstraint(one_of("status", get_args(TicketStatus)), name="status"),
        Index(None, "conversation_id", "created_at"),
        Index(None, "user_id"),
    )

    id: Mapped[PrimaryKey]
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True, start=FIRST_TICKET), unique=True)
    """What the traveller is told, and says when they write to us."""
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    """None for a visitor."""
    language: Mapped[str]
    topic: Mapped[str]
    """What it is about, in a line, with personal data already replaced."""
    words: Mapped[str]
    """The traveller's own, as the transcript has them: with personal data already replaced."""
    status: Mapped[str] = mapped_column(default="open")
    created_at: Mapped[CreatedAt]
