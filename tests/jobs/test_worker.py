"""Letters go out by a job, and without one; the worker starts, stops and comes back with the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import psycopg
import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from core.settings import Settings
from db.session import Transactions
from jobs import sweep, worker
from jobs.queue import JobParts
from jobs.sweep import sweep_forever
from jobs.worker import work_forever
from providers.messaging.base import Mail
from services.payments.gateways import Gateways
from tests.support.mail import HeldSender, RecordingSender, count_jobs, put_letter, put_user, read_row
from tests.support.providers import market_of
from tests.support.waiting import eventually

STOPPED_SECONDS = 20
"""Enough for any machine; it takes milliseconds."""


@asynccontextmanager
async def working(parts: JobParts, database_url: str) -> AsyncIterator[None]:
    task = asyncio.create_task(work_forever(parts, database_url))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def sender() -> RecordingSender:
    return RecordingSender()


@pytest.fixture
def parts(transactions: Transactions, settings: Settings, sender: RecordingSender) -> JobParts:
    return JobParts(transactions, sender, settings.keys, market_of(), Gateways((), ""), None)


@pytest.fixture
def no_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    async def do_nothing(_parts: JobParts) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(worker, "sweep_forever", do_nothing)


@pytest.mark.usefixtures("no_sweep")
async def test_job_sends_the_letter_and_is_gone(parts: JobParts, sender: RecordingSender, database_url: str) -> None:
    before = await put_letter(parts.transactions, parts.keys, user_id := await put_user(parts.transactions))

    async def is_idle() -> bool:
        return await count_jobs(parts.transactions) == 0

    async with working(parts, database_url):
        await eventually(is_idle)
        while_working = await put_letter(parts.transactions, parts.keys, user_id)
        await eventually(is_idle)
    assert [mail.message_id for mail in sender.sent] == [str(before), str(while_working)]


async def test_letters_whose_jobs_are_all_lost_are_sent_by_the_sweep(parts: JobParts, sender: RecordingSender) -> None:
    user_id = await put_user(parts.transactions)
    letters = [await put_letter(parts.transactions, parts.keys, user_id) for _ in range(3)]
    async with parts.transactions() as session:
        await session.execute(text("SET LOCAL search_path TO jobs"))
        await session.execute(text("DELETE FROM procrastinate_jobs"))
    assert await count_jobs(parts.transactions) == 0

    async def are_sent() -> bool:
        return {(await read_row(parts.transactions, letter)).status for letter in letters} == {"sent"}

    sweeping = asyncio.create_task(sweep_forever(parts))
    await eventually(are_sent)
    sweeping.cancel()
    with suppress(asyncio.CancelledError):
        await sweeping
    assert [mail.message_id for mail in sender.sent] == [str(letter) for letter in letters]


async def test_job_and_sweep_together_send_a_letter_once(
    parts: JobParts, sender: RecordingSender, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "SWEEP_SECONDS", 0.01)
    user_id = await put_user(parts.transactions)
    async with working(parts, database_url), working(parts, database_url):
        letters = [await put_letter(parts.transactions, parts.keys, user_id) for _ in range(10)]

        async def are_done() -> bool:
            return len(sender.sent) >= 10 and await count_jobs(parts.transactions) == 0

        await eventually(are_done)
    assert sorted(mail.message_id for mail in sender.sent) == [str(letter) for letter in letters]


@pytest.mark.usefixtures("no_sweep")
async def test_stopped_worker_finishes_the_letter_under_way(
    transactions: Transactions, settings: Settings, database_url: str
) -> None:
    held = HeldSender()
    parts = JobParts(transactions, held, settings.keys, market_of(), Gateways((), ""), None)
    letter = await put_letter(transactions, parts.keys, await put_user(transactions))
    task = asyncio.create_task(work_forever(parts, database_url))
    await held.is_sending.wait()
    task.cancel()
    await asyncio.sleep(0)
    held.may_go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await read_row(transactions, letter)).status == "sent"
    assert await count_jobs(transactions) == 0


async def test_worker_stops_whenever_it_is_told_to(parts: JobParts, database_url: str) -> None:
    """Also in the middle of connecting, where a cancellation may get lost."""
    for milliseconds in range(0, 60, 2):
        task = asyncio.create_task(work_forever(parts, database_url))
        await asyncio.wait([task], timeout=milliseconds / 1000)
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=STOPPED_SECONDS)
        assert done, f"told to stop after {milliseconds} ms, it went on"


@pytest.mark.usefixtures("no_sweep")
async def test_worker_comes_back_after_its_connections_were_cut(
    parts: JobParts, sender: RecordingSender, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "RESTART_SECONDS", 0.01)
    user_id = await put_user(parts.transactions)

    async def has_sent(count: int) -> bool:
        return len(sender.sent) == count

    async with working(parts, database_url):
        await put_letter(parts.transactions, parts.keys, user_id)
        await eventually(lambda: has_sent(1))
        with capture_logs(), psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            await put_letter(parts.transactions, parts.keys, user_id)
            await eventually(lambda: has_sent(2))


@pytest.mark.usefixtures("no_sweep")
async def test_job_that_fails_is_dropped_and_logged_without_its_content(
    parts: JobParts, sender: RecordingSender, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_args: object, **_kwargs: object) -> int:
        raise LookupError

    monkeypatch.setattr("jobs.queue.send_due", fail)
    await put_letter(parts.transactions, parts.keys, await put_user(parts.transactions))

    async def is_idle() -> bool:
        return await count_jobs(parts.transactions) == 0

    with capture_logs() as logged:
        async with working(parts, database_url):
            await eventually(is_idle)
    assert [each["event"] for each in logged] == ["job.failed"]
    assert not sender.sent


async def test_sweep_outlives_what_fails_in_a_round(parts: JobParts, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = 0

    async def fail(_session: object) -> None:
        nonlocal rounds
        rounds += 1
        raise LookupError

    def never(_mail: Mail) -> None:
        raise AssertionError("there is no letter")

    monkeypatch.setattr(sweep, "SWEEP_SECONDS", 0)
    monkeypatch.setattr(sweep, "end_expired_runs", fail)

    async def went_on() -> bool:
        return rounds > 2

    with capture_logs() as logged:
        sweeping = asyncio.create_task(sweep_forever(parts))
        await eventually(went_on)
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping
    assert {(each["event"], each["reason"]) for each in logged} == {("sweep.failed", "end_runs")}


async def test_trouble_with_unpaid_bookings_keeps_no_paid_one_waiting(
    parts: JobParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = 0

    async def fail(_transactions: object) -> int:
        raise LookupError

    async def count(_parts: object) -> int:
        nonlocal rounds
        rounds += 1
        return 0

    async def went_on() -> bool:
        return rounds > 2

    monkeypatch.setattr(sweep, "BOOKING_SECONDS", 0.01)
    monkeypatch.setattr(sweep, "expire_unpaid", fail)
    monkeypatch.setattr(sweep, "advance_due", count)
    sweeping = asyncio.create_task(sweep_forever(parts))
    await eventually(went_on)
    sweeping.cancel()
    with suppress(asyncio.CancelledError):
        await sweeping
