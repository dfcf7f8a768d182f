"""A simulated Groq on loopback, and whoever asks it through the real client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

import httpx
import pytest
from fastapi import FastAPI
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.tools import BaseTool, tool
from pydantic import SecretStr

from core.settings import Settings
from providers.llm.asking import Answered, ask
from providers.llm.assemble import create_models
from providers.llm.base import Budget, NamedModel
from providers.sandbox import groq_face
from providers.sandbox.groq_face import SandboxGroq
from providers.sandbox.groq_wire import Step
from tests.support.listening import listen
from tests.support.models import Say, ScriptedModel

OFFLINE_WORDS = "Mình đây. "
PROMPT: tuple[AnyMessage, ...] = (
    SystemMessage("You find flights."),
    SystemMessage("Facts of this turn.", id="facts"),
    HumanMessage("chào bạn"),
    AIMessage("Chào bạn, mình giúp gì được?"),
    HumanMessage("tìm chuyến đi Đà Nẵng"),
)


@tool
def find_place(name: str) -> str:
    """Find a place."""
    return name


@dataclass
class Asking:
    """Asks the chain of the settings, whose last is a stand-in for the offline model, and keeps what came of it."""

    groq: SandboxGroq
    models: list[NamedModel]
    heard: list[str] = field(default_factory=list)
    counted: list[tuple[str, UsageMetadata | None]] = field(default_factory=list)

    async def ask(
        self, *steps: Step, budget: Budget | None = None, tools: Sequence[BaseTool] = (find_place,)
    ) -> Answered:
        self.groq.script.extend(steps)
        return await ask(
            self.models,
            PROMPT,
            tools,
            budget=budget or Budget(),
            repair="Wrong: {problem}",
            listener=self,
            count=lambda named, usage: self.counted.append((named.name, usage)),
        )

    def hear(self, delta: str) -> bool:
        """Shows every word at once."""
        self.heard.append(delta)
        return True

    def forget(self) -> None:
        self.heard.clear()

    @property
    def asked(self) -> list[str]:
        """The models Groq was asked for, without their vendor."""
        return [request["model"].partition("/")[2] for request in self.groq.requests]

    @property
    def resting(self) -> list[str]:
        return [each.name.partition("/")[2] for each in self.models if each.rest.is_on]


@pytest.fixture(scope="module")
async def groq_server() -> AsyncIterator[tuple[SandboxGroq, str]]:
    app = FastAPI()
    app.include_router(groq_face.router)
    app.state.sandbox_groq = SandboxGroq()
    async with listen(app) as origin:
        yield app.state.sandbox_groq, f"{origin}/sandbox/groq"


@pytest.fixture
def groq(groq_server: tuple[SandboxGroq, str]) -> SandboxGroq:
    sandbox, _ = groq_server
    sandbox.script.clear()
    sandbox.requests.clear()
    return sandbox


@pytest.fixture
def keyed_settings(settings: Settings, groq_server: tuple[SandboxGroq, str]) -> Settings:
    """Settings whose Groq is the simulated one."""
    return settings.model_copy(update={"groq_api_key": SecretStr("gsk_test"), "groq_base_url": groq_server[1]})


@pytest.fixture
async def asking(groq: SandboxGroq, keyed_settings: Settings) -> AsyncIterator[Asking]:
    async with httpx.AsyncClient(trust_env=False) as http:
        *metered, offline = create_models(keyed_settings, http).capable
        stand_in = replace(offline, model=ScriptedModel(script=[Say(OFFLINE_WORDS.strip())] * 9))
        yield Asking(groq, [*metered, stand_in])
