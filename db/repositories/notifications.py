"""Queries over the outbox of notifications."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from db.models import NotificationLog


class NotificationRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def claim_due(
        self, *, now: datetime, lease_seconds: int, notification_id: UUID | None = None
    ) -> NotificationLog | None:
        """Take the letter that waits longest, or the one asked for if it is due, under a new token and a lease."""
        due = (
            select(NotificationLog.id)
            .where(
                NotificationLog.status == "queued",
                NotificationLog.due_at <= now,
                NotificationLog.lease_until <= clock.lease_now(),
            )
            .order_by(NotificationLog.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if notification_id is not None:
            due = due.where(NotificationLog.id == notification_id)
        return await self._session.scalar(
            update(NotificationLog)
            .where(NotificationLog.id == due.scalar_subquery())
            .values(
                token=NotificationLog.token + 1,
                attempts=NotificationLog.attempts + 1,
                lease_until=clock.lease_now() + timedelta(seconds=lease_seconds),
            )
            .returning(NotificationLog)
            .execution_options(synchronize_session=False)
        )

    async def record_sent(self, claimed: NotificationLog, *, subject: str, sent_at: datetime) -> bool:
        """Close a letter as sent and wipe it; False when it is no longer the claimer's."""
        return await self._close(claimed, status="sent", subject=subject, sent_at=sent_at, letter=None)

    async def record_failed(self, claimed: NotificationLog) -> bool:
        """Give a letter up and wipe it; False when it is no longer the claimer's."""
        return await self._close(claimed, status="failed", letter=None)

    async def put_off(self, claimed: NotificationLog, *, due_at: datetime) -> bool:
        """Leave a letter for later; False when it is no longer the claimer's."""
        return await self._close(claimed, due_at=due_at, lease_until=clock.lease_now())

    async def _close(self, claimed: NotificationLog, **values: object) -> bool:
        closed = await self._session.scalar(
            update(NotificationLog)
            .where(NotificationLog.id == claimed.id, NotificationLog.token == claimed.token)
            .values(**values)
            .returning(NotificationLog.id)
            .execution_options(synchronize_session=False)
        )
        return closed is not None
