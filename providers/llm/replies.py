"""What the offline model says: sentences of the catalogue, chosen and filled by the facts of the turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from core.messages import Language, find_key, say
from providers.llm.replies_bookings import tell_booking, tell_bookings, tell_payment
from providers.llm.replies_flights import (
    tell_calendar,
    tell_chosen_seats,
    tell_details,
    tell_rules,
    tell_search,
    tell_seats,
)
from providers.llm.replies_people import (
    tell_notifications,
    tell_passenger_form,
    tell_passengers,
    tell_policy,
    tell_preferences,
    tell_readiness,
    tell_visa_hints,
)
from providers.llm.replies_questions import resume
from providers.llm.replies_talk import talk
from providers.llm.replies_wording import Facts

HANDOFF = "transfer_to_"
"""How the tools begin that only pass the turn on."""

_Teller = Callable[[Facts, Facts, Language], str]

ABOUT_TRIP: Mapping[str, _Teller] = {
    "search_flights": tell_search,
    "price_calendar": tell_calendar,
    "get_offer_details": tell_details,
    "seat_map": tell_seats,
    "fare_rules": tell_rules,
    "choose_seats": tell_chosen_seats,
    "check_travel_readiness": tell_readiness,
}
"""How the result of each tool is told that is about the trip being planned."""
ABOUT_ELSE: Mapping[str, _Teller] = {
    "list_my_bookings": tell_bookings,
    "booking_details": tell_booking,
    "payment_status": tell_payment,
    "list_passengers": tell_passengers,
    "open_passenger_form": tell_passenger_form,
    "my_preferences": tell_preferences,
    "my_notifications": tell_notifications,
    "visa_hints": tell_visa_hints,
    "read_policy": tell_policy,
}
"""And of those after which a trip that was begun goes on."""


def compose_reply(facts: Facts, results: list[Facts], turn: int = 0, before: str = "") -> str:
    """The reply for a turn: the tools' results if there are any, else what stands in the way, else small talk.

    `turn` tells turns apart and `before` is the reply before this one, so that the same thing is not said in the same
    words each time.
    """
    language: Language = facts.get("language", "en")
    facts = facts | {"turn": turn, "before": before}
    results = [result for result in results if not result["tool"].startswith(HANDOFF)]
    if not results:
        return talk(facts, language)
    told = "\n\n".join(_tell_result(result, facts, language) for result in results)
    for more in (_tell_world(results, language), _ask_on(results, told, facts, language)):
        told += f"{_separator(told)}{more}" if more else ""
    return told


def _tell_result(result: Facts, facts: Facts, language: Language) -> str:
    if "error" in result:
        way_on = find_key(language, f"way_on.{result['error']}")
        return f"{result['message']} {say(way_on, language)}" if way_on else str(result["message"])
    tell = ABOUT_TRIP.get(result["tool"]) or ABOUT_ELSE.get(result["tool"]) or _tell_done
    return tell(result, facts, language)


def _tell_done(result: Facts, _facts: Facts, language: Language) -> str:
    """What a tool did that tells it in a sentence of its own."""
    return str(result.get("done") or result.get("status") or say("said.done", language))


def _separator(told: str) -> str:
    """What a last sentence stands behind: a list ends only with a blank line."""
    return "\n\n" if "\n" in told else " "


def _tell_world(results: list[Facts], language: Language) -> str | None:
    """That nothing can be flown, where it cannot. All results of a turn are of one world; a failure names none."""
    world = next((result["world"] for result in results if "world" in result), "live")
    if any(_is_simulated(result) for result in results):
        world = "simulated"
    key = {"simulated": "replies.simulated", "test": "replies.test_mode"}.get(world)
    return say(key, language) if key else None


def _is_simulated(result: Facts) -> bool:
    """Whether a booking that is told of, or one of several, is play."""
    parts = [result, *result.get("bookings", ()), *result.get("payments", ())]
    return any(part.get("simulated") for part in parts)


def _ask_on(results: list[Facts], told: str, facts: Facts, language: Language) -> str | None:
    """What was open before something else came up, unless a question was just asked."""
    is_interruption = all(result["tool"] in ABOUT_ELSE and "error" not in result for result in results)
    was_open = facts.get("asked") or facts.get("card_open")
    return resume(facts, language) if is_interruption and was_open and not told.endswith("?") else None
