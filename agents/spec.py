"""What makes an agent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from langchain_core.tools import BaseTool

ModelRole = Literal["capable", "small"]


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """An agent: its node's name, one line on what it is for, its prompt file, its tools, and which model it needs."""

    name: str
    summary: str
    prompt: str
    tools: Sequence[BaseTool]
    model: ModelRole
