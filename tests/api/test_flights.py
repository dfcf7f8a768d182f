"""Flights over REST: each row of the reference, and each reason to refuse a search."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI

from core.clock import clock
from tests.api.test_chat_errors import check_error
from tests.conftest import NOW
from tests.support.accounts import Lobby

SEARCH: dict[str, Any] = {"origin": "HAN", "destination": "DAD", "depart_date": "2026-12-20"}


def instant(time: dict[str, str]) -> datetime:
    return datetime.fromisoformat(time["at_local"]).replace(tzinfo=ZoneInfo(time["zone"]))


async def test_search_gives_offers_cheapest_first(lobby: Lobby) -> None:
    answer = await lobby.visitor().post("/v1/flights/search", json=SEARCH | {"adults": 2})
    assert answer.status_code == 200, answer.text
    offers = answer.json()["offers"]
    assert answer.json()["search_id"] is None
    assert len(offers) > 10
    prices = [int(offer["total_price"]) for offer in offers]
    assert prices == sorted(prices)
    assert {(offer["currency"], offer["travel_class"], offer["simulated"]) for offer in offers} == {
        ("VND", "ECONOMY", True)
    }
    for offer in offers:
        assert offer["segments"] == [segment for slice_ in offer["slices"] for segment in slice_["segments"]]
        assert offer["stops"] == len(offer["segments"]) - 1
        first, last = offer["segments"][0], offer["segments"][-1]
        assert (first["origin"], last["destination"]) == ("HAN", "DAD")
        assert offer["duration_minutes"] * 60 == (instant(last["arrives"]) - instant(first["departs"])).total_seconds()


async def test_round_trip_is_one_price_over_two_slices(lobby: Lobby) -> None:
    body = SEARCH | {"return_date": "2026-12-24", "travel_class": "BUSINESS", "currency": "usd"}
    offer = (await lobby.visitor().post("/v1/flights/search", json=body)).json()["offers"][0]
    assert [(slice_["origin"], slice_["destination"]) for slice_ in offer["slices"]] == [("HAN", "DAD"), ("DAD", "HAN")]
    assert offer["duration_minutes"] == sum(slice_["duration_minutes"] for slice_ in offer["slices"])
    assert offer["stops"] == sum(slice_["stops"] for slice_ in offer["slices"])
    assert (offer["currency"], offer["travel_class"]) == ("USD", "BUSINESS")


async def test_city_code_searches_all_its_airports(lobby: Lobby) -> None:
    body = SEARCH | {"origin": "SGN", "destination": "tyo"}
    offers = (await lobby.visitor().post("/v1/flights/search", json=body)).json()["offers"]
    assert {offer["segments"][-1]["destination"] for offer in offers} == {"NRT", "HND"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"origin": "ZZZ"}, "unknown_place"),
        ({"destination": "HAN"}, "same_place"),
        ({"depart_date": "2026-11-20"}, "date_in_past"),
        ({"depart_date": "2027-12-20"}, "date_too_far"),
        ({"return_date": "2026-12-19"}, "return_before_departure"),
        ({"adults": 10}, "too_many_travellers"),
        ({"adults": 0}, "no_travellers"),
        ({"infants": 2}, "infants_exceed_adults"),
        ({"currency": "XAU"}, "currency_not_sold"),
        ({"origin": "Hà Nội"}, "invalid_request"),
        ({"depart_date": "0000-00-00"}, "invalid_request"),
        ({"depart_date": "2999-13-45"}, "invalid_request"),
        ({"travel_class": "PREMIUM"}, "invalid_request"),
        ({"adults": 10**30}, "invalid_request"),
        ({"user_id": "x"}, "invalid_request"),
        ({"slices": [{"origin": "HAN", "destination": "DAD", "depart_date": "2026-12-20"}]}, "invalid_request"),
        ({"origin": None}, "invalid_request"),
        ({"nearby_km": 301}, "invalid_request"),
        ({"sort": "shoe size"}, "invalid_request"),
        ({"filters": {"departs_from": "08:00+07:00"}}, "invalid_request"),
        ({"filters": {"departs_from": "25:00"}}, "invalid_request"),
        ({"filters": {"max_price": "NaN"}}, "invalid_request"),
        ({"filters": {"max_price": 10**40}}, "invalid_request"),
        ({"filters": {"airlines": ["Vietnam Airlines"]}}, "invalid_request"),
        ({"filters": {"max_stops": -1}}, "invalid_request"),
    ],
)
async def test_search_that_cannot_be_answered_says_why(lobby: Lobby, changes: dict[str, Any], code: str) -> None:
    check_error(await lobby.visitor().post("/v1/flights/search", json=SEARCH | changes), 422, code)


async def test_filters_sort_and_limit_say_how_much_they_leave_out(lobby: Lobby) -> None:
    visitor = lobby.visitor()
    everything = (await visitor.post("/v1/flights/search", json=SEARCH)).json()
    assert everything["found"] == everything["matching"] == len(everything["offers"])
    filters = {"departs_from": "08:00", "departs_until": "12:00", "max_stops": 0, "checked_bag": True}
    body = SEARCH | {"filters": filters, "sort": "departure", "limit": 3}
    some = (await visitor.post("/v1/flights/search", json=body)).json()
    leaves = [offer["segments"][0]["departs"]["at_local"][11:16] for offer in some["offers"]]
    assert leaves == sorted(leaves)
    assert all("08:00" <= time <= "12:00" for time in leaves)
    assert all(offer["segments"][0]["checked"]["pieces"] > 0 for offer in some["offers"])
    assert 3 == len(some["offers"]) < some["matching"] < some["found"] == everything["found"]
    dearest = max(int(offer["total_price"]) for offer in everything["offers"])
    cheap = (await visitor.post("/v1/flights/search", json=SEARCH | {"filters": {"max_price": dearest - 1}})).json()
    assert 0 < cheap["matching"] < everything["matching"]


async def test_badges_name_the_cheapest_and_the_fastest(lobby: Lobby) -> None:
    body = SEARCH | {"origin": "SGN", "destination": "TYO"}
    offers = (await lobby.visitor().post("/v1/flights/search", json=body)).json()["offers"]
    (cheapest,) = (offer for offer in offers if "cheapest" in offer["badges"])
    (fastest,) = (offer for offer in offers if "fastest" in offer["badges"])
    assert int(cheapest["total_price"]) == min(int(offer["total_price"]) for offer in offers)
    assert fastest["duration_minutes"] == min(offer["duration_minutes"] for offer in offers)


async def test_source_says_whether_it_was_asked_now(lobby: Lobby) -> None:
    visitor = lobby.visitor()
    answers = [(await visitor.post("/v1/flights/search", json=SEARCH | {"adults": 3})).json() for _ in range(2)]
    assert [[(each["provider"], each["status"]) for each in answer["sources"]] for answer in answers] == [
        [("sandbox", "fresh")],
        [("sandbox", "cached")],
    ]
    assert answers[0]["offers"] == answers[1]["offers"]


async def test_several_slices_are_one_price(lobby: Lobby) -> None:
    legs = [("SGN", "BKK", "2026-12-20"), ("BKK", "SIN", "2026-12-24"), ("SIN", "SGN", "2026-12-27")]
    slices = [{"origin": start, "destination": end, "depart_date": day} for start, end, day in legs]
    answer = await lobby.visitor().post("/v1/flights/search", json={"slices": slices})
    assert answer.status_code == 200, answer.text
    offer = answer.json()["offers"][0]
    town = {"DMK": "BKK"}
    flown = [[town.get(slice_[end], slice_[end]) for end in ("origin", "destination")] for slice_ in offer["slices"]]
    assert flown == [[start, end] for start, end, _ in legs]
    parts = sum(part["count"] * (int(part["base_each"]) + int(part["taxes_each"])) for part in offer["price_parts"])
    assert parts == int(offer["total_price"])


async def test_nearby_airports_are_searched_when_asked_for(lobby: Lobby) -> None:
    body = SEARCH | {"origin": "SGN", "destination": "HUI"}
    visitor = lobby.visitor()
    exact = (await visitor.post("/v1/flights/search", json=body)).json()["offers"]
    around = (await visitor.post("/v1/flights/search", json=body | {"nearby_km": 150})).json()["offers"]
    assert {offer["slices"][0]["destination"] for offer in exact} == {"HUI"}
    assert {"HUI", "DAD"} <= {offer["slices"][0]["destination"] for offer in around}
    neighbours = body | {"origin": "HAN", "destination": "HPH", "nearby_km": 150}
    assert (await visitor.post("/v1/flights/search", json=neighbours)).status_code == 200


async def test_calendar_compares_days(lobby: Lobby) -> None:
    visitor = lobby.visitor()
    asked = {"origin": "HAN", "destination": "DAD", "depart_date": "2026-12-20"}
    answer = await visitor.get("/v1/flights/calendar", params=asked)
    assert answer.status_code == 200, answer.text
    days = answer.json()["days"]
    assert [day["depart_date"] for day in days] == [f"2026-12-{day}" for day in range(17, 24)]
    cheapest = min(int(day["total_price"]) for day in days)
    assert [int(day["total_price"]) for day in days if day["is_cheapest"]] == [cheapest]
    offers = (await visitor.post("/v1/flights/search", json=SEARCH)).json()["offers"]
    assert days[3]["offer_id"] == offers[0]["offer_id"]
    days_only: dict[str, str | int] = {
        "origin": "HAN",
        "destination": "DAD",
        "first": "2026-12-20",
        "last": "2026-12-21",
        "stay_nights": 2,
    }
    ranged = (await visitor.get("/v1/flights/calendar", params=days_only)).json()["days"]
    assert [(day["depart_date"], day["return_date"]) for day in ranged] == [
        ("2026-12-20", "2026-12-22"),
        ("2026-12-21", "2026-12-23"),
    ]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "invalid_request"),
        ({"depart_date": "2026-12-20", "first": "2026-12-20", "last": "2026-12-21"}, "invalid_request"),
        ({"first": "2026-12-20"}, "invalid_request"),
        ({"depart_date": "0001-01-02"}, "date_in_past"),
        ({"depart_date": "9999-12-31"}, "date_too_far"),
        ({"first": "2026-12-21", "last": "2026-12-20"}, "return_before_departure"),
        ({"first": "2026-12-01", "last": "2027-01-01"}, "calendar_too_long"),
        ({"depart_date": "2026-12-20", "origin": "ZZZ"}, "unknown_place"),
        ({"depart_date": "2026-12-20", "adults": 10}, "too_many_travellers"),
        ({"depart_date": "2026-12-20", "cheap": "yes"}, "invalid_request"),
    ],
)
async def test_calendar_that_cannot_be_made_says_why(lobby: Lobby, asked: dict[str, str], code: str) -> None:
    params = {"origin": "HAN", "destination": "DAD"} | asked
    check_error(await lobby.visitor().get("/v1/flights/calendar", params=params), 422, code)


async def test_offer_is_priced_again_until_it_expires(lobby: Lobby) -> None:
    visitor = lobby.visitor()
    offer = (await visitor.post("/v1/flights/search", json=SEARCH)).json()["offers"][0]
    path = f"/v1/flights/offers/{offer['offer_id']}"
    again = (await visitor.get(path)).json()
    assert {key: again[key] for key in ("offer_id", "total_price", "segments")} == {
        key: offer[key] for key in ("offer_id", "total_price", "segments")
    }
    assert (again["is_fresh"], again["price_difference"], again["previous_price"]) == (True, "0", offer["total_price"])
    with clock.frozen(NOW + timedelta(hours=2)):
        check_error(await visitor.get(path), 409, "offer_expired")
    check_error(await visitor.get("/v1/flights/offers/01a1fe22-d7e5-7473-a32c-7c8fa14c844b"), 404, "offer_not_found")


async def test_a_users_searches_are_their_history_and_nobody_elses(lobby: Lobby) -> None:
    account, other = await lobby.join(), await lobby.join()
    made = [
        (await account.client.post("/v1/flights/search", json=SEARCH | changes)).json()["search_id"]
        for changes in ({}, {"return_date": "2026-12-24", "adults": 2})
    ]
    found = (await account.client.get("/v1/users/me/flight-searches")).json()
    assert {each["id"] for each in found} == set(made)
    kept = next(each for each in found if each["id"] == made[1])
    assert {key: kept[key] for key in ("origin", "destination", "depart_date", "return_date", "adults")} == {
        "origin": "HAN",
        "destination": "DAD",
        "depart_date": "2026-12-20",
        "return_date": "2026-12-24",
        "adults": 2,
    }
    assert kept["travel_class"] == "ECONOMY"
    assert (await other.client.get("/v1/users/me/flight-searches")).json() == []
    check_error(await lobby.visitor().get("/v1/users/me/flight-searches"), 401, "unauthorized")


async def test_dearer_offer_says_by_how_much(lobby: Lobby, shared_app: FastAPI) -> None:
    visitor = lobby.visitor()
    offer = (await visitor.post("/v1/flights/search", json=SEARCH)).json()["offers"][0]
    shared_app.state.sandbox_faults.arm("price", "price_change")
    again = (await visitor.get(f"/v1/flights/offers/{offer['offer_id']}")).json()
    assert again["previous_price"] == offer["total_price"]
    assert int(again["total_price"]) - int(offer["total_price"]) == int(again["price_difference"]) > 0


async def test_seats_and_rules_of_an_offer(lobby: Lobby) -> None:
    visitor = lobby.visitor()
    offer = (await visitor.post("/v1/flights/search", json=SEARCH)).json()["offers"][0]
    path = f"/v1/flights/offers/{offer['offer_id']}"
    seats = await visitor.get(f"{path}/seat-map")
    assert seats.status_code == 200, seats.text
    (plane,) = seats.json()["seat_maps"]
    assert plane["designator"] == offer["segments"][0]["airline_code"] + offer["segments"][0]["flight_number"]
    shown = plane["cabins"][0]["seats"]
    assert {seat["is_available"] for seat in shown} == {True, False}
    assert all((seat["price"] is not None) == seat["is_available"] for seat in shown)
    assert all(
        [each["price"] for each in seat["prices"]][:1] == [seat["price"]] * seat["is_available"] for seat in shown
    )
    rules = await visitor.get(f"{path}/fare-rules")
    assert rules.status_code == 200, rules.text
    assert rules.json()["refund"] == offer["conditions"]["refund"]
    assert rules.json()["notes"]


async def test_details_of_an_offer_nobody_made_are_not_found(lobby: Lobby) -> None:
    visitor = lobby.visitor()
    for path in ("", "/seat-map", "/services", "/fare-rules"):
        answer = await visitor.get(f"/v1/flights/offers/01a1fe22-d7e5-7473-a32c-7c8fa14c844b{path}")
        check_error(answer, 404, "offer_not_found")
