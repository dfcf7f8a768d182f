"""A server that is killed in the middle of a run: nothing is lost and nothing is left running."""

from __future__ import annotations

import asyncio
from pathlib import Path

from jobs.sweep import SWEEP_SECONDS
from services.conversations.runs import LEASE_SECONDS
from tests.support.server_process import ServerProcess
from tests.support.sse import Received, check_log, text_of
from tests.support.talk import SEARCH, Talk, run_of, terminals_of

MOMENTS = (1, 3, 6)
"""Events after which the server is killed."""
QUESTION = "bay buổi sáng thôi"


async def begin_and_kill(server: ServerProcess, moment: int) -> tuple[Talk, list[Received]]:
    """A conversation that knows its trip, and a second run cut off by the death of the server."""
    async with server.connect() as client:
        talk = await Talk.open(client)
        await talk.say(SEARCH)
        seen: list[Received] = []

        def is_due(received: list[Received]) -> bool:
            if len(received) < moment:
                return False
            seen.extend(received)
            server.kill()
            return True

        await talk.stream(QUESTION, until=is_due)
    return talk, seen


async def check_recovered(talk: Talk, seen: list[Received]) -> None:
    talk.patience_seconds = LEASE_SECONDS + SWEEP_SECONDS + 10
    events = seen + await talk.resume(run_of(seen), after=seen[-1].seq)
    check_log(events)
    assert terminals_of(events) == ["RUN_ERROR"]
    assert events[-1].data["code"] == "run_interrupted"
    asked, reply = (await talk.detail())["messages"][-2:]
    assert (asked["content"], reply["run"], reply["content"]) == (QUESTION, "error", text_of(events))
    following = await talk.ask("chi tiết chuyến số 1")
    assert following["state"]["run"] == "success"
    assert following["intent"] == "details"
    assert following["state"]["frame"]["destination"]["iata"] == "DAD", "the trip is the one spoken of before"


async def test_killed_server_comes_back_with_its_conversations(data_dir: Path) -> None:
    server = ServerProcess(data_dir)
    try:
        server.start()
        killed: list[tuple[Talk, list[Received]]] = []
        for moment in MOMENTS:
            killed.append(await begin_and_kill(server, moment))
            server.start()
            async with server.connect() as client:
                for talk, _ in killed:
                    messages = (await talk.over(client).detail())["messages"]
                    assert [each["content"] for each in messages if each["role"] == "user"] == [SEARCH, QUESTION]
        async with server.connect() as client:
            await asyncio.gather(*(check_recovered(talk.over(client), seen) for talk, seen in killed))
    finally:
        server.end()
