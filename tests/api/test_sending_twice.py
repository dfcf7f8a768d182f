"""One message is answered once, and one at a time: retries, double clicks, two tabs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.conftest import StartApp
from tests.support.models import Say, scripted_models
from tests.support.talk import VIETNAMESE, Talk

NEVER_SECONDS = 60
"""A pause no test waits for: the run is cancelled in it."""

FIRST_WORD = 5
"""Events of a run whose model has begun to speak: start, route, step, start of the text, words."""


@pytest.fixture
async def slow_talk(start_app: StartApp) -> AsyncIterator[Talk]:
    """A conversation whose model stops after its first word until it is cancelled, and answers promptly after that."""
    async with start_app(scripted_models(Say("Hello. there", pause=NEVER_SECONDS))) as client:
        made = (await client.post("/v1/chat/conversations", json={})).json()
        client.headers["X-Conversation-Token"] = made["conversation_token"]
        yield Talk(client, made["id"])


async def test_same_message_id_and_text_is_the_same_run(talk: Talk) -> None:
    once = await talk.ask(VIETNAMESE, client_message_id=str(id_ := uuid4()))
    again = await talk.ask(VIETNAMESE, client_message_id=str(id_))
    assert again == once
    assert (await talk.detail())["message_count"] == 2


async def test_retry_over_sse_gets_the_stored_run_from_its_start(talk: Talk) -> None:
    id_ = str(uuid4())
    once = await talk.ask(VIETNAMESE, client_message_id=id_)
    streamed = await talk.say(VIETNAMESE, client_message_id=id_)
    assert streamed == await talk.read_log(once["run_id"])


async def test_same_message_id_with_other_text_is_refused(talk: Talk) -> None:
    id_ = str(uuid4())
    await talk.ask("hello", client_message_id=id_)
    response = await talk.post("thanks", client_message_id=id_)
    assert (response.status_code, response.json()["code"]) == (422, "message_id_reused")
    assert (await talk.detail())["message_count"] == 2


async def test_message_id_counts_within_its_conversation(talk: Talk) -> None:
    id_, other = str(uuid4()), await Talk.open(talk.client)
    first = await talk.ask("hello", client_message_id=id_)
    second = await other.ask("thanks", client_message_id=id_)
    assert first["run_id"] != second["run_id"]


async def test_text_that_differs_only_in_form_is_the_same_message(talk: Talk) -> None:
    id_ = str(uuid4())
    composed = await talk.ask("xin chào", client_message_id=id_)
    decomposed = await talk.ask(" xin cha\u0300o ", client_message_id=id_)
    assert decomposed["run_id"] == composed["run_id"]


async def test_second_message_meanwhile_is_told_which_run_is_active(slow_talk: Talk) -> None:
    answering = asyncio.create_task(slow_talk.post("hello"))
    run_id = await slow_talk.wait_for_run(events=FIRST_WORD)
    response = await slow_talk.post("Hôm sau thì sao?")
    body = response.json()
    assert response.status_code == 409
    assert set(body) == {"detail", "code", "request_id", "run_id"}
    assert (body["code"], body["run_id"]) == ("run_active", run_id)
    assert body["detail"] == "Mình đang trả lời tin nhắn trước, bạn chờ một chút hoặc bấm dừng nhé."
    assert (await slow_talk.detail())["message_count"] == 1

    await slow_talk.cancel(run_id)
    reply = (await answering).json()
    assert (reply["run_id"], reply["state"]["run"], reply["error"]) == (run_id, "cancelled", None)
    assert (await slow_talk.ask("thanks"))["state"]["run"] == "success"


async def test_retry_of_the_message_being_answered_joins_its_run(slow_talk: Talk) -> None:
    id_ = str(uuid4())
    answering = asyncio.create_task(slow_talk.post("hello", client_message_id=id_))
    run_id = await slow_talk.wait_for_run(events=FIRST_WORD)
    joining = asyncio.create_task(slow_talk.post("hello", client_message_id=id_))
    await slow_talk.cancel(run_id)
    first, second = await answering, await joining
    assert first.json() == second.json()
    assert first.json()["run_id"] == run_id


async def test_run_of_one_conversation_does_not_hold_up_another(slow_talk: Talk) -> None:
    answering = asyncio.create_task(slow_talk.post("hello"))
    run_id = await slow_talk.wait_for_run(events=FIRST_WORD)
    other = await Talk.open(slow_talk.client)
    assert (await other.ask(VIETNAMESE))["state"]["run"] == "success"
    await slow_talk.cancel(run_id)
    await answering


async def test_of_messages_sent_at_once_exactly_one_is_taken(slow_talk: Talk) -> None:
    posts = {asyncio.create_task(slow_talk.post(text)) for text in ("hello", "hi there", "good morning", "hey")}
    refused: set[asyncio.Task[httpx.Response]] = set()
    while len(posts) > 1:
        done, posts = await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED)
        refused |= done
    answers = [task.result() for task in refused]
    assert {answer.status_code for answer in answers} == {409}
    (run_id,) = {answer.json()["run_id"] for answer in answers}
    await slow_talk.cancel(run_id)
    (taken,) = posts
    assert (await taken).json()["run_id"] == run_id
    assert (await slow_talk.detail())["message_count"] == 2


async def test_same_message_sent_twice_at_once_is_one_run(slow_talk: Talk) -> None:
    id_ = str(uuid4())
    posts: list[asyncio.Task[Any]] = [
        asyncio.create_task(slow_talk.post("hello", client_message_id=id_)) for _ in range(3)
    ]
    await slow_talk.cancel(await slow_talk.wait_for_run(events=FIRST_WORD))
    answers = await asyncio.gather(*posts)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["run_id"] for answer in answers}) == 1
    assert (await slow_talk.detail())["message_count"] == 2
