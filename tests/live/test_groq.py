"""Whether Groq is as we think: its models, its streams, and that it takes the tools of every agent."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from langchain_core.messages import AnyMessage, HumanMessage, SystemMessage
from langchain_core.messages.ai import UsageMetadata

from agents.registry import AGENTS
from core.settings import Settings
from prompts.load import load_prompt
from providers.llm.asking import Answered, ask
from providers.llm.assemble import create_models
from providers.llm.base import Budget, Models, NamedModel
from providers.llm.check import check_models
from tests.conftest import StartApp

pytestmark = pytest.mark.live


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


@pytest.fixture
def models(settings: Settings, http: httpx.AsyncClient) -> Models:
    return create_models(settings, http)


class Heard:
    def __init__(self) -> None:
        self.words: list[str] = []
        self.usages: list[UsageMetadata | None] = []

    def hear(self, delta: str) -> bool:
        self.words.append(delta)
        return True

    def forget(self) -> None:
        self.words.clear()

    async def ask(self, named: NamedModel, agent: str, text: str) -> Answered:
        """One model, nobody behind it."""
        spec = AGENTS[agent]
        prompt: list[AnyMessage] = [SystemMessage(load_prompt(spec.prompt)), HumanMessage(text)]
        return await ask(
            [named],
            prompt,
            spec.tools,
            budget=Budget(),
            repair=load_prompt("repair.md"),
            listener=self,
            count=lambda _, usage: self.usages.append(usage),
        )


async def test_the_models_of_the_settings_are_there(settings: Settings, http: httpx.AsyncClient) -> None:
    check = await check_models(settings, http)
    assert check.status == "ok", check.problem


@pytest.mark.parametrize("role", ["capable", "small"])
async def test_a_model_streams_and_says_what_it_used(models: Models, role: str) -> None:
    heard = Heard()
    named = getattr(models, role)[0]
    answered = await heard.ask(named, "concierge", "Xin chào! Trả lời mình một câu ngắn thôi nhé.")
    assert answered.message.text or answered.message.tool_calls
    assert heard.usages[-1] is not None
    assert heard.usages[-1]["input_tokens"] > 100


@pytest.mark.parametrize("role", ["capable", "small"])
async def test_a_model_calls_the_search(models: Models, role: str) -> None:
    named = getattr(models, role)[0]
    answered = await Heard().ask(named, "flight", "Find flights from Hanoi to Da Nang on 20 December for one adult.")
    calls = {call["name"]: call["args"] for call in answered.message.tool_calls}
    assert {"origin", "destination"} <= set(calls["search_flights"])


@pytest.mark.parametrize("agent", AGENTS)
async def test_the_tools_of_every_agent_are_taken(models: Models, agent: str) -> None:
    heard = Heard()
    await heard.ask(models.small[0], agent, "Cảm ơn bạn nhé!")
    assert heard.usages, "a schema Groq does not take is an error before a word"


async def test_a_turn_is_answered_by_a_model(start_app: StartApp, models: Models) -> None:
    async with start_app(models) as client:
        sent = {"message": "Tìm vé Hà Nội đi Đà Nẵng ngày 20/12 cho 1 người lớn"}
        answer = (await client.post("/v1/chat/messages", json=sent)).json()
    assert answer["state"]["run"] == "success"
    assert answer["content"]
    assert "flight_offers" in [card["type"] for card in answer["attachments"]]
    assert answer["usage"]["input_tokens"] > 0
