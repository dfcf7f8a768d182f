"""What is asked of Amadeus, and its offers read into ours: with every field, and with none that may be missing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core.metrics import OFFERS_DROPPED
from domain.money import Money
from domain.offers import Baggage, Condition, FlightOffer, FlightQuery, SliceQuery
from providers.flights.amadeus import Amadeus
from providers.flights.base import InvalidRequest, ProviderDown, UnsoldCurrency, Unsupported
from tests.providers.flights.amadeus_support import DAY, HAN_DAD, NOW, adapter_of, query
from tests.support.amadeus_stub import (
    SEARCH_PATH,
    AmadeusStub,
    Reply,
    bare_offer,
    error_reply,
    search_reply,
    serve_amadeus,
    wire_fare,
    wire_offer,
    wire_segment,
    wire_traveller,
)


@pytest.fixture
def stub() -> Iterator[AmadeusStub]:
    with serve_amadeus() as stub:
        yield stub


@pytest.fixture
def amadeus(stub: AmadeusStub) -> Iterator[Amadeus]:
    with adapter_of(stub) as adapter:
        yield adapter


async def search(
    stub: AmadeusStub, amadeus: Amadeus, *offers: Any, asked: FlightQuery | None = None
) -> list[FlightOffer]:
    stub.on("POST", SEARCH_PATH, search_reply(*offers))
    return [found.offer for found in await amadeus.search(asked or query())]


def one_flight(number: int | str = 123, **changes: Any) -> dict[str, Any]:
    return wire_offer(itineraries=[{"segments": [{**wire_segment(), "number": number, **changes}]}])


def at(airport: str, time: Any) -> dict[str, Any]:
    return {"iataCode": airport, "at": time}


def vnd(amount: int) -> Money:
    return Money(amount_minor=amount, currency="VND")


def dropped(reason: str) -> float:
    return float(OFFERS_DROPPED.labels("amadeus", reason)._value.get())


async def test_a_whole_offer_is_read(stub: AmadeusStub, amadeus: Amadeus) -> None:
    (offer,) = await search(stub, amadeus, wire_offer())
    (segment,) = offer.slices[0].segments
    assert (segment.designator, segment.operating_carrier, segment.aircraft) == ("VN123", "BL", "321")
    assert (segment.departs.at_local.isoformat(), segment.departs.zone) == ("2026-12-20T08:00:00", "Asia/Ho_Chi_Minh")
    assert segment.duration == timedelta(minutes=85)
    assert (segment.carry_on, segment.checked) == (Baggage(pieces=1), Baggage(pieces=1, kg=23))
    assert (offer.fare_brand, offer.cabin, offer.seats_left) == ("Economy Lite", "economy", 4)
    assert [(p.traveller_type, p.count, p.base_each, p.taxes_each) for p in offer.price_parts] == [
        ("adult", 1, vnd(1_000_000), vnd(200_000))
    ]
    assert offer.conditions.refund == Condition(allowed=True)
    assert offer.conditions.change == Condition(allowed=True, fee=vnd(0))
    assert offer.expires_at == NOW + timedelta(minutes=20)
    assert offer.booking_flows == ("instant",)
    assert offer.simulated


async def test_an_offer_without_anything_that_may_be_missing_is_read(stub: AmadeusStub, amadeus: Amadeus) -> None:
    (offer,) = await search(stub, amadeus, bare_offer())
    (segment,) = offer.slices[0].segments
    assert (segment.operating_carrier, segment.aircraft, segment.carry_on, segment.checked) == (None,) * 4
    assert (offer.fare_brand, offer.cabin, offer.seats_left) == ("Economy", "economy", None)
    assert [(p.traveller_type, p.total) for p in offer.price_parts] == [(None, vnd(900_000))]
    assert (offer.conditions.refund.allowed, offer.conditions.change.allowed) == (None, None)
    assert offer.expires_at == NOW + timedelta(minutes=20)


OPTIONAL = [
    ("itineraries", 0, "duration"),
    *(("itineraries", 0, "segments", 0, name) for name in ("id", "operating", "aircraft", "numberOfStops", "duration")),
    *(("travelerPricings", 0, name) for name in ("fareOption", "travelerId", "price", "fareDetailsBySegment")),
    *(
        ("travelerPricings", 0, "fareDetailsBySegment", 0, name)
        for name in ("segmentId", "cabin", "fareBasis", "class", "brandedFare", "includedCheckedBags", "amenities")
    ),
    *(("price", name) for name in ("base", "grandTotal", "total")),
    *((name,) for name in ("lastTicketingDate", "lastTicketingDateTime", "numberOfBookableSeats", "travelerPricings")),
]


@pytest.mark.parametrize("path", OPTIONAL, ids=lambda path: str(path[-1]))
@pytest.mark.parametrize("is_null", [False, True])
async def test_each_optional_field_may_be_missing_or_null(
    stub: AmadeusStub, amadeus: Amadeus, path: tuple[str | int, ...], is_null: bool
) -> None:
    offer = wire_offer()
    place: Any = offer
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = None
    if not is_null:
        del place[path[-1]]
    (read,) = await search(stub, amadeus, offer)
    assert read.total == vnd(1_200_000)


@pytest.mark.parametrize(
    ("bags", "read"),
    [
        ({"quantity": 2}, Baggage(pieces=2)),
        ({"quantity": 0}, Baggage(pieces=0)),
        ({"weight": 30, "weightUnit": "KG"}, Baggage(pieces=1, kg=30)),
        ({"weight": 50, "weightUnit": "LB"}, Baggage(pieces=1, kg=23)),
        ({"weight": 0}, Baggage(pieces=0)),
        ({"quantity": 1, "weight": "23", "weightUnit": "KG"}, Baggage(pieces=1, kg=23)),
        ({}, None),
        (None, None),
    ],
)
async def test_bags_are_told_by_piece_or_by_weight(
    stub: AmadeusStub, amadeus: Amadeus, bags: Any, read: Baggage | None
) -> None:
    fare = wire_fare(includedCheckedBags=bags)
    (offer,) = await search(stub, amadeus, wire_offer(travelerPricings=[wire_traveller(fareDetailsBySegment=[fare])]))
    assert offer.slices[0].segments[0].checked == read


@pytest.mark.parametrize(
    ("fields", "expires_at"),
    [
        ({"lastTicketingDateTime": "2026-11-21T02:10:00Z"}, datetime(2026, 11, 21, 2, 10, tzinfo=UTC)),
        ({"lastTicketingDateTime": "2026-11-21T09:10:00"}, datetime(2026, 11, 21, 2, 10, tzinfo=UTC)),
        ({"lastTicketingDateTime": "2026-11-21"}, NOW + timedelta(minutes=20)),
        ({"lastTicketingDateTime": "soon", "lastTicketingDate": "2026-11-21"}, NOW + timedelta(minutes=20)),
        ({"lastTicketingDateTime": "soon", "lastTicketingDate": ""}, NOW + timedelta(minutes=20)),
    ],
)
async def test_an_offer_lasts_no_longer_than_its_ticketing_date(
    stub: AmadeusStub, amadeus: Amadeus, fields: dict[str, str], expires_at: datetime
) -> None:
    (offer,) = await search(stub, amadeus, wire_offer(**fields))
    assert offer.expires_at == expires_at


class TestPrices:
    async def test_travellers_are_priced_by_type(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        travellers = [
            wire_traveller("3", "HELD_INFANT", "100", "60", associatedAdultId="1"),
            wire_traveller("1", "ADULT", "1000", "800"),
            wire_traveller("2", "CHILD", "900", "700"),
            wire_traveller("4", "ADULT", "1000", "800"),
        ]
        (offer,) = await search(
            stub,
            amadeus,
            wire_offer("3000", travelerPricings=travellers),
            asked=query(adults=2, children=1, infants=1),
        )
        assert [(p.traveller_type, p.count, p.base_each, p.taxes_each) for p in offer.price_parts] == [
            ("adult", 2, vnd(800), vnd(200)),
            ("child", 1, vnd(700), vnd(200)),
            ("infant", 1, vnd(60), vnd(40)),
        ]
        assert offer.travellers == query(adults=2, children=1, infants=1).travellers

    @pytest.mark.parametrize(
        "travellers",
        [
            [wire_traveller("1", total="600"), wire_traveller("2", total="500")],
            [wire_traveller("1", total="600", base="600"), wire_traveller("2", kind="SENIOR", total="500")],
            None,
            [],
        ],
    )
    async def test_what_cannot_be_split_is_the_party_s(
        self, stub: AmadeusStub, amadeus: Amadeus, travellers: Any
    ) -> None:
        for each in travellers or []:
            each["price"]["base"] = "400"
        wire = wire_offer(price={"currency": "VND", "base": "800", "total": "1100"}, travelerPricings=travellers)
        (offer,) = await search(stub, amadeus, wire, asked=query(adults=2))
        assert [(p.traveller_type, p.count, p.base_each, p.taxes_each) for p in offer.price_parts] == [
            (None, 1, vnd(800), vnd(300))
        ]

    async def test_a_charge_on_top_is_a_part_of_its_own(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        wire = wire_offer(price={"currency": "VND", "base": "1000000", "total": "1200000", "grandTotal": "1250000"})
        wire["travelerPricings"] = [wire_traveller()]
        (offer,) = await search(stub, amadeus, wire)
        assert offer.total == vnd(1_250_000)
        assert (offer.price_parts[-1].traveller_type, offer.price_parts[-1].taxes_each) == (None, vnd(50_000))
        assert offer.per_adult == vnd(1_200_000)

    @pytest.mark.parametrize(
        "total", ["NaN", "Infinity", "1e400", "-5", "0", "0.5", "1,200", "", "x", None, True, [], 10**400]
    )
    async def test_an_offer_without_a_sensible_price_is_dropped(
        self, stub: AmadeusStub, amadeus: Amadeus, total: Any
    ) -> None:
        wire = wire_offer(price={"currency": "VND", "total": total, "base": "1"})
        assert await search(stub, amadeus, wire, travelerless(wire)) == []


def travelerless(wire: dict[str, Any]) -> dict[str, Any]:
    return {**wire, "travelerPricings": None}


class TestNames:
    async def test_an_offer_keeps_its_name_at_another_price_and_in_another_answer(
        self, stub: AmadeusStub, amadeus: Amadeus
    ) -> None:
        (first,) = await search(stub, amadeus, wire_offer())
        (second,) = await search(stub, amadeus, wire_offer("1300000", id="7"))
        assert first.provider_offer_id == second.provider_offer_id
        assert len(first.provider_offer_id) == 32

    @pytest.mark.parametrize(
        "other",
        [
            one_flight(125),
            wire_offer(itineraries=[{"segments": [wire_segment(departure=at("HAN", "2026-12-20T07:00"))]}]),
            wire_offer(travelerPricings=[wire_traveller(fareDetailsBySegment=[wire_fare(fareBasis="YFLEX")])]),
            wire_offer(travelerPricings=[wire_traveller(fareDetailsBySegment=[wire_fare(cabin="BUSINESS")])]),
        ],
    )
    async def test_other_seats_have_another_name(
        self, stub: AmadeusStub, amadeus: Amadeus, other: dict[str, Any]
    ) -> None:
        first, second = await search(stub, amadeus, wire_offer(), other)
        assert first.provider_offer_id != second.provider_offer_id

    async def test_another_party_has_another_name_even_where_nobody_is_listed(
        self, stub: AmadeusStub, amadeus: Amadeus
    ) -> None:
        (one,) = await search(stub, amadeus, bare_offer())
        (two,) = await search(stub, amadeus, bare_offer(), asked=query(adults=2))
        assert one.provider_offer_id != two.provider_offer_id

    async def test_one_name_is_answered_once_at_its_lowest_price(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        offers = await search(stub, amadeus, wire_offer("1300000"), wire_offer("1100000"), bare_offer())
        assert [offer.total for offer in offers] == [vnd(900_000), vnd(1_100_000)]


class TestDropped:
    @pytest.mark.parametrize(
        ("reason", "wire"),
        [
            ("unreadable", 5),
            ("unreadable", None),
            ("unreadable", {}),
            ("unreadable", wire_offer(itineraries=[])),
            ("unreadable", wire_offer(itineraries=[{"segments": []}])),
            ("unreadable", one_flight(number="12A")),
            ("unreadable", one_flight(carrierCode="")),
            ("unreadable", one_flight(departure=at("HAN", 5))),
            ("unknown_airport", one_flight(arrival=at("QQQ", "2026-12-20T09:00"))),
            ("bad_times", one_flight(arrival=at("DAD", "2026-12-20T07:00"))),
            ("bad_times", one_flight(arrival=at("DAD", "0001-01-01T00:00"))),
            ("bad_times", wire_offer(itineraries=[{"segments": [wire_segment(), wire_segment()]}])),
            ("bad_price", wire_offer(price={"currency": "VND", "total": "12.5"})),
            ("bad_price", wire_offer(price={"currency": "XXY", "total": "12"})),
            ("other_currency", travelerless(wire_offer(price={"currency": "EUR", "total": "40"}))),
            ("other_currency", wire_offer(price={"currency": "EUR", "total": "1200000", "base": "1"})),
            ("expired", wire_offer(lastTicketingDateTime="2026-11-21T01:59:00Z")),
            ("expired", wire_offer(lastTicketingDateTime=None, lastTicketingDate="2026-11-19")),
        ],
    )  # fmt: skip
    async def test_an_offer_that_makes_no_sense_is_counted_and_the_others_stay(
        self, stub: AmadeusStub, amadeus: Amadeus, reason: str, wire: Any
    ) -> None:
        before = dropped(reason)
        (left,) = await search(stub, amadeus, wire, bare_offer())
        assert left.total == vnd(900_000)
        assert dropped(reason) == before + 1

    @pytest.mark.parametrize("data", [None, {}, "x", 5])
    async def test_an_answer_without_a_list_is_none(self, stub: AmadeusStub, amadeus: Amadeus, data: Any) -> None:
        stub.on("POST", SEARCH_PATH, Reply(body={"data": data}))
        with pytest.raises(ProviderDown):
            await amadeus.search(query())

    async def test_nothing_found_is_an_empty_answer(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        assert await search(stub, amadeus) == []


class TestStops:
    async def test_landings_on_the_way_are_told(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        named = wire_segment(1, stops=[{"iataCode": "VII", "duration": "PT30M"}], numberOfStops=1)
        unnamed = wire_segment(2, numberOfStops=1)
        offers = await search(
            stub, amadeus, *(wire_offer(itineraries=[{"segments": [each]}]) for each in (named, unnamed))
        )
        assert [offer.slices[0].segments[0].technical_stops for offer in offers] == [("VII",), ("?",)]
        assert [offer.stops for offer in offers] == [1, 1]


class TestQuestions:
    async def body(self, stub: AmadeusStub, amadeus: Amadeus, asked: FlightQuery) -> Any:
        await search(stub, amadeus, asked=asked)
        return stub.asked_for(SEARCH_PATH)[-1].json

    async def test_everything_asked_is_written(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        back = SliceQuery(origins=("DAD",), destinations=("HAN",), departs_on=date(2026, 12, 27))
        body = await self.body(stub, amadeus, query(HAN_DAD, back, adults=2, children=1, infants=2))
        assert body["currencyCode"] == "VND"
        assert body["sources"] == ["GDS"]
        assert [each["departureDateTimeRange"]["date"] for each in body["originDestinations"]] == [
            "2026-12-20",
            "2026-12-27",
        ]
        assert body["travelers"] == [
            {"id": "1", "travelerType": "ADULT"},
            {"id": "2", "travelerType": "ADULT"},
            {"id": "3", "travelerType": "CHILD"},
            {"id": "4", "travelerType": "HELD_INFANT", "associatedAdultId": "1"},
            {"id": "5", "travelerType": "HELD_INFANT", "associatedAdultId": "2"},
        ]
        criteria = body["searchCriteria"]
        assert criteria["maxFlightOffers"] == 100
        (restriction,) = criteria["flightFilters"]["cabinRestrictions"]
        assert (restriction["cabin"], restriction["originDestinationIds"]) == ("ECONOMY", ["1", "2"])

    @pytest.mark.parametrize(
        ("airports", "code", "alternatives"),
        [
            (("SGN",), "SGN", None),
            (("HND", "NRT"), "TYO", None),
            (("NRT", "HND"), "TYO", None),
            (("SGN", "DAD", "HAN", "HPH"), "SGN", ["DAD", "HAN"]),
        ],
    )
    async def test_several_airports_are_a_city_or_alternatives(
        self, stub: AmadeusStub, amadeus: Amadeus, airports: tuple[str, ...], code: str, alternatives: Any
    ) -> None:
        asked = SliceQuery(origins=airports, destinations=airports, departs_on=DAY)
        body = await self.body(stub, amadeus, query(asked))
        (written,) = body["originDestinations"]
        assert (written["originLocationCode"], written.get("alternativeOriginsCodes")) == (code, alternatives)
        assert (written["destinationLocationCode"], written.get("alternativeDestinationsCodes")) == (code, alternatives)

    async def test_a_currency_that_is_not_sold_is_no_empty_answer(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        stub.on("POST", SEARCH_PATH, error_reply(400, 477, source={"pointer": "/currencyCode"}))
        with pytest.raises(UnsoldCurrency):
            await amadeus.search(query())

    async def test_offers_in_other_money_only_are_no_empty_answer(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        other = wire_offer(price={"currency": "EUR", "total": "40.00"}, travelerPricings=None)
        with pytest.raises(UnsoldCurrency):
            await search(stub, amadeus, other)

    async def test_a_refused_question_is_not_a_lost_offer(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        stub.on("POST", SEARCH_PATH, error_reply(400, 4926))
        with pytest.raises(InvalidRequest):
            await amadeus.search(query())


async def test_a_live_contract_sells_real_seats(stub: AmadeusStub) -> None:
    with adapter_of(stub, is_test=False) as live:
        (offer,) = await search(stub, live, wire_offer())
        assert (live.mode, offer.simulated) == ("live", False)


async def test_what_amadeus_cannot_do_is_refused(amadeus: Amadeus) -> None:
    with pytest.raises(Unsupported):
        await amadeus.find_order("r")
    with pytest.raises(Unsupported):
        await amadeus.pay("o", vnd(1))
    assert not amadeus.capabilities & {"services", "find_order", "change"}
