"""Models behind one port: LangChain's chat model, under a name, in the order they are tried."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages.ai import UsageMetadata

FACTS_MESSAGE_ID = "facts"
"""The id of the system message that carries the facts of the turn: a line of words, then one JSON object."""


@dataclass(frozen=True, slots=True)
class NamedModel:
    provider: str
    name: str
    model: BaseChatModel


@dataclass(frozen=True, slots=True)
class Models:
    """Who answers, by role, best first. The last of each is the offline model, which cannot be down."""

    capable: tuple[NamedModel, ...]
    small: tuple[NamedModel, ...]


@cache
def _prices() -> dict[str, Any]:
    prices: dict[str, Any] = json.loads((Path(__file__).parent / "prices.json").read_text(encoding="utf-8"))
    return prices


def price_call(model: str, usage: UsageMetadata | None) -> Decimal | None:
    """What a call cost in US dollars; None when the model's price or its tokens are unknown."""
    rates = _prices()["usd_per_million_tokens"].get(model)
    if rates is None or usage is None:
        return None
    cached = (usage.get("input_token_details") or {}).get("cache_read") or 0
    return (
        Decimal(rates["input"]) * (usage["input_tokens"] - cached)
        + Decimal(rates["cached_input"]) * cached
        + Decimal(rates["output"]) * usage["output_tokens"]
    ) / 1_000_000
