"""Reading a run's log as it grows, from any process, after any event."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from db.models import Run, RunEvent
from db.repositories.runs import RunRepository
from db.session import Transactions
from db.wakeups import Wakeups
from services.conversations.events import TERMINAL_TYPES
from services.conversations.runs import end_expired_runs

POLL_SECONDS = 1.0
PATIENCE_LOOKS = 20
"""How often in a row the database may be away before a reader gives up; the run goes on meanwhile."""


async def follow(
    transactions: Transactions, wakeups: Wakeups, run_id: UUID, *, after: int = 0
) -> AsyncIterator[Sequence[RunEvent]]:
    """Batches of events with seq > `after`, in order, without gap or repeat, until the terminal one.

    While nothing comes it yields an empty batch about every second, so that a reader can do other things. It ends the
    run if its process has died, and waits out a database that restarts. The caller has checked whose run it is.
    """
    failures = 0
    with wakeups.subscribe(run_id) as grown:
        while True:
            grown.clear()
            try:
                run, events = await _look(transactions, run_id, after)
                failures = 0
            except SQLAlchemyError:
                failures += 1
                if failures > PATIENCE_LOOKS:
                    raise
                run, events = None, ()
                await asyncio.sleep(POLL_SECONDS)
            yield events
            if failures:
                continue
            if events:
                after = events[-1].seq
                if events[-1].type in TERMINAL_TYPES:
                    return
            elif run is None or run.status != "running":
                return
            try:
                await asyncio.wait_for(grown.wait(), POLL_SECONDS)
            except TimeoutError:
                continue


async def _look(transactions: Transactions, run_id: UUID, after: int) -> tuple[Run | None, Sequence[RunEvent]]:
    async with transactions() as session:
        runs = RunRepository(session)
        run = await session.get(Run, run_id)
        if run is not None and run.status == "running" and await runs.is_expired(run_id):
            await end_expired_runs(session, conversation_id=run.conversation_id)
        # after the run, so that one seen as ended shows its terminal event
        return run, await runs.list_events(run_id, after=after)
