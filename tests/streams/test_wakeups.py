"""Waiting for a run's log to grow leaves nothing behind, however the waiting ends."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import psycopg
import pytest

from core.ids import new_id
from db.repositories.runs import EVENTS_CHANNEL
from db.wakeups import Wakeups

PATIENCE_SECONDS = 5


def test_leaving_unsubscribes() -> None:
    wakeups, run_id = Wakeups("unused"), new_id()
    with wakeups.subscribe(run_id), wakeups.subscribe(run_id), wakeups.subscribe(new_id()):
        assert len(wakeups._waiting) == 2
    assert wakeups._waiting == {}


def test_one_leaving_keeps_the_other_subscribed() -> None:
    wakeups, run_id = Wakeups("unused"), new_id()
    with wakeups.subscribe(run_id) as staying:
        with wakeups.subscribe(run_id):
            pass
        assert wakeups._waiting == {str(run_id): {staying}}


def test_leaving_by_an_error_unsubscribes() -> None:
    wakeups = Wakeups("unused")
    with pytest.raises(ZeroDivisionError), wakeups.subscribe(new_id()):
        raise ZeroDivisionError
    assert wakeups._waiting == {}


async def test_cancelled_waiter_unsubscribes() -> None:
    wakeups, entered = Wakeups("unused"), asyncio.Event()

    async def wait_for_ever() -> None:
        with wakeups.subscribe(new_id()) as grown:
            entered.set()
            await grown.wait()

    waiting = asyncio.create_task(wait_for_ever())
    await entered.wait()
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await waiting
    assert wakeups._waiting == {}


async def test_only_the_run_that_grew_is_woken_and_strangers_words_harm_nothing(database_url: str) -> None:
    wakeups, run_id, other_id = Wakeups(database_url), new_id(), new_id()
    listening = asyncio.create_task(wakeups.listen())
    try:
        with wakeups.subscribe(run_id) as grown, wakeups.subscribe(other_id) as other:
            async with (
                await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection,
                asyncio.timeout(PATIENCE_SECONDS),
            ):
                while not grown.is_set():  # until it listens
                    for words in ("", "not a run", str(new_id()), str(run_id)):
                        await connection.execute("SELECT pg_notify(%s, %s)", (EVENTS_CHANNEL, words))
                    await asyncio.sleep(0.01)
            assert not other.is_set()
        assert wakeups._waiting == {}
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
