"""What a tool is given besides the model's arguments. Nothing here comes from a model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from langchain.tools import ToolRuntime
from langchain_core.messages import ToolMessage
from langgraph.types import Command

from core.messages import Language
from core.security import Actor, Keys
from db.session import Transactions
from providers.calendar.base import CalendarProvider
from providers.flights.base import WorldMode
from services.flights.market import Market
from services.payments.gateways import Gateways
from services.proposals.proposing import ConsentParts


@dataclass(frozen=True, slots=True)
class ToolContext:
    """Who asks, when, in which language, and the doors a tool may use."""

    actor: Actor
    conversation_id: UUID
    run_id: UUID
    message_id: UUID
    """Of what the traveller said or clicked."""
    language: Language
    now: datetime
    """In the traveller's time zone."""
    currency: str
    transactions: Transactions
    market: Market
    keys: Keys
    gateways: Gateways
    calendar: CalendarProvider | None
    """None where this server knows none."""
    client_address: str
    """Where the message came from, as gateways are told; may be empty."""
    support_email: str | None
    """Of our own desk; None where nobody reads its letters."""

    @property
    def consent(self) -> ConsentParts:
        return ConsentParts(self.transactions, self.market, self.keys, self.gateways, self.calendar)

    @property
    def mode(self) -> WorldMode:
        """Whether the flights are simulated, a vendor's test mode or real: said with everything that names one."""
        return self.market.mode


Tooling = ToolRuntime[Any, dict[str, Any]]
"""Injected by the graph: `context` is a ToolContext, `state` the conversation's."""


def show_card(runtime: Tooling, card: dict[str, Any]) -> None:
    """Put a card on the traveller's screen."""
    runtime.stream_writer({"card": card})


def answer_call(runtime: Tooling, facts: dict[str, Any], remembered: dict[str, Any]) -> Command[Any]:
    """An answer to the model that also changes what the conversation remembers."""
    message = ToolMessage(json.dumps(facts, ensure_ascii=False), tool_call_id=runtime.tool_call_id or "")
    return Command(update=remembered | {"messages": [message]})
