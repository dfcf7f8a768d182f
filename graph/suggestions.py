"""What a traveller may want to say next: at most four, as ids and texts, following the state."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import takewhile

from langchain_core.messages import HumanMessage, ToolMessage

from core.messages import Language, say
from graph.router import find_number
from graph.state import State
from tools.shown import CheapestDay
from understanding.frame import Frame
from understanding.reading import Reading
from understanding.restate import restate

MAX_SUGGESTIONS = 4


def suggest_actions(state: State, language: Language) -> list[dict[str, str]]:
    frame = Frame.model_validate(state.get("frame", {}))
    texts = _answers(frame, state.get("asked"), language) or _next_steps(frame, state, language)
    return [{"id": key, "text": text} for key, text in texts[:MAX_SUGGESTIONS]]


def _answers(frame: Frame, asked: str | None, language: Language) -> list[tuple[str, str]]:
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


def _next_steps(frame: Frame, state: State, language: Language) -> list[tuple[str, str]]:
    if state.get("asked"):
        return []
    if day := state.get("cheapest_day"):
        return [("cheapest_day", _ask_for_day(day, language))]
    if frame.is_searchable and _has_found_nothing(state):
        return _conditions_to_drop(frame, language)
    offers = state.get("offers", [])
    intent = state.get("reading", {}).get("intent", {}).get("name")
    if offers and frame.is_searchable:
        number = _next_number(state)
        steps = {
            "details": number <= len(offers),
            "seats": number > 1 and intent == "details",
            "calendar": number == 1,
            "nonstop": frame.max_stops is None and any(offer["stops"] for offer in offers),
            "any_airline": bool(frame.airlines),
            "next_day": True,
            "cheaper": frame.sort != "price",
        }
    else:
        number, steps = 0, {"example": True, "help": intent != "help"}
    return [
        # the seats are those of the offer just looked into, the details those of the one after it
        (key, say(f"suggest.{key}", language, number=number - 1 if key == "seats" else number))
        for key, is_fit in steps.items()
        if is_fit
    ]


def _has_found_nothing(state: State) -> bool:
    """Whether the search of this turn found flights, but none that fits."""
    of_turn = takewhile(lambda each: not isinstance(each, HumanMessage), reversed(state.get("messages", [])))
    searched = next((each for each in of_turn if isinstance(each, ToolMessage) and each.name == "search_flights"), None)
    if searched is None or searched.status == "error":
        return False
    told = json.loads(searched.text)
    return bool(told.get("found")) and not told.get("offers")


def _conditions_to_drop(frame: Frame, language: Language) -> list[tuple[str, str]]:
    said = {
        "any_airline": bool(frame.airlines),
        "any_time": frame.depart_time is not None,
        "any_stops": frame.max_stops is not None,
        "non_refundable": bool(frame.refundable),
        "no_bag": bool(frame.checked_bag),
        "next_day": True,
    }
    return [(key, say(f"suggest.{key}", language)) for key, is_said in said.items() if is_said]


def _ask_for_day(day: CheapestDay, language: Language) -> str:
    out, back = restate(day["departs_on"], language), day["returns_on"]
    if back is None:
        return say("suggest.cheapest_day", language, date=out)
    return say("suggest.cheapest_days", language, date=out, returns=restate(back, language))


def _next_number(state: State) -> int:
    """The offer to look into next: the first, or the one after that just looked into."""
    reading = Reading.model_validate(state["reading"])
    if reading.choice is None or reading.intent.name not in ("details", "select", "book"):
        return 1
    return 1 + (find_number(reading.choice, state.get("offers", [])) or 0)
