"""The job queue: which tasks there are. Each body is one service call, and its arguments are ids."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import structlog
from procrastinate import App, PsycopgConnector
from psycopg_pool import AsyncConnectionPool

from core.security import Keys
from db.migrate import with_schema
from db.session import POOL_WAIT_SECONDS, Transactions
from providers.calendar.base import CalendarProvider
from providers.messaging.base import MailSender
from services.bookings.advance import advance_due
from services.bookings.looking import LOOK_TASK, look_due
from services.bookings.work import BookingParts
from services.bookings.writing import ADVANCE_TASK
from services.calendar.parts import CalendarParts
from services.calendar.planning import SYNC_TASK
from services.calendar.sync import sync_due
from services.flights.market import Market
from services.notifications.outbox import send_due
from services.notifications.queueing import SEND_TASK
from services.payments.gateways import Gateways
from services.payments.parts import PaymentParts
from services.payments.reconcile import RECONCILE_TASK, reconcile_due
from services.payments.refunds import REFUND_TASK, refund_due

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
    gateways: Gateways
    calendar: CalendarProvider | None
    """None where this server knows none."""

    @property
    def bookings(self) -> BookingParts:
        return BookingParts(self.transactions, self.market, self.keys)

    @property
    def payments(self) -> PaymentParts:
        return PaymentParts(self.transactions, self.gateways)

    @property
    def calendars(self) -> CalendarParts:
        return CalendarParts(self.transactions, self.keys, self.calendar)


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
    def add(name: str, work: Callable[[UUID], Awaitable[int]]) -> None:
        @queue.task(name=name)
        async def run(**ids: str) -> None:
            try:
                (row_id,) = ids.values()
                await work(UUID(row_id))
            except Exception:  # an edge: the queue would log it unscrubbed, and the sweep tries again anyway
                log.exception("job.failed", reason=name)

    sender, keys = parts.mail_sender, parts.keys
    add(SEND_TASK, lambda row_id: send_due(parts.transactions, sender, keys, notification_id=row_id))
    add(ADVANCE_TASK, lambda row_id: advance_due(parts.bookings, booking_id=row_id))
    add(LOOK_TASK, lambda row_id: look_due(parts.bookings, booking_id=row_id))
    add(RECONCILE_TASK, lambda row_id: reconcile_due(parts.payments, payment_id=row_id))
    add(REFUND_TASK, lambda row_id: refund_due(parts.payments, refund_id=row_id))
    add(SYNC_TASK, lambda row_id: sync_due(parts.calendars, booking_id=row_id))
