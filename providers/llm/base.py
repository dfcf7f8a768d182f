"""Models behind one port: LangChain's chat model, under a name, in the order they are tried."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

from langchain_core.language_models import BaseChatModel
from langchain_core.messages.ai import UsageMetadata

from core.clock import clock

FACTS_MESSAGE_ID = "facts"
"""The id of the system message that carries the facts of the turn: a line of words, then one JSON object."""


class Rest:
    """Until when a model is not asked, in this process: it said so itself, or it cannot answer before a person acts."""

    def __init__(self) -> None:
        self._until: datetime | None = None

    @property
    def is_on(self) -> bool:
        return self._until is not None and clock.now() < self._until

    def begin(self, seconds: float) -> None:
        self._until = clock.now() + timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class NamedModel:
    provider: str
    name: str
    model: BaseChatModel
    rest: Rest = field(default_factory=Rest, compare=False, repr=False)

    @property
    def is_metered(self) -> bool:
        """Whether its calls cost money or a quota; the offline model's do not."""
        return self.provider != "offline"


@dataclass(slots=True)
class Budget:
    """What a turn may still ask of metered models. Beyond it only the offline one answers."""

    calls: int = 5
    tokens: int = 40_000
    seconds: float = 45.0
    tokens_today: int | None = None
    """What whoever asks has left of the day; None where nobody counts."""
    tokens_used: int = 0

    @property
    def is_spent(self) -> bool:
        return self.calls <= 0 or self.tokens <= 0 or self.seconds <= 0

    @property
    def is_day_spent(self) -> bool:
        return self.tokens_today is not None and self.tokens_today <= 0

    def spend(self, *, tokens: int, seconds: float) -> None:
        """Take a call off."""
        self.calls -= 1
        self.tokens -= tokens
        self.tokens_used += tokens
        self.seconds -= seconds
        if self.tokens_today is not None:
            self.tokens_today -= tokens


@dataclass(frozen=True, slots=True)
class Models:
    """Who answers, by role, best first. The last of each is the offline model, which cannot be down."""

    capable: tuple[NamedModel, ...]
    small: tuple[NamedModel, ...]


@dataclass(frozen=True, slots=True)
class ModelCheck:
    """Whether the models of the settings can be asked."""

    status: Literal["offline", "unchecked", "ok", "unreachable", "key_refused", "unknown_model"]
    """`offline`: there is no key, and nobody is to be asked."""
    problem: str | None = None
    """One line that names the setting to mend."""


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
