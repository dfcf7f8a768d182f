"""A connection may be cut anywhere; whoever comes back with a cursor misses nothing and sees nothing twice."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from sqlalchemy import select

from db.models import RunEvent
from db.repositories.runs import RunRepository
from tests.streams.conftest import REPLY
from tests.support.logs import read_log
from tests.support.served import Served
from tests.support.sse import Received, check_log, text_of
from tests.support.talk import SEARCH, Cursor, Talk, after_events, run_of, terminals_of


async def read_in_pieces(talk: Talk, run_id: str, cuts: list[int], cursor: Cursor) -> list[Received]:
    """A run read over several connections: each of the given lengths, the last to the end."""
    received: list[Received] = []
    for length in cuts:
        seen = received[-1].seq if received else 0
        received += await talk.resume(run_id, after=seen, cursor=cursor, until=after_events(length))
        if received and terminals_of(received):
            return received
    return received + await talk.resume(run_id, after=received[-1].seq if received else 0, cursor=cursor)


async def check_every_cut(talk: Talk, run_id: str, log: list[Received], cursor: Cursor) -> None:
    """Cut after each event of a run, then read the rest: together they are the log."""
    for length in range(len(log) + 1):
        received = await read_in_pieces(talk, run_id, [length], cursor)
        assert received == log, f"cut after {length}"
        check_log(received)
        assert len(terminals_of(received)) == 1


@pytest.mark.parametrize("cursor", ["header", "query"])
async def test_finished_run_can_be_cut_after_every_event(slow_server: Served, cursor: Cursor) -> None:
    talk = await Talk.open(slow_server.client)
    run_id = run_of(await talk.say(SEARCH))
    log = await read_log(slow_server.parts.transactions, run_id)
    assert len(log) > 12
    await check_every_cut(talk, run_id, log, cursor)


async def test_live_run_can_be_cut_after_every_event(slow_server: Served) -> None:
    async def cut_after(length: int) -> int:
        talk = await Talk.open(slow_server.client)
        received = await talk.stream(SEARCH, until=after_events(length))
        cursor: Cursor = "header" if length % 2 else "query"
        if not terminals_of(received):
            received += await talk.resume(run_of(received), after=received[-1].seq, cursor=cursor)
        log = await read_log(slow_server.parts.transactions, run_of(received))
        check_log(received)
        assert received == log
        assert text_of(received).strip() == REPLY
        return len(log)

    lengths = await asyncio.gather(*(cut_after(length) for length in range(1, 19)))
    assert max(lengths) > 15, "the runs were too quick to be cut on their way"


async def test_live_runs_survive_many_cuts(slow_server: Served) -> None:
    async def cut_at_random(dice: random.Random) -> None:
        talk = await Talk.open(slow_server.client)
        received = await talk.stream(SEARCH, until=after_events(1))
        run_id = run_of(received)
        while not terminals_of(received):
            length = dice.randint(0, 4)
            cursor: Cursor = dice.choice(("header", "query"))
            received += await talk.resume(run_id, after=received[-1].seq, cursor=cursor, until=after_events(length))
        assert received == await read_log(slow_server.parts.transactions, run_id)
        check_log(received)

    await asyncio.gather(*(cut_at_random(random.Random(seed)) for seed in range(4)))


async def test_reader_that_repeats_its_last_event_is_noticed(
    slow_server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant of this module: cursors off by one."""

    async def list_from(
        self: RunRepository, run_id: Any, *, after: int = 0, limit: int | None = None
    ) -> list[RunEvent]:
        statement = select(RunEvent).where(RunEvent.run_id == run_id, RunEvent.seq >= after).order_by(RunEvent.seq)
        return list(await self._session.scalars(statement.limit(limit)))

    talk = await Talk.open(slow_server.client)
    run_id = run_of(await talk.say(SEARCH))
    log = await read_log(slow_server.parts.transactions, run_id)
    monkeypatch.setattr(RunRepository, "list_events", list_from)
    with pytest.raises(AssertionError, match="cut after"):
        await check_every_cut(talk, run_id, log, "header")


async def test_resuming_a_finished_run_at_or_beyond_its_end_gives_nothing(slow_server: Served) -> None:
    talk = await Talk.open(slow_server.client)
    events = await talk.say(SEARCH)
    for after in (events[-1].seq, events[-1].seq + 1, 999_999_999):
        assert await talk.resume(run_of(events), after=after) == []


async def test_resuming_a_live_run_beyond_its_end_waits_and_then_closes(slow_server: Served) -> None:
    talk = await Talk.open(slow_server.client)
    run_id = run_of(await talk.stream(SEARCH, until=after_events(1)))
    assert await talk.resume(run_id, after=10_000) == []
    assert (await talk.detail())["active_run"] is None, "it closed before the run ended"


async def test_header_wins_over_the_query(slow_server: Served) -> None:
    talk = await Talk.open(slow_server.client)
    events = await talk.say(SEARCH)
    path = f"{talk.path}/runs/{run_of(events)}/events?after=3"
    answer = await talk.client.get(path, headers=talk.headers | {"Last-Event-ID": str(events[-2].seq)})
    assert answer.text.count("data:") == 1


async def test_cursor_that_is_no_number_is_refused(slow_server: Served) -> None:
    talk = await Talk.open(slow_server.client)
    path = f"{talk.path}/runs/{run_of(await talk.say('xin chào'))}/events"
    for cursor in ("-1", "1.5", "abc", "", "٣", "1e3", "9999999999"):
        answer = await talk.client.get(path, params={"after": cursor}, headers=talk.headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid"), cursor
