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
from providers.calendar.base import CalendarProvider
from providers.messaging.base import MailSender
from services.bookings.advance import advance_due
from services.bookings.creation import ADVANCE_TASK
from services.bookings.looking import LOOK_TASK, look_due
from services.bookings.work import BookingParts
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

    @queue.task(name=LOOK_TASK)
    async def look_at_booking(booking_id: str) -> None:
        try:
            await look_due(parts.bookings, booking_id=UUID(booking_id))
        except Exception:  # as above
            log.exception("job.failed", reason=LOOK_TASK)

    @queue.task(name=RECONCILE_TASK)
    async def reconcile_payments(payment_id: str) -> None:
        try:
            await reconcile_due(parts.payments, payment_id=UUID(payment_id))
        except Exception:  # as above
            log.exception("job.failed", reason=RECONCILE_TASK)

    @queue.task(name=REFUND_TASK)
    async def refund_payment(refund_id: str) -> None:
        try:
            await refund_due(parts.payments, refund_id=UUID(refund_id))
        except Exception:  # as above
            log.exception("job.failed", reason=REFUND_TASK)

    @queue.task(name=SYNC_TASK)
    async def sync_calendar(booking_id: str) -> None:
        try:
            await sync_due(parts.calendars, booking_id=UUID(booking_id))
        except Exception:  # as above
            log.exception("job.failed", reason=SYNC_TASK)
