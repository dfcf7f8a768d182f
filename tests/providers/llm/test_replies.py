"""What the offline model says of where prices come from and what stands behind them."""

from __future__ import annotations

from itertools import product
from typing import Any, get_args

import pytest

from core.messages.catalogue import LANGUAGES
from providers.llm.replies import ABOUT_ELSE, ABOUT_TRIP, compose_reply
from tools.registry import READ_TOOLS
from understanding.reading import BookingIntent, Interruption, PersonIntent, Talk

CONCIERGE_INTENTS = {*get_args(BookingIntent), *get_args(PersonIntent), *get_args(Talk), *get_args(Interruption)} - {
    "question"
}
FACTS = {"language": "en", "agent": "flight", "intent": "search", "changed": []}
OFFER = {
    "number": 1,
    "airline": "Vietnam Airlines",
    "flights": ["VN100"],
    "times": ["08:00–09:25"],
    "stops": ["nonstop"],
    "total": "₫1,000,000",
    "badges": [],
}
SEARCH = {
    "tool": "search_flights",
    "route": "Hanoi → Da Nang",
    "dates": ["Sunday 20 December 2026"],
    "travellers": {"adults": 1},
    "world": "live",
    "notes": [],
    "has_answered": True,
    "found": 1,
    "matching": 1,
    "offers": [OFFER],
    "cheapest_of_all": None,
}
CALENDAR = {
    "tool": "price_calendar",
    "route": "Hanoi → Da Nang",
    "travellers": {"adults": 1},
    "world": "live",
    "days": ["Sunday 20 December 2026: no price yet"],
    "notes": [],
    "unanswered_days": 1,
    "cheapest_day": None,
}
ABOUT_ONE = {"number": 2, "airline": "Vietnam Airlines", "world": "live"}
TERMS = {"fare": "Classic", "baggage": "none", "refund": "not allowed", "change": "free of charge"}
DETAILS = ABOUT_ONE | TERMS | {"tool": "get_offer_details", "total": "₫1,000,000", "price_note": None, "slices": []}
RULES = ABOUT_ONE | TERMS | {"tool": "fare_rules", "carrier_notes": ["No-show: lost."], "notes": []}
CABIN = {
    "cabin": "economy",
    "free": 119,
    "seats": 179,
    "prices": [{"price": "₫250,000", "free": 5, "rows": "1"}],
    "features": [{"feature": "window", "free": 39, "named": "1A, 2A"}, {"feature": "aisle", "free": 0, "named": ""}],
}
SEATS = ABOUT_ONE | {
    "tool": "seat_map",
    "flights": [{"flight": "VN100", "airports": "HAN–DAD", "cabins": [CABIN]}],
}


def reply(result: dict[str, Any], **changes: Any) -> str:
    return compose_reply(FACTS, [result | changes])


@pytest.mark.parametrize(
    ("world", "said"), [("simulated", "are simulated"), ("test", "This is test mode"), ("live", "**₫1,000,000**.")]
)
def test_reply_says_what_stands_behind_the_flights(world: str, said: str) -> None:
    text = reply(SEARCH, world=world)
    assert said in text
    assert ("(" in text.partition("**₫1,000,000**.")[2]) == (world != "live")


def test_reply_tells_how_old_prices_are_and_who_is_silent() -> None:
    notes = ["Prices are from 12 minutes ago.", "Duffel did not answer in time, so there may be more flights."]
    assert reply(SEARCH, notes=notes).endswith(" ".join(notes))


@pytest.mark.parametrize(
    "result", [SEARCH | {"offers": [], "found": 0, "has_answered": False}, CALENDAR], ids=["search", "calendar"]
)
def test_silence_is_never_told_as_no_flights(result: dict[str, Any]) -> None:
    text = reply(result)
    assert "not answering" in text
    assert "no flights" not in text
    assert "nothing suitable" not in text


def test_calendar_says_how_many_days_have_no_price() -> None:
    day = {"date": "Sunday 20 December 2026", "returns": None, "total": "₫1,000,000", "airline": "Vietnam Airlines"}
    text = reply(CALENDAR, cheapest_day=day, unanswered_days=3, days=["x"] * 7)
    assert "**Sunday 20 December 2026**, **₫1,000,000** (Vietnam Airlines)" in text
    assert "For 3 days I have no price yet." in text


def test_nothing_suitable_is_told_with_the_days_nobody_answered_for() -> None:
    text = reply(CALENDAR, unanswered_days=3, days=["x"] * 7)
    assert "nothing suitable flies" in text
    assert text.endswith("For 3 days I have no price yet.")


@pytest.mark.parametrize("result", [SEARCH, DETAILS, SEATS, RULES, CALENDAR], ids=lambda result: str(result["tool"]))
@pytest.mark.parametrize(("world", "said"), [("simulated", "simulated"), ("test", "test mode"), ("live", None)])
def test_every_reply_says_once_what_stands_behind_the_flights(
    result: dict[str, Any], world: str, said: str | None
) -> None:
    failed = {"tool": "seat_map", "error": "seat_map_unavailable", "message": "No seats are shown."}
    text = compose_reply(FACTS, [result | {"world": world}, failed, result | {"world": world}])
    assert text.count("(Flights and prices here are") + text.count("(This is test mode") == (said is not None)
    assert text.endswith(")") == (said is not None)
    assert said is None or said in text


def test_seats_are_told_in_two_lines() -> None:
    assert reply(SEATS).splitlines() == [
        "Seats of option 2, Vietnam Airlines:",
        "- **VN100** HAN–DAD: 119 of 179 seats free. Window: 39 free (1A, 2A). Aisle: none left.",
    ]


def test_airlines_own_notes_stand_apart_from_the_rules() -> None:
    assert reply(RULES).endswith("- Changes: free of charge\n\nThe airline adds:\n- No-show: lost.")
    as_told = RULES | {"carrier_notes": [], "notes": ["As told."]}
    assert reply(as_told).endswith("- Changes: free of charge\n\nAs told.")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"intent": "seat_map", "asked": "origin"}, ("I need a flight to show its seats.", "from?")),
        ({"intent": "price_calendar", "asked": "stay_nights", "missing": ["depart_on"]}, ("How many nights",)),
        ({"frame": {"trip": "multi_city"}}, ("one leg at a time",)),
    ],
)
def test_what_is_missing_is_asked_for(facts: dict[str, Any], words: tuple[str, ...]) -> None:
    text = compose_reply(FACTS | facts, [])
    assert all(each in text for each in words)


HANOI_DANANG: dict[str, Any] = {
    "origin": {"iata": "HAN", "name": "Hà Nội", "kind": "city"},
    "destination": {"iata": "DAD", "name": "Đà Nẵng", "kind": "city"},
}


def test_result_of_every_read_tool_has_words() -> None:
    assert ABOUT_TRIP.keys() | ABOUT_ELSE.keys() == {tool.name for tool in READ_TOOLS}
    assert not ABOUT_TRIP.keys() & ABOUT_ELSE.keys()


def test_seats_chosen_are_told_with_their_prices_and_the_total() -> None:
    chosen = {
        "tool": "choose_seats",
        "number": 2,
        "seats_and_bags": ["Seat VN100 12A, traveller 1: ₫90,000"],
        "fare": "₫1,000,000",
        "total": "₫1,090,000",
        "world": "live",
        "notes": ["I could not check the price again just now."],
    }
    text = compose_reply(FACTS, [chosen])
    assert "- Seat VN100 12A, traveller 1: ₫90,000" in text
    assert "₫1,000,000, **₫1,090,000** in all" in text
    assert "I could not check the price" in text
    assert "Nothing is booked yet" in text
    nothing = compose_reply(FACTS, [chosen | {"seats_and_bags": [], "total": "₫1,000,000"}])
    assert nothing.startswith("Which seat")


def test_way_on_is_said_with_a_failure() -> None:
    failed = {"tool": "booking_details", "error": "booking_not_found", "params": {}, "message": "There is none."}
    assert compose_reply(FACTS, [failed]) == "There is none. Say “my bookings” to see the list."
    assert compose_reply(FACTS, [failed | {"error": "tool_failed"}]) == "There is none."


def test_words_of_a_tool_that_only_acts_are_said_as_they_are() -> None:
    assert compose_reply(FACTS, [{"tool": "resend_confirmation", "done": "Sent again."}]) == "Sent again."
    assert compose_reply(FACTS, [{"tool": "unheard_of"}]) == "That is done."


def test_turn_that_was_handed_on_is_answered_by_who_got_it() -> None:
    handed_on = {"tool": "transfer_to_flight"}
    asked = FACTS | {"asked": "origin"}
    assert compose_reply(asked, [handed_on]) == compose_reply(asked, [])
    assert "**₫1,000,000**" in compose_reply(FACTS, [handed_on, SEARCH])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("intent", sorted(CONCIERGE_INTENTS))
def test_whatever_is_wanted_is_answered_in_its_own_words(intent: str, language: str) -> None:
    facts = FACTS | {"agent": "concierge", "language": language, "intent": intent, "frame": {}}
    told = {compose_reply(facts, [], turn) for turn in range(6)}
    not_understood = compose_reply(facts | {"intent": "question"}, [])
    assert not_understood not in told
    assert len(told) > 1
    assert not any(word in each for each in told for word in ("API", "/v1", "/docs", "/travellers"))
    assert {compose_reply(facts, [], 4)} == {compose_reply(facts, [], 4)}


@pytest.mark.parametrize(("language", "day"), [("vi", "Chủ nhật 20/12/2026"), ("en", "Sunday 20 December 2026")])
def test_digression_offers_to_go_on_with_the_trip(language: str, day: str) -> None:
    facts = FACTS | {"agent": "concierge", "language": language, "intent": "policy"}
    known = compose_reply(facts | {"frame": HANOI_DANANG | {"depart_on": "2026-12-20"}}, [])
    assert f"Hà Nội → Đà Nẵng, {day}" in known
    half_known = compose_reply(facts | {"frame": HANOI_DANANG, "asked": "depart_on"}, [])
    assert "Hà Nội → Đà Nẵng" in half_known
    assert half_known.endswith("?")
    farewell = compose_reply(facts | {"frame": HANOI_DANANG, "asked": "depart_on", "intent": "goodbye"}, [])
    assert "Hà Nội" not in farewell


@pytest.mark.parametrize("turn", range(4))
def test_day_understood_is_said_with_its_weekday_before_the_next_question(turn: int) -> None:
    facts = FACTS | {"changed": ["depart_on"], "frame": {"depart_on": "2026-12-20"}, "asked": "origin"}
    text = compose_reply(facts, [], turn)
    assert "Sunday 20 December 2026" in text
    assert text.count("?") == 1


@pytest.mark.parametrize("turn", range(4))
def test_search_offers_one_next_step(turn: int) -> None:
    assert "one adult" not in compose_reply(FACTS | {"travellers_assumed": False}, [SEARCH], turn)
    assert compose_reply(FACTS | {"travellers_assumed": True}, [SEARCH], turn).count("?") == 0


@pytest.mark.parametrize("intent", ["select", "book", "details"])
def test_offer_nobody_could_tell_is_asked_for(intent: str) -> None:
    text = compose_reply(FACTS | {"intent": intent, "offers_shown": 3}, [])
    assert "number" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_digression_asks_one_question_and_offers_the_trip_once(language: str) -> None:
    facts = FACTS | {"agent": "concierge", "language": language, "frame": HANOI_DANANG | {"depart_on": "2026-12-20"}}
    for intent, turn in product(sorted(CONCIERGE_INTENTS - {"goodbye", "start_over"}), range(6)):
        first = compose_reply(facts | {"intent": intent}, [], turn)
        assert first.count("?") <= 1
        again = compose_reply(facts | {"intent": intent}, [], turn, first)
        assert "Hà Nội →" not in again
        assert again != first


def test_reply_before_is_not_said_again() -> None:
    asked = FACTS | {"asked": "depart_on", "frame": HANOI_DANANG}
    assert all(compose_reply(asked, [], n, before := compose_reply(asked, [], n)) != before for n in range(4))


def test_both_ways_are_told_in_words() -> None:
    nonstop = OFFER | {"stops": ["nonstop", "nonstop"], "times": ["08:00–09:25", "18:00–19:25"]}
    text = reply(SEARCH, offers=[nonstop], dates=["Sunday 20 December 2026", "Thursday 24 December 2026"])
    assert "out Sunday 20 December 2026, back Thursday 24 December 2026" in text
    assert "nonstop both ways" in text


def test_nothing_that_fits_names_the_condition() -> None:
    nothing = SEARCH | {"offers": [], "matching": 0, "found": 3, "cheapest_of_all": OFFER, "airlines": ["TUI"]}
    text = compose_reply(FACTS | {"frame": {"max_stops": 0}}, [nothing])
    assert "TUI and nonstop flights" in text
    assert text.count("?") == 1
