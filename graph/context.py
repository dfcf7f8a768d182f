"""What one turn carries besides its state: the doors of its tools, its models, and a record of what it used."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from langchain_core.messages.ai import UsageMetadata

from providers.llm.base import Budget, Models, NamedModel, price_call
from services.bookings.desk import Desk
from services.conversations.turns import Resume
from tools.context import ToolContext


@dataclass
class TurnRecord:
    """What the turn's model calls cost. `cost_usd` turns None, for unknown, as soon as one call's price is."""

    llm_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal | None = Decimal(0)
    model: str | None = None
    prompt_hash: str | None = None
    replaced_sentences: int = 0
    """What a model said that was not shown, because nobody had looked it up."""
    has_handed_over: bool = False
    has_told_notice: bool = False
    """That another answers than the model asked for; said once a turn."""

    def count_call(self, model: NamedModel, usage: UsageMetadata | None) -> None:
        self.llm_calls += 1
        self.model = f"{model.provider}:{model.name}"
        if usage is not None:
            self.input_tokens += usage["input_tokens"]
            self.output_tokens += usage["output_tokens"]
        price = price_call(model.name, usage)
        self.cost_usd = None if price is None or self.cost_usd is None else self.cost_usd + price

    def as_usage(self) -> dict[str, Any]:
        return {
            "llm_calls": self.llm_calls,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost_usd": None if self.cost_usd is None else f"{self.cost_usd.normalize():f}",
            "replaced_sentences": self.replaced_sentences,
        }


@dataclass(frozen=True, slots=True)
class TurnContext(ToolContext):
    models: Models
    desk: Desk
    resume: Resume | None = None
    """The click this turn is about; None for a message."""
    record: TurnRecord = field(default_factory=TurnRecord)
    budget: Budget = field(default_factory=Budget)
