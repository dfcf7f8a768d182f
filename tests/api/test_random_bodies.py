"""Whatever is posted, the answer is a reply or an error of the caller's, never a fault of ours."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.sse import check_log, read_events
from tests.support.talk import ENGLISH, VIETNAMESE, Talk

EXAMPLES = 40
bounded = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

sentences = st.one_of(
    st.text(min_size=1, max_size=40),
    st.sampled_from([VIETNAMESE, ENGLISH, "\0", "30/2", "x" * 4_000, "1" * 400, "🛫" * 50]),
    st.lists(
        st.sampled_from(["bay", "Hà Nội", "to", "31/2", "-1", "người lớn", "đi", "99999999999", "T7", "?"]), min_size=1
    ).map(" ".join),
)
texts = sentences | st.sampled_from(["\ud800", "y" * 4_001])
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts)


def nest(leaves: st.SearchStrategy[Any], keys: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3))


values = nest(scalars, texts)
storable = nest(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), texts), texts
)
ids = st.uuids().map(str)


documents = st.dictionaries(st.sampled_from(["page", "trip"]) | texts, storable, max_size=2)


def spoil_some(good: st.SearchStrategy[dict[str, Any]], fields: Iterable[str]) -> st.SearchStrategy[Any]:
    """Good bodies, as many with one field of any kind, and a few that are anything at all."""
    spoilt = st.builds(
        lambda body, field, value: body | {field: value}, good, st.sampled_from([*fields, "colour"]), values
    )
    return st.one_of(good, good, spoilt, spoilt, values)


chat_fields: dict[str, st.SearchStrategy[Any]] = {
    "client_message_id": ids,
    "channel": st.sampled_from(["web", "cli"]),
    "locale": st.sampled_from(["vi", "en-US", "fr"]),
    "time_zone": st.sampled_from(["Asia/Tokyo", "UTC", "America", "/etc", "localtime", "posixrules"]),
    "context": documents,
    "user_id": ids,
    "resume": st.just([]),
}
messages = spoil_some(
    st.fixed_dictionaries({"message": sentences}, optional=chat_fields),
    ["message", "conversation_id", *(name for name in chat_fields if name != "context")],
)
conversations = spoil_some(
    st.fixed_dictionaries({}, optional={name: chat_fields[name] for name in ("channel", "time_zone", "context")}),
    ["channel", "time_zone"],
)
earlier = st.fixed_dictionaries({"id": ids, "role": st.sampled_from(["user", "system"]), "content": sentences})
last = st.fixed_dictionaries({"id": ids, "role": st.just("user"), "content": sentences})
agui_inputs = spoil_some(
    st.fixed_dictionaries(
        {
            "threadId": ids,
            "runId": ids,
            "state": values,
            "messages": st.builds(lambda said, now: [*said, now], st.lists(earlier, max_size=2), last),
            "tools": st.just([]),
            "context": st.just([]),
            "forwardedProps": values,
        }
    ),
    ["threadId", "runId", "messages", "tools", "context", "resume"],
)


async def post(client: httpx.AsyncClient, path: str, content: bytes) -> None:
    response = await client.post(path, content=content, headers={"Content-Type": "application/json"})
    assert response.status_code < 500, (path, content, response.text)
    if response.is_error:
        assert {"detail", "code", "request_id"} <= set(response.json())
    elif response.headers["Content-Type"].startswith("text/event-stream"):
        check_log(await read_events(response.aiter_lines()))


@bounded
@given(body=messages)
async def test_any_json_as_a_message(talk: Talk, body: Any) -> None:
    for path in ("/v1/chat/messages", f"{talk.path}/messages"):
        await post(talk.client, path, json.dumps(body).encode())


@bounded
@given(body=conversations)
async def test_any_json_as_a_conversation(talk: Talk, body: Any) -> None:
    await post(talk.client, "/v1/chat/conversations", json.dumps(body).encode())


@bounded
@given(body=agui_inputs)
async def test_any_json_at_the_agui_door(talk: Talk, body: Any) -> None:
    await post(talk.client, "/v1/ag-ui", json.dumps(body).encode())


@bounded
@given(content=st.binary(max_size=200))
async def test_any_bytes_anywhere(talk: Talk, content: bytes) -> None:
    for path in (
        "/v1/chat/messages",
        "/v1/chat/conversations",
        "/v1/ag-ui",
        f"{talk.path}/messages",
        f"{talk.path}/runs/{uuid4()}/cancel",
        f"/v1/chat/conversations/{content.hex()[:40] or 'x'}/messages",
    ):
        await post(talk.client, path, content)


@pytest.mark.parametrize("name", ["X-Conversation-Token", "Last-Event-ID", "Accept-Language", "X-Request-ID", "Accept"])
async def test_any_bytes_in_a_header(talk: Talk, name: str) -> None:
    for value in (b"\xff\xfe", b"\x80" * 300, b"a" * 5_000, b";;;=,q=", b"vi;q=x", b"%00"):
        response = await talk.client.get(f"{talk.path}/runs/{uuid4()}/events", headers=[(name.encode(), value)])
        assert 400 <= response.status_code < 500, (name, value)
