"""What a user was written, and is to be."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from core.security import Actor
from db.models import NotificationLog
from db.repositories.notifications import NotificationRepository


async def list_notifications(
    session: AsyncSession,
    actor: Actor,
    *,
    type: str | None,  # noqa: A002 - the column's name
    skip: int,
    limit: int,
) -> Sequence[NotificationLog]:
    """The caller's, latest first."""
    actor.require_user()
    return await NotificationRepository(session).list_readable(actor, type=type, skip=skip, limit=limit)
