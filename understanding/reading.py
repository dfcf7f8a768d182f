"""What one message means: the frame after it, and what the traveller wants of us."""

from __future__ import annotations

from datetime import date
from typing import Literal

from understanding.frame import Frame, Language, Part, TimeWindow

TripIntent = Literal["search", "refine", "correction", "price_calendar"]
OfferIntent = Literal["details", "select", "book", "seat_map", "fare_rules", "extras"]
BookingIntent = Literal["my_bookings", "pay", "cancel", "change", "calendar", "check_in", "status"]
FinerIntent = Literal["change_email", "add_passenger", "readiness", "visa", "remember", "forget", "resend", "done"]
DocumentIntent = Literal["documents", "add_document", "delete_document"]
PersonIntent = Literal["profile", "passengers", DocumentIntent, "preferences", "notifications", "account", FinerIntent]
Answer = Literal["yes", "no"]
Talk = Literal["question", "policy", "help", "human", "greeting", "thanks", "goodbye", "small_talk"]
Interruption = Literal["complaint", "insult", "start_over", "out_of_scope"]
IntentName = Literal[TripIntent, OfferIntent, BookingIntent, PersonIntent, Answer, Talk, Interruption]

_WIDER: dict[IntentName, IntentName] = {
    "price_calendar": "search",
    "seat_map": "details",
    "fare_rules": "details",
    "extras": "details",
    "change_email": "profile",
    "add_passenger": "passengers",
    "add_document": "documents",
    "delete_document": "documents",
    "readiness": "documents",
    "visa": "documents",
    "remember": "preferences",
    "forget": "preferences",
    "resend": "notifications",
    "done": "account",
}
"""What those are kinds of that only we tell apart, because a tool of its own answers them."""

PaymentMethod = Literal["vnpay", "momo"]
PreferenceKind = Literal[
    "seat_preference", "cabin_class", "preferred_airlines", "meal", "reminders", "home_airport", "currency", "locale"
]


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


class Preference(Part):
    """A liking as it can be kept; without a value just the kind is named, as by whoever wants it forgotten."""

    kind: PreferenceKind
    value: str | bool | tuple[str, ...] | None = None


class BookingWish(Part):
    """What a message about bookings, travellers or payment names. What it does not name is None or empty."""

    booking: str | None = None
    """A reference (PNR), the number in the list of bookings shown last, or "latest"."""
    day: date | None = None
    """The new day of a flight to be changed; None also where what was said has several readings."""
    leg: int | None = None
    """Which flight of the trip, from 1: the way back is the second."""
    option: int | None = None
    """The number of one of several ways or offers."""
    method: PaymentMethod | None = None
    seats: tuple[str, ...] = ()
    """Such as "12A", in the order said."""
    bags: int | None = None
    """How many more bags to pay for."""
    travellers: tuple[str, ...] = ()
    """Who flies: "me" and numbers in their own list. Names are not read here."""
    preference: Preference | None = None


class Reading(Part):
    language: Language
    intent: Intent
    frame: Frame
    changed: tuple[str, ...]
    """Frame fields this message set or changed."""
    choice: Choice | None = None
    wish: BookingWish | None = None
