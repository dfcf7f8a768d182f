"""Calls a tool as the graph does, and gathers everything that comes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from langchain.tools import ToolRuntime
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from langgraph.types import Command

from core.errors import AppError
from core.ids import new_id
from core.messages import Language
from core.security import Actor, Keys
from core.vault import Vault
from db.session import Transactions
from providers.calendar.base import CalendarProvider
from services.flights.market import Market
from services.payments.gateways import Gateways
from tests.conftest import NOW
from tests.support.till import Till
from tools.context import ToolContext
from tools.errors import explain_failure

KEYS = Keys(b"a key for tests only", Vault({"k": bytes(32)}))


@dataclass
class Answer:
    text: str
    """What the model reads."""
    cards: list[dict[str, Any]]

    @property
    def facts(self) -> dict[str, Any]:
        return dict(json.loads(self.text))

    @property
    def card(self) -> dict[str, Any]:
        (card,) = self.cards
        return card


@dataclass
class Desk:
    """A conversation with a screen."""

    transactions: Transactions
    market: Market
    language: Language = "vi"
    state: dict[str, Any] = field(default_factory=dict)
    actor: Actor = field(default_factory=Actor)
    """Unless it is given, a visitor: without a conversation, whose search leaves no row that would need one."""
    keys: Keys = KEYS
    gateways: Gateways = field(default_factory=lambda: Gateways((Till(), Till("momo")), "http://test"))
    calendar: CalendarProvider | None = None
    conversation_id: UUID | None = None
    support_email: str | None = None
    cards: list[dict[str, Any]] = field(default_factory=list)
    """Shown by the call made last, whether it was answered or refused."""

    async def call(self, tool: BaseTool, **args: Any) -> Answer:
        cards = self.cards = []
        context = ToolContext(
            actor=self.actor,
            conversation_id=self.conversation_id,  # type: ignore[arg-type]  # most tools only hand it on
            run_id=new_id(),
            message_id=new_id(),
            language=self.language,
            now=NOW,
            currency="VND",
            transactions=self.transactions,
            market=self.market,
            keys=self.keys,
            gateways=self.gateways,
            calendar=self.calendar,
            client_address="203.0.113.9",
            support_email=self.support_email,
        )
        runtime = ToolRuntime(
            state=self.state,
            context=context,
            config={},
            stream_writer=lambda part: cards.append(part["card"]),
            tool_call_id="call",
            store=None,
        )
        call = {"type": "tool_call", "name": tool.name, "args": {**args, "runtime": runtime}, "id": "call"}
        message = await tool.ainvoke(call)
        if isinstance(message, Command):
            assert isinstance(message.update, dict)
            self.state |= {key: value for key, value in message.update.items() if key != "messages"}
            (message,) = message.update["messages"]
        assert isinstance(message, ToolMessage)
        return Answer(message.text, cards)

    async def refusal(self, tool: BaseTool, **args: Any) -> dict[str, Any]:
        """What the model is told of a call that cannot be done."""
        try:
            answer = await self.call(tool, **args)
        except AppError as error:
            told = explain_failure(error, tool=tool.name, call_id="call", language=self.language)
            return dict(json.loads(told.text))
        raise AssertionError(f"{tool.name} did it: {answer.text}")
