from __future__ import annotations

from collections.abc import Sequence

from langchain_core.tools import BaseTool, StructuredTool
from pydantic import BaseModel, ConfigDict

from agents.spec import AgentSpec
from tools.errors import ToolNotAllowed
from tools.person import ask_a_person
from tools.policy import read_policy

HANDOFF_PREFIX = "transfer_to_"


class _NoArguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


def make_concierge(others: Sequence[AgentSpec]) -> AgentSpec:
    """The one who can hand over to the others."""
    return AgentSpec(
        name="concierge",
        summary="Greets, says what can be done here and what holds here, and gets a person.",
        prompt="concierge.md",
        tools=(read_policy, ask_a_person, *map(_make_handoff, others)),
        model="small",
    )


def _make_handoff(spec: AgentSpec) -> BaseTool:
    return StructuredTool.from_function(
        _hand_over,
        name=f"{HANDOFF_PREFIX}{spec.name}",
        description=f"Hand over to the {spec.name.capitalize()} agent. {spec.summary}",
        args_schema=_NoArguments,
    )


def _hand_over() -> None:
    """A way through the graph, which does nothing by itself."""
    raise ToolNotAllowed
