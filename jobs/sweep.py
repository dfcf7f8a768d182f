"""The loops that meet what nobody else does; each round is a service call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from db.hints import forget_stalled_hints
from jobs.queue import JobParts
from services.bookings.advance import advance_due, expire_unpaid
from services.bookings.looking import look_due
from services.calendar.sync import sync_due
from services.conversations.runs import end_expired_runs
from services.housekeeping import tidy
from services.notifications.outbox import send_due
from services.payments.reconcile import reconcile_due
from services.payments.refunds import refund_due

log = structlog.get_logger()

SWEEP_SECONDS = 5
BOOKING_SECONDS = 10
PAYMENT_SECONDS = 10
CALENDAR_SECONDS = 10
TIDY_SECONDS = 600


async def sweep_forever(parts: JobParts) -> None:
    """End runs whose process died, send letters and move bookings whose job was lost, tidy up; until cancelled."""

    async def end_runs() -> None:
        async with parts.transactions() as session:
            await end_expired_runs(session)

    async def send_letters() -> None:
        await send_due(parts.transactions, parts.mail_sender, parts.keys)

    async def end_unpaid_bookings() -> None:
        await expire_unpaid(parts.transactions)

    async def advance_bookings() -> None:
        await advance_due(parts.bookings)

    async def look_at_bookings() -> None:
        await look_due(parts.bookings)

    async def ask_about_payments() -> None:
        await reconcile_due(parts.payments)

    async def give_money_back() -> None:
        await refund_due(parts.payments)

    async def write_calendars() -> None:
        await sync_due(parts.calendars)

    async def tidy_up() -> None:
        async with parts.transactions() as session:
            await tidy(session)
            await forget_stalled_hints(session)

    # a loop each: a mail server that is slow to answer must not keep a dead run from being ended
    async with asyncio.TaskGroup() as group:
        group.create_task(_repeat(end_runs, SWEEP_SECONDS))
        group.create_task(_repeat(send_letters, SWEEP_SECONDS))
        group.create_task(_repeat(end_unpaid_bookings, BOOKING_SECONDS))
        group.create_task(_repeat(advance_bookings, BOOKING_SECONDS))
        group.create_task(_repeat(look_at_bookings, BOOKING_SECONDS))
        group.create_task(_repeat(ask_about_payments, PAYMENT_SECONDS))
        group.create_task(_repeat(give_money_back, PAYMENT_SECONDS))
        group.create_task(_repeat(write_calendars, CALENDAR_SECONDS))
        group.create_task(_repeat(tidy_up, TIDY_SECONDS))


async def _repeat(work: Callable[[], Awaitable[None]], seconds: int) -> None:
    while True:
        try:
            await work()
        except Exception:  # an edge: the database may be away for a while, and the sweep must outlive that
            log.exception("sweep.failed", reason=work.__name__)
        if _is_cancelled():
            return
        await asyncio.sleep(seconds)


def _is_cancelled() -> bool:
    """Whether this task was told to end. `asyncio.wait_for`, as Python 3.11 has it, can lose the exception."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
