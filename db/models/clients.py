"""Programs that call us, and the bookkeeping of calls: keys, rates, repeated requests."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CreatedAt, PrimaryKey, SealedText, one_of

ClientKind = Literal["site", "partner", "user"]


class ApiClient(Base):
    """A program with a key of ours: a website with the widget (whose key is public), a partner, a user's own."""

    __tablename__ = "api_clients"
    __table_args__ = (CheckConstraint(one_of("kind", get_args(ClientKind)), name="kind"),)

    id: Mapped[PrimaryKey]
    kind: Mapped[str]
    name: Mapped[str]
    key_hash: Mapped[bytes] = mapped_column(unique=True)
    allowed_origins: Mapped[list[str]] = mapped_column(JSONB, default=list)
    """Origins of pages, such as https://shop.example, that may use a site's key."""
    scopes: Mapped[list[str]] = mapped_column(JSONB, default=list)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[CreatedAt]


class RateLimit(Base):
    """How often a caller came in the window under way. Counted by one statement; swept when the window is over."""

    __tablename__ = "rate_limits"
    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012 - SQLAlchemy reads it; a crash may forget counts

    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class IdempotencyKey(Base):
    """A creating request under its caller's key, and what it was answered. Kept for a day."""

    __tablename__ = "idempotency_keys"

    owner_id: Mapped[UUID] = mapped_column(primary_key=True)
    """The user or client who sent it; no foreign key, so that either may be."""
    key_hash: Mapped[bytes] = mapped_column(primary_key=True)
    id: Mapped[UUID]
    """What the sealed answer is bound to."""
    request_hash: Mapped[bytes]
    token: Mapped[int] = mapped_column(default=1)
    """Grows with each take-over of a holder that died; the older one can no longer answer."""
    lease_until: Mapped[datetime]
    status_code: Mapped[int | None]
    """Absent while the request is under way."""
    answer: Mapped[SealedText | None]
    created_at: Mapped[CreatedAt] = mapped_column(index=True)
