"""Queries over runs and their event log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from db.models import Conversation, Run, RunEvent

EVENTS_CHANNEL = "run_events"
"""Carries run ids only: a wake-up for readers, who read by cursor."""


class BatchStored(Exception):
    """The batch had been committed before, though its writer never heard of it."""


class Advance(NamedTuple):
    last_seq: int
    is_cancel_requested: bool


class RunRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find_active(self, conversation_id: UUID) -> Run | None:
        return await self._session.scalar(
            select(Run).where(Run.conversation_id == conversation_id, Run.status == "running")
        )

    async def find(self, conversation_id: UUID, run_id: UUID) -> Run | None:
        return await self._session.scalar(select(Run).where(Run.id == run_id, Run.conversation_id == conversation_id))

    async def extend_lease(self, run_id: UUID, seconds: int) -> bool | None:
        """Keep a run ours; whether its cancellation was asked for, or None when it is no longer running."""
        row = (
            await self._session.execute(
                update(Run)
                .where(Run.id == run_id, Run.status == "running")
                .values(lease_until=clock.lease_now() + timedelta(seconds=seconds))
                .returning(Run.cancel_requested_at)
            )
        ).one_or_none()
        return None if row is None else row[0] is not None

    async def lock_expired(self, *, conversation_id: UUID | None = None, limit: int = 50) -> Sequence[Run]:
        """Runs whose process stopped keeping their lease, locked after their conversations, as every writer locks them.

        What another transaction holds is left to it.
        """
        held = (
            select(Conversation.id)
            .join(Run, Run.conversation_id == Conversation.id)
            .where(self._is_over())
            .limit(limit)
            .with_for_update(of=Conversation, skip_locked=True)
        )
        if conversation_id is not None:
            held = held.where(Conversation.id == conversation_id)
        conversations = list(await self._session.scalars(held))
        expired = select(Run).where(Run.conversation_id.in_(conversations), self._is_over())
        return list(await self._session.scalars(expired.with_for_update(skip_locked=True)))

    async def is_expired(self, run_id: UUID) -> bool:
        return await self._session.scalar(select(Run.id).where(Run.id == run_id, self._is_over())) is not None

    @staticmethod
    def _is_over() -> ColumnElement[bool]:
        return (Run.status == "running") & (Run.lease_until < clock.lease_now())

    async def append(
        self, run_id: UUID, events: Sequence[dict[str, Any]], *, after: int | None = None
    ) -> Advance | None:
        """Add events to a running run's log and wake its readers; None when the run has been ended by another.

        `after` is the seq the log must end with: a writer that does not know whether its last batch was committed
        cannot store it twice (BatchStored).
        """
        statement = update(Run).where(Run.id == run_id, Run.status == "running")
        if after is not None:
            statement = statement.where(Run.last_seq == after)
        advance = (
            await self._session.execute(
                statement.values(last_seq=Run.last_seq + len(events)).returning(Run.last_seq, Run.cancel_requested_at)
            )
        ).one_or_none()
        if advance is None:
            if after is not None and await self._ends_with(run_id, after + len(events)):
                raise BatchStored
            return None
        first = advance.last_seq - len(events) + 1
        await self._session.execute(
            insert(RunEvent),
            [
                {"run_id": run_id, "seq": seq, "type": event["type"], "data": event}
                for seq, event in enumerate(events, start=first)
            ],
        )
        await self._session.execute(select(func.pg_notify(EVENTS_CHANNEL, str(run_id))))
        return Advance(advance.last_seq, advance.cancel_requested_at is not None)

    async def _ends_with(self, run_id: UUID, seq: int) -> bool:
        statement = select(Run.id).where(Run.id == run_id, Run.status == "running", Run.last_seq == seq)
        return await self._session.scalar(statement) is not None

    async def list_events(self, run_id: UUID, *, after: int = 0) -> Sequence[RunEvent]:
        statement = select(RunEvent).where(RunEvent.run_id == run_id, RunEvent.seq > after).order_by(RunEvent.seq)
        return list(await self._session.scalars(statement))

    async def delete_old_events(self, finished_before: datetime) -> None:
        """Drop the logs of runs that ended long ago; their replies stay in the transcript."""
        ended = select(Run.id).where(Run.finished_at < finished_before)
        await self._session.execute(delete(RunEvent).where(RunEvent.run_id.in_(ended)))
