"""LISTEN as a wake-up only: readers read by cursor and look by themselves too, so a lost one costs a second."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import structlog
from psycopg import sql

from db.repositories.runs import EVENTS_CHANNEL

log = structlog.get_logger()

RECONNECT_SECONDS = 1


class Wakeups:
    """One listening connection for all readers of this process."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self.is_listening = asyncio.Event()
        """Set once the first LISTEN stands: from then on readers need not fall back on looking."""

    @contextmanager
    def subscribe(self, run_id: object) -> Iterator[asyncio.Event]:
        """An event that is set whenever the run's log has grown."""
        key, event = str(run_id), asyncio.Event()
        self._waiting[key].add(event)
        try:
            yield event
        finally:
            self._waiting[key].discard(event)
            if not self._waiting[key]:
                del self._waiting[key]

    async def listen(self) -> None:
        """Run until cancelled, reconnecting when the server goes away."""
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(self._database_url, autocommit=True)
                async with connection:
                    await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(EVENTS_CHANNEL)))
                    self.is_listening.set()
                    async for notification in connection.notifies():
                        for event in self._waiting.get(notification.payload, ()):
                            event.set()
            except psycopg.OperationalError as error:
                log.warning("wakeups.lost", error=type(error).__name__)
            await asyncio.sleep(RECONNECT_SECONDS)
