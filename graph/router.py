"""Who answers a message, decided by code; and the tool to call first when nothing is left to ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import time, timedelta
from typing import Any, Literal

from domain.airports import city_airports
from graph.planned import PlannedCall, Route, leave_out_unsaid
from graph.router_bookings import choose_booking_route, choose_way
from services.flights.calendar import MAX_DAYS
from tools.arguments import MAX_BUDGET
from tools.changes import ListedWays
from tools.shown import ShownOffer
from understanding.frame import Frame, PlaceRef, TimeWindow
from understanding.policy_topics import find_policy
from understanding.reading import Choice, Reading

SURE = 0.5
"""Below this confidence code does not decide."""

TALK: frozenset[str] = frozenset(
    ["greeting", "thanks", "goodbye", "help", "out_of_scope", "start_over", "small_talk", "complaint", "insult"]
)
"""What is about no flight, no booking and nobody's papers."""
SEARCH_INTENTS = frozenset({"search", "refine", "correction"})
OFFER_TOOLS = {
    "details": "get_offer_details",
    "select": "get_offer_details",
    "seat_map": "seat_map",
    "fare_rules": "fare_rules",
}
"""What an intent about one of the offers shown looks up."""


def choose_route(
    reading: Reading,
    *,
    last_agent: str | None,
    offers: Sequence[ShownOffer],
    last_number: int | None = None,
    last_asked: str | None = None,
    ways: ListedWays | None = None,
    changing: str | None = None,
    text: str = "",
) -> Route:
    """Concierge for small talk, Flight for flights, who it belongs to for the rest, else whoever had the conversation.

    `last_number` is that of the offer last looked into, `last_asked` the slot our last question was about, `ways` are
    the changes of a booking listed last, `changing` names that whose new day was asked about, `text` is the message.
    """
    intent, frame = reading.intent, reading.frame
    is_sure = intent.confidence >= SURE
    # a trip that was begun goes on after whatever came between, so the question stays open
    is_over = intent.name in ("goodbye", "start_over") or frame == Frame()
    still_asked = None if is_over else last_asked or next_question(frame)
    if is_sure and intent.name in TALK:
        return Route("concierge", f"intent {intent.name}", asked=still_asked)
    if is_sure and (way := choose_way(reading, ways)) is not None:
        return way
    number = _find_meant(reading, offers, last_number) if offers else None
    is_bookable = intent.name != "book" or number is not None
    if (
        is_sure
        and is_bookable
        and (route := choose_booking_route(reading, number=number, changing=changing, text=text)) is not None
    ):
        return replace(route, asked=still_asked) if route.agent == "concierge" else route
    if is_sure and intent.name in OFFER_TOOLS and number is not None:
        return Route("flight", f"choice {number}", call=PlannedCall(OFFER_TOOLS[intent.name], {"number": number}))
    if is_sure and intent.name in {*OFFER_TOOLS, "book"} and offers:
        return Route("flight", "no single offer meant")
    # only a calendar asks for the nights, so what answers it asks for the calendar again
    is_answer = last_asked == "stay_nights" and intent.name in SEARCH_INTENTS
    if is_sure and (intent.name == "price_calendar" or is_answer):
        if (call := calendar_call(frame)) is not None:
            return Route("flight", "route known", call=call)
        return Route("flight", "frame incomplete", asked=_calendar_question(frame))
    if is_sure and intent.name in SEARCH_INTENTS | {"seat_map", "fare_rules", "book"}:
        if frame.is_searchable:
            return Route("flight", "frame complete", call=search_call(frame))
        return Route("flight", "frame incomplete", asked=next_question(frame))
    if intent.name == "question" and (topic := find_policy(text)) is not None:
        return Route("concierge", f"question of {topic}", PlannedCall("read_policy", {"topic": topic}), still_asked)
    if is_sure and intent.name in ("yes", "no") and last_agent == "concierge" and frame != Frame():
        return _go_on(intent.name, frame)
    if last_agent is not None:
        kept = {"flight": next_question(frame), "concierge": still_asked}
        return Route(last_agent, "stays", asked=kept.get(last_agent))
    return Route("concierge", "unsure")


def _go_on(answer: str, frame: Frame) -> Route:
    """The answer to the offer to go on with a trip."""
    if answer == "yes" and frame.is_searchable:
        return Route("flight", "goes on", call=search_call(frame))
    return Route("flight", "goes on", asked=next_question(frame) if answer == "yes" else None)


def _find_meant(reading: Reading, offers: Sequence[ShownOffer], last_number: int | None) -> int | None:
    """The number of the offer a message is about. Unnamed seats and rules are those of the one last looked into."""
    if reading.choice is not None:
        return find_number(reading.choice, offers)
    if reading.intent.name in ("seat_map", "fare_rules", "readiness", "extras"):
        return last_number or 1
    return last_number if reading.intent.name in ("details", "book") else None


def next_question(frame: Frame) -> str | None:
    """The slot to ask about first: what cannot be, what has two readings, what is missing."""
    if frame.trip == "multi_city":
        return "destination"
    stuck = [each.field for each in frame.problems] + [each.field for each in frame.ambiguous]
    return next(iter((*stuck, *frame.missing)), None)


def _calendar_question(frame: Frame) -> str | None:
    """As for a search, except that any day will do, and the way back is so many nights later."""
    is_route_known = frame.origin is not None and frame.destination is not None
    is_stuck = frame.problems or _is_in_doubt(frame) or frame.trip == "multi_city"
    return "stay_nights" if is_route_known and not is_stuck else next_question(frame)


def _is_in_doubt(frame: Frame) -> bool:
    return any(doubt.field != "budget" for doubt in frame.ambiguous)


def search_call(frame: Frame) -> PlannedCall:
    """The search a complete frame asks for, in resolved values only."""
    assert frame.is_searchable
    assert frame.origin is not None
    assert frame.destination is not None
    assert frame.depart_on is not None
    wished = _wishes(frame) | {
        "returns_on": frame.return_on.isoformat() if frame.return_on else None,
        "max_total": min(int(frame.budget.amount), MAX_BUDGET) if frame.budget else None,
        "budget_currency": frame.budget.currency if frame.budget else None,
        "sort": frame.sort,
    }
    return PlannedCall(
        "search_flights",
        _ends(frame.origin, frame.destination) | {"departs_on": frame.depart_on.isoformat()} | leave_out_unsaid(wished),
    )


def calendar_call(frame: Frame) -> PlannedCall | None:
    """The price calendar around the day of the frame, over its span of days, or else for the coming month.

    None as long as the route or the length of a round trip is not known, or something is in doubt.
    """
    if frame.trip == "multi_city" or frame.origin is None or frame.destination is None:
        return None
    nights = _count_nights(frame)
    if frame.problems or _is_in_doubt(frame) or (frame.trip == "round_trip" and nights is None):
        return None
    wished = _wishes(frame) | {"stay_nights": nights}
    if frame.depart_on is not None:
        wished["day"] = frame.depart_on.isoformat()
    elif (span := frame.depart_range) is not None:
        wished["day"] = span.first.isoformat()
        wished["last_day"] = min(span.last, span.first + timedelta(days=MAX_DAYS - 1)).isoformat()
    return PlannedCall("price_calendar", _ends(frame.origin, frame.destination) | leave_out_unsaid(wished))


def _count_nights(frame: Frame) -> int | None:
    if frame.return_on is not None and frame.depart_on is not None:
        return (frame.return_on - frame.depart_on).days
    return frame.stay_nights


def _ends(origin: PlaceRef, destination: PlaceRef) -> dict[str, Any]:
    return {"origin": _say_place(origin), "destination": _say_place(destination)}


def _wishes(frame: Frame) -> dict[str, Any]:
    window = frame.depart_time
    return {
        "adults": 1 if frame.adults is None else frame.adults,
        "children": frame.children,
        "infants": frame.infants,
        "cabin": frame.cabin,
        "airlines": list(frame.airlines),
        "max_stops": frame.max_stops,
        "departs_from": f"{window.first:%H:%M}" if window and window.first else None,
        "departs_until": f"{window.last:%H:%M}" if window and window.last else None,
        "refundable": frame.refundable,
        "checked_bag": frame.checked_bag,
    }


def _say_place(place: PlaceRef) -> str:
    """A code that resolves to just this place: a code shared by a city and an airport of it means the city."""
    return place.name if place.kind == "airport" and city_airports(place.iata) != (place.iata,) else place.iata


def find_number(choice: Choice, offers: Sequence[ShownOffer]) -> int | None:
    """The number on the screen of the offer meant, best ones found by what the screen shows; None where several fit."""
    if choice.airline is None and not choice.departs:
        fitting = list(range(len(offers)))
    else:
        fitting = _find_fitting(choice, offers)
    if choice.best_by is not None:
        return 1 + _find_best(choice.best_by, fitting, offers) if fitting else None
    if choice.position is not None:
        if len(fitting) == len(offers):
            return choice.position
        return 1 + fitting[choice.position - 1] if 0 < choice.position <= len(fitting) else None
    return 1 + fitting[0] if len(fitting) == 1 else None


def _find_fitting(choice: Choice, offers: Sequence[ShownOffer]) -> list[int]:
    """The indexes of the offers of an airline that leave when said, the first to leave first."""
    # offers remembered by an earlier version tell neither airline nor time
    told = [index for index, offer in enumerate(offers) if offer.keys() >= {"airline", "departs"}]
    of_airline = [index for index in told if choice.airline in (None, offers[index]["airline"])]
    for window in choice.departs:
        inside = [index for index in of_airline if _is_within(offers[index]["departs"], window)]
        to_the_minute = [index for index in inside if window.first == time.fromisoformat(offers[index]["departs"])]
        if inside:
            return to_the_minute or sorted(inside, key=lambda index: offers[index]["departure"])
    return [] if choice.departs else of_airline


def _is_within(departs: str, window: TimeWindow) -> bool:
    return (window.first or time.min) <= time.fromisoformat(departs) <= (window.last or time.max)


def _find_best(
    best_by: Literal["price", "duration", "departure", "arrival"], among: Sequence[int], offers: Sequence[ShownOffer]
) -> int:
    currency = offers[among[0]]["currency"]
    is_other_currency = [best_by == "price" and offer["currency"] != currency for offer in offers]
    return min(among, key=lambda index: (is_other_currency[index], offers[index][best_by]))
