"""Where a call of the concierge's leads: to another agent."""

from __future__ import annotations

from collections.abc import Iterable

from agents.concierge import HANDOFF_PREFIX
from agents.registry import AGENTS


def find_target(agent: str, tool_names: Iterable[str]) -> str | None:
    """The agent that one of these tools hands over to, the first if there are several; None where `agent` has none."""
    own = {tool.name for tool in AGENTS[agent].tools}
    handoffs = (name for name in tool_names if name in own and name.startswith(HANDOFF_PREFIX))
    return next((name.removeprefix(HANDOFF_PREFIX) for name in handoffs), None)
