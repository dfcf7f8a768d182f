"""Flights over REST: each row of the reference, and each reason to refuse a search."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

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
    ],
)
async def test_search_that_cannot_be_answered_says_why(lobby: Lobby, changes: dict[str, Any], code: str) -> None:
    check_error(await lobby.visitor().post("/v1/flights/search", json=SEARCH | changes), 422, code)


async def test_offer_is_found_again_until_it_expires(lobby: Lobby) -> None:
    visitor = lobby.visitor()
    offer = (await visitor.post("/v1/flights/search", json=SEARCH)).json()["offers"][0]
    path = f"/v1/flights/offers/{offer['offer_id']}"
    assert (await visitor.get(path)).json() == offer
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
