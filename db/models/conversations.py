"""Conversations, their messages, the runs that answer them, and the events a run emits."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CreatedAt, PrimaryKey, SealedText, UpdatedAt, one_of

MessageRole = Literal["user", "assistant", "system"]
RunStatus = Literal["running", "success", "interrupt", "cancelled", "error"]


class Conversation(Base):
    """A thread. Owned by its user, or by whoever holds the token of an anonymous one; ends when deleted."""

    __tablename__ = "conversations"

    id: Mapped[PrimaryKey]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes | None] = mapped_column(index=True)
    channel: Mapped[str]
    language: Mapped[str | None]
    """Of the latest message that had one; what a message without one is answered in."""
    time_zone: Mapped[str]
    state: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """A view of the conversation for clients (the trip as understood), never the graph's state."""
    context: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the host page said about itself: data, never instructions."""
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class ConversationMessage(Base):
    """A line of the transcript, append-only. User text is stored with personal data already replaced."""

    __tablename__ = "conversation_messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "client_message_id"),
        Index(None, "conversation_id", "position"),
        CheckConstraint(one_of("role", get_args(MessageRole)), name="role"),
    )

    id: Mapped[PrimaryKey]
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    """Grows with each message; what pages are cut by."""
    role: Mapped[str]
    content: Mapped[str]
    blocks: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """The reply as a block tree, rendered by code from `content`."""
    language: Mapped[str | None]
    intent: Mapped[str | None]
    agent_name: Mapped[str | None]
    attachments: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    suggested_actions: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    client_message_id: Mapped[UUID | None]
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)
    """Of a reply: `run`, how the run that wrote it ended, and `error` with code and message if it failed."""
    created_at: Mapped[CreatedAt]


class Run(Base):
    """One turn. Owned by the process that holds its lease; any process ends it once the lease is over."""

    __tablename__ = "runs"
    __table_args__ = (
        Index(
            "uq_runs_active_conversation_id",
            "conversation_id",
            unique=True,
            postgresql_where=text("status = 'running'"),
        ),
        Index("ix_runs_lease_until", "lease_until", postgresql_where=text("status = 'running'")),
        CheckConstraint(one_of("status", get_args(RunStatus)), name="status"),
    )

    id: Mapped[PrimaryKey]
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    status: Mapped[str] = mapped_column(default="running")
    language: Mapped[str]
    lease_until: Mapped[datetime]
    cancel_requested_at: Mapped[datetime | None]
    last_seq: Mapped[int] = mapped_column(default=0)
    """The seq of the newest event; appending moves it under the row's lock, so the log stays dense."""
    error_code: Mapped[str | None]
    model: Mapped[str | None]
    prompt_hash: Mapped[str | None]
    code_version: Mapped[str]
    usage: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[CreatedAt]
    finished_at: Mapped[datetime | None]


class RunEvent(Base):
    """One AG-UI event of a run, stored before it is sent. Append-only, dense from 1."""

    __tablename__ = "run_events"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    type: Mapped[str]
    data: Mapped[dict[str, Any]]
    created_at: Mapped[CreatedAt]


class VaultEntry(Base):
    """What a placeholder in a conversation stands for. Ends with the conversation.

    The value goes sooner, the row stays: a placeholder never comes to mean something else.
    """

    __tablename__ = "vault_entries"
    __table_args__ = (
        UniqueConstraint("conversation_id", "placeholder"),
        UniqueConstraint("conversation_id", "value_hash"),
        Index("ix_vault_entries_created_at", "created_at", postgresql_where=text("ciphertext IS NOT NULL")),
    )

    id: Mapped[PrimaryKey]
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    placeholder: Mapped[str]
    """As it stands in the text: "[passport-1]"."""
    kind: Mapped[str]
    """What the value is, as the placeholder says it."""
    value_hash: Mapped[bytes | None]
    """Keyed, and of this conversation only; what a value said again is known by."""
    ciphertext: Mapped[SealedText | None]
    created_at: Mapped[CreatedAt]
