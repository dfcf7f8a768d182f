"""Queries over the outbox of notifications."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import ColumnElement, delete, false, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.messages import Language
from core.security import Actor
from db.models import Booking, Conversation, NotificationLog, Run, UserPreference
from db.models.notifications import NotificationStatus

DEFAULT_LANGUAGE: Language = "vi"


def readable_by(actor: Actor) -> ColumnElement[bool]:
    """Which notifications exist for a caller: their own."""
    return false() if actor.user_id is None else NotificationLog.user_id == actor.user_id


class NotificationRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def list_readable(
        self,
        actor: Actor,
        *,
        type: str | None,  # noqa: A002 - the column's name
        skip: int,
        limit: int,
    ) -> Sequence[NotificationLog]:
        """Latest first."""
        statement = select(NotificationLog).where(readable_by(actor))
        if type is not None:
            statement = statement.where(NotificationLog.type == type)
        latest_first = statement.order_by(NotificationLog.created_at.desc(), NotificationLog.id.desc())
        return list(await self._session.scalars(latest_first.offset(skip).limit(limit)))

    async def list_about_bookings(
        self, actor: Actor, *, status: NotificationStatus, limit: int
    ) -> Sequence[tuple[NotificationLog, str | None]]:
        """Letters of this status about the caller's bookings and their money, with the PNR if there is one.

        Those to be sent in order of their time, those sent latest first.
        """
        about = select(NotificationLog, Booking.booking_reference).outerjoin(
            Booking, Booking.id == NotificationLog.ref_id
        )
        chosen = about.where(readable_by(actor), NotificationLog.ref_id.is_not(None), NotificationLog.status == status)
        at = NotificationLog.sent_at.desc() if status == "sent" else NotificationLog.due_at
        found = await self._session.execute(chosen.order_by(at, NotificationLog.id).limit(limit))
        return [(letter, reference) for letter, reference in found]

    async def add_reference(
        self,
        notification_id: UUID,
        *,
        user_id: UUID,
        type: str,  # noqa: A002 - the column's name
        ref_id: UUID,
        due_at: datetime,
    ) -> bool:
        """A letter to be written from the row it names when it is due; False when there is one of this id."""
        row = insert(NotificationLog).values(
            id=notification_id,
            user_id=user_id,
            type=type,
            ref_id=ref_id,
            language=await self.find_language(user_id),
            lease_until=clock.lease_now(),
            due_at=due_at,
        )
        added = await self._session.scalar(row.on_conflict_do_nothing().returning(NotificationLog.id))
        return added is not None

    async def find_language(self, user_id: UUID) -> Language:
        """What a user reads: as they set it, else as they last wrote in the chat, else as of their last letter."""
        told = select(UserPreference.locale).where(UserPreference.user_id == user_id)
        spoken = (
            select(Run.language)
            .join(Conversation, Conversation.id == Run.conversation_id)
            .where(Conversation.user_id == user_id)
            .order_by(Run.created_at.desc())
            .limit(1)
        )
        written = (
            select(NotificationLog.language)
            .where(NotificationLog.user_id == user_id)
            .order_by(NotificationLog.created_at.desc())
            .limit(1)
        )
        sources = (each.scalar_subquery() for each in (told, spoken, written))
        return cast("Language", await self._session.scalar(select(func.coalesce(*sources))) or DEFAULT_LANGUAGE)

    async def drop_queued(self, *, user_id: UUID, ref_id: UUID, types: Collection[str], keep: Collection[UUID]) -> None:
        """Take back letters about a row that nobody has sent yet."""
        await self._session.execute(
            delete(NotificationLog).where(
                NotificationLog.user_id == user_id,
                NotificationLog.ref_id == ref_id,
                NotificationLog.type.in_(types),
                NotificationLog.status == "queued",
                NotificationLog.id.not_in(keep),
            )
        )

    async def find_latest(self, *, user_id: UUID, ref_id: UUID, type: str) -> datetime | None:  # noqa: A002 - as above
        """When a user was last written to about a row, in a letter of this type."""
        statement = select(func.max(NotificationLog.created_at)).where(
            NotificationLog.user_id == user_id, NotificationLog.ref_id == ref_id, NotificationLog.type == type
        )
        return await self._session.scalar(statement)

    async def wants_reminders(self, user_id: UUID) -> bool:
        statement = select(UserPreference.reminders).where(UserPreference.user_id == user_id)
        return await self._session.scalar(statement) is not False

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

    async def record_skipped(self, claimed: NotificationLog) -> bool:
        """Leave a letter unsent for good; False when it is no longer the claimer's."""
        return await self._close(claimed, status="skipped", letter=None)

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
