"""Many readers, in any process, with or without wake-ups, see the same run."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from db import wakeups
from services.conversations import following
from tests.streams.conftest import REPLY, Serve
from tests.support.logs import read_log
from tests.support.models import Say, scripted_models
from tests.support.served import Served
from tests.support.sse import check_log, text_of
from tests.support.talk import SEARCH, Talk, after_events, after_text, run_of
from tests.support.waiting import eventually

NEVER_SECONDS = 3600
IMPATIENT_SECONDS = 1


async def kill_listeners(database_url: str) -> int:
    """End every connection that listens for wake-ups, as a failover would."""
    statement = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND query ILIKE 'LISTEN %run_events%'"""
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        row = await (await connection.execute(statement)).fetchone()
    assert row is not None
    return int(row[0])


async def test_two_readers_at_once_see_the_same(slow_server: Served) -> None:
    talk = await Talk.open(slow_server.client)
    first = await talk.stream(SEARCH, until=after_events(1))
    run_id = run_of(first)
    early, late = await asyncio.gather(talk.resume(run_id), talk.resume(run_id, after=1))
    assert early == first + late == await read_log(slow_server.parts.transactions, run_id)
    check_log(early)


async def test_reader_of_another_process_is_woken(
    slow_server: Served, start_server: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "POLL_SECONDS", NEVER_SECONDS)
    async with start_server() as other:
        talk = await Talk.open(slow_server.client)
        run_id = run_of(await talk.stream(SEARCH, until=after_events(1)))
        events = await talk.over(other.client).resume(run_id)
    check_log(events)
    assert text_of(events).strip() == REPLY


async def test_reader_without_wakeups_completes_by_looking(
    slow_server: Served, start_server: Serve, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakeups, "RECONNECT_SECONDS", NEVER_SECONDS)
    monkeypatch.setattr(following, "POLL_SECONDS", 0.1)
    async with start_server() as other:
        talk = await Talk.open(slow_server.client)
        run_id = run_of(await talk.stream(SEARCH, until=after_events(1)))
        assert await kill_listeners(database_url) == 2
        here, there = await asyncio.gather(talk.resume(run_id), talk.over(other.client).resume(run_id))
    assert here == there
    check_log(here)


async def test_reader_with_neither_wakeups_nor_polls_is_stuck(
    slow_server: Served, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant: it shows that the two tests above stand on what they say they stand on."""
    monkeypatch.setattr(wakeups, "RECONNECT_SECONDS", NEVER_SECONDS)
    monkeypatch.setattr(following, "POLL_SECONDS", NEVER_SECONDS)
    talk = await Talk.open(slow_server.client)
    run_id = run_of(await talk.stream(SEARCH, until=after_events(1)))
    assert await kill_listeners(database_url) == 1
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(IMPATIENT_SECONDS):
            await talk.resume(run_id)


async def test_listening_comes_back_after_its_connection_was_killed(
    slow_server: Served, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakeups, "RECONNECT_SECONDS", 0.05)
    monkeypatch.setattr(following, "POLL_SECONDS", NEVER_SECONDS)
    assert await kill_listeners(database_url) == 1
    await eventually(lambda: count_listeners(database_url))
    talk = await Talk.open(slow_server.client)
    check_log(await talk.say(SEARCH))


async def count_listeners(database_url: str) -> int:
    statement = """SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'idle' AND query ILIKE 'LISTEN %run_events%'"""
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        row = await (await connection.execute(statement)).fetchone()
    assert row is not None
    return int(row[0])


async def test_stranger_cannot_follow_a_run(slow_server: Served) -> None:
    talk, stranger = await Talk.open(slow_server.client), await Talk.open(slow_server.client)
    run_id = run_of(await talk.stream(SEARCH, until=after_text))
    foreign = await stranger.client.get(f"{talk.path}/runs/{run_id}/events", headers=stranger.headers)
    swapped = await stranger.client.get(f"{stranger.path}/runs/{run_id}/events", headers=stranger.headers)
    assert (foreign.status_code, swapped.status_code) == (404, 404)


async def test_closed_streams_leave_no_subscription_and_no_count(slow_server: Served) -> None:
    talk = await Talk.open(slow_server.client)
    run_id = run_of(await talk.stream(SEARCH, until=after_events(1)))
    await asyncio.gather(*(talk.resume(run_id, until=after_events(2)) for _ in range(3)))
    await talk.wait_for_rest()
    await eventually(slow_server.is_idle)


async def test_run_goes_on_while_its_model_is_slow_to_start(start_server: Serve) -> None:
    async with start_server(models=scripted_models(Say("Có ngay.", pause=0.2))) as served:
        talk = await Talk.open(served.client)
        assert text_of(await talk.say(SEARCH)).strip() == "Có ngay."
