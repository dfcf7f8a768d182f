"""What the offline model asks about the trip being planned."""

from __future__ import annotations

from core.messages import Language, say
from providers.llm.replies_wording import Facts, join_or, put, say_varied
from understanding.restate import restate


def resume(facts: Facts, language: Language) -> str | None:
    """The way back to what was open: the card that waits, else the trip, by its next question or as it is known.

    What was just offered is not offered again.
    """
    if facts.get("card_open"):
        was_said = any(way in facts["before"] for way in put("resume.card", language))
        return None if was_said else say_varied("resume.card", facts, language)
    frame = facts.get("frame", {})
    if not any(frame.get(field) for field in ("origin", "destination", "depart_on", "depart_range", "legs")):
        return None
    if question := find_question(facts, language):
        return say_varied("resume.ask", facts, language, question=question)
    if facts.get("intent") == "thanks" or not (frame.get("origin") and frame.get("destination")):
        return None
    route = f"{frame['origin']['name']} → {frame['destination']['name']}"
    trip = ", ".join([route, *_day_texts(frame, language)])
    was_offered = any(way in facts["before"] for way in put("resume.trip", language, trip=trip))
    return None if was_offered else say_varied("resume.trip", facts, language, trip=trip)


def _day_texts(frame: Facts, language: Language) -> list[str]:
    out, back = frame.get("depart_on"), frame.get("return_on")
    days = [restate(out, language)] if out else []
    return [*days, say("replies.noted_return", language, date=restate(back, language))] if back else days


def note_days(facts: Facts, language: Language) -> str | None:
    """The days just understood, with their weekdays, so that a mistake is noticed; the question names the places."""
    is_stuck = facts.get("problems") or facts.get("ambiguous")
    if is_stuck or not {"depart_on", "return_on"} & set(facts.get("changed", ())):
        return None
    what = ", ".join(_day_texts(facts.get("frame", {}), language))
    return say_varied("replies.noted", facts, language, what=what) if what else None


def find_question(facts: Facts, language: Language) -> str | None:
    """What has to be asked before anything can be looked up; None where nothing has."""
    if facts.get("frame", {}).get("trip") == "multi_city":
        return say_varied("ask.first_leg", facts, language)
    for problem in facts.get("problems", []):
        params = {name: restate(value, language) for name, value in problem["params"].items()}
        return say(f"errors.{problem['code']}", language, **params)
    for ambiguity in facts.get("ambiguous", []):
        return ask_which(ambiguity, facts, language)
    slot = facts.get("asked")
    return _ask_slot(slot, facts, language) if slot else None


def ask_which(ambiguity: Facts, facts: Facts, language: Language) -> str:
    readings = [restate(reading, language) for reading in ambiguity["readings"]]
    return say_varied("ask.which", facts, language, phrase=ambiguity["phrase"], readings=join_or(readings, language))


def _ask_slot(slot: str, facts: Facts, language: Language) -> str:
    frame = facts.get("frame", {})
    origin, destination = ((frame.get(end) or {}).get("name") for end in ("origin", "destination"))
    span = frame.get("depart_range")
    if slot == "origin" and destination:
        return say_varied("ask.origin_to", facts, language, destination=destination)
    if slot == "destination" and origin:
        return say_varied("ask.destination_from", facts, language, origin=origin)
    if slot == "depart_on" and span:
        first, last = (restate(span[end], language) for end in ("first", "last"))
        return say_varied("ask.day_in_range", facts, language, first=first, last=last)
    if slot == "depart_on" and origin and destination:
        return say_varied("ask.depart_on_route", facts, language, origin=origin, destination=destination)
    return say_varied(f"ask.{slot}", facts, language)
