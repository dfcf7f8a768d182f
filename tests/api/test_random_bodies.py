"""Whatever is posted, the answer is a reply or an error of the caller's, never a fault of ours."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.talk import ENGLISH, VIETNAMESE, Talk
from tests.support.sse import check_log, read_events

EXAMPLES = 40
bounded = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

sentences = st.one_of(
    st.text(max_size=40),
    st.sampled_from([VIETNAMESE, ENGLISH, "\0", "30/2", "x" * 4_000, "1" * 400, "🛫" * 50]),
    st.lists(st.sampled_from(["bay", "Hà Nội", "to", "31/2", "-1", "người lớn", "đi", "99999999999", "T7", "?"])).map(
        " ".join
    ),
)
texts = sentences | st.sampled_from(["\ud800", "y" * 4_001])
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))
ids = st.uuids().map(str)


def mostly(good: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Good values nine times in ten, so that most bodies get past the first check."""
    return st.integers(0, 9).flatmap(lambda dice: good if dice else values)


chat_fields: dict[str, st.SearchStrategy[Any]] = {
    "client_message_id": mostly(ids),
    "channel": mostly(st.sampled_from(["web", "cli"])),
    "locale": mostly(st.sampled_from(["vi", "en-US", "fr"])),
    "time_zone": mostly(st.sampled_from(["Asia/Tokyo", "UTC", "America", "/etc", "localtime", "posixrules"])),
    "context": st.dictionaries(st.sampled_from(["page", "trip"]) | texts, values, max_size=2),
    "user_id": mostly(ids),
    "resume": mostly(st.just([])),
    "conversation_id": mostly(ids),
}
messages = st.fixed_dictionaries({"message": mostly(sentences)}, optional=chat_fields)
conversations = st.fixed_dictionaries(
    {}, optional={name: chat_fields[name] for name in ("channel", "time_zone", "context")}
)
agui_messages = st.fixed_dictionaries({"id": mostly(ids), "role": mostly(st.just("user")), "content": mostly(sentences)})
agui_inputs = st.fixed_dictionaries(
    {
        "threadId": mostly(ids),
        "runId": mostly(ids),
        "state": values,
        "messages": mostly(st.lists(agui_messages, min_size=1, max_size=3)),
        "tools": mostly(st.just([])),
        "context": mostly(st.just([])),
        "forwardedProps": values,
    }
)


async def post(client: httpx.AsyncClient, path: str, content: bytes) -> None:
    response = await client.post(path, content=content, headers={"Content-Type": "application/json"})
    print(path[-12:], response.status_code, response.text[:110])
    assert response.status_code < 500, (path, content, response.text)
    if response.is_error:
        assert {"detail", "code", "request_id"} <= set(response.json())
    elif response.headers["Content-Type"].startswith("text/event-stream"):
        check_log(await read_events(response.aiter_lines()))


@bounded
@given(body=messages | values)
async def test_any_json_as_a_message(shared_talk: Talk, body: Any) -> None:
    for path in ("/v1/chat/messages", f"{shared_talk.path}/messages"):
        await post(shared_talk.client, path, json.dumps(body).encode())


@bounded
@given(body=conversations | values)
async def test_any_json_as_a_conversation(shared_talk: Talk, body: Any) -> None:
    await post(shared_talk.client, "/v1/chat/conversations", json.dumps(body).encode())


@bounded
@given(body=agui_inputs | values)
async def test_any_json_at_the_agui_door(shared_talk: Talk, body: Any) -> None:
    await post(shared_talk.client, "/v1/ag-ui", json.dumps(body).encode())


@bounded
@given(content=st.binary(max_size=200))
async def test_any_bytes_anywhere(shared_talk: Talk, content: bytes) -> None:
    for path in (
        "/v1/chat/messages",
        "/v1/chat/conversations",
        "/v1/ag-ui",
        f"{shared_talk.path}/messages",
        f"{shared_talk.path}/runs/{uuid4()}/cancel",
        f"/v1/chat/conversations/{content.hex()[:40] or 'x'}/messages",
    ):
        await post(shared_talk.client, path, content)


@pytest.mark.parametrize("name", ["X-Conversation-Token", "Last-Event-ID", "Accept-Language", "X-Request-ID", "Accept"])
async def test_any_bytes_in_a_header(shared_talk: Talk, name: str) -> None:
    for value in (b"\xff\xfe", b"\x80" * 300, b"a" * 5_000, b";;;=,q=", b"vi;q=x", b"%00"):
        response = await shared_talk.client.get(
            f"{shared_talk.path}/runs/{uuid4()}/events", headers=[(name.encode(), value)]
        )
        assert 400 <= response.status_code < 500, (name, value)
