"""What the router decides: who answers, and what to call first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A tool and its arguments, as code would call it."""

    name: str
    args: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Route:
    agent: str
    reason: str
    call: PlannedCall | None = None
    asked: str | None = None
    """The slot the agent will have to ask about."""
    changing: str | None = None
    """The booking it is about, where that is a new day."""


def leave_out_unsaid(wished: dict[str, Any]) -> dict[str, Any]:
    """Unsaid things are left out of a call, so that a tool's own defaults hold; 0 stops is said."""
    return {name: value for name, value in wished.items() if not (value is None or value is False or value == [])}
