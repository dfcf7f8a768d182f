"""What one message means: the frame after it, and what the traveller wants of us."""

from __future__ import annotations

from typing import Literal

from understanding.frame import Frame, Language, Part

IntentName = Literal[
    "search",
    "refine",
    "details",
    "select",
    "price_calendar",
    "seat_map",
    "fare_rules",
    "yes",
    "no",
    "question",
    "help",
    "human",
    "greeting",
    "thanks",
    "goodbye",
    "start_over",
    "out_of_scope",
]


class Intent(Part):
    """What the traveller wants. `confidence` is 0 to 1; below 0.5 code is unsure and a model should decide."""

    name: IntentName
    confidence: float


class Choice(Part):
    """Which of the offers last shown is meant: a 1-based position, or the best one by a measure."""

    position: int | None = None
    best_by: Literal["price", "duration", "departure", "arrival"] | None = None


class Reading(Part):
    language: Language
    intent: Intent
    frame: Frame
    changed: tuple[str, ...]
    """Frame fields this message set or changed."""
    choice: Choice | None = None
