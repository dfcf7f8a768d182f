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
