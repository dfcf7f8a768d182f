"""What a tool is given besides the model's arguments. Nothing here comes from a model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from langchain.tools import ToolRuntime

from core.messages import Language
from core.security import Actor
from db.session import Transactions
from providers.flights.base import WorldMode
from services.flights.market import Market


@dataclass(frozen=True, slots=True)
class ToolContext:
    """Who asks, when, in which language, and the doors a tool may use."""

    actor: Actor
    conversation_id: UUID
    run_id: UUID
    language: Language
    now: datetime
    """In the traveller's time zone."""
    currency: str
    transactions: Transactions
    market: Market

    @property
    def mode(self) -> WorldMode:
        """Whether the flights are simulated, a vendor's test mode or real: said with everything that names one."""
        return self.market.mode


Tooling = ToolRuntime[Any, dict[str, Any]]
"""Injected by the graph: `context` is a ToolContext, `state` the conversation's."""


def show_card(runtime: Tooling, card: dict[str, Any]) -> None:
    """Put a card on the traveller's screen."""
    runtime.stream_writer({"card": card})
