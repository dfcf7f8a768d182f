"""Accounts, the sessions they are used through, and what proves who somebody is."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CreatedAt, PrimaryKey, SealedText, UpdatedAt, one_of

CodePurpose = Literal["reset_password", "change_email"]


class User(Base):
    """A person with an account. Owned by the person; ends when they delete it.

    `hashed_password` is absent for someone who only signs in through an identity provider.
    """

    __tablename__ = "users"

    id: Mapped[PrimaryKey]
    email: Mapped[str] = mapped_column(unique=True)
    """As `services/accounts` normalises it, so that one mailbox is one account."""
    email_verified_at: Mapped[datetime | None]
    hashed_password: Mapped[str | None]
    full_name: Mapped[str | None]
    phone: Mapped[str | None]
    """E.164."""
    avatar_url: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    is_superuser: Mapped[bool] = mapped_column(default=False)
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class UserIdentity(Base):
    """A person's account at an identity provider, by the provider's own name for them. Ends with the user."""

    __tablename__ = "user_identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[PrimaryKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    issuer: Mapped[str]
    subject: Mapped[str]
    created_at: Mapped[CreatedAt]


class UserSession(Base):
    """One sign-in and every token that came of it; the family a replayed refresh token takes down."""

    __tablename__ = "user_sessions"

    id: Mapped[PrimaryKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str | None]
    created_at: Mapped[CreatedAt]


class RefreshToken(Base):
    """A refresh token by its hash. Used once; its successor is derived from it, so a repeat finds the same one."""

    __tablename__ = "refresh_tokens"

    id: Mapped[PrimaryKey]
    session_id: Mapped[UUID] = mapped_column(ForeignKey("user_sessions.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class VerificationCode(Base):
    """A one-time code sent to an address, the latest for its purpose. Ends when used, after a few wrong tries, or when
    its minutes are over."""

    __tablename__ = "verification_codes"
    __table_args__ = (
        CheckConstraint(one_of("purpose", get_args(CodePurpose)), name="purpose"),
        UniqueConstraint("user_id", "purpose"),
    )

    id: Mapped[PrimaryKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    purpose: Mapped[str]
    code_hash: Mapped[bytes]
    address: Mapped[SealedText]
    """Where the code went: what the right code proves."""
    tries: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class SignInAttempt(Base):
    """A sign-in under way at an identity provider, from our redirect to its answer."""

    __tablename__ = "sign_in_attempts"

    id: Mapped[PrimaryKey]
    state_hash: Mapped[bytes] = mapped_column(unique=True)
    nonce: Mapped[str]
    code_verifier: Mapped[SealedText]
    continue_to: Mapped[str]
    """The page of ours to return to, with its query."""
    expires_at: Mapped[datetime] = mapped_column(index=True)
    created_at: Mapped[CreatedAt]


class ExchangeCode(Base):
    """What our page gives a widget on a foreign page in place of a token: one use, a minute, one conversation."""

    __tablename__ = "exchange_codes"

    id: Mapped[PrimaryKey]
    code_hash: Mapped[bytes] = mapped_column(unique=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("user_sessions.id", ondelete="CASCADE"), index=True)
    client_id: Mapped[UUID | None] = mapped_column(ForeignKey("api_clients.id", ondelete="CASCADE"), index=True)
    """The site the widget stands on; absent on our own page."""
    origin: Mapped[str]
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class AuditEvent(Base):
    """That something security-relevant happened. Append-only; holds ids and words of ours, never personal data.

    No foreign keys: it outlives what it tells of.
    """

    __tablename__ = "audit_events"
    __table_args__ = (Index(None, "user_id", "created_at"),)

    id: Mapped[PrimaryKey]
    action: Mapped[str]
    """Noun and past participle, such as `user.signed_in`."""
    user_id: Mapped[UUID | None]
    """Whom it concerns."""
    actor_id: Mapped[UUID | None]
    """Who did it: a user or a client; absent for an anonymous caller and for the command line."""
    client_id: Mapped[UUID | None]
    request_id: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[CreatedAt] = mapped_column(index=True)
