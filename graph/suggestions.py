"""What a traveller may want to say next: at most four, as ids and texts, following the state."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import takewhile
from typing import Any

from langchain_core.messages import HumanMessage, ToolMessage

from core.messages import Language, say
from graph.state import State
from services.bookings.wording import gateway_name
from tools.shown import CheapestDay
from understanding.frame import Frame
from understanding.restate import restate

MAX_SUGGESTIONS = 4

Suggestion = tuple[str, str]
"""Its id and its text."""

AFTER_CARD: Mapping[str, Sequence[str]] = {
    "book": ("baggage", "refunds"),
    "cancel": ("refunds",),
    "change": ("changes",),
}
"""What may be asked about a card before it is answered, by its action; the answers themselves are its buttons."""
WAITING_FOR = {"sign_in": "signed_in", "passenger_form": "form_filled", "calendar": "connected"}
TO_PAY = frozenset({"held", "paying"})
AFTER_DONE: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("start_payment", "paid_link"), ("paid", "my_bookings")),
    **dict.fromkeys(
        ("ticketed", "changed", "changing", "paid", "ticketing"), ("add_calendar", "remind", "resend", "my_bookings")
    ),
    **dict.fromkeys(("cancelling", "refunding", "refunded"), ("paid_back", "my_bookings")),
    **dict.fromkeys(("cancelled", "releasing"), ("my_bookings",)),
    **dict.fromkeys(("holding", "needs_review"), ("my_bookings", "person")),
    "calendar": ("remind", "my_bookings"),
    **dict.fromkeys(("remember", "remembered"), ("my_preferences",)),
    "resend_confirmation": ("add_calendar", "my_bookings"),
}
"""By what code did in the turn: a tool, or the phase a booking has come to."""
AFTER_TOOL: Mapping[str, Sequence[str]] = {
    "list_passengers": ("add_traveller", "my_preferences"),
    "open_passenger_form": ("form_filled",),
    "my_preferences": ("remember_window", "my_bookings"),
    "my_notifications": ("remind", "my_bookings"),
    "visa_hints": ("papers",),
}
TOLD_BY = {"get_offer_details": "details", "seat_map": "seats", "fare_rules": "rules", "choose_seats": "book"}
"""What need not be suggested after a tool; booking the bare offer would lose the seats just chosen."""
RELATED: Mapping[str, Sequence[str]] = {
    "baggage": ("refunds", "changes"),
    "cancellation": ("changes", "my_bookings"),
    "changes": ("refunds", "my_bookings"),
    "documents": ("baggage",),
}
"""What is asked next about a policy."""
MAX_WAYS = 3


def suggest_actions(state: State, language: Language, payment_methods: Sequence[str] = ()) -> list[dict[str, str]]:
    """`payment_methods` are the names of the gateways a booking can be paid with here."""
    frame = Frame.model_validate(state.get("frame", {}))
    found = (
        _beside_card(state, language)
        or _after_deed(state, language, payment_methods)
        or _answers(frame, state.get("asked"), language)
        or _after_look(state, language, payment_methods)
        or _next_steps(frame, state, language)
    )
    return [{"id": key, "text": text} for key, text in found[:MAX_SUGGESTIONS]]


def _beside_card(state: State, language: Language) -> list[Suggestion]:
    """What to say to a card that waits, besides its buttons."""
    if pending := state.get("pending"):
        return _name((WAITING_FOR[pending["reason"]], "later"), language)
    if card := state.get("card"):
        return _name((*AFTER_CARD.get(card["card"]["action"], ()), "later"), language)
    return []


def _after_deed(state: State, language: Language, methods: Sequence[str]) -> list[Suggestion]:
    done = state.get("done")
    if done in TO_PAY:
        return [*_ways_to_pay(language, methods), *_name(("my_bookings",), language)]
    if done == "propose_change" and (ways := state.get("ways")):
        numbers = range(1, min(ways["count"], MAX_WAYS) + 1)
        return [(f"way:{number}", say("suggest.way", language, number=number)) for number in numbers]
    return _name(AFTER_DONE.get(done or "", ()), language)


def _ways_to_pay(language: Language, methods: Sequence[str]) -> list[Suggestion]:
    if len(methods) < 2:
        return _name(("pay",), language)
    return [(f"pay:{name}", say("suggest.pay_with", language, method=gateway_name(name))) for name in methods[:2]]


def _answers(frame: Frame, asked: str | None, language: Language) -> list[Suggestion]:
    """Answers to the question just asked, where we know some."""
    if frame.trip == "multi_city":
        return []
    for ambiguity in frame.ambiguous:
        return [(f"reading:{reading}", restate(reading, language)) for reading in ambiguity.readings]
    if asked == "depart_on" and frame.depart_range is not None:
        first, last = frame.depart_range.first, frame.depart_range.last
        days = [first + timedelta(days=n) for n in range(min((last - first).days + 1, MAX_SUGGESTIONS))]
        return [(f"reading:{day}", restate(day.isoformat(), language)) for day in days]
    return []


def _after_look(state: State, language: Language, methods: Sequence[str]) -> list[Suggestion]:
    """What follows from something else that was looked up than flights."""
    for tool, told in reversed(_results_of_turn(state).items()):
        match tool:
            case "list_my_bookings" if told["bookings"]:
                keys = ("pay", "show_booking", "change_booking", "cancel_booking")
                is_due = bool(told["bookings"][0]["to_pay"])
                return _name(keys if is_due else keys[1:], language, booking=say("suggest.first_of_list", language))
            case "list_my_bookings":
                return _name(("example", "help"), language)
            case "booking_details" | "payment_status" if told["to_pay"]:
                return [*_ways_to_pay(language, methods), *_name(("my_bookings",), language)]
            case "booking_details" if name := told["booking_reference"]:
                return _name(("change_booking", "cancel_booking", "add_calendar"), language, booking=name)
            case "booking_details" | "payment_status":
                return _name(("my_bookings",), language)
            case "check_travel_readiness" if not told["ready"]:
                return _name(("add_traveller", "papers"), language)
            case "check_travel_readiness":
                return _name(("book", "seats", "rules"), language, number=told["number"])
            case _ if tool in TOLD_BY:
                return _closer(tool, told["number"], len(state.get("offers", [])), language)
            case "read_policy":
                return _name(RELATED.get(told["topic"], ("person",)), language)
            case _ if tool in AFTER_TOOL:
                return _name(AFTER_TOOL[tool], language)
    return []


def _closer(tool: str, number: int, offers_shown: int, language: Language) -> list[Suggestion]:
    """What else there is to know of the offer just looked into; then the one after it."""
    others = [key for key in ("book", "seats", "rules") if key != TOLD_BY[tool]]
    following = _name(("details",), language, number=number + 1) if number < offers_shown else []
    return [*_name(others, language, number=number), *following]


def _next_steps(frame: Frame, state: State, language: Language) -> list[Suggestion]:
    if state.get("asked"):
        return []
    if day := state.get("cheapest_day"):
        return [("cheapest_day", _ask_for_day(day, language))]
    if frame.is_searchable and _has_found_nothing(state):
        return _conditions_to_drop(frame, language)
    offers = state.get("offers", [])
    intent = state.get("reading", {}).get("intent", {}).get("name")
    if not (offers and frame.is_searchable):
        return _name(("example",) if intent == "help" else ("example", "help"), language)
    is_stopping = frame.max_stops is None and any(offer["stops"] for offer in offers)
    steps = {
        "details": True,
        "book": True,
        "nonstop": is_stopping,
        "any_airline": bool(frame.airlines),
        "calendar": True,
        "next_day": True,
        "cheaper": frame.sort != "price",
    }
    return _name([key for key, is_fit in steps.items() if is_fit], language, number=1)


def _results_of_turn(state: State) -> dict[str, Any]:
    """What the tools of this turn answered, by their names, the latest last; failures left out."""
    of_turn = takewhile(lambda each: not isinstance(each, HumanMessage), reversed(state.get("messages", [])))
    told = [each for each in of_turn if isinstance(each, ToolMessage) and each.status != "error"]
    answers = {str(each.name): json.loads(each.text) for each in reversed(told)}
    # what was asked for beside a handover was not looked up
    return {name: answer for name, answer in answers.items() if "transferred_to" not in answer}


def _has_found_nothing(state: State) -> bool:
    """Whether the search of this turn found flights, but none that fits."""
    told = _results_of_turn(state).get("search_flights")
    return told is not None and bool(told.get("found")) and not told.get("offers")


def _conditions_to_drop(frame: Frame, language: Language) -> list[Suggestion]:
    said = {
        "any_airline": bool(frame.airlines),
        "any_time": frame.depart_time is not None,
        "any_stops": frame.max_stops is not None,
        "non_refundable": bool(frame.refundable),
        "no_bag": bool(frame.checked_bag),
        "next_day": True,
    }
    return _name([key for key, is_said in said.items() if is_said], language)


def _ask_for_day(day: CheapestDay, language: Language) -> str:
    out, back = restate(day["departs_on"], language), day["returns_on"]
    if back is None:
        return say("suggest.cheapest_day", language, date=out)
    return say("suggest.cheapest_days", language, date=out, returns=restate(back, language))


def _name(keys: Sequence[str], language: Language, **params: object) -> list[Suggestion]:
    return [(key, say(f"suggest.{key}", language, **params)) for key in keys]
