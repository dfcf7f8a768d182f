"""Rows that have no use any more."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ExchangeCode, RateLimit, SignInAttempt, UserSession, VerificationCode

EXPIRING = (UserSession, VerificationCode, SignInAttempt, ExchangeCode, RateLimit)

CHECKPOINT_TABLES = ("checkpoint_writes", "checkpoint_blobs", "checkpoints")


async def delete_expired(session: AsyncSession, before: datetime) -> None:
    """Remove what says itself until when it is good."""
    for model in EXPIRING:
        await session.execute(delete(model).where(model.expires_at < before))


async def delete_orphaned_checkpoints(session: AsyncSession) -> None:
    """Remove the graph's state of conversations that are gone: a process may die between deleting the two."""
    for table in CHECKPOINT_TABLES:
        await session.execute(
            text(
                f"DELETE FROM checkpoints.{table} WHERE NOT EXISTS "  # noqa: S608 - names of ours
                "(SELECT FROM conversations WHERE conversations.id::text = thread_id)"
            )
        )
