"""A connection that drops stops nothing; only asking for it does, from any process."""

from __future__ import annotations

import asyncio

import pytest

from graph import runner
from tests.streams.conftest import LECTURE, REPLY, Serve
from tests.support.logs import read_log, read_replies, read_run
from tests.support.models import Say, scripted_models
from tests.support.raw_models import raw_models, text
from tests.support.served import Served
from tests.support.sse import check_log, text_of
from tests.support.talk import SEARCH, Talk, after_events, after_text, run_of, terminals_of, types_of
from tests.support.waiting import eventually

HEARTBEAT_SECONDS = 0.1
BEGINNING = "Để mình xem."


async def test_disconnecting_is_not_cancelling(slow_server: Served) -> None:
    talk = await Talk.open(slow_server.client)
    run_id = run_of(await talk.stream(SEARCH, until=after_events(1)))
    detail = await talk.wait_for_rest()
    asked, reply = detail["messages"]
    assert (asked["content"], reply["content"].strip(), reply["run"]) == (SEARCH, REPLY, "success")
    check_log(await read_log(slow_server.parts.transactions, run_id))


async def test_dropping_a_blocking_request_stops_nothing(slow_server: Served) -> None:
    talk = await Talk.open(slow_server.client)
    waiting = asyncio.create_task(talk.ask(SEARCH))
    await talk.wait_for_run()
    waiting.cancel()
    await asyncio.wait({waiting})
    assert (await talk.wait_for_rest())["messages"][-1]["content"].strip() == REPLY


async def test_cancelling_keeps_what_was_shown_and_the_conversation_goes_on(lecturing_server: Served) -> None:
    talk = await Talk.open(lecturing_server.client)
    begun = await talk.stream(SEARCH, until=after_text)
    run_id = run_of(begun)
    await talk.cancel(run_id)
    events = begun + await talk.resume(run_id, after=begun[-1].seq)
    check_log(events)
    assert events[-1].data["outcome"] == {"type": "cancelled"}
    shown = text_of(events)
    assert shown
    assert len(shown) < len(LECTURE)
    assert LECTURE.startswith(shown.strip())
    reply = await talk.last_message()
    assert (reply["content"], reply["run"], reply["error"]) == (shown, "cancelled", None)
    assert reply["attachments"], "the offers that were on the screen stay there"
    following = await talk.ask("còn chuyến nào rẻ hơn không")
    assert following["state"]["run"] == "success"
    assert following["state"]["frame"]["destination"]["iata"] == "DAD"


async def test_cancelling_twice_or_after_the_end_is_harmless(lecturing_server: Served) -> None:
    talk = await Talk.open(lecturing_server.client)
    run_id = run_of(await talk.stream(SEARCH, until=after_text))
    await asyncio.gather(talk.cancel(run_id), talk.cancel(run_id))
    await talk.wait_for_rest()
    log = await read_log(lecturing_server.parts.transactions, run_id)
    await talk.cancel(run_id)
    assert await read_log(lecturing_server.parts.transactions, run_id) == log
    assert (await read_run(lecturing_server.parts.transactions, run_id)).status == "cancelled"


async def test_cancelled_blocking_request_answers_with_what_was_shown(lecturing_server: Served) -> None:
    talk = await Talk.open(lecturing_server.client)
    waiting = asyncio.create_task(talk.ask(SEARCH))
    await talk.cancel(await talk.wait_for_run(events=11))
    reply = await waiting
    assert reply["state"]["run"] == "cancelled"
    assert LECTURE.startswith(reply["content"].strip())
    assert len(reply["content"]) < len(LECTURE)


@pytest.mark.parametrize("has_spoken", [True, False])
async def test_another_process_cancels_a_silent_run_within_a_heartbeat(
    start_server: Serve, monkeypatch: pytest.MonkeyPatch, has_spoken: bool
) -> None:
    """Nothing is written while the model is silent, so only the lease's heartbeat looks at the row."""
    monkeypatch.setattr(runner, "HEARTBEAT_SECONDS", HEARTBEAT_SECONDS)
    silent = raw_models([text(f"{BEGINNING} Chờ"), None] if has_spoken else [None])
    async with start_server(models=silent) as running, start_server() as other:
        talk = await Talk.open(running.client)
        begun = await talk.stream(SEARCH, until=after_text if has_spoken else after_events(8))
        run_id = run_of(begun)
        await talk.over(other.client).cancel(run_id)
        events = begun + await talk.over(other.client).resume(run_id, after=begun[-1].seq)
        check_log(events)
        assert events[-1].data["outcome"] == {"type": "cancelled"}
        assert text_of(events) == (BEGINNING if has_spoken else "")
        assert (await talk.over(other.client).ask("xin chào"))["state"]["run"] == "success"


async def test_second_message_meanwhile_is_refused_and_names_the_run(lecturing_server: Served) -> None:
    talk = await Talk.open(lecturing_server.client)
    run_id = run_of(await talk.stream(SEARCH, until=after_events(1)))
    answer = await talk.client.post(f"{talk.path}/messages", json={"message": "alo"}, headers=talk.headers)
    assert (answer.status_code, answer.json()["code"], answer.json()["run_id"]) == (409, "run_active", run_id)
    await talk.cancel(run_id)
    assert [each["content"] for each in (await talk.wait_for_rest())["messages"]][0::2] == [SEARCH]


async def test_stranger_cannot_cancel(slow_server: Served) -> None:
    talk, stranger = await Talk.open(slow_server.client), await Talk.open(slow_server.client)
    run_id = run_of(await talk.stream(SEARCH, until=after_events(1)))
    foreign = await stranger.client.post(f"{talk.path}/runs/{run_id}/cancel", headers=stranger.headers)
    assert foreign.status_code == 404
    assert (await talk.wait_for_rest())["messages"][-1]["run"] == "success"


async def test_conversation_deleted_in_mid_run_ends_its_streams_and_leaves_no_rows(start_server: Serve) -> None:
    async with start_server(models=scripted_models(Say(REPLY, pause=0.03))) as served:
        talk = await Talk.open(served.client)
        begun = await talk.stream(SEARCH, until=after_text)
        await eventually(lambda: _has_streams(served, 0))
        reading = asyncio.create_task(talk.resume(run_of(begun)))
        await eventually(lambda: _has_streams(served, 1))
        answer = await talk.client.delete(talk.path, headers=talk.headers)
        assert answer.status_code == 204
        assert not terminals_of(await reading)
        await eventually(served.is_idle)
        assert await read_log(served.parts.transactions, run_of(begun)) == []
        assert await read_replies(served.parts.transactions, run_of(begun)) == []


async def test_stopping_the_process_ends_its_runs_in_words(
    start_server: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.app.DRAIN_SECONDS", 0.1)
    async with start_server() as other:
        async with start_server(models=raw_models([text(f"{BEGINNING} Chờ"), None])) as stopping:
            talk = (await Talk.open(stopping.client)).over(other.client)
            begun = await talk.over(stopping.client).stream(SEARCH, until=after_text)
        events = await talk.resume(run_of(begun))
        check_log(events)
        assert types_of(events)[-1] == "RUN_ERROR"
        assert events[-1].data["code"] == "run_interrupted"
        assert text_of(events) == BEGINNING
        assert (await talk.ask("xin chào"))["state"]["run"] == "success"


async def _has_streams(served: Served, count: int) -> bool:
    return served.parts.open_streams == count
