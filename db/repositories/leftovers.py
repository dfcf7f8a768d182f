"""Rows that have no use any more."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text, cast, column, delete, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import (
    CalendarConnectAttempt,
    Conversation,
    ExchangeCode,
    RateLimit,
    SignInAttempt,
    UserSession,
    VerificationCode,
)

EXPIRING = (UserSession, VerificationCode, SignInAttempt, CalendarConnectAttempt, ExchangeCode, RateLimit)

CHECKPOINT_TABLES = tuple(
    table(name, column("thread_id"), schema="checkpoints")
    for name in ("checkpoint_writes", "checkpoint_blobs", "checkpoints")
)
"""LangGraph's, where a thread is a conversation."""


async def delete_expired(session: AsyncSession, before: datetime) -> None:
    """Remove what says itself until when it is good."""
    for model in EXPIRING:
        await session.execute(delete(model).where(model.expires_at < before))


async def delete_orphaned_checkpoints(session: AsyncSession) -> None:
    """Remove the graph's state of conversations that are gone: a process may die between deleting the two."""
    for checkpoints in CHECKPOINT_TABLES:
        owner = select(Conversation.id).where(cast(Conversation.id, Text) == checkpoints.c.thread_id)
        await session.execute(delete(checkpoints).where(~owner.exists()))
