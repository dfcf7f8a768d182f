"""Jobs are hints: "look at this row soon". A lost or doubled one costs time only, because the sweep looks as well.

A hint is written on the caller's connection, so that it exists exactly when the row it speaks of does. The queue's
functions do not name their schema, and this connection's search path is ours: it is lent to them for a savepoint.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

STALLED_SECONDS = 30
"""A worker that was not heard of for so long is dead: it beats every ten seconds."""

# never opened: it only writes the queue's statements, on connections it is handed
_queue = App(connector=PsycopgConnector())

_FORGET_STALLED = text(
    """DELETE FROM procrastinate_jobs WHERE status = 'doing' AND (worker_id IS NULL OR worker_id IN (
        SELECT id FROM procrastinate_workers WHERE last_heartbeat < now() - make_interval(secs => :seconds)))"""
)


async def hint(session: AsyncSession, task_name: str, **ids: UUID) -> None:
    """Have a task look at these rows once the transaction commits; one hint waits at a time."""
    await session.flush()
    name = " ".join([task_name, *(str(value) for value in ids.values())])
    try:
        async with _queue_schema(session) as connection:
            raw = await connection.get_raw_connection()
            job = _queue.configure_task(
                task_name, allow_unknown=True, queueing_lock=name, connection=raw.driver_connection
            )
            await job.defer_async(**{key: str(value) for key, value in ids.items()})
    except AlreadyEnqueued:
        pass  # the savepoint saved the transaction; the hint that waits will do


async def forget_stalled_hints(session: AsyncSession) -> int:
    """Delete jobs whose worker died while it had them; the rows they spoke of are the sweep's. How many."""
    async with _queue_schema(session) as connection:
        return (await connection.execute(_FORGET_STALLED, {"seconds": STALLED_SECONDS})).rowcount


@asynccontextmanager
async def _queue_schema(session: AsyncSession) -> AsyncIterator[AsyncConnection]:
    connection = await session.connection()
    async with connection.begin_nested():
        await connection.execute(text("SET LOCAL search_path TO jobs"))
        yield connection
        await connection.execute(text("SET LOCAL search_path TO DEFAULT"))
