"""The simulated Amadeus, judged by what is known of the real one's wire format."""

from __future__ import annotations

import copy
import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.clock import clock
from providers.sandbox import amadeus_packing
from tests.providers.sandbox.amadeus_client import (
    FAMILY,
    PRICING,
    SEARCH,
    SEAT_MAPS,
    Face,
    ask,
    ask_token,
    code_of,
    fetch_token,
    pricing,
    read_200,
    segments_of,
)

# tokens


async def test_a_token_is_answered_as_amadeus_answers(face: Face) -> None:
    body = read_200(await ask_token(face.http))
    assert body["type"] == "amadeusOAuth2Token"
    assert (body["token_type"], body["expires_in"], body["state"], body["scope"]) == ("Bearer", 1799, "approved", "")


async def test_token_errors_have_a_shape_of_their_own(face: Face) -> None:
    wrong_secret = await ask_token(face.http, client_secret="other")
    assert (wrong_secret.status_code, wrong_secret.json()) == (
        401,
        {
            "error": "invalid_client",
            "error_description": "Client credentials are invalid",
            "code": 38187,
            "title": "Invalid parameters",
        },
    )
    wrong_grant = await ask_token(face.http, grant_type="password")
    assert (wrong_grant.status_code, wrong_grant.json()["error"]) == (400, "unsupported_grant_type")


async def test_without_a_token_the_numbers_are_strings(face: Face) -> None:
    del face.http.headers["Authorization"]
    answer = await face.post(SEARCH, ask())
    assert answer.status_code == 401
    (error,) = answer.json()["errors"]
    assert (error["status"], error["code"]) == ("401", "38191")


async def test_a_forged_token_is_invalid_and_an_old_one_expired(face: Face) -> None:
    good = face.http.headers["Authorization"]
    face.http.headers["Authorization"] = good[:-1] + ("0" if good[-1] != "0" else "1")
    assert code_of(await face.post(SEARCH, ask())) == (401, 38190)
    face.http.headers["Authorization"] = good
    with clock.frozen(clock.now() + timedelta(seconds=1799)):
        assert code_of(await face.post(SEARCH, ask())) == (401, 38192)
        face.http.headers["Authorization"] = f"Bearer {await fetch_token(face.http)}"
        assert (await face.search())["data"]


# search


async def test_an_offer_has_the_documented_shape(face: Face) -> None:
    body = await face.search()
    assert body["meta"]["count"] == len(body["data"]) > 10
    assert [offer["id"] for offer in body["data"]] == [str(n) for n in range(1, len(body["data"]) + 1)]
    first = body["data"][0]
    assert (first["type"], first["source"], first["instantTicketingRequired"]) == ("flight-offer", "GDS", False)
    assert 1 <= first["numberOfBookableSeats"] <= 9
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", first["lastTicketingDateTime"])
    (segment,) = segments_of(first)
    assert (segment["departure"]["iataCode"], segment["arrival"]["iataCode"]) == ("SGN", "HAN")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", segment["departure"]["at"])
    assert re.fullmatch(r"PT(\d+H)?(\d+M)?", segment["duration"])
    assert (segment["numberOfStops"], segment["blacklistedInEU"]) == (0, False)
    (details,) = first["travelerPricings"][0]["fareDetailsBySegment"]
    assert details["segmentId"] == segment["id"]
    assert (details["cabin"], details["class"]) == ("ECONOMY", "Y")
    locations, carriers = body["dictionaries"]["locations"], body["dictionaries"]["carriers"]
    assert locations["SGN"] == {"cityCode": "SGN", "countryCode": "VN"}
    assert {offer["validatingAirlineCodes"][0] for offer in body["data"]} <= set(carriers)
    assert body["dictionaries"]["currencies"] == {"VND": "VIETNAMESE DONG"}


async def test_prices_are_strings_that_add_up_for_each_traveler(face: Face) -> None:
    for offer in (await face.search(ask(travelers=FAMILY)))["data"]:
        price, each = offer["price"], [pricing["price"] for pricing in offer["travelerPricings"]]
        assert all(isinstance(price[key], str) for key in ("total", "base"))
        assert Decimal(price["total"]) == sum(Decimal(one["total"]) for one in each)
        assert Decimal(price["base"]) == sum(Decimal(one["base"]) for one in each)
        assert price.get("grandTotal", price["total"]) == price["total"]
        assert sum(Decimal(fee["amount"]) for fee in price["fees"]) == 0
        assert "taxes" not in price
        assert not any("taxes" in one for one in each)
        infant = offer["travelerPricings"][3]
        assert (infant["travelerType"], infant["associatedAdultId"]) == ("HELD_INFANT", "2")


def list_gaps(offers: list[dict[str, Any]]) -> dict[str, set[bool]]:
    """For each field that live answers leave out: whether it was seen there, and whether it was seen missing."""
    seen: dict[str, set[bool]] = {}

    def look(place: str, thing: dict[str, Any], *fields: str) -> None:
        for field in fields:
            seen.setdefault(f"{place}.{field}", set()).add(field in thing)

    for offer in offers:
        look("offer", offer, "numberOfBookableSeats", "oneWay", "nonHomogeneous", "lastTicketingDate")
        look("offer", offer, "isUpsellOffer", "lastTicketingDateTime")
        look("price", offer["price"], "grandTotal")
        for itinerary in offer["itineraries"]:
            look("itinerary", itinerary, "duration")
        for segment in segments_of(offer):
            look("segment", segment, "duration", "operating", "blacklistedInEU")
            look("operating", segment.get("operating", {"carrierCode": ""}), "carrierCode")
            look("departure", segment["departure"], "terminal")
        for traveler in offer["travelerPricings"]:
            for details in traveler["fareDetailsBySegment"]:
                look("fare", details, "cabin", "includedCheckedBags", "brandedFare", "brandedFareLabel")
                look("fare", details, "includedCabinBags", "amenities")
    return seen


async def test_each_optional_field_is_now_there_now_missing(face: Face) -> None:
    offers = (await face.search())["data"]
    assert {field: seen for field, seen in list_gaps(offers).items() if seen != {True, False}} == {}
    assert {True} in list_gaps(offers[:1]).values(), "one offer alone shows no gap, so the check above can fail"


async def test_gaps_change_neither_flights_nor_prices(face: Face) -> None:
    """What may be missing is a matter of the offer's place: a filtered answer tells the same of the same flights."""

    def facts(offer: dict[str, Any]) -> str:
        times = [(s["carrierCode"], s["number"], s["departure"]["at"], s["arrival"]["at"]) for s in segments_of(offer)]
        return json.dumps([times, offer["price"]["total"], offer["travelerPricings"][0]["price"]])

    everything = {facts(offer) for offer in (await face.search())["data"]}
    vietnam = await face.search(ask(flightFilters={"carrierRestrictions": {"includedCarrierCodes": ["VN"]}}))
    assert vietnam["data"]
    assert {facts(offer) for offer in vietnam["data"]} < everything


async def test_baggage_comes_as_pieces_or_as_weight(face: Face) -> None:
    fares = [
        details
        for offer in (await face.search())["data"]
        for details in offer["travelerPricings"][0]["fareDetailsBySegment"]
    ]
    bags = [details[key] for details in fares for key in ("includedCheckedBags", "includedCabinBags") if key in details]
    assert {tuple(sorted(bag)) for bag in bags} == {("quantity",), ("weight", "weightUnit")}


async def test_only_what_a_ticket_allows_is_among_its_amenities(face: Face) -> None:
    told: dict[str, set[tuple[str, bool]]] = {}
    for offer in (await face.search())["data"]:
        details = offer["travelerPricings"][0]["fareDetailsBySegment"][0]
        for amenity in details.get("amenities", ()):
            told.setdefault(details["fareBasis"], set()).add((amenity["description"], amenity["isChargeable"]))
    assert {name for entries in told.values() for name, _ in entries} == {"REFUNDABLE TICKET", "CHANGEABLE TICKET"}
    assert any("REFUNDABLE TICKET" not in dict(entries) for entries in told.values()), "a cheap fare is not refunded"


async def test_filters_hold(face: Face) -> None:
    bounds = [("HAN", "TYO", 20), ("TYO", "HAN", 27)]
    filters = {
        "carrierRestrictions": {"excludedCarrierCodes": ["VJ"]},
        "connectionRestriction": {"maxNumberOfConnections": 0},
    }
    offers = (await face.search(ask(*bounds, maxFlightOffers=3, flightFilters=filters)))["data"]
    assert len(offers) == 3
    for offer in offers:
        out, back = (itinerary["segments"] for itinerary in offer["itineraries"])
        assert (len(out), len(back)) == (1, 1)
        assert out[0]["arrival"]["iataCode"] in {"NRT", "HND"}, "a city stands for its airports"
        assert "VJ" not in {out[0]["carrierCode"], back[0]["carrierCode"]}
    ceiling = int(Decimal(offers[0]["price"]["total"])) + 1
    cheap = (await face.search(ask(*bounds, maxPrice=ceiling)))["data"]
    assert cheap
    assert all(Decimal(offer["price"]["total"]) <= ceiling for offer in cheap)


async def test_a_cabin_that_nobody_flies_is_no_error(face: Face) -> None:
    restriction = {"cabin": "FIRST", "coverage": "ALL_SEGMENTS", "originDestinationIds": ["1"]}
    body = await face.search(ask(("VCS", "SGN", 20), flightFilters={"cabinRestrictions": [restriction]}))
    assert body == {"meta": {"count": 0}, "data": []}


async def test_a_posted_question_without_the_override_is_refused(face: Face) -> None:
    offer = (await face.search())["data"][0]
    for path, body in ((SEARCH, ask()), (PRICING, pricing(offer)), (SEAT_MAPS, {"data": [offer]})):
        assert code_of(await face.post(path, body, headers={})) == (400, 32171)


BOUND = ask()["originDestinations"][0]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"travelers": None}, 32171),
        ({"travelers": "many"}, 477),
        ({"originDestinations": [{**BOUND, "departureDateTimeRange": {"date": "2026-11-01"}}]}, 425),
        ({"originDestinations": [{**BOUND, "departureDateTimeRange": {"date": "01/12/2026"}}]}, 477),
        ({"originDestinations": [{**BOUND, "originLocationCode": "???"}]}, 4926),
        ({"travelers": FAMILY[3:]}, 2668),
        ({"currencyCode": "XXX"}, 477),
        ({"searchCriteria": {"flightFilters": {"cabinRestrictions": [{"cabin": "economy"}]}}}, 477),
    ],
)
async def test_a_bad_question_names_its_code(face: Face, changes: dict[str, Any], code: int) -> None:
    asked = {key: value for key, value in (ask() | changes).items() if value is not None}
    assert code_of(await face.post(SEARCH, asked)) == (400, code)


async def test_an_unknown_path_is_the_gateways_404(face: Face) -> None:
    assert code_of(await face.get("/v1/shopping/teleports")) == (404, 38196)


# pricing


async def test_pricing_adds_taxes_and_keeps_the_numbers(face: Face) -> None:
    offer = (await face.search(ask(travelers=FAMILY)))["data"][4]
    body = await face.price(offer)
    assert body["data"]["type"] == "flight-offers-pricing"
    (priced,) = body["data"]["flightOffers"]
    assert priced["id"] == offer["id"]
    assert [s["id"] for s in segments_of(priced)] == [s["id"] for s in segments_of(offer)]
    assert priced["price"]["billingCurrency"] == "VND"
    for traveler in priced["travelerPricings"]:
        price = traveler["price"]
        taxes = sum(Decimal(tax["amount"]) for tax in price["taxes"])
        assert Decimal(price["base"]) + taxes == Decimal(price["total"])
    assert "included" not in body


async def test_fare_rules_come_when_asked_for(face: Face) -> None:
    offer = (await face.search(ask(("SGN", "HAN", 20), ("HAN", "SGN", 25))))["data"][0]
    body = await face.price(offer, "?include=detailed-fare-rules,bags")
    rules = body["included"]["detailed-fare-rules"]
    assert [rules[n]["segmentId"] for n in ("1", "2")] == [s["id"] for s in segments_of(offer)]
    for description in rules["1"]["fareNotes"]["descriptions"]:
        assert description["descriptionType"]
        assert description["text"]


async def test_an_offer_may_come_back_with_its_keys_in_another_order(face: Face) -> None:
    offer = (await face.search())["data"][0]
    shuffled = json.loads(json.dumps(offer, sort_keys=True))
    assert list(shuffled) != list(offer)
    assert (await face.price(shuffled))["data"]["flightOffers"]


def cheapen(offer: dict[str, Any]) -> dict[str, Any]:
    changed = copy.deepcopy(offer)
    changed["price"]["total"] = "1"
    return changed


async def test_a_changed_offer_is_refused(face: Face) -> None:
    offer = (await face.search())["data"][0]
    forgotten = {key: value for key, value in offer.items() if key != "oneWay"}
    for changed in (cheapen(offer), forgotten, {**offer, "sandboxOffer": "eJw="}):
        assert code_of(await face.post(PRICING, pricing(changed))) == (400, 4926)


async def test_without_the_digest_a_changed_offer_would_pass(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(amadeus_packing, "_digest", lambda written: "")
    offer = (await face.search())["data"][0]
    assert (await face.price(cheapen(offer)))["data"]["flightOffers"]


async def test_an_old_offer_has_no_fare(face: Face) -> None:
    offer = (await face.search())["data"][0]
    with clock.frozen(clock.now() + timedelta(minutes=25)):
        assert code_of(await face.post(PRICING, pricing(offer))) == (400, 4926)
