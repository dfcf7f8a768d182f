"""Groq's wire format over real HTTP on loopback: what langchain-groq sends, and what our graph makes of the answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from agents.flight import FLIGHT
from core.settings import Settings
from providers.llm.assemble import create_models
from tests.conftest import StartApp

SENTENCE = "cheapest nonstop from Saigon to Bangkok on 20 December, one way"


def stream_of(*deltas: dict[str, Any], finish: str | None = "stop") -> StreamingResponse:
    """Chunks as Groq sends them: role first, usage under x_groq in the last one."""
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "openai/gpt-oss-120b"}
    chunks = [{**head, "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]}]
    chunks += [{**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    if finish:
        usage = {"prompt_tokens": 900, "completion_tokens": 30, "total_tokens": 930}
        last = {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}
        chunks.append({**last, "x_groq": {"id": "req_1", "usage": usage}})

    async def body() -> AsyncIterator[str]:
        for chunk in chunks:
            yield f"data: {json.dumps(chunk)}\n\n"
        if finish:
            yield "data: [DONE]\n\n"

    return StreamingResponse(body(), media_type="text/event-stream")


def error_of(status: int, code: str) -> JSONResponse:
    return JSONResponse({"error": {"message": "no", "type": "x", "code": code}}, status)


class GroqStub:
    """Answers with what it is given, in turn, and keeps the requests."""

    def __init__(self, *answers: Response) -> None:
        self.answers = list(answers)
        self.requests: list[dict[str, Any]] = []

    async def complete(self, request: Request) -> Response:
        self.requests.append(await request.json())
        return self.answers.pop(0)


@asynccontextmanager
async def serve(stub: GroqStub) -> AsyncIterator[str]:
    app = Starlette(routes=[Route("/openai/v1/chat/completions", stub.complete, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


@asynccontextmanager
async def start_with(start_app: StartApp, settings: Settings, stub: GroqStub) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application whose models are Groq's, played by the stub."""
    async with serve(stub) as origin, httpx.AsyncClient() as http:
        keyed = settings.model_copy(update={"groq_api_key": SecretStr("gsk_test"), "groq_base_url": origin})
        async with start_app(create_models(keyed, http)) as client:
            yield client


async def ask(start_app: StartApp, settings: Settings, stub: GroqStub) -> dict[str, Any]:
    async with start_with(start_app, settings, stub) as client:
        answer = await client.post("/v1/chat/messages", json={"message": SENTENCE})
        assert answer.status_code == 200
        return dict(answer.json())


async def test_a_search_costs_one_call_and_the_reply_is_the_models(start_app: StartApp, settings: Settings) -> None:
    stub = GroqStub(stream_of({"content": "Bangkok on Sunday: "}, {"content": "see the first card."}))
    answer = await ask(start_app, settings, stub)
    assert answer["content"] == "Bangkok on Sunday: see the first card."
    assert answer["attachments"][0]["type"] == "flight_offers"
    assert answer["usage"] == {
        "llm_calls": 1,
        "input_tokens": 900,
        "output_tokens": 30,
        # 900 in at 0.15 and 30 out at 0.60 dollars a million
        "cost_usd": "0.000153",
    }
    (request,) = stub.requests
    assert request["model"] == "openai/gpt-oss-120b"
    assert request["stream"] is True
    assert [tool["function"]["name"] for tool in request["tools"]] == [tool.name for tool in FLIGHT.tools]
    assert "runtime" not in json.dumps(request["tools"])
    assert [message["role"] for message in request["messages"]] == ["system", "system", "user", "assistant", "tool"]


async def test_the_prompt_begins_the_same_in_every_turn(start_app: StartApp, settings: Settings) -> None:
    stub = GroqStub(*(stream_of({"content": f"Reply {n}."}) for n in range(2)))
    async with start_with(start_app, settings, stub) as client:
        first = (await client.post("/v1/chat/messages", json={"message": SENTENCE})).json()
        client.headers["X-Conversation-Token"] = first["conversation_token"]
        path = f"/v1/chat/conversations/{first['conversation_id']}/messages"
        await client.post(path, json={"message": "only Vietnam Airlines"})
    one, two = stub.requests
    assert one["messages"][0] == two["messages"][0]
    assert one["tools"] == two["tools"]


async def test_the_model_may_call_the_tool_itself(start_app: StartApp, settings: Settings) -> None:
    arguments = {"origin": "Saigon", "destination": "Bangkok", "departs_on": "20 December", "max_stops": 0}
    call = {"index": 0, "id": "fc_1", "type": "function"}
    call |= {"function": {"name": "search_flights", "arguments": json.dumps(arguments)}}
    stub = GroqStub(
        stream_of({"tool_calls": [call]}, finish="tool_calls"), stream_of({"content": "Here they are again."})
    )
    answer = await ask(start_app, settings, stub)
    assert answer["usage"]["llm_calls"] == 2
    assert answer["content"] == "Here they are again."
    assert len(answer["attachments"]) == 2
    assert all(s["stops"] == 0 for o in answer["attachments"][1]["offers"] for s in o["slices"])


@pytest.mark.parametrize(
    "failures",
    [
        pytest.param([error_of(401, "invalid_api_key"), error_of(401, "invalid_api_key")], id="refused key"),
        pytest.param([error_of(429, "rate_limit_exceeded"), error_of(500, "internal")], id="limit, then a fault"),
        pytest.param([stream_of(finish=None), stream_of(finish=None)], id="cut before a word"),
        pytest.param([Response(b"<html>"), Response(b"data: {", media_type="text/event-stream")], id="garbage"),
    ],
)
async def test_groq_down_is_answered_offline(start_app: StartApp, settings: Settings, failures: list[Response]) -> None:
    stub = GroqStub(*failures)
    answer = await ask(start_app, settings, stub)
    assert answer["state"]["run"] == "success"
    assert "Bangkok" in answer["content"]
    assert "nothing" not in answer["content"]
    assert answer["usage"]["llm_calls"] == 3
    assert answer["usage"]["cost_usd"] is None, "what a failed call cost is not known"
    assert [request["model"] for request in stub.requests] == ["openai/gpt-oss-120b", "openai/gpt-oss-20b"]


async def test_a_stream_cut_in_mid_sentence_keeps_its_words_and_ends_in_an_error(
    start_app: StartApp, settings: Settings
) -> None:
    stub = GroqStub(stream_of({"content": "The cheapest is "}, finish=None))
    answer = await ask(start_app, settings, stub)
    assert answer["content"] == "The cheapest is "
    assert answer["state"]["run"] == "error"
    assert answer["error"]["code"] == "model_failed"


async def test_no_key_means_no_groq(settings: Settings) -> None:
    async with httpx.AsyncClient() as http:
        models = create_models(settings, http)
    assert [named.name for named in models.capable + models.small] == ["offline", "offline"]
