"""Orders and seat maps of the simulated Amadeus, judged by what is known of the real one's wire format."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from providers.sandbox.amadeus_api import PATH
from tests.providers.sandbox.amadeus_client import (
    FAMILY,
    ORDERS,
    PRICING,
    SEAT_MAPS,
    Face,
    ask,
    booking,
    code_of,
    read_200,
    segments_of,
)

# orders


async def test_an_order_is_made_and_read_back(face: Face) -> None:
    created = await face.make_order(FAMILY)
    assert created["type"] == "flight-order"
    assert "tickets" not in created
    assert created["travelers"][0]["name"] == {"firstName": "AN", "lastName": "NGUYEN"}
    (record,) = created["associatedRecords"]
    assert re.fullmatch(r"[A-Z0-9]{6}", record["reference"])
    assert record["creationDate"] == "2026-11-21T02:00:00.000"
    body = read_200(await face.get(f"{ORDERS}/{created['id']}"))
    order = body["data"]
    assert (order["id"], order["associatedRecords"]) == (created["id"], created["associatedRecords"])
    assert order["flightOffers"] == created["flightOffers"]
    assert {ticket["travelerId"] for ticket in order["tickets"]} == {"1", "2", "3", "4"}
    assert all(re.fullmatch(r"[\d-]{13,14}", ticket["documentNumber"]) for ticket in order["tickets"])
    assert "NGUYEN" not in json.dumps(body), "the sandbox forgets who travels"


async def test_the_adult_with_the_infant_comes_first_in_the_purchase(
    face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    bought = []
    book = face.world.book

    async def watch(found: Any, purchase: Any) -> Any:
        bought.append(purchase)
        return await book(found, purchase)

    monkeypatch.setattr(face.world, "book", watch)
    offer = (await face.search(ask(travelers=FAMILY)))["data"][0]
    body = booking(offer, face.reference)
    for traveler in body["data"]["travelers"]:
        traveler["name"]["firstName"] = f"N{traveler['id']}"
    assert (await face.post(ORDERS, body, headers={})).status_code == 201
    (purchase,) = bought
    assert [each.given_name for each in purchase.travellers] == ["N2", "N1", "N3", "N4"]
    assert (purchase.reference, purchase.flow, purchase.contact.phone) == (face.reference, "instant", "+84901234567")


async def test_an_order_id_goes_into_a_path_as_it_is_and_no_other_way(face: Face) -> None:
    order_id = (await face.make_order())["id"]
    assert re.fullmatch(r"eJ[A-Za-z0-9%]+", order_id)
    assert (await face.get(f"{ORDERS}/{order_id}")).status_code == 200
    encoded_again = f"{order_id}%3D".replace("%", "%25")
    assert code_of(await face.get(f"{ORDERS}/{encoded_again}")) == (404, 1797)


async def test_an_order_is_deleted_once_and_before_it_is_ticketed(face: Face) -> None:
    ticketed = f"{ORDERS}/{(await face.make_order())['id']}"
    assert code_of(await face.http.delete(PATH + ticketed)) == (400, 4926)
    assert "tickets" in read_200(await face.get(ticketed))["data"]
    face.reference = f"unticketed {face.reference}"
    path = f"{ORDERS}/{(await face.make_order())['id']}"
    assert "tickets" not in read_200(await face.get(path))["data"]
    deleted = await face.http.delete(PATH + path)
    assert (deleted.status_code, deleted.content, "content-type" in deleted.headers) == (204, b"", False)
    assert code_of(await face.http.delete(PATH + path)) == (404, 1797)
    assert code_of(await face.get(path)) == (404, 1797)


async def test_travelers_must_be_those_of_the_offer(face: Face) -> None:
    body = booking((await face.search())["data"][0], face.reference)
    body["data"]["travelers"][0]["id"] = "7"
    assert code_of(await face.post(ORDERS, body, headers={})) == (400, 4926)
    del body["data"]["travelers"][0]["name"]["lastName"]
    answer = await face.post(ORDERS, body, headers={})
    assert code_of(answer) == (400, 32171)
    assert answer.json()["errors"][0]["source"] == {"pointer": "/data/travelers/0/name/lastName"}


async def test_what_the_world_refuses_has_amadeus_codes(face: Face) -> None:
    offer = (await face.search())["data"][0]
    for kind, code in (("sold_out", 34651), ("offer_gone", 4926), ("price_change", 37200)):
        face.faults.arm("book", kind)  # type: ignore[arg-type]  # from a list of pairs
        assert code_of(await face.book(offer)) == (400, code)
    assert (await face.book(offer)).status_code == 201


# seat maps


async def test_a_seat_map_has_a_status_for_each_traveler_with_a_seat(face: Face) -> None:
    offer = (await face.search(ask(travelers=FAMILY)))["data"][0]
    body = read_200(await face.post(SEAT_MAPS, {"data": [offer]}))
    assert body["meta"] == {"count": 1}
    (seat_map,) = body["data"]
    assert (seat_map["type"], seat_map["segmentId"]) == ("seatmap", segments_of(offer)[0]["id"])
    assert (seat_map["flightOfferId"], seat_map["departure"]["iataCode"]) == (offer["id"], "SGN")
    deck = seat_map["decks"][0]
    assert deck["deckType"] == "MAIN"
    statuses = set()
    for seat in deck["seats"]:
        assert re.fullmatch(r"\d+[A-Z]", seat["number"])
        assert seat["coordinates"]["x"] < deck["deckConfiguration"]["length"]
        assert seat["coordinates"]["y"] < deck["deckConfiguration"]["width"]
        assert set(seat["characteristicsCodes"]) <= set(body["dictionaries"]["seatCharacteristics"])
        assert {each["travelerId"] for each in seat["travelerPricing"]} == {"1", "2", "3"}
        for each in seat["travelerPricing"]:
            statuses.add(each["seatAvailabilityStatus"])
            assert ("price" in each) == (each["seatAvailabilityStatus"] == "AVAILABLE")
    assert {"AVAILABLE", "OCCUPIED"} <= statuses <= {"AVAILABLE", "BLOCKED", "OCCUPIED"}
    free = [
        sum(each == {**each, "travelerId": "1", "seatAvailabilityStatus": "AVAILABLE"} for each in s["travelerPricing"])
        for s in deck["seats"]
    ]
    assert {"travelerId": "1", "value": sum(free)} in seat_map["availableSeatsCounters"]


async def choose_seat(face: Face, offer: dict[str, Any], status: str) -> Decimal:
    """Put the first seat of this status into an offer for its first traveler; gives what it costs."""
    (seat_map,) = read_200(await face.post(SEAT_MAPS, {"data": [offer]}))["data"]
    seat, pricing = next(
        (seat, seat["travelerPricing"][0])
        for seat in seat_map["decks"][0]["seats"]
        if seat["travelerPricing"][0]["seatAvailabilityStatus"] == status
    )
    fare = offer["travelerPricings"][0]["fareDetailsBySegment"][0]
    fare["additionalServices"] = {"chargeableSeatNumber": seat["number"]}
    return Decimal(pricing.get("price", {}).get("total", 0))


async def test_a_seat_put_into_an_offer_is_priced_and_bought(face: Face) -> None:
    offer = (await face.search())["data"][0]
    cost = await choose_seat(face, offer, "AVAILABLE")
    assert cost > 0
    (priced,) = (await face.price(offer))["data"]["flightOffers"]
    price = priced["price"]
    assert Decimal(price["grandTotal"]) == Decimal(price["total"]) + cost
    assert [(Decimal(each["amount"]), each["type"]) for each in price["additionalServices"]] == [(cost, "SEATS")]
    answer = await face.book(priced)
    assert answer.status_code == 201, answer.text
    assert answer.json()["data"]["flightOffers"][0]["price"]["grandTotal"] == price["grandTotal"]
    assert code_of(await face.book(priced)) == (400, 38034), "the seat is taken now"


async def test_a_seat_without_a_price_is_not_bought(face: Face) -> None:
    offer = (await face.search())["data"][0]
    await choose_seat(face, offer, "AVAILABLE")
    assert code_of(await face.book(offer)) == (400, 37200)


async def test_a_taken_seat_is_refused(face: Face) -> None:
    offer = (await face.search())["data"][0]
    await choose_seat(face, offer, "OCCUPIED")
    assert code_of(await face.post(PRICING, {"data": {"flightOffers": [offer]}})) == (400, 38034)
