"""The job queue: which tasks there are. Each body is one service call, and its arguments are ids."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import structlog
from procrastinate import App, PsycopgConnector
from psycopg_pool import AsyncConnectionPool

from core.security import Keys
from db.migrate import with_schema
from db.session import POOL_WAIT_SECONDS, Transactions
from providers.messaging.base import MailSender
from services.bookings.advance import BookingParts, advance_due
from services.bookings.creation import ADVANCE_TASK
from services.flights.market import Market
from services.notifications.outbox import SEND_TASK, send_due

log = structlog.get_logger()

POOL_SIZE = 2
"""Connections to take jobs with; their work has the sessions' own."""


@dataclass(frozen=True, slots=True)
class JobParts:
    """What jobs work with."""

    transactions: Transactions
    mail_sender: MailSender
    keys: Keys
    market: Market

    @property
    def bookings(self) -> BookingParts:
        return BookingParts(self.transactions, self.market, self.keys)


@asynccontextmanager
async def open_queue(database_url: str, parts: JobParts) -> AsyncIterator[App]:
    """The queue in schema `jobs`, with every task bound to its parts."""
    # a pool of our own: the library's would wait half a minute for a database that is away, deaf to everything else
    async with AsyncConnectionPool(
        with_schema(database_url, "jobs"),
        min_size=1,
        max_size=POOL_SIZE,
        timeout=POOL_WAIT_SECONDS,
        open=False,
        check=AsyncConnectionPool.check_connection,
        kwargs={"prepare_threshold": None},
    ) as pool:
        queue = App(connector=PsycopgConnector())
        _add_tasks(queue, parts)
        async with queue.open_async(pool):
            yield queue


def _add_tasks(queue: App, parts: JobParts) -> None:
    @queue.task(name=SEND_TASK)
    async def send_notification(notification_id: str) -> None:
        try:
            await send_due(parts.transactions, parts.mail_sender, parts.keys, notification_id=UUID(notification_id))
        except Exception:  # an edge: the queue would log it unscrubbed, and the sweep tries again anyway
            log.exception("job.failed", reason=SEND_TASK)

    @queue.task(name=ADVANCE_TASK)
    async def advance_booking(booking_id: str) -> None:
        try:
            await advance_due(parts.bookings, booking_id=UUID(booking_id))
        except Exception:  # as above
            log.exception("job.failed", reason=ADVANCE_TASK)
