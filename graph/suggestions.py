"""What a traveller may want to say next: at most four, as ids and texts, following the state."""

from __future__ import annotations

from datetime import timedelta

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
