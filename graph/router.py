"""Who answers a message, decided by code; and the read tool to call first when nothing is left to ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from domain.airports import city_airports
from tools.flights import ShownOffer
from understanding.frame import Frame, PlaceRef
from understanding.reading import Choice, Reading

SURE = 0.5
"""Below this confidence code does not decide."""

CONCIERGE_INTENTS = frozenset({"greeting", "thanks", "goodbye", "help", "human", "out_of_scope", "start_over"})
SEARCH_INTENTS = frozenset({"search", "refine"})


@dataclass(frozen=True, slots=True)
class ReadCall:
    """A read tool and its arguments, as code would call it."""

    name: str
    args: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Route:
    agent: str
    reason: str
    call: ReadCall | None = None
    asked: str | None = None
    """The slot the agent will have to ask about."""


def choose_route(reading: Reading, *, last_agent: str | None, offers: Sequence[ShownOffer]) -> Route:
    """Concierge for small talk, Flight for flights, else whoever had the conversation."""
    intent, frame = reading.intent, reading.frame
    is_sure = intent.confidence >= SURE
    if is_sure and intent.name in CONCIERGE_INTENTS:
        return Route("concierge", f"intent {intent.name}")
    if is_sure and intent.name in ("details", "select") and offers and reading.choice is not None:
        number = find_number(reading.choice, offers)
        return Route("flight", f"choice {number}", call=ReadCall("get_offer_details", {"number": number}))
    if is_sure and intent.name in SEARCH_INTENTS:
        if frame.is_searchable:
            return Route("flight", "frame complete", call=search_call(frame))
        return Route("flight", "frame incomplete", asked=next_question(frame))
    if last_agent is not None:
        return Route(last_agent, "stays", asked=next_question(frame) if last_agent == "flight" else None)
    return Route("concierge", "unsure")


def next_question(frame: Frame) -> str | None:
    """The slot to ask about first: what cannot be, what has two readings, what is missing."""
    if frame.trip == "multi_city":
        return "destination"
    stuck = [each.field for each in frame.problems] + [each.field for each in frame.ambiguous]
    return next(iter((*stuck, *frame.missing)), None)


def search_call(frame: Frame) -> ReadCall:
    """The search a complete frame asks for, in resolved values only."""
    assert frame.is_searchable
    assert frame.origin is not None
    assert frame.destination is not None
    assert frame.depart_on is not None
    window = frame.depart_time
    wished: dict[str, Any] = {
        "returns_on": frame.return_on.isoformat() if frame.return_on else None,
        "children": frame.children,
        "infants": frame.infants,
        "cabin": frame.cabin,
        "airlines": list(frame.airlines),
        "max_stops": frame.max_stops,
        "departs_from": f"{window.first:%H:%M}" if window and window.first else None,
        "departs_until": f"{window.last:%H:%M}" if window and window.last else None,
        "max_total": int(frame.budget.amount) if frame.budget else None,
        "refundable": frame.refundable,
        "checked_bag": frame.checked_bag,
        "sort": frame.sort,
    }
    return ReadCall(
        "search_flights",
        {
            "origin": _say_place(frame.origin),
            "destination": _say_place(frame.destination),
            "departs_on": frame.depart_on.isoformat(),
            "adults": 1 if frame.adults is None else frame.adults,
        }
        # unsaid things are left out, so that the tool's own defaults hold; 0 stops is said
        | {name: value for name, value in wished.items() if not (value is None or value is False or value == [])},
    )


def _say_place(place: PlaceRef) -> str:
    """A code that resolves to just this place: a code shared by a city and an airport of it means the city."""
    return place.name if place.kind == "airport" and city_airports(place.iata) != (place.iata,) else place.iata


def find_number(choice: Choice, offers: Sequence[ShownOffer]) -> int:
    """The number on the screen of the offer meant, best ones found by what the screen shows."""
    if choice.best_by is None:
        return choice.position or 0
    best_by = choice.best_by
    return 1 + min(range(len(offers)), key=lambda index: offers[index][best_by])
