"""What one message means: the frame after it, and what the traveller wants of us."""

from __future__ import annotations

from typing import Literal

from understanding.frame import Frame, Language, Part, TimeWindow

TripIntent = Literal["search", "refine", "correction", "price_calendar"]
OfferIntent = Literal["details", "select", "book", "seat_map", "fare_rules"]
BookingIntent = Literal["my_bookings", "pay", "cancel", "change", "calendar", "check_in", "status"]
PersonIntent = Literal["profile", "passengers", "documents", "preferences", "notifications", "account"]
Answer = Literal["yes", "no"]
Talk = Literal["question", "policy", "help", "human", "greeting", "thanks", "goodbye", "small_talk"]
Interruption = Literal["complaint", "insult", "start_over", "out_of_scope"]
IntentName = Literal[TripIntent, OfferIntent, BookingIntent, PersonIntent, Answer, Talk, Interruption]

_WIDER: dict[IntentName, IntentName] = {"price_calendar": "search", "seat_map": "details", "fare_rules": "details"}
"""What those are kinds of that only we tell apart, because a tool of its own answers them."""


class Intent(Part):
    """What the traveller wants. `confidence` is 0 to 1; below 0.5 code is unsure and a model should decide."""

    name: IntentName
    confidence: float

    @property
    def public_name(self) -> IntentName:
        """The name in the published list of intents."""
        return _WIDER.get(self.name, self.name)


class Choice(Part):
    """Which of the offers last shown is meant: a 1-based position, or the best one by a measure.

    An airline or a time narrows the offers first; where it alone is said, just one of them has to fit.
    """

    position: int | None = None
    best_by: Literal["price", "duration", "departure", "arrival"] | None = None
    airline: str | None = None
    departs: tuple[TimeWindow, ...] = ()
    """When it leaves; of several readings ("the 7 o'clock one") the likelier first."""


class Reading(Part):
    language: Language
    intent: Intent
    frame: Frame
    changed: tuple[str, ...]
    """Frame fields this message set or changed."""
    choice: Choice | None = None
