"""Who answers what is about bookings, people and papers, and which tool is called first; decided by code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from graph.planned import PlannedCall, Route, leave_out_unsaid
from graph.state import State
from services.conversations.turns import Resume
from tools.changes import ListedWays
from understanding.country_names import find_destination
from understanding.policy_topics import find_policy
from understanding.reading import BookingWish, Preference, PreferenceKind, Reading

LATEST = "latest"
_EMAIL = re.compile(r"\[email-\d{1,4}\]")
_CARD = re.compile(r"\[card-\d{1,4}\]")
"""Nobody pays by typing a card's number; whoever does is told how one pays."""
_PAPERS = re.compile(r"\[(?:passport|id|date of birth)-\d{1,4}\]")
"""As intake writes an address, and the numbers and dates of papers."""
_PREFERENCES: Mapping[PreferenceKind, str] = {
    "seat_preference": "seat",
    "cabin_class": "cabin",
    "preferred_airlines": "airline",
    "meal": "meal",
    "reminders": "reminders",
    "home_airport": "home_airport",
    "currency": "currency",
    "locale": "language",
}
"""What the tool calls a liking."""
AGENT_OF: Mapping[str, str] = {
    "book": "booking",
    "extras": "booking",
    "my_bookings": "booking",
    "status": "booking",
    "pay": "booking",
    "cancel": "booking",
    "change": "booking",
    "check_in": "booking",
    "calendar": "calendar",
    "notifications": "notification",
    "resend": "notification",
    "profile": "profile",
    "passengers": "profile",
    "add_passenger": "profile",
    "documents": "profile",
    "add_document": "profile",
    "delete_document": "profile",
    "preferences": "profile",
    "remember": "profile",
    "forget": "profile",
    "account": "profile",
    "change_email": "profile",
    "readiness": "validation",
    "visa": "validation",
    "policy": "concierge",
    "human": "concierge",
    "card_number": "concierge",
}
"""Whose matter an intent is that is not about finding flights."""


def resume_pending(reading: Reading, state: State, resume: Resume | None) -> Route | None:
    """The call that waited for its traveller, once they say that it can go on."""
    pending = state.get("pending")
    if pending is None:
        return None
    is_click = resume is not None and resume.is_resolved
    is_asked_again = reading.intent.name == "book" and pending["name"] == "propose_booking" and reading.choice is None
    if not (is_click or is_asked_again or reading.intent.name in ("yes", "done")):
        return None
    args = pending["args"]
    if is_asked_again and reading.wish is not None:
        # what is said now of travellers, seats and bags counts
        args = args | _name_offer(pending["name"], reading.wish, args["number"])
    return Route(pending["agent"], f"goes on after {pending['reason']}", PlannedCall(pending["name"], args))


def choose_way(reading: Reading, ways: ListedWays | None) -> Route | None:
    """The way to change a booking that was picked from those listed."""
    wish = reading.wish
    option = wish.option if wish else None
    if ways is None:
        return None
    if option is None and reading.choice is not None:
        option = 1 if reading.choice.best_by == "price" else reading.choice.position
    if option is None or not 1 <= option <= ways["count"]:
        return None
    return Route("booking", f"way {option}", PlannedCall("propose_change", ways["args"] | {"option": option}))


def choose_booking_route(reading: Reading, *, number: int | None, changing: str | None, text: str) -> Route | None:
    """None for what is no such matter. `number` is that of the offer meant, `changing` the booking whose new day was
    asked about."""
    intent = _name_intent(reading, text)
    agent = AGENT_OF.get(intent)
    if agent is None:
        return None
    wish = reading.wish or BookingWish()
    booking = wish.booking or (changing if intent == "change" else None) or LATEST
    call = _plan(intent, reading, wish, booking, number, text)
    asked = "new_day" if intent == "change" and call is None else None
    return Route(agent, f"intent {intent}", call, asked, changing=booking if asked else None)


def _name_intent(reading: Reading, text: str) -> str:
    """What personal data in a message says of it: an address to change to, and papers that belong in the form."""
    name = reading.intent.name
    if name == "pay" and _CARD.search(text):
        return "card_number"
    if name in ("change", "account", "profile") and _EMAIL.search(text):
        return "change_email"
    if AGENT_OF.get(name) in ("profile", "validation") and _PAPERS.search(text):
        return "add_document"
    return name


def _plan(
    intent: str, reading: Reading, wish: BookingWish, booking: str, number: int | None, text: str
) -> PlannedCall | None:
    """None where a model, or a question, has to come first."""
    match intent:
        case "book":
            return _plan_offer("propose_booking", wish, number)
        case "extras" if wish.seats or wish.bags:
            return _plan_offer("choose_seats", wish, number)
        case "my_bookings":
            return PlannedCall("list_my_bookings", {})
        case "status" | "check_in":
            return PlannedCall("booking_details", {"booking": booking})
        case "pay":
            return PlannedCall("start_payment", leave_out_unsaid({"booking": booking, "method": wish.method}))
        case "cancel":
            return PlannedCall("propose_cancellation", {"booking": booking})
        case "change" if wish.day is not None:
            args = {"booking": booking, "departs_on": wish.day.isoformat(), "leg": wish.leg}
            return PlannedCall("propose_change", leave_out_unsaid(args))
        case "calendar":
            return PlannedCall("propose_calendar_entry", {"booking": booking})
        case "notifications":
            return PlannedCall("my_notifications", {})
        case "resend":
            return PlannedCall("resend_confirmation", {"booking": booking})
        case "profile" | "passengers" | "documents":
            return PlannedCall("list_passengers", {})
        case "add_passenger" | "add_document":
            return PlannedCall("open_passenger_form", {})
        case "delete_document":
            return PlannedCall("propose_document_deletion", {})
        case "remember" | "forget" if wish.preference is not None:
            return PlannedCall("propose_preference", _plan_preference(wish.preference, is_kept=intent == "remember"))
        case "preferences" | "remember" | "forget":
            return PlannedCall("my_preferences", {})
        case "change_email" if (address := _EMAIL.search(text)) is not None:
            return PlannedCall("propose_email_change", {"new_address": address[0]})
        case "readiness" if number is not None:
            return PlannedCall("check_travel_readiness", {"number": number})
        case "visa" if (country := find_destination(text, reading.language)) is not None:
            return PlannedCall("visa_hints", {"destination": country})
        case "visa" if reading.frame.destination is not None:
            return PlannedCall("visa_hints", {"destination": reading.frame.destination.iata})
        case "policy" if (topic := find_policy(text)) is not None:
            return PlannedCall("read_policy", {"topic": topic})
        case "card_number":
            return PlannedCall("read_policy", {"topic": "payment"})
        case "human":
            return PlannedCall("ask_a_person", {})
    return None


def _plan_offer(tool: str, wish: BookingWish, number: int | None) -> PlannedCall | None:
    """None where it is not clear which offer."""
    return None if number is None else PlannedCall(tool, _name_offer(tool, wish, number))


def _name_offer(tool: str, wish: BookingWish, number: int) -> dict[str, Any]:
    """The offer with the seats and bags wished for, and who flies it."""
    seats = [{"seat": seat, "traveller": traveller} for traveller, seat in enumerate(wish.seats, start=1)]
    bags = [{"kind": "checked_bag", "quantity": wish.bags}] if wish.bags else []
    args = {"number": number, "seats": seats, "bags": bags}
    if tool == "propose_booking":
        args["travellers"] = list(wish.travellers)
    return leave_out_unsaid(args)


def _plan_preference(liking: Preference, *, is_kept: bool) -> dict[str, Any]:
    """One liking at a time; without a value it is forgotten."""
    value = liking.value[0] if isinstance(liking.value, tuple) and liking.value else liking.value
    if isinstance(value, bool):
        value = "on" if value else "off"
    return leave_out_unsaid({"kind": _PREFERENCES[liking.kind], "value": value if is_kept else None})
