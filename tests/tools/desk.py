"""Calls a tool as the graph does, and gathers everything that comes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from langchain.tools import ToolRuntime
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from langgraph.types import Command

from core.ids import new_id
from core.messages import Language
from core.security import Actor
from db.session import Transactions
from services.flights.market import Market
from tests.conftest import NOW
from tools.context import ToolContext


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

    async def call(self, tool: BaseTool, **args: Any) -> Answer:
        cards: list[dict[str, Any]] = []
        context = ToolContext(
            actor=self.actor,
            conversation_id=None,  # type: ignore[arg-type]  # a tool only hands it on
            run_id=new_id(),
            language=self.language,
            now=NOW,
            currency="VND",
            transactions=self.transactions,
            market=self.market,
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
