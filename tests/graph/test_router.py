"""Who answers, and with which tool, for every kind of message."""

from __future__ import annotations

from datetime import date, time
from itertools import product
from typing import Any, NamedTuple, get_args

import pytest

from agents.registry import AGENTS
from domain.money import Money
from graph.planned import PlannedCall
from graph.router import (
    SEARCH_INTENTS,
    SURE,
    TALK,
    calendar_call,
    choose_route,
    find_number,
    next_question,
    search_call,
)
from tests.support.shown import make_shown
from tools.arguments import MAX_BUDGET
from tools.registry import READ_TOOLS, WRITE_TOOLS
from tools.shown import ShownOffer
from understanding.frame import Ambiguity, DateRange, Frame, PlaceRef, Problem, TimeWindow
from understanding.reading import BookingWish, Choice, Intent, IntentName, Preference, Reading

HANOI = PlaceRef(iata="HAN", name="Hà Nội", kind="city")
DANANG = PlaceRef(iata="DAD", name="Đà Nẵng", kind="city")
COMPLETE = Frame(origin=HANOI, destination=DANANG, depart_on=date(2026, 12, 20))
ROUTE_ONLY = Frame(origin=HANOI, destination=DANANG)
RETURN = ROUTE_ONLY.model_copy(update={"trip": "round_trip"})
BOTH_DAYS = COMPLETE.model_copy(update={"trip": "round_trip", "return_on": date(2026, 12, 24)})
INCOMPLETE = Frame(origin=HANOI)
EMPTY = Frame()
DOUBTFUL = COMPLETE.model_copy(
    update={"ambiguous": (Ambiguity(field="depart_on", phrase="mai", readings=("2026-11-22", "2026-11-23")),)}
)
REFUSED = COMPLETE.model_copy(update={"problems": (Problem(field="depart_on", code="date_in_past"),)})
OFFERS = [
    make_shown("a", price=300, duration=90, departure=3.0, arrival=9.0, stops=1, airline="VN", departs="07:05"),
    make_shown("b", price=100, duration=80, departure=2.0, arrival=7.0, stops=1, airline="VJ", departs="07:30"),
    make_shown("c", price=100, duration=70, departure=1.0, arrival=8.0, stops=0, airline="VJ", departs="19:10"),
]


def read(
    intent: IntentName,
    frame: Frame = EMPTY,
    *,
    sure: float = 0.9,
    choice: Choice | None = None,
    wish: BookingWish | None = None,
) -> Reading:
    return Reading(
        language="vi",
        intent=Intent(name=intent, confidence=sure),
        frame=frame,
        changed=(),
        choice=choice,
        wish=wish,
    )


class Case(NamedTuple):
    name: str
    reading: Reading
    agent: str
    tool: str | None = None
    asked: str | None = None
    last_agent: str | None = None
    offers: list[ShownOffer] = []  # noqa: RUF012 - never changed


SECOND = Choice(position=2)
AISLE = Preference(kind="seat_preference", value="aisle")
CASES = [
    Case("search, complete", read("search", COMPLETE), "flight", "search_flights"),
    Case("refine, complete", read("refine", COMPLETE), "flight", "search_flights", offers=OFFERS),
    Case("search, nothing known", read("search"), "flight", asked="origin"),
    Case("search, half known", read("search", INCOMPLETE), "flight", asked="destination"),
    Case("search, two readings", read("search", DOUBTFUL), "flight", asked="depart_on"),
    Case("search, impossible", read("search", REFUSED), "flight", asked="depart_on"),
    Case("search from small talk", read("search", COMPLETE), "flight", "search_flights", last_agent="concierge"),
    Case(
        "details of one shown", read("details", COMPLETE, choice=SECOND), "flight", "get_offer_details", offers=OFFERS
    ),
    Case("select one shown", read("select", COMPLETE, choice=SECOND), "flight", "get_offer_details", offers=OFFERS),
    Case("details, nothing shown", read("details", choice=SECOND), "concierge"),
    Case("details, none named", read("details", COMPLETE), "flight", last_agent="flight", offers=OFFERS),
    Case("calendar around a day", read("price_calendar", COMPLETE), "flight", "price_calendar"),
    Case("calendar of any days", read("price_calendar", ROUTE_ONLY), "flight", "price_calendar", offers=OFFERS),
    Case("calendar, half known", read("price_calendar", INCOMPLETE), "flight", asked="destination"),
    Case("calendar, two readings", read("price_calendar", DOUBTFUL), "flight", asked="depart_on"),
    Case("calendar, impossible", read("price_calendar", REFUSED), "flight", asked="depart_on"),
    Case("seats of one shown", read("seat_map", COMPLETE, choice=SECOND), "flight", "seat_map", offers=OFFERS),
    Case("rules of one shown", read("fare_rules", COMPLETE, choice=SECOND), "flight", "fare_rules", offers=OFFERS),
    Case("seats, none named", read("seat_map", COMPLETE), "flight", "seat_map", offers=OFFERS),
    Case("seats, nothing shown", read("seat_map", INCOMPLETE), "flight", asked="destination"),
    Case("seats, trip known", read("seat_map", COMPLETE), "flight", "search_flights"),
    Case("calendar, stay unknown", read("price_calendar", RETURN), "flight", asked="stay_nights"),
    Case("calendar, return known", read("price_calendar", BOTH_DAYS), "flight", "price_calendar"),
    Case("calendar, route unknown", read("price_calendar", Frame(trip="round_trip")), "flight", asked="origin"),
    Case("question stays with flight", read("question", COMPLETE), "flight", last_agent="flight"),
    Case(
        "question stays and asks on", read("question", INCOMPLETE), "flight", asked="destination", last_agent="flight"
    ),
    Case("question stays with concierge", read("question", COMPLETE), "concierge", last_agent="concierge"),
    Case("question at the start", read("question"), "concierge"),
    Case("unsure at the start", read("search", COMPLETE, sure=0.3), "concierge"),
    Case("unsure stays", read("greeting", COMPLETE, sure=0.3), "flight", last_agent="flight"),
    Case("yes stays", read("yes", COMPLETE), "flight", last_agent="flight", offers=OFFERS),
    *(
        Case(f"{intent} goes to the concierge", read(intent, COMPLETE), "concierge", last_agent="flight", offers=OFFERS)  # type: ignore[arg-type]
        for intent in sorted(TALK)
    ),
    Case("booking one shown", read("book", COMPLETE, choice=SECOND), "booking", "propose_booking", offers=OFFERS),
    Case("booking, nothing shown", read("book", COMPLETE), "flight", "search_flights"),
    Case("booking, nothing known", read("book", INCOMPLETE), "flight", asked="destination"),
    Case("own bookings", read("my_bookings"), "booking", "list_my_bookings"),
    Case("status", read("status"), "booking", "booking_details"),
    Case("paying", read("pay"), "booking", "start_payment", last_agent="flight"),
    Case("giving up", read("cancel"), "booking", "propose_cancellation"),
    Case("changing to a day", read("change", wish=BookingWish(day=date(2026, 12, 22))), "booking", "propose_change"),
    Case("changing, no day", read("change"), "booking", asked="new_day"),
    Case("calendar of one's own", read("calendar"), "calendar", "propose_calendar_entry"),
    Case("reminders", read("notifications"), "notification", "my_notifications"),
    Case("letter again", read("resend"), "notification", "resend_confirmation"),
    Case("travellers", read("passengers"), "profile", "list_passengers"),
    Case("another traveller", read("add_passenger"), "profile", "open_passenger_form"),
    Case("paper to be deleted", read("delete_document"), "profile", "propose_document_deletion"),
    Case("likings", read("preferences"), "profile", "my_preferences"),
    Case("a liking to keep", read("remember", wish=BookingWish(preference=AISLE)), "profile", "propose_preference"),
    Case("address, none said", read("change_email"), "profile"),
    Case("fit to fly", read("readiness", COMPLETE), "validation", "check_travel_readiness", offers=OFFERS),
    Case("fit to fly, nothing shown", read("readiness", COMPLETE), "validation"),
    Case("visa", read("visa", COMPLETE), "validation", "visa_hints"),
    Case("a person", read("human", COMPLETE), "concierge", "ask_a_person"),
    Case("policy of no topic", read("policy", COMPLETE), "concierge"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_route(case: Case) -> None:
    route = choose_route(case.reading, last_agent=case.last_agent, offers=case.offers)
    assert (route.agent, route.call.name if route.call else None, route.asked) == (case.agent, case.tool, case.asked)


def test_every_intent_with_every_frame_goes_to_an_agent_that_has_the_tool_called() -> None:
    tools = {tool.name for tool in (*READ_TOOLS, *WRITE_TOOLS)}
    frames = (EMPTY, INCOMPLETE, ROUTE_ONLY, COMPLETE, DOUBTFUL, REFUSED)
    choices = (None, SECOND, Choice(best_by="price"), Choice(position=99))
    routes = 0
    for intent, frame, choice, sure, agent, offers in product(
        get_args(IntentName), frames, choices, (0.3, SURE, 1.0), (None, *AGENTS), ([], OFFERS)
    ):
        route = choose_route(read(intent, frame, sure=sure, choice=choice), last_agent=agent, offers=offers)
        routes += 1
        assert route.agent in AGENTS
        assert route.call is None or route.asked is None or route.agent == "concierge"
        if route.call is not None:
            assert route.call.name in tools & {tool.name for tool in AGENTS[route.agent].tools}
            assert sure >= SURE
        if sure < SURE:
            assert route.agent == (agent or "concierge")
    assert routes > 2_000


def test_a_complete_search_is_called_by_code_whenever_it_is_clear() -> None:
    for intent in SEARCH_INTENTS:
        route = choose_route(read(intent, COMPLETE), last_agent=None, offers=[])  # type: ignore[arg-type]  # a str
        assert route.call == PlannedCall(
            "search_flights", {"origin": "HAN", "destination": "DAD", "departs_on": "2026-12-20", "adults": 1}
        )


def test_call_says_everything_the_frame_says() -> None:
    frame = COMPLETE.model_copy(
        update={
            "return_on": date(2026, 12, 27),
            "adults": 2,
            "children": 1,
            "infants": 1,
            "cabin": "business",
            "airlines": ("VN",),
            "max_stops": 0,
            "depart_time": TimeWindow(first=time(6), last=time(12)),
            "budget": Money.parse("5000000", "VND"),
            "refundable": True,
            "checked_bag": True,
            "sort": "duration",
        }
    )
    said: dict[str, Any] = {
        "origin": "HAN",
        "destination": "DAD",
        "departs_on": "2026-12-20",
        "returns_on": "2026-12-27",
        "adults": 2,
        "children": 1,
        "infants": 1,
        "cabin": "business",
        "airlines": ["VN"],
        "max_stops": 0,
        "departs_from": "06:00",
        "departs_until": "12:00",
        "max_total": 5_000_000,
        "budget_currency": "VND",
        "refundable": True,
        "checked_bag": True,
        "sort": "duration",
    }
    assert search_call(frame).args == said


def test_budget_keeps_its_currency_and_stays_within_what_the_tool_takes() -> None:
    args = [
        search_call(COMPLETE.model_copy(update={"budget": Money.parse(amount, "USD")})).args
        for amount in ("99.50", "9" * 20)
    ]
    assert [(each["max_total"], each["budget_currency"]) for each in args] == [(99, "USD"), (MAX_BUDGET, "USD")]


@pytest.mark.parametrize("asked", ["stay_nights", "depart_on"])
def test_answer_about_the_stay_goes_on_with_the_calendar(asked: str) -> None:
    staying = RETURN.model_copy(update={"stay_nights": 4})
    route = choose_route(read("search", staying), last_agent="flight", offers=[], last_asked=asked)
    called = route.call and route.call.name
    assert (called, route.asked) == (("price_calendar", None) if asked == "stay_nights" else (None, "depart_on"))


@pytest.mark.parametrize(
    ("update", "days"),
    [
        ({}, {"day": "2026-12-20"}),
        ({"depart_on": None}, {}),
        (
            {"depart_on": None, "depart_range": DateRange(first=date(2026, 12, 1), last=date(2026, 12, 9))},
            {"day": "2026-12-01", "last_day": "2026-12-09"},
        ),
        (
            {"depart_on": None, "depart_range": DateRange(first=date(2026, 12, 1), last=date(2027, 2, 28))},
            {"day": "2026-12-01", "last_day": "2026-12-31"},
        ),
        ({"return_on": date(2026, 12, 24)}, {"day": "2026-12-20", "stay_nights": 4}),
        ({"depart_on": None, "stay_nights": 3}, {"stay_nights": 3}),
    ],
    ids=["day", "any day", "span", "long span", "return", "stay"],
)
def test_calendar_is_of_the_days_the_frame_leaves_open(update: dict[str, Any], days: dict[str, Any]) -> None:
    call = calendar_call(COMPLETE.model_copy(update=update))
    assert call == PlannedCall("price_calendar", {"origin": "HAN", "destination": "DAD", "adults": 1} | days)


def test_calendar_is_for_the_same_flights_as_the_search() -> None:
    wishes = {"adults": 2, "cabin": "business", "airlines": ("VN",), "max_stops": 0, "checked_bag": True}
    call = calendar_call(COMPLETE.model_copy(update=wishes))
    searched = search_call(COMPLETE.model_copy(update=wishes)).args
    assert call is not None
    assert {name: call.args[name] for name in wishes} == {name: searched[name] for name in wishes}


@pytest.mark.parametrize(("last_number", "number"), [(None, 1), (3, 3)])
@pytest.mark.parametrize("intent", ["seat_map", "fare_rules"])
def test_unnamed_seats_and_rules_are_those_of_the_offer_last_looked_into(
    intent: IntentName, last_number: int | None, number: int
) -> None:
    route = choose_route(read(intent, COMPLETE), last_agent="flight", offers=OFFERS, last_number=last_number)
    assert route.call == PlannedCall(intent, {"number": number})


@pytest.mark.parametrize(("update", "left_out"), [({"children": 0}, ()), ({"max_stops": None}, ("max_stops",))])
def test_unsaid_wishes_are_left_to_the_tool(update: dict[str, Any], left_out: tuple[str, ...]) -> None:
    args = search_call(COMPLETE.model_copy(update=update)).args
    assert not {"airlines", "cabin", "refundable", "returns_on", *left_out} & set(args)


def test_no_adults_said_is_not_the_same_as_none_wanted() -> None:
    assert search_call(COMPLETE).args["adults"] == 1
    assert search_call(COMPLETE.model_copy(update={"adults": 0})).args["adults"] == 0


@pytest.mark.parametrize(
    ("choice", "number"),
    [
        (Choice(position=3), 3),
        (Choice(position=99), 99),
        (Choice(best_by="price"), 2),
        (Choice(best_by="duration"), 3),
        (Choice(best_by="departure"), 3),
        (Choice(best_by="arrival"), 2),
    ],
)
def test_the_offer_meant_is_the_one_the_screen_shows_as_such(choice: Choice, number: int) -> None:
    assert find_number(choice, OFFERS) == number


def test_the_cheapest_is_found_among_prices_of_one_currency() -> None:
    dollars = OFFERS[0] | {"price": 90, "currency": "USD"}
    assert find_number(Choice(best_by="price"), [OFFERS[0], dollars, OFFERS[2]]) == 3
    assert find_number(Choice(best_by="price"), [dollars, *OFFERS]) == 1
    assert find_number(Choice(best_by="departure"), [dollars | {"departure": 0.0}, *OFFERS]) == 1


def between(first: str, last: str) -> TimeWindow:
    return TimeWindow(first=time.fromisoformat(first), last=time.fromisoformat(last))


@pytest.mark.parametrize(
    ("choice", "number"),
    [
        (Choice(airline="VN"), 1),
        (Choice(airline="VJ"), None),
        (Choice(airline="BL"), None),
        (Choice(airline="VJ", position=2), 3),
        (Choice(airline="VJ", best_by="duration"), 3),
        (Choice(departs=(between("07:00", "07:59"),)), None),
        (Choice(departs=(between("07:30", "07:30"),)), 2),
        (Choice(departs=(between("07:00", "07:59"),), airline="VJ"), 2),
        (Choice(departs=(between("05:00", "11:59"),), position=1), 2),
        (Choice(departs=(between("05:00", "11:59"),), best_by="price"), 2),
        (Choice(departs=(between("20:00", "20:59"), between("19:00", "19:59"))), 3),
        (Choice(departs=(between("09:00", "09:59"),)), None),
    ],
)
def test_the_offer_meant_is_the_only_one_that_fits(choice: Choice, number: int | None) -> None:
    assert find_number(choice, OFFERS) == number


@pytest.mark.parametrize("intent", ["select", "details", "book"])
def test_where_several_offers_fit_none_is_opened(intent: IntentName) -> None:
    route = choose_route(read(intent, COMPLETE, choice=Choice(airline="VJ")), last_agent="flight", offers=OFFERS)
    assert (route.agent, route.call) == ("flight", None)


def test_booking_is_of_the_offer_chosen_or_last_looked_into() -> None:
    chosen = choose_route(read("book", COMPLETE, choice=SECOND), last_agent="flight", offers=OFFERS)
    last = choose_route(read("book", COMPLETE), last_agent="flight", offers=OFFERS, last_number=3)
    assert [route.call for route in (chosen, last)] == [PlannedCall("propose_booking", {"number": n}) for n in (2, 3)]


@pytest.mark.parametrize("intent", sorted(TALK - {"goodbye", "start_over"}))
def test_digression_keeps_the_question_of_the_trip_open(intent: IntentName) -> None:
    route = choose_route(read(intent, INCOMPLETE), last_agent="flight", offers=[], last_asked="destination")
    assert (route.agent, route.call, route.asked) == ("concierge", None, "destination")
    assert choose_route(read(intent, EMPTY), last_agent=None, offers=[]).asked is None
    unsure = choose_route(read("question", INCOMPLETE), last_agent="concierge", offers=[], last_asked="destination")
    assert (unsure.agent, unsure.asked) == ("concierge", "destination")


@pytest.mark.parametrize(
    ("answer", "frame", "offers", "tool", "asked"),
    [
        ("yes", COMPLETE, [], "search_flights", None),
        ("yes", COMPLETE, OFFERS, "search_flights", None),
        ("yes", INCOMPLETE, [], None, "destination"),
        ("no", COMPLETE, [], None, None),
    ],
)
def test_answer_to_the_offer_to_go_on(
    answer: IntentName, frame: Frame, offers: list[ShownOffer], tool: str | None, asked: str | None
) -> None:
    route = choose_route(read(answer, frame), last_agent="concierge", offers=offers)
    assert (route.agent, route.call and route.call.name, route.asked) == ("flight", tool, asked)


@pytest.mark.parametrize(
    ("frame", "slot"),
    [(EMPTY, "origin"), (INCOMPLETE, "destination"), (DOUBTFUL, "depart_on"), (REFUSED, "depart_on"), (COMPLETE, None)],
)
def test_what_cannot_be_is_asked_before_what_is_missing(frame: Frame, slot: str | None) -> None:
    assert next_question(frame) == slot


def test_offers_of_an_earlier_version_are_not_found_by_airline_or_time() -> None:
    earlier = [{key: value for key, value in offer.items() if key not in ("airline", "departs")} for offer in OFFERS]
    assert find_number(Choice(airline="VN"), earlier) is None  # type: ignore[arg-type]
    assert find_number(Choice(departs=(TimeWindow(first=time(7)),)), earlier) is None  # type: ignore[arg-type]
    assert find_number(Choice(position=2), earlier) == 2  # type: ignore[arg-type]


def test_a_card_number_opens_no_payment() -> None:
    told = choose_route(read("pay"), last_agent="booking", offers=[], text="my card is [card-1], cvv [card-2]")
    asked = choose_route(read("pay"), last_agent="booking", offers=[], text="I want to pay")
    assert told.call == PlannedCall("read_policy", {"topic": "payment"})
    assert asked.call is not None
    assert asked.call.name == "start_payment"
