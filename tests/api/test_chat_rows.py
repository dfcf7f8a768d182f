"""Conversations as rows: create, list, read, write, delete; and JSON and SSE as two views of one run."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.conftest import NOW, StartApp
from tests.support.models import Say, scripted_models
from tests.support.sse import Received, cards_of, post_streamed, text_of
from tests.support.stored import find_stored
from tests.support.talk import ENGLISH, VIETNAMESE, Json, Talk

CONVERSATIONS = "/v1/chat/conversations"
MESSAGES = "/v1/chat/messages"


async def test_new_conversation_is_described_whole_and_comes_with_a_token(shared_client: httpx.AsyncClient) -> None:
    response = await shared_client.post(CONVERSATIONS, json={"channel": "kiosk"})
    made = response.json()
    assert response.status_code == 201
    assert UUID(made.pop("id")).version == 7
    assert len(made.pop("conversation_token")) >= 40
    assert datetime.fromisoformat(made["created_at"]) == datetime.fromisoformat(made["updated_at"]) == NOW
    assert made == {
        "user_id": None,
        "channel": "kiosk",
        "state": {},
        "message_count": 0,
        "created_at": made["created_at"],
        "updated_at": made["updated_at"],
    }


async def test_visitor_with_a_token_gets_no_other_and_lists_all_it_opens(talk: Talk) -> None:
    made = (await talk.client.post(CONVERSATIONS, json={})).json()
    assert made["conversation_token"] is None
    listed = (await talk.client.get(CONVERSATIONS)).json()
    assert {row["id"] for row in listed} == {talk.id, made["id"]}


async def test_visitor_without_a_token_has_an_empty_list(talk: Talk) -> None:
    del talk.client.headers["X-Conversation-Token"]
    response = await talk.client.get(CONVERSATIONS)
    assert (response.status_code, response.json()) == (200, [])


async def test_list_is_cut_by_skip_and_limit_and_counts_messages(talk: Talk) -> None:
    others = [await Talk.open(talk.client) for _ in range(3)]
    await talk.ask("xin chào")
    rows = (await talk.client.get(CONVERSATIONS)).json()
    assert {row["id"]: row["message_count"] for row in rows} == {talk.id: 2} | {other.id: 0 for other in others}
    pages = [(await talk.client.get(CONVERSATIONS, params={"skip": n, "limit": 2})).json() for n in (0, 2, 4)]
    assert [len(page) for page in pages] == [2, 2, 0]
    assert [*pages[0], *pages[1]] == rows


async def test_detail_keeps_the_order_of_what_was_said(talk: Talk) -> None:
    first, second = await talk.ask("xin chào"), await talk.ask("cảm ơn")
    detail = await talk.detail()
    assert [message["role"] for message in detail["messages"]] == ["user", "assistant"] * 2
    assert [message["content"] for message in detail["messages"]] == [
        "xin chào",
        first["content"],
        "cảm ơn",
        second["content"],
    ]
    assert [message["run_id"] for message in detail["messages"]] == [first["run_id"]] * 2 + [second["run_id"]] * 2
    assert (detail["message_count"], detail["active_run"], detail["pending_interrupts"]) == (4, None, [])


async def test_detail_is_read_in_pages_before_and_after_a_message(talk: Talk) -> None:
    for text in ("xin chào", "cảm ơn", "tạm biệt"):
        await talk.ask(text)
    ids = [message["id"] for message in (await talk.detail())["messages"]]

    async def read_ids(**params: Any) -> list[str]:
        return [message["id"] for message in (await talk.detail(**params))["messages"]]

    assert await read_ids(limit=2) == ids[-2:]
    assert await read_ids(limit=2, before=ids[4]) == ids[2:4]
    assert await read_ids(limit=2, after=ids[0]) == ids[1:3]
    assert await read_ids(after=ids[0], before=ids[3]) == ids[1:3]
    assert await read_ids(before=ids[0]) == await read_ids(after=ids[-1]) == []


async def test_message_of_another_conversation_is_no_cursor(talk: Talk) -> None:
    other = await Talk.open(talk.client)
    foreign = (await other.ask("hello"))["message_id"]
    for name in ("before", "after"):
        response = await talk.client.get(talk.path, params={name: foreign})
        assert (response.status_code, response.json()["code"]) == (404, "message_not_found")


async def test_detail_names_the_run_under_way(start_app: StartApp) -> None:
    async with start_app(scripted_models(Say("one two", pause=60))) as client:
        made = (await client.post(CONVERSATIONS, json={})).json()
        client.headers["X-Conversation-Token"] = made["conversation_token"]
        talk = Talk(client, made["id"])
        answering = asyncio.create_task(talk.ask("hello"))
        run_id = await talk.wait_for_run()
        active = (await talk.detail())["active_run"]
        assert (active["id"], type(active["last_seq"])) == (run_id, int)
        await talk.cancel(run_id)
        reply = await answering
        assert (reply["run_id"], reply["state"]["run"]) == (run_id, "cancelled")
        assert (await talk.detail())["active_run"] is None


async def test_message_without_a_conversation_opens_one_whose_token_is_in_body_and_header(
    shared_client: httpx.AsyncClient,
) -> None:
    response = await shared_client.post(MESSAGES, json={"message": "hello", "channel": "kiosk"})
    reply = response.json()
    token = reply["conversation_token"]
    assert token == response.headers["X-Conversation-Token"]
    shared_client.headers["X-Conversation-Token"] = token
    detail = await Talk(shared_client, reply["conversation_id"]).detail()
    assert (detail["channel"], detail["message_count"]) == ("kiosk", 2)


async def test_streamed_message_without_a_conversation_gives_its_token_in_the_header(
    shared_client: httpx.AsyncClient,
) -> None:
    headers = {"Accept": "text/event-stream"}
    async with shared_client.stream("POST", MESSAGES, json={"message": "hello"}, headers=headers) as response:
        assert response.headers["Cache-Control"] == "no-store, no-transform"
        assert response.headers["X-Accel-Buffering"] == "no"
        assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        shared_client.headers["X-Conversation-Token"] = response.headers["X-Conversation-Token"]
    assert len((await shared_client.get(CONVERSATIONS)).json()) == 1


async def test_conversation_may_be_named_in_the_body_and_the_path_has_the_last_word(talk: Talk) -> None:
    response = await talk.client.post(MESSAGES, json={"message": "hello", "conversation_id": talk.id})
    assert (response.json()["conversation_id"], response.json()["conversation_token"]) == (talk.id, None)
    assert "X-Conversation-Token" not in response.headers
    assert (await talk.ask("thanks", conversation_id=str(uuid4())))["conversation_id"] == talk.id
    assert (await talk.detail())["message_count"] == 4


async def test_user_id_of_a_body_is_taken_and_means_nothing(talk: Talk) -> None:
    await talk.ask("hello", user_id=str(uuid4()))
    assert (await talk.detail())["user_id"] is None


@pytest.mark.parametrize("text", [VIETNAMESE, ENGLISH, "xin chào", "from Hanoi to Atlantis"])
async def test_json_stream_log_and_detail_show_the_same_reply(talk: Talk, text: str) -> None:
    as_json = await talk.ask(text)
    log = await talk.read_log(as_json["run_id"])
    asked, reply = (await talk.detail())["messages"]
    assert asked["content"] == text
    assert show(log) == show_row(reply) == show_row(as_json)
    assert reply["id"] == as_json["message_id"] == result_of(log)["message_id"]
    assert as_json["state"] == {"run": "success", **result_of(log)["state"]}
    assert as_json["usage"] == result_of(log)["usage"]

    other = await Talk.open(talk.client)
    streamed = await other.say(text)
    assert streamed == await other.read_log(streamed[0].data["runId"])
    detail = await other.detail()
    assert show(streamed) == show_row(detail["messages"][-1])
    assert detail["state"] == result_of(streamed)["state"]
    assert forget_ids(show(streamed)) == forget_ids(show(log))


def show(events: list[Received]) -> Json:
    """What a client that reads the stream has on its screen at the end, and how the run describes it."""
    (chips,) = [event.data["value"] for event in events if event.data.get("name") == "suggested_actions"]
    described = {name: result_of(events)[name] for name in ("language", "intent", "agent_name")}
    return {"content": text_of(events), "attachments": cards_of(events), "suggested_actions": chips} | described


def show_row(message: Json) -> Json:
    names = ("content", "attachments", "suggested_actions", "language", "intent", "agent_name")
    return {name: message[name] for name in names}


def result_of(events: list[Received]) -> Json:
    assert events[-1].data["outcome"] == {"type": "success"}
    return dict(events[-1].data["result"])


def forget_ids(shown: Json) -> Json:
    """A reply without what differs from run to run: the ids of its cards."""
    return shown | {"attachments": [card | {"id": None} for card in shown["attachments"]]}


async def test_blocks_of_the_stream_are_those_of_the_row(talk: Talk) -> None:
    events = await talk.say(VIETNAMESE)
    (end,) = [event.data for event in events if event.data["type"] == "TEXT_MESSAGE_END"]
    reply = (await talk.detail())["messages"][-1]
    assert end["metadata"]["blocks"] == reply["blocks"]
    assert end["messageId"] == reply["id"]
    assert {block["type"] for block in reply["blocks"]} == {"p"}


async def test_log_is_read_from_where_a_client_left_off(talk: Talk) -> None:
    events = await talk.say(VIETNAMESE)
    run_id = events[0].data["runId"]
    assert await talk.resume(run_id, after=5) == events[5:]
    response = await talk.client.get(f"{talk.path}/runs/{run_id}/events", headers={"Last-Event-ID": "9"})
    assert response.text.count("\ndata: ") == len(events) - 9
    assert await talk.resume(run_id, after=len(events) + 100) == []


async def test_deleted_conversation_is_gone_with_everything_said_in_it(lone_talk: Talk, database_url: str) -> None:
    secret = "Quokkaville"
    run_id = (await lone_talk.ask(f"from Hanoi to {secret} on 25 December"))["run_id"]
    assert find_stored(database_url, [secret])[secret] >= {"public.conversation_messages", "public.run_events"}
    response = await lone_talk.client.delete(lone_talk.path)
    assert (response.status_code, response.content) == (204, b"")
    for method, path in (
        ("GET", lone_talk.path),
        ("DELETE", lone_talk.path),
        ("POST", f"{lone_talk.path}/messages"),
        ("GET", f"{lone_talk.path}/runs/{run_id}/events"),
    ):
        again = await lone_talk.client.request(method, path, json={"message": "hello"} if method == "POST" else None)
        assert (again.status_code, again.json()["code"]) == (404, "conversation_not_found")
    assert (await lone_talk.client.get(CONVERSATIONS)).json() == []
    assert find_stored(database_url, [secret, lone_talk.id]) == {secret: set(), lone_talk.id: set()}


async def test_message_posted_as_sse_without_a_conversation_is_a_grammatical_run(
    shared_client: httpx.AsyncClient,
) -> None:
    events = await post_streamed(shared_client, MESSAGES, {"message": ENGLISH})
    assert len(cards_of(events)) == 1
