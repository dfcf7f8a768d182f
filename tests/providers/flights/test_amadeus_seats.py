"""Seats: read for each traveller, and bought with the offer at the price that was shown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from domain.offers import FlightQuery, SliceQuery
from domain.orders import ServiceChoice
from providers.flights.amadeus import Amadeus
from providers.flights.base import InvalidRequest, OfferGone, PriceChanged, ProviderDown
from tests.providers.flights.amadeus_support import DAY, HAN_DAD, adapter_of, find, purchase, query, traveller
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
    wire_fare,
    wire_offer,
    wire_segment,
    wire_traveller,
)

SEAT = ServiceChoice(service_id="0.0.0.12C")


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


def return_trip(out: str, back: str, first: str, second: str) -> tuple[dict[str, Any], FlightQuery]:
    """Out and back for two adults, under these ids of segments and travellers; and the question."""
    home = {
        "departure": {"iataCode": "DAD", "at": "2026-12-27T08:00:00"},
        "arrival": {"iataCode": "HAN", "at": "2026-12-27T09:25:00"},
    }
    itineraries = [{"segments": [wire_segment(id=out)]}, {"segments": [wire_segment(124, id=back, **home)]}]
    details = sorted((wire_fare(out), wire_fare(back)), key=lambda fare: str(fare["segmentId"]))
    party = [wire_traveller(each, fareDetailsBySegment=details) for each in (first, second)]
    asked = query(
        HAN_DAD, SliceQuery(origins=("DAD",), destinations=("HAN",), departs_on=DAY + timedelta(days=7)), adults=2
    )
    return wire_offer("2400000", itineraries=itineraries, travelerPricings=party), asked


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
        await amadeus.book(found, purchase(services=(choice,), total=1_350_000))
        (asked,) = stub.asked_for(PRICING_PATH)
        (details,) = asked.json["data"]["flightOffers"][0]["travelerPricings"][0]["fareDetailsBySegment"]
        assert details["additionalServices"] == {"chargeableSeatNumber": "12C"}
        assert "additionalServices" not in found.raw["travelerPricings"][0]["fareDetailsBySegment"][0]

    async def test_a_seat_keeps_its_flight_and_its_traveller_under_other_ids(
        self, stub: AmadeusStub, amadeus: Amadeus
    ) -> None:
        found = await find(stub, amadeus, *return_trip("1", "2", "A", "B"))
        stub.on("POST", SEATS_PATH, seats_reply(wire_seat("12C", 3, ("B", "AVAILABLE", "150000")), segment_id="2"))
        ((cabin,),) = [each.cabins for each in await amadeus.seat_map(found)]
        choice = ServiceChoice(service_id=cabin.seats[0].prices[0].service_id)
        wire, asked = return_trip("2", "1", "B", "A")  # as another answer numbers the same
        again = await find(stub, amadeus, wire, asked)
        assert again.offer.provider_offer_id == found.offer.provider_offer_id
        stub.on("POST", PRICING_PATH, pricing_reply({**wire, "price": {"currency": "VND", "total": "2550000"}}))
        await amadeus.book(again, purchase(traveller(), traveller(name="MAI"), services=(choice,), total=2_550_000))
        posted = stub.asked_for(PRICING_PATH)[0].json["data"]["flightOffers"][0]
        taken = [
            (each["travelerId"], details["segmentId"])
            for each in posted["travelerPricings"]
            for details in each["fareDetailsBySegment"]
            if details.get("additionalServices") == {"chargeableSeatNumber": "12C"}
        ]
        assert taken == [("A", "1")], "the second traveller, on the way back"

    @pytest.mark.parametrize("is_told_late", [False, True])
    async def test_a_seat_that_costs_more_now_is_not_booked(
        self, stub: AmadeusStub, amadeus: Amadeus, is_told_late: bool
    ) -> None:
        found = await find(stub, amadeus)
        now = wire_offer("1350000" if is_told_late else "1360000")
        stub.on("POST", PRICING_PATH, pricing_reply(now), pricing_reply(wire_offer()))
        stub.on("POST", ORDERS_PATH, error_reply(400, 37200))
        with pytest.raises(InvalidRequest, match="services changed"):
            await amadeus.book(found, purchase(services=(SEAT,), total=1_350_000))
        assert bool(stub.asked_for(ORDERS_PATH)) == is_told_late

    async def test_an_offer_that_costs_more_now_is_told_without_its_seats(
        self, stub: AmadeusStub, amadeus: Amadeus
    ) -> None:
        found = await find(stub, amadeus)
        stub.on("POST", PRICING_PATH, pricing_reply(wire_offer("1400000")), pricing_reply(wire_offer("1250000")))
        with pytest.raises(PriceChanged) as changed:
            await amadeus.book(found, purchase(services=(SEAT,), total=1_350_000))
        assert changed.value.found.offer.total.amount_minor == 1_250_000
        assert not stub.asked_for(ORDERS_PATH)

    @pytest.mark.parametrize("service_id", ["1.0.0.12C", "0.1.0.12C", "0.0.1.12C", "0.0.0.??", "1|1|12C", "x", ""])
    async def test_a_seat_of_another_offer_is_refused(
        self, stub: AmadeusStub, amadeus: Amadeus, service_id: str
    ) -> None:
        found = await find(stub, amadeus)
        with pytest.raises(InvalidRequest):
            await amadeus.book(found, purchase(services=(ServiceChoice(service_id=service_id),)))
        assert not stub.asked_for(PRICING_PATH)

    @pytest.mark.parametrize(
        "services", [(SEAT, ServiceChoice(service_id="0.0.0.14A")), (SEAT.model_copy(update={"quantity": 2}),)]
    )
    async def test_nobody_sits_twice(
        self, stub: AmadeusStub, amadeus: Amadeus, services: tuple[ServiceChoice, ...]
    ) -> None:
        found = await find(stub, amadeus)
        with pytest.raises(InvalidRequest):
            await amadeus.book(found, purchase(services=services))
        assert not stub.asked_for(PRICING_PATH)

    @pytest.mark.parametrize("price", ["-1", "x", "1.5"])
    async def test_a_seat_without_a_sensible_price_is_not_for_sale(
        self, stub: AmadeusStub, amadeus: Amadeus, price: str
    ) -> None:
        found = await find(stub, amadeus)
        stub.on("POST", SEATS_PATH, seats_reply(wire_seat("12C", 3, ("1", "AVAILABLE", price))))
        ((cabin,),) = [each.cabins for each in await amadeus.seat_map(found)]
        assert not cabin.seats[0].is_available
