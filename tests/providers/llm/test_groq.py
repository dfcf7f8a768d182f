"""Whole turns with Groq's models behind them: what langchain-groq sends, and what our graph makes of the answers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from agents.flight import FLIGHT
from core.messages import say
from core.security import Actor
from core.settings import Settings
from db.session import Transactions
from providers.llm.assemble import create_models
from providers.sandbox.groq_face import SandboxGroq
from providers.sandbox.groq_wire import Step, WrittenCall
from services.model_usage import count_tokens, find_tokens_left, read_limits
from tests.conftest import StartApp

SENTENCE = "cheapest nonstop from Saigon to Bangkok on 20 December, one way"


@asynccontextmanager
async def start_with(start_app: StartApp, keyed_settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application whose models are Groq's."""
    async with httpx.AsyncClient(trust_env=False) as http, start_app(create_models(keyed_settings, http)) as client:
        yield client


async def ask(start_app: StartApp, keyed_settings: Settings, groq: SandboxGroq, *steps: Step) -> dict[str, Any]:
    groq.script.extend(steps)
    async with start_with(start_app, keyed_settings) as client:
        answer = await client.post("/v1/chat/messages", json={"message": SENTENCE})
        assert answer.status_code == 200
        return dict(answer.json())


async def test_a_search_costs_one_call_and_the_reply_is_the_models(
    start_app: StartApp, keyed_settings: Settings, groq: SandboxGroq
) -> None:
    answer = await ask(start_app, keyed_settings, groq, Step(text="Bangkok it is: see the first card."))
    assert answer["content"] == "Bangkok it is: see the first card."
    assert answer["attachments"][0]["type"] == "flight_offers"
    usage = answer["usage"]
    assert usage["llm_calls"] == 1
    # at 0.15 in and 0.60 out, dollars a million
    assert float(usage["cost_usd"]) == pytest.approx(usage["input_tokens"] * 15e-8 + usage["output_tokens"] * 60e-8)
    (request,) = groq.requests
    assert request["model"] == "openai/gpt-oss-120b"
    assert request["stream"] is True
    assert [tool["function"]["name"] for tool in request["tools"]] == [tool.name for tool in FLIGHT.tools]
    assert "runtime" not in json.dumps(request["tools"])
    assert [message["role"] for message in request["messages"]] == ["system", "system", "user", "assistant", "tool"]


async def test_the_prompt_begins_the_same_in_every_turn(
    start_app: StartApp, keyed_settings: Settings, groq: SandboxGroq
) -> None:
    """What comes first and is the same to the byte costs half, and counts towards no limit."""
    groq.script.extend([Step(text="Reply one."), Step(text="Reply two.")])
    async with start_with(start_app, keyed_settings) as client:
        first = (await client.post("/v1/chat/messages", json={"message": SENTENCE})).json()
        client.headers["X-Conversation-Token"] = first["conversation_token"]
        path = f"/v1/chat/conversations/{first['conversation_id']}/messages"
        await client.post(path, json={"message": "only Vietnam Airlines"})
    one, two = groq.requests
    assert one["messages"][1] != two["messages"][1], "the facts are those of the turn"
    begins = [json.dumps([body["messages"][0], body["tools"]]) for body in (one, two)]  # keys in the order they came
    assert begins[0] == begins[1]


async def test_the_model_may_call_the_tool_itself(
    start_app: StartApp, keyed_settings: Settings, groq: SandboxGroq
) -> None:
    arguments = {"origin": "Saigon", "destination": "Bangkok", "departs_on": "20 December", "max_stops": 0}
    call = WrittenCall(name="search_flights", arguments=json.dumps(arguments))
    answer = await ask(start_app, keyed_settings, groq, Step(calls=[call]), Step(text="Here they are again."))
    assert answer["usage"]["llm_calls"] == 2
    assert answer["content"] == "Here they are again."
    assert len(answer["attachments"]) == 2
    assert all(s["stops"] == 0 for o in answer["attachments"][1]["offers"] for s in o["slices"])


async def test_groq_down_is_answered_offline(start_app: StartApp, keyed_settings: Settings, groq: SandboxGroq) -> None:
    answer = await ask(start_app, keyed_settings, groq, Step(refusal="day_spent"), Step(refusal="internal"))
    assert answer["state"]["run"] == "success"
    assert "Bangkok" in answer["content"]
    assert answer["usage"]["llm_calls"] == 3
    assert answer["usage"]["cost_usd"] is None, "what a failed call cost is not known"
    assert say("models.fell_back", "en") in answer["content"]
    assert [request["model"] for request in groq.requests] == ["openai/gpt-oss-120b", "openai/gpt-oss-20b"]


async def test_a_stream_cut_in_mid_sentence_keeps_its_words_and_ends_in_an_error(
    start_app: StartApp, keyed_settings: Settings, groq: SandboxGroq
) -> None:
    broken = Step(text="Here they are. The cheapest is ", ends="cut")
    answer = await ask(start_app, keyed_settings, groq, broken, Step(text="No."))
    assert answer["content"].startswith("Here they are.")
    assert "No." not in answer["content"]
    assert answer["state"]["run"] == "error"
    assert answer["error"]["code"] == "model_failed"
    assert len(groq.requests) == 1


async def test_who_has_used_up_the_day_is_answered_offline(
    start_app: StartApp, keyed_settings: Settings, groq: SandboxGroq, transactions: Transactions
) -> None:
    keys, limits, visitor, address = keyed_settings.keys, read_limits(keyed_settings), Actor(), "127.0.0.1"
    groq.script.extend([Step(text="First."), Step(text="Second.")])
    async with start_with(start_app, keyed_settings) as client:
        first = (await client.post("/v1/chat/messages", json={"message": SENTENCE})).json()
        left = await find_tokens_left(transactions, keys, limits, visitor, client_address=address)
        assert left == limits.address_tokens - first["usage"]["input_tokens"] - first["usage"]["output_tokens"]
        await count_tokens(transactions, keys, visitor, client_address=address, tokens=limits.address_tokens)
        second = (await client.post("/v1/chat/messages", json={"message": SENTENCE})).json()
    assert first["content"] == "First."
    assert "Bangkok" in second["content"]
    assert say("models.budget_spent", "en") in second["content"]
    assert len(groq.requests) == 1


async def test_no_key_means_no_groq(settings: Settings) -> None:
    async with httpx.AsyncClient() as http:
        models = create_models(settings, http)
    assert [named.name for named in models.capable + models.small] == ["offline", "offline"]
