"""A run whose process died is ended once, by whoever meets it; what it had shown stays. A living run is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from core.clock import clock
from db.models import Run, RunEvent
from db.repositories.runs import Advance, RunRepository
from db.session import Transactions
from db.wakeups import Wakeups
from graph.runner import Runner
from services.conversations import following
from services.conversations.events import EventData
from services.conversations.following import follow
from services.conversations.runs import RunLost, append_events, end_expired_runs, keep_lease, reply_id_of
from tests.conftest import StartApp
from tests.support.logs import (
    LEASE_OVER,
    LEASE_RUNNING,
    open_step,
    open_text,
    open_tool_call,
    put_conversation,
    put_run,
    read_log,
    read_replies,
    read_run,
)
from tests.support.models import Say, scripted_models
from tests.support.sse import Received, check_log, text_of
from tests.support.talk import Talk, terminals_of
from tests.support.waiting import eventually

CARD = {"id": "card", "type": "flight_offers", "schema_version": 1, "text": "1. VN123", "offers": []}
CARD_EVENT: EventData = {
    "type": "ACTIVITY_SNAPSHOT",
    "messageId": "card",
    "activityType": "flight_offers",
    "content": CARD,
    "replace": True,
}
CLOSED_TEXT = [*open_text("Trước đó.", message_id="first"), {"type": "TEXT_MESSAGE_END", "messageId": "first"}]
PARTIALS: dict[str, tuple[list[EventData], str]] = {
    "nothing": ([], ""),
    "open step": ([open_step()], ""),
    "open text": ([open_step(), *open_text("Mình tìm ", "thấy **hai")], "Mình tìm thấy **hai"),
    "open tool call": (open_tool_call(), ""),
    "card, closed text, open text": (
        [CARD_EVENT, open_step(), *CLOSED_TEXT, *open_text("Và ")],
        "Trước đó.\n\nVà ",
    ),
    "everything open": ([*open_tool_call(), open_step(), *open_text("Và ")], "Và "),
}


@pytest.fixture
async def talk(start_app: StartApp, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Talk]:
    """A conversation on an app whose sweep does nothing, so that the test says who meets the run."""

    async def leave_alone(_session: AsyncSession) -> int:
        return 0

    monkeypatch.setattr("jobs.sweep.end_expired_runs", leave_alone)
    async with start_app() as client:
        yield await Talk.open(client)


async def meet_by_message(talk: Talk, _run_id: UUID) -> None:
    assert (await talk.ask("xin chào"))["state"]["run"] == "success"


async def meet_by_reading(talk: Talk, run_id: UUID) -> None:
    check_log(await talk.resume(str(run_id)))


async def meet_by_detail(talk: Talk, _run_id: UUID) -> None:
    detail = await talk.detail()
    assert (detail["active_run"], detail["messages"][-1]["role"]) == (None, "assistant")


MEETINGS: list[Callable[[Talk, UUID], Awaitable[None]]] = [meet_by_message, meet_by_reading, meet_by_detail]


async def check_interrupted(transactions: Transactions, run_id: UUID, shown: str) -> None:
    log = await read_log(transactions, run_id)
    check_log(log)
    assert terminals_of(log) == ["RUN_ERROR"]
    assert log[-1].data["code"] == "run_interrupted"
    run, (reply,) = await read_run(transactions, run_id), await read_replies(transactions, run_id)
    assert (run.status, run.error_code, run.last_seq) == ("error", "run_interrupted", len(log))
    assert run.finished_at is not None
    assert (reply.id, reply.content, reply.metadata_["run"]) == (reply_id_of(run_id), shown, "error")
    assert log[-1].data["metadata"]["result"]["message_id"] == str(reply.id)
    assert reply.metadata_["error"] == {"code": "run_interrupted", "message": log[-1].data["message"]}


@pytest.mark.parametrize("meet", MEETINGS)
async def test_dead_run_is_ended_by_whoever_meets_it(
    talk: Talk, transactions: Transactions, meet: Callable[[Talk, UUID], Awaitable[None]]
) -> None:
    events, shown = PARTIALS["everything open"]
    run_id = await put_run(transactions, talk.id, events)
    await meet(talk, run_id)
    await check_interrupted(transactions, run_id, shown)
    assert (await talk.ask("cảm ơn"))["state"]["run"] == "success"
    kept = [(each["role"], each["content"]) for each in (await talk.detail())["messages"][:2]]
    assert kept == [("user", "một câu hỏi"), ("assistant", shown)]


async def test_log_of_a_dead_run_becomes_whole_whatever_it_left_open(transactions: Transactions) -> None:
    for events, shown in PARTIALS.values():
        run_id = await put_run(transactions, await put_conversation(transactions), events)
        async with transactions() as session:
            assert await end_expired_runs(session) == 1
        await check_interrupted(transactions, run_id, shown)
        (reply,) = await read_replies(transactions, run_id)
        assert reply.attachments == ([CARD] if CARD_EVENT in events else [])
        assert bool(reply.blocks) == bool(shown)


async def test_sweep_ends_dead_runs_at_start_up(start_app: StartApp, transactions: Transactions) -> None:
    runs = [await put_run(transactions, await put_conversation(transactions)) for _ in range(3)]
    alive = await put_run(transactions, await put_conversation(transactions), lease=LEASE_RUNNING)

    async def are_ended() -> bool:
        return "running" not in [(await read_run(transactions, run_id)).status for run_id in runs]

    async with start_app():
        await eventually(are_ended)
    for run_id in runs:
        await check_interrupted(transactions, run_id, "")
    assert (await read_run(transactions, alive)).status == "running"


async def test_living_run_is_left_alone(
    talk: Talk, transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "POLL_SECONDS", 0.01)
    run_id = await put_run(transactions, talk.id, open_text("Mình "), lease=LEASE_RUNNING)
    log = await read_log(transactions, run_id)
    refused = await talk.client.post(f"{talk.path}/messages", json={"message": "alo"}, headers=talk.headers)
    assert (refused.status_code, refused.json()["run_id"]) == (409, str(run_id))
    assert (await talk.detail())["active_run"] == {"id": str(run_id), "last_seq": len(log)}
    batches = follow(transactions, Wakeups("unused"), run_id)
    assert [len(await anext(batches)) for _ in range(3)] == [len(log), 0, 0]
    async with transactions() as session:
        assert await end_expired_runs(session) == 0
    assert (await read_log(transactions, run_id), (await read_run(transactions, run_id)).status) == (log, "running")


async def test_kept_lease_keeps_a_run_alive(transactions: Transactions) -> None:
    run_id = await put_run(transactions, await put_conversation(transactions), lease=LEASE_OVER)
    async with transactions() as session:
        assert await keep_lease(session, run_id) is False
    async with transactions() as session:
        assert await end_expired_runs(session) == 0


async def test_two_enders_at_once_write_one_end(transactions: Transactions) -> None:
    conversation_id = await put_conversation(transactions)
    run_id = await put_run(transactions, conversation_id, open_text("Mình "))

    async def end() -> int:
        async with transactions() as session:
            return await end_expired_runs(session, conversation_id=conversation_id)

    assert sum(await asyncio.gather(*(end() for _ in range(8)))) == 1
    await check_interrupted(transactions, run_id, "Mình ")


async def test_every_door_at_once_writes_one_end(talk: Talk, transactions: Transactions) -> None:
    run_id = await put_run(transactions, talk.id, open_text("Mình "))
    path = f"{talk.path}/messages"
    answers = await asyncio.gather(
        *(talk.client.post(path, json={"message": f"xin chào {n}"}, headers=talk.headers) for n in range(3)),
        *(talk.client.get(talk.path, headers=talk.headers) for _ in range(3)),
    )
    assert {answer.status_code for answer in answers} <= {200, 409}
    await meet_by_reading(talk, run_id)
    await check_interrupted(transactions, run_id, "Mình ")


async def test_ended_run_takes_no_event_and_no_lease(transactions: Transactions) -> None:
    run_id = await put_run(transactions, await put_conversation(transactions))
    async with transactions() as session:
        await end_expired_runs(session)
    log = await read_log(transactions, run_id)
    with pytest.raises(RunLost):
        async with transactions() as session:
            await append_events(session, run_id, open_text("too late"), after=len(log))
    with pytest.raises(RunLost):
        async with transactions() as session:
            await keep_lease(session, run_id)
    assert await read_log(transactions, run_id) == log


async def stall_and_take_over(client: httpx.AsyncClient, transactions: Transactions) -> tuple[UUID, list[Received]]:
    """Start a slow run, let its lease pass as in a process that hangs, end it from outside; its log at that moment."""
    talk = await Talk.open(client)
    asking = asyncio.create_task(
        client.post(f"{talk.path}/messages", json={"message": "xin chào"}, headers=talk.headers)
    )
    run_id = UUID(await talk.wait_for_run(events=5))
    async with transactions() as session:
        await session.execute(update(Run).values(lease_until=clock.now() + LEASE_OVER))
        assert await end_expired_runs(session) == 1
    log = await read_log(transactions, run_id)
    assert (await asking).json()["state"]["run"] == "error"
    return run_id, log


async def wait_for_runner(client: httpx.AsyncClient) -> None:
    runner: Runner = client.app.state.parts.runner  # type: ignore[attr-defined]  # set by start_app

    async def is_idle() -> bool:
        return not runner._active

    await eventually(is_idle)


async def test_writer_whose_run_was_ended_stops_and_adds_nothing(
    start_app: StartApp, transactions: Transactions
) -> None:
    async with start_app(scripted_models(Say("Chữ. " * 100, pause=0.02))) as client:
        run_id, log = await stall_and_take_over(client, transactions)
        await wait_for_runner(client)
    check_log(log)
    assert await read_log(transactions, run_id) == log
    await check_interrupted(transactions, run_id, text_of(log))


async def test_writer_that_ignores_the_end_is_noticed(
    start_app: StartApp, transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant of the test above: a repository that appends whatever the run's status is."""

    async def append_anyway(
        self: RunRepository, run_id: UUID, events: Sequence[dict[str, Any]], *, after: int | None = None
    ) -> Advance | None:
        last = await self._session.scalar(select(Run.last_seq).where(Run.id == run_id).with_for_update()) or 0
        await self._session.execute(update(Run).where(Run.id == run_id).values(last_seq=last + len(events)))
        rows = [
            {"run_id": run_id, "seq": seq, "type": event["type"], "data": event}
            for seq, event in enumerate(events, start=last + 1)
        ]
        await self._session.execute(insert(RunEvent), rows)
        return Advance(last + len(events), is_cancel_requested=False)

    monkeypatch.setattr(RunRepository, "append", append_anyway)
    with capture_logs():
        async with start_app(scripted_models(Say("Chữ. " * 100, pause=0.02))) as client:
            run_id, log = await stall_and_take_over(client, transactions)
            await wait_for_runner(client)
    assert await read_log(transactions, run_id) != log
