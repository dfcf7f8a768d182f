"""What is offered to be said next, and that we understand it ourselves where it is offered."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from typing import Any, NamedTuple

import pytest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage

from core.messages import Language
from core.messages.catalogue import LANGUAGES
from graph.router import SURE
from graph.state import OpenCard, Pending, State, count_choices
from graph.suggestions import MAX_SUGGESTIONS, suggest_actions
from tests.support.shown import make_shown
from tools.changes import ListedWays
from tools.shown import CheapestDay
from understanding.consent import read_answer
from understanding.frame import Ambiguity, DateRange, Frame, PlaceRef
from understanding.read import read_message

NOW = datetime(2026, 11, 22, 9, tzinfo=timezone(timedelta(hours=7)))
HANOI = PlaceRef(iata="HAN", name="Hà Nội", kind="city")
DANANG = PlaceRef(iata="DAD", name="Đà Nẵng", kind="city")
TRIP = Frame(origin=HANOI, destination=DANANG, depart_on=date(2026, 12, 20))
REFERENCE = "QX7K2M"

INTENTS = {
    "example": "search",
    "help": "help",
    "details": "details",
    "book": "book",
    "seats": "seat_map",
    "rules": "fare_rules",
    "nonstop": "refine",
    "any_airline": "refine",
    "any_time": "refine",
    "any_stops": "refine",
    "non_refundable": "refine",
    "no_bag": "refine",
    "calendar": "price_calendar",
    "next_day": "refine",
    "cheaper": "refine",
    "cheapest_day": "refine",
    "baggage": "policy",
    "refunds": "policy",
    "changes": "policy",
    "papers": "policy",
    "later": "no",
    "signed_in": "done",
    "form_filled": "done",
    "pay": "pay",
    "pay:vnpay": "pay",
    "pay:momo": "pay",
    "paid": "status",
    "paid_back": "status",
    "my_bookings": "my_bookings",
    "show_booking": "my_bookings",
    "change_booking": "change",
    "cancel_booking": "cancel",
    "way:1": "select",
    "way:2": "select",
    "add_calendar": "calendar",
    "remind": "notifications",
    "resend": "resend",
    "person": "human",
    "add_traveller": "add_passenger",
    "my_preferences": "preferences",
    "remember_window": "remember",
}
"""What each suggestion is read as."""


def looked_up(tool: str, **told: Any) -> list[AnyMessage]:
    """A turn in which a tool answered."""
    return [
        HumanMessage("…"),
        AIMessage("", tool_calls=[{"name": tool, "args": {}, "id": "call_1"}]),
        ToolMessage(json.dumps(told), tool_call_id="call_1", name=tool),
        AIMessage("…"),
    ]


def waiting(action: str) -> OpenCard:
    return OpenCard(card={"type": "confirm", "action": action}, call_id="call_1", is_last=True)


def pending(reason: Any) -> Pending:
    return Pending(reason=reason, card={}, agent="booking", name="propose_booking", args={"number": 1})


class Case(NamedTuple):
    state: State
    ids: list[str]


FLIGHTS = State(frame=TRIP.model_dump(mode="json"), offers=[make_shown(), make_shown(), make_shown()])
NARROW = TRIP.model_copy(update={"airlines": ("VN",), "max_stops": 0, "checked_bag": True})
BOOKING = {"booking_reference": REFERENCE, "to_pay": None}
DUE = BOOKING | {"to_pay": "₫1,000,000"}
CASES = {
    "nothing yet": Case(State(), ["example", "help"]),
    "offers": Case(FLIGHTS, ["details", "book", "calendar", "next_day"]),
    "offers with stops": Case(
        State(**(FLIGHTS | {"offers": [make_shown(), make_shown(stops=1)]})), ["details", "book", "nonstop", "calendar"]
    ),
    "details": Case(
        State(**FLIGHTS, messages=looked_up("get_offer_details", number=2)), ["book", "seats", "rules", "details"]
    ),
    "details of the last": Case(
        State(**FLIGHTS, messages=looked_up("get_offer_details", number=3)), ["book", "seats", "rules"]
    ),
    "seat map": Case(State(**FLIGHTS, messages=looked_up("seat_map", number=1)), ["book", "rules", "details"]),
    "fare rules": Case(State(**FLIGHTS, messages=looked_up("fare_rules", number=1)), ["book", "seats", "details"]),
    "seats chosen": Case(State(**FLIGHTS, messages=looked_up("choose_seats", number=3)), ["seats", "rules"]),
    "nothing fits": Case(
        State(frame=NARROW.model_dump(mode="json"), messages=looked_up("search_flights", found=3, offers=[])),
        ["any_airline", "any_stops", "no_bag", "next_day"],
    ),
    "cheapest day": Case(
        State(**FLIGHTS, cheapest_day=CheapestDay(departs_on="2026-12-22", returns_on=None)), ["cheapest_day"]
    ),
    "card to book": Case(
        State(**FLIGHTS, card=waiting("book"), done="propose_booking"), ["baggage", "refunds", "later"]
    ),
    "card to cancel": Case(State(card=waiting("cancel")), ["refunds", "later"]),
    "card to change": Case(State(card=waiting("change")), ["changes", "later"]),
    "card to remember": Case(State(card=waiting("remember")), ["later"]),
    "to sign in": Case(State(**FLIGHTS, pending=pending("sign_in")), ["signed_in", "later"]),
    "to fill in": Case(State(**FLIGHTS, pending=pending("passenger_form")), ["form_filled", "later"]),
    "held": Case(State(**FLIGHTS, done="held"), ["pay:vnpay", "pay:momo", "my_bookings"]),
    "link shown": Case(State(done="start_payment"), ["paid", "my_bookings"]),
    "ticketed": Case(State(**FLIGHTS, done="ticketed"), ["add_calendar", "remind", "resend", "my_bookings"]),
    "no answer yet": Case(State(done="holding"), ["my_bookings", "person"]),
    "cancelled": Case(State(done="cancelled"), ["my_bookings"]),
    "in the calendar": Case(State(done="calendar"), ["remind", "my_bookings"]),
    "remembered": Case(State(done="remember"), ["my_preferences"]),
    "declined": Case(State(**FLIGHTS, done="declined"), ["details", "book", "calendar", "next_day"]),
    "ways to change": Case(
        State(done="propose_change", ways=ListedWays(args={}, count=2, flights=["a", "b"])), ["way:1", "way:2"]
    ),
    "bookings": Case(
        State(messages=looked_up("list_my_bookings", bookings=[BOOKING])),
        ["show_booking", "change_booking", "cancel_booking"],
    ),
    "bookings to pay": Case(
        State(messages=looked_up("list_my_bookings", bookings=[DUE, BOOKING])),
        ["pay", "show_booking", "change_booking", "cancel_booking"],
    ),
    "no bookings": Case(State(messages=looked_up("list_my_bookings", bookings=[])), ["example", "help"]),
    "a booking": Case(
        State(messages=looked_up("booking_details", **BOOKING)), ["change_booking", "cancel_booking", "add_calendar"]
    ),
    "a booking to pay": Case(
        State(messages=looked_up("booking_details", **DUE)), ["pay:vnpay", "pay:momo", "my_bookings"]
    ),
    "paid": Case(State(messages=looked_up("payment_status", **BOOKING)), ["my_bookings"]),
    "ready to fly": Case(
        State(**FLIGHTS, messages=looked_up("check_travel_readiness", ready=True, number=2)), ["book", "seats", "rules"]
    ),
    "not ready": Case(
        State(**FLIGHTS, messages=looked_up("check_travel_readiness", ready=False, number=2)),
        ["add_traveller", "papers"],
    ),
    "travellers": Case(
        State(messages=looked_up("list_passengers", passengers=[])), ["add_traveller", "my_preferences"]
    ),
    "preferences": Case(
        State(messages=looked_up("my_preferences", preferences=[])), ["remember_window", "my_bookings"]
    ),
    "letters": Case(State(messages=looked_up("my_notifications")), ["remind", "my_bookings"]),
    "visa": Case(State(messages=looked_up("visa_hints")), ["papers"]),
    "policy": Case(State(messages=looked_up("read_policy", topic="baggage")), ["refunds", "changes"]),
    "policy of another kind": Case(State(messages=looked_up("read_policy", topic="pets")), ["person"]),
}


def suggest(case: Case, language: Language) -> dict[str, str]:
    return {each["id"]: each["text"] for each in suggest_actions(case.state, language, ("vnpay", "momo"))}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_suggestions_follow_the_state_and_are_understood_in_it(case: Case, language: Language) -> None:
    suggested = suggest(case, language)
    assert list(suggested) == case.ids
    assert len(suggested) <= MAX_SUGGESTIONS
    for key, text in suggested.items():
        read = read_message(
            text,
            frame=Frame.model_validate(case.state.get("frame", {})),
            now=NOW,
            previous_language=language,
            offers_shown=count_choices(case.state),
        )
        assert (text, read.intent.name) == (text, INTENTS[key])
        assert read.intent.confidence >= SURE
        assert read.language == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_number_suggested_is_the_number_read(language: Language) -> None:
    suggested = suggest(CASES["details"], language)
    for key, number in {"book": 2, "seats": 2, "rules": 2, "details": 3}.items():
        read = read_message(suggested[key], frame=TRIP, now=NOW, previous_language=language, offers_shown=3)
        assert read.choice is not None
        assert read.choice.position == number


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "keys", "booking"),
    [
        ("bookings", ["show_booking", "change_booking", "cancel_booking"], "1"),
        ("a booking", ["change_booking", "cancel_booking"], REFERENCE),
    ],
)
def test_booking_suggested_is_the_booking_read(name: str, keys: list[str], booking: str, language: Language) -> None:
    suggested = suggest(CASES[name], language)
    for key in keys:
        read = read_message(suggested[key], frame=TRIP, now=NOW, previous_language=language, bookings_shown=2)
        assert (suggested[key], read.intent.name) == (suggested[key], INTENTS[key])
        assert read.wish is not None
        assert (suggested[key], read.wish.booking) == (suggested[key], booking)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", [1, 2])
def test_way_suggested_is_the_way_read(number: int, language: Language) -> None:
    case = CASES["ways to change"]
    text = suggest(case, language)[f"way:{number}"]
    shown = count_choices(case.state)
    read = read_message(text, frame=TRIP, now=NOW, previous_language=language, offers_shown=shown)
    assert read.wish is not None
    assert read.wish.option == number


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["card to book", "card to cancel", "card to change", "card to remember"])
def test_nothing_suggested_beside_a_card_says_yes_to_it(name: str, language: Language) -> None:
    card = CASES[name].state["card"]
    assert card is not None
    for key, text in suggest(CASES[name], language).items():
        assert read_answer(text, language, card["card"]["action"]) == ("no" if key == "later" else None)


@pytest.mark.parametrize(
    ("methods", "ids"),
    [
        ((), ["pay", "my_bookings"]),
        (("momo",), ["pay", "my_bookings"]),
        (("vnpay", "momo"), ["pay:vnpay", "pay:momo", "my_bookings"]),
    ],
)
def test_only_gateways_that_are_there_are_offered(methods: tuple[str, ...], ids: list[str]) -> None:
    assert [each["id"] for each in suggest_actions(State(done="held"), "en", methods)] == ids


@pytest.mark.parametrize("method", ["vnpay", "momo"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_gateway_suggested_is_the_gateway_read(method: str, language: Language) -> None:
    text = suggest(CASES["held"], language)[f"pay:{method}"]
    read = read_message(text, frame=TRIP, now=NOW, previous_language=language)
    assert read.wish is not None
    assert read.wish.method == method


def test_question_asked_is_helped_with_answers_where_there_are_some() -> None:
    doubt = Ambiguity(field="depart_on", phrase="3/12", readings=("2026-12-03", "2027-03-12"))
    doubtful = TRIP.model_copy(update={"ambiguous": (doubt,)})
    span = DateRange(first=date(2026, 12, 1), last=date(2026, 12, 9))
    ranged = TRIP.model_copy(update={"depart_on": None, "depart_range": span})
    for frame, ids in (
        (doubtful, ["reading:2026-12-03", "reading:2027-03-12"]),
        (ranged, [f"reading:2026-12-0{day}" for day in range(1, 5)]),
        (Frame(origin=HANOI), []),
    ):
        state = State(frame=frame.model_dump(mode="json"), asked="depart_on")
        assert [each["id"] for each in suggest_actions(state, "vi")] == ids


def test_what_failed_suggests_nothing_of_its_own() -> None:
    messages = looked_up("list_my_bookings")
    messages[2] = ToolMessage(
        '{"error": "sign_in_needed"}', tool_call_id="call_1", name="list_my_bookings", status="error"
    )
    assert [each["id"] for each in suggest_actions(State(messages=messages), "en")] == ["example", "help"]
