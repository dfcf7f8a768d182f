"""Seats: read for each traveller, and bought with the offer at the price that was shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from domain.money import Money
from domain.orders import ServiceChoice
from providers.flights.amadeus import Amadeus
from providers.flights.base import InvalidRequest, OfferGone, PriceChanged, ProviderDown
from tests.providers.flights.amadeus_support import adapter_of, find, purchase, query
from tests.support.amadeus_stub import (
    ORDERS_PATH,
    PRICING_PATH,
    SEATS_PATH,
    AmadeusStub,
    Reply,
    error_reply,
    order_reply,
    pricing_reply,
    search_reply,
    serve_amadeus,
    wire_offer,
    wire_traveller,
)

PRICE = Money(amount_minor=1_200_000, currency="VND")


@pytest.fixture
def stub() -> Iterator[AmadeusStub]:
    with serve_amadeus() as stub:
        stub.on("POST", ORDERS_PATH, order_reply("order-1", wire_offer()))
        yield stub


@pytest.fixture
def amadeus(stub: AmadeusStub) -> Iterator[Amadeus]:
    with adapter_of(stub) as adapter:
        yield adapter


def wire_seat(
    number: str, y: int, *statuses: tuple[str, str, str | None], codes: Any = None, cabin: str = "ECONOMY"
) -> dict[str, Any]:
    """Statuses are of travellers: id, status, price."""
    pricing = [
        {
            "travelerId": traveller_id,
            "seatAvailabilityStatus": status,
            **({"price": {"currency": "VND", "total": price}} if price else {}),
        }
        for traveller_id, status, price in statuses
    ]
    return {
        "cabin": cabin,
        "number": number,
        "coordinates": {"x": 0, "y": y},
        "travelerPricing": pricing,
        "characteristicsCodes": codes,
    }


def seats_reply(*seats: dict[str, Any], segment_id: str = "1") -> Reply:
    deck = {"deckType": "MAIN", "deckConfiguration": {"width": 3}, "seats": list(seats)}
    return Reply(body={"data": [{"type": "seatmap", "segmentId": segment_id, "decks": [deck]}]})


class TestSeats:
    async def test_a_map_is_read_for_each_traveller(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        party = [wire_traveller("2", "CHILD"), wire_traveller("1", "ADULT")]
        found = await find(stub, amadeus, wire_offer("2400000", travelerPricings=party), query(adults=1, children=1))
        seats = [
            wire_seat("12C", 3, ("1", "AVAILABLE", "150000"), ("2", "BLOCKED", None), codes=["A", "CH"]),
            wire_seat("12A", 0, ("2", "AVAILABLE", None), ("1", "AVAILABLE", None), codes=["W", "E"]),
            wire_seat("12B", 1, ("1", "OCCUPIED", None), codes=["9", "XX"]),
            wire_seat("1A", 0, ("1", "AVAILABLE", None), cabin="BUSINESS"),
            wire_seat("??", 5),
        ]
        stub.on("POST", SEATS_PATH, seats_reply(*seats))
        (seat_map,) = await amadeus.seat_map(found)
        assert stub.asked_for(SEATS_PATH)[0].json == {"data": [found.raw]}
        assert (seat_map.slice_index, seat_map.segment_index, seat_map.designator) == (0, 0, "VN123")
        (cabin,) = seat_map.cabins
        assert (cabin.cabin, cabin.deck, cabin.columns) == ("economy", "main", ("A", "B", "", "C"))
        a, b, c = cabin.seats
        assert [(price.traveller, price.price.amount_minor) for price in a.prices] == [(0, 0), (1, 0)]
        assert (a.features, b.features, c.features) == (("window", "exit_row"), ("middle",), ("aisle",))
        assert not b.is_available
        assert [(price.traveller, price.price.amount_minor) for price in c.prices] == [(0, 150_000)]

    async def test_a_seat_without_a_place_still_has_its_letter(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        found = await find(stub, amadeus)
        stub.on("POST", SEATS_PATH, seats_reply({"number": "1B"}, {"number": "1A"}))
        ((cabin,),) = [each.cabins for each in await amadeus.seat_map(found)]
        assert cabin.columns == ("A", "B")

    @pytest.mark.parametrize("reply", [seats_reply(), seats_reply({"number": "1A"}, segment_id="9"), search_reply()])
    async def test_no_seats_are_no_map(self, stub: AmadeusStub, amadeus: Amadeus, reply: Reply) -> None:
        found = await find(stub, amadeus)
        stub.on("POST", SEATS_PATH, reply)
        assert await amadeus.seat_map(found) == []

    @pytest.mark.parametrize(
        ("reply", "error"),
        [
            (error_reply(400, 4481), OfferGone),
            (error_reply(400, 8791), InvalidRequest),
            (Reply(body={"data": [5]}), ProviderDown),
            (Reply(body={}), ProviderDown),
        ],
    )
    async def test_a_map_that_is_not_there_is_told_why(
        self, stub: AmadeusStub, amadeus: Amadeus, reply: Reply, error: type[Exception]
    ) -> None:
        found = await find(stub, amadeus)
        stub.on("POST", SEATS_PATH, reply)
        with pytest.raises(error):
            await amadeus.seat_map(found)

    async def test_a_chosen_seat_is_priced_and_booked_with_the_offer(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        found = await find(stub, amadeus)
        stub.on("POST", SEATS_PATH, seats_reply(wire_seat("12C", 3, ("1", "AVAILABLE", "150000"))))
        ((cabin,),) = [each.cabins for each in await amadeus.seat_map(found)]
        choice = ServiceChoice(service_id=cabin.seats[0].prices[0].service_id)
        stub.on("POST", PRICING_PATH, pricing_reply(wire_offer("1350000", priced=True)))
        await amadeus.book(found, purchase(services=(choice,)))
        (asked,) = stub.asked_for(PRICING_PATH)
        (details,) = asked.json["data"]["flightOffers"][0]["travelerPricings"][0]["fareDetailsBySegment"]
        assert details["additionalServices"] == {"chargeableSeatNumber": "12C"}
        assert "additionalServices" not in found.raw["travelerPricings"][0]["fareDetailsBySegment"][0]

    async def test_a_seat_that_costs_more_now_is_not_booked(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        found = await find(stub, amadeus)
        stub.on("POST", PRICING_PATH, pricing_reply(wire_offer("1360000")), pricing_reply(wire_offer()))
        with pytest.raises(PriceChanged) as changed:
            await amadeus.book(found, purchase(services=(ServiceChoice(service_id="1|1|12C|150000|VND"),)))
        assert changed.value.found.offer.total == PRICE
        assert not stub.asked_for(ORDERS_PATH)

    @pytest.mark.parametrize("service_id", ["1|1|12C|150000|EUR", "1|9|12C|150000|VND", "9|1|12C|150000|VND", "x", ""])
    async def test_a_seat_of_another_offer_is_refused(
        self, stub: AmadeusStub, amadeus: Amadeus, service_id: str
    ) -> None:
        found = await find(stub, amadeus)
        with pytest.raises(InvalidRequest):
            await amadeus.book(found, purchase(services=(ServiceChoice(service_id=service_id),)))
        assert not stub.asked_for(PRICING_PATH)

    @pytest.mark.parametrize("price", ["-1", "x", "1.5"])
    async def test_a_seat_without_a_sensible_price_is_not_for_sale(
        self, stub: AmadeusStub, amadeus: Amadeus, price: str
    ) -> None:
        found = await find(stub, amadeus)
        stub.on("POST", SEATS_PATH, seats_reply(wire_seat("12C", 3, ("1", "AVAILABLE", price))))
        ((cabin,),) = [each.cabins for each in await amadeus.seat_map(found)]
        assert not cabin.seats[0].is_available
