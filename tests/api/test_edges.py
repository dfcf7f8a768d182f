from __future__ import annotations

import asyncio
from uuid import uuid4

import httpx
import pytest

import api.sse
from tests.api.test_agui_door import DOOR, run_input
from tests.support.talk import Talk, offers_of


@pytest.mark.parametrize(
    "text", ["nonstop from Hanoi to Paris on 20 December, one way", "Hà Nội đi Paris 20/12 bay thẳng"]
)
async def test_nonstop_is_nonstop(talk: Talk, text: str) -> None:
    reply = await talk.ask(text)
    assert {slice_["stops"] for offer in offers_of(reply) for slice_ in offer["slices"]} == {0}


async def test_nonstop_chip_narrows_the_search(talk: Talk) -> None:
    chips = {
        chip["id"]: chip["text"]
        for chip in (await talk.ask("Hanoi to Paris 20 December, one way"))["suggested_actions"]
    }
    reply = await talk.ask(chips["nonstop"])
    assert {slice_["stops"] for offer in offers_of(reply) for slice_ in offer["slices"]} == {0}


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e400"])
@pytest.mark.parametrize("path", ["/v1/chat/messages", "/v1/chat/conversations"])
async def test_number_that_json_does_not_know_is_refused(
    shared_client: httpx.AsyncClient, path: str, number: bytes
) -> None:
    content = b'{"context": {"page": ' + number + b"}" + (b', "message": "hello"}' if "messages" in path else b"}")
    response = await shared_client.post(path, content=content, headers={"Content-Type": "application/json"})
    assert 400 <= response.status_code < 500


@pytest.mark.parametrize("same_run", [True, False])
async def test_thread_opened_twice_at_once_is_one_thread(talk: Talk, same_run: bool) -> None:
    first = run_input()
    second = first if same_run else run_input(threadId=first["threadId"])
    answers = await asyncio.gather(*(talk.client.post(DOOR, json=body) for body in (first, second)))
    assert {answer.status_code for answer in answers} <= ({200} if same_run else {200, 409})


async def test_request_id_is_plain_ascii(shared_client: httpx.AsyncClient) -> None:
    response = await shared_client.get("/nowhere", headers=[(b"X-Request-ID", "é".encode("latin-1"))])
    assert response.headers["X-Request-ID"].isascii()


async def test_method_of_a_stranger_makes_no_series(shared_client: httpx.AsyncClient) -> None:
    method = f"X{uuid4().hex.upper()}"
    await shared_client.request(method, "/")
    assert method not in (await shared_client.get("/metrics")).text


async def test_route_label_is_the_whole_template(talk: Talk) -> None:
    assert (
        'route="/v1/chat/conversations/{conversation_id}"' in (await talk.client.get("/metrics")).text
        or (
            await talk.detail(),
            'route="/v1/chat/conversations/{conversation_id}"' in (await talk.client.get("/metrics")).text,
        )[1]
    )


async def test_unchanged_page_is_a_304(shared_client: httpx.AsyncClient) -> None:
    tag = (await shared_client.get("/widget.js")).headers["ETag"]
    assert (await shared_client.get("/widget.js", headers={"If-None-Match": tag})).status_code == 304


async def test_stream_refused_for_lack_of_room_writes_nothing(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.sse, "MAX_STREAMS", 0)
    headers = {"Accept": "text/event-stream"}
    response = await talk.client.post(f"{talk.path}/messages", json={"message": "hello"}, headers=headers)
    assert response.status_code == 503
    assert (await talk.detail())["message_count"] == 0
