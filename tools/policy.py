"""What we say of baggage, refunds and the like, in our own words."""

from __future__ import annotations

from typing import Any, Literal

from langchain.tools import tool

from prompts.load import load_policies
from tools.context import ToolContext, Tooling

PolicyTopic = Literal[
    "baggage",
    "cancellation",
    "changes",
    "payment",
    "check_in",
    "children",
    "pets",
    "names",
    "documents",
    "privacy",
    "assistant",
    "contact",
]


@tool
async def read_policy(topic: PolicyTopic, runtime: Tooling) -> dict[str, Any]:
    """Read what holds here on a topic. Quote its sentences, and name its title; add nothing to them.

    Args:
        topic: e.g. 'cancellation' for cancelling and refunds, 'assistant' for how this works and what is simulated.
    """
    ctx: ToolContext = runtime.context
    section = load_policies()[topic][ctx.language]
    return {"topic": topic, "title": section.title, "text": section.text}
