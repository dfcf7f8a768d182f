"""From a price to an order and back: what is re-posted, what is refused, and what an order tells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from pydantic import SecretStr

from domain.money import Money
from domain.offers import Condition
from domain.orders import (
    CancellationQuote,
    FareNote,
    ServiceChoice,
    Ticket,
    TravelDocument,
)
from providers.flights.amadeus import Amadeus
from providers.flights.base import (
    InvalidRequest,
    OfferGone,
    OutcomeUnknown,
    PriceChanged,
    ProviderDown,
    ProviderRetired,
    SoldOut,
    Unsupported,
)
from tests.providers.flights.amadeus_support import adapter_of, find, purchase, query, traveller
from tests.support.amadeus_stub import (
    ORDERS_PATH,
    PRICING_PATH,
    AmadeusStub,
    Reply,
    bare_offer,
    error_reply,
    order_reply,
    pricing_reply,
    serve_amadeus,
    wire_fare,
    wire_offer,
    wire_segment,
    wire_traveller,
)

ORDER_ID = "eJzTd9f3NjIJdzUGAAp%2fAiY%3D"
ORDER_PATH = f"{ORDERS_PATH}/{ORDER_ID}"
PRICE = Money(amount_minor=1_200_000, currency="VND")


@pytest.fixture
def stub() -> Iterator[AmadeusStub]:
    with serve_amadeus() as stub:
        stub.on("POST", PRICING_PATH, pricing_reply(wire_offer(priced=True)))
        stub.on("POST", ORDERS_PATH, order_reply(ORDER_ID, wire_offer()))
        stub.on("GET", ORDER_PATH, order_reply(ORDER_ID, wire_offer(), status=200))
        stub.on("DELETE", ORDER_PATH, Reply(204))
        yield stub


@pytest.fixture
def amadeus(stub: AmadeusStub) -> Iterator[Amadeus]:
    with adapter_of(stub) as adapter:
        yield adapter


class TestPricing:
    async def test_the_offer_is_posted_again_as_it_came(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        found = await find(stub, amadeus)
        priced = await amadeus.price(found)
        (asked,) = stub.asked_for(PRICING_PATH)
        assert asked.json == {"data": {"type": "flight-offers-pricing", "flightOffers": [found.raw]}}
        assert found.raw["unknownKey"] == {"kept": True}
        assert priced.raw["priced"] is True
        assert priced.offer == found.offer

    async def test_another_price_keeps_the_name(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        found = await find(stub, amadeus)
        fare = wire_fare(fareBasis="OTHER")
        stub.on(
            "POST",
            PRICING_PATH,
            pricing_reply(
                wire_offer("1250000", travelerPricings=[wire_traveller(total="1250000", fareDetailsBySegment=[fare])])
            ),
        )
        priced = await amadeus.price(found)
        assert priced.offer.total.amount_minor == 1_250_000
        assert priced.offer.provider_offer_id == found.offer.provider_offer_id

    @pytest.mark.parametrize(
        ("reply", "error"),
        [
            (error_reply(400, 4926, detail="No fare applicable"), OfferGone),
            (error_reply(404, "1797"), OfferGone),
            (error_reply(400, 34107), OfferGone),
            (error_reply(400, 34651), SoldOut),
            (error_reply(400, 477), InvalidRequest),
            (pricing_reply(), OfferGone),
            (pricing_reply(wire_offer(lastTicketingDateTime="2026-11-20T00:00:00Z")), OfferGone),
            (pricing_reply({}), ProviderDown),
            (pricing_reply(None), ProviderDown),
            (pricing_reply(wire_offer(itineraries=[{"segments": [wire_segment(999)]}])), ProviderDown),
            (Reply(body={"data": []}), ProviderDown),
            (Reply(body={"data": {"flightOffers": {}}}), ProviderDown),
            (Reply(body={}), ProviderDown),
        ],
    )
    async def test_an_offer_without_a_price_is_told_why(
        self, stub: AmadeusStub, amadeus: Amadeus, reply: Reply, error: type[Exception]
    ) -> None:
        found = await find(stub, amadeus)
        stub.on("POST", PRICING_PATH, reply)
        with pytest.raises(error):
            await amadeus.price(found)

    async def test_fare_rules_are_asked_for_and_read(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        found = await find(stub, amadeus)
        described = [
            {"descriptionType": "PENALTIES", "text": "CHARGE VND 500000 FOR REFUND"},
            {"descriptionType": "PENALTIES", "text": "CHARGE VND 500000 FOR REFUND"},
            {"descriptionType": "EMPTY"},
            {"text": "NOTHING ELSE"},
        ]
        rule = {"fareBasis": "Q", "name": "LITE", "fareNotes": {"descriptions": described}, "segmentId": "1"}
        quiet = wire_offer(travelerPricings=[wire_traveller(fareDetailsBySegment=[wire_fare(amenities=None)])])
        stub.on("POST", PRICING_PATH, pricing_reply(quiet, included={"detailed-fare-rules": {"1": rule, "2": {}}}))
        rules = await amadeus.fare_rules(found)
        (asked,) = stub.asked_for(PRICING_PATH)
        assert asked.path.endswith("?include=detailed-fare-rules")
        assert asked.headers["x-http-method-override"] == "GET"
        assert rules.notes == (
            FareNote(title="PENALTIES", text="CHARGE VND 500000 FOR REFUND"),
            FareNote(title="LITE", text="NOTHING ELSE"),
        )
        assert rules.refund == Condition(allowed=True)

    @pytest.mark.parametrize("included", [None, {}, {"detailed-fare-rules": None}])
    async def test_missing_fare_rules_are_none(self, stub: AmadeusStub, amadeus: Amadeus, included: Any) -> None:
        found = await find(stub, amadeus)
        stub.on("POST", PRICING_PATH, pricing_reply(wire_offer(), included=included))
        assert (await amadeus.fare_rules(found)).notes == ()

    @pytest.mark.parametrize("included", [5, [1], {"detailed-fare-rules": [1]}, {"detailed-fare-rules": {"1": 5}}])
    async def test_unreadable_fare_rules_are_no_answer(
        self, stub: AmadeusStub, amadeus: Amadeus, included: Any
    ) -> None:
        found = await find(stub, amadeus)
        stub.on("POST", PRICING_PATH, pricing_reply(wire_offer(), included=included))
        with pytest.raises(ProviderDown):
            await amadeus.fare_rules(found)


class TestBooking:
    async def test_the_priced_offer_is_booked_for_the_people_named(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        found = await find(stub, amadeus)
        document = TravelDocument(
            kind="passport",
            number=SecretStr("C1234567"),
            issuing_country="VN",
            nationality="VN",
            expires_on=date(2031, 1, 1),
        )
        order = await amadeus.book(found, purchase(traveller(document=document)))
        data = stub.asked_for(ORDERS_PATH)[0].json["data"]
        assert (data["type"], data["flightOffers"][0]["priced"]) == ("flight-order", True)
        contact = {
            "emailAddress": "lan@example.com",
            "phones": [{"deviceType": "MOBILE", "countryCallingCode": "84", "number": "912345678"}],
        }
        assert data["travelers"] == [
            {
                "id": "1",
                "dateOfBirth": "1990-05-17",
                "gender": "FEMALE",
                "name": {"firstName": "LAN", "lastName": "NGUYEN"},
                "contact": contact,
                "documents": [
                    {
                        "documentType": "PASSPORT",
                        "number": "C1234567",
                        "expiryDate": "2031-01-01",
                        "issuanceCountry": "VN",
                        "nationality": "VN",
                        "holder": True,
                    }
                ],
            }
        ]
        assert data["ticketingAgreement"] == {"option": "CONFIRM"}
        assert data["remarks"]["general"][0]["text"] == "booking-7"
        assert data["contacts"][0]["emailAddress"] == "lan@example.com"
        assert (order.provider_order_id, order.record_locator, order.reference) == (ORDER_ID, "2EKSGC", "booking-7")
        assert (order.status, order.total, order.slices) == ("booked", PRICE, found.offer.slices)

    async def test_travellers_get_the_ids_of_their_prices(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        kinds = {"9": "HELD_INFANT", "4": "ADULT", "7": "CHILD", "5": "ADULT"}
        wire = wire_offer("400", travelerPricings=[wire_traveller(i, k, "100", "90") for i, k in kinds.items()])
        found = await find(stub, amadeus, wire, query(adults=2, children=1, infants=1))
        stub.on("POST", PRICING_PATH, pricing_reply(wire))
        party = (
            traveller(name="AN"),
            traveller(name="BINH"),
            traveller("child", name="CHI"),
            traveller("infant", name="DUNG"),
        )
        await amadeus.book(found, purchase(*party, total=400))
        written = stub.asked_for(ORDERS_PATH)[0].json["data"]["travelers"]
        assert {each["id"]: each["name"]["firstName"] for each in written} == {
            "4": "AN",
            "5": "BINH",
            "7": "CHI",
            "9": "DUNG",
        }

    async def test_a_changed_price_is_told_and_nothing_is_booked(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        found = await find(stub, amadeus)
        stub.on("POST", PRICING_PATH, pricing_reply(wire_offer("1250000")))
        with pytest.raises(PriceChanged) as changed:
            await amadeus.book(found, purchase())
        assert changed.value.found.offer.total.amount_minor == 1_250_000
        assert changed.value.found.offer.provider_offer_id == found.offer.provider_offer_id
        assert not stub.asked_for(ORDERS_PATH)

    async def test_a_price_discrepancy_carries_the_price_of_now(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        found = await find(stub, amadeus)
        stub.on("POST", PRICING_PATH, pricing_reply(wire_offer()), pricing_reply(wire_offer("1300000")))
        stub.on("POST", ORDERS_PATH, error_reply(400, "37200"))
        with pytest.raises(PriceChanged) as changed:
            await amadeus.book(found, purchase())
        assert changed.value.found.offer.total.amount_minor == 1_300_000

    async def test_another_sum_than_was_agreed_is_not_charged(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        found = await find(stub, amadeus)
        with pytest.raises(PriceChanged) as changed:
            await amadeus.book(found, purchase(total=1_199_999))
        assert changed.value.found.offer.total == PRICE
        assert not stub.asked_for(ORDERS_PATH)

    @pytest.mark.parametrize(
        ("reply", "error"),
        [
            (error_reply(400, 34651), SoldOut),
            (error_reply(400, 4926), OfferGone),
            (error_reply(400, 34107), OfferGone),
            (error_reply(400, 38034), SoldOut),
            (error_reply(400, 4926, source={"pointer": "/data/travelers/0/name"}), InvalidRequest),
            (error_reply(400, 36870), OutcomeUnknown),
            (error_reply(400, 9112), OutcomeUnknown),
            (error_reply(401, 39683), ProviderRetired),
            (error_reply(500, 141), OutcomeUnknown),
            (Reply(fault="drop"), OutcomeUnknown),
            (Reply(201, {"data": {}}), OutcomeUnknown),
            (Reply(201, {"data": {"id": ""}}), OutcomeUnknown),
            (Reply(201, {}), OutcomeUnknown),
        ],
    )
    async def test_a_booking_that_fails_says_whether_it_may_have_happened(
        self, stub: AmadeusStub, amadeus: Amadeus, reply: Reply, error: type[Exception]
    ) -> None:
        found = await find(stub, amadeus)
        stub.on("POST", ORDERS_PATH, reply)
        with pytest.raises(error):
            await amadeus.book(found, purchase())
        assert len(stub.asked_for(ORDERS_PATH)) == 1

    @pytest.mark.parametrize("flight_offers", [None, [], [5], [{}]])
    async def test_an_order_with_nothing_but_its_id_is_an_order(
        self, stub: AmadeusStub, amadeus: Amadeus, flight_offers: Any
    ) -> None:
        found = await find(stub, amadeus)
        stub.on("POST", ORDERS_PATH, Reply(201, {"data": {"id": ORDER_ID, "flightOffers": flight_offers}}))
        order = await amadeus.book(found, purchase())
        assert (order.provider_order_id, order.record_locator) == (ORDER_ID, None)
        assert (order.total, order.slices) == (PRICE, found.offer.slices)

    async def test_what_is_not_for_sale_is_refused_before_anything_is_sent(
        self, stub: AmadeusStub, amadeus: Amadeus
    ) -> None:
        found = await find(stub, amadeus)
        with pytest.raises(Unsupported):
            await amadeus.book(found, purchase(flow="hold"))
        with pytest.raises(InvalidRequest):
            await amadeus.book(found, purchase(traveller(), traveller(name="MAI")))
        with pytest.raises(InvalidRequest):
            await amadeus.book(found, purchase(services=(ServiceChoice(service_id="bag-1"),)))
        assert not stub.asked_for(ORDERS_PATH)

    async def test_an_offer_that_names_no_travellers_is_not_booked(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        found = await find(stub, amadeus, bare_offer())
        stub.on("POST", PRICING_PATH, pricing_reply(bare_offer()))
        with pytest.raises(InvalidRequest):
            await amadeus.book(found, purchase(total=900_000))


class TestOrders:
    async def test_an_order_is_read_with_its_tickets(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        numbered = {"documentType": "ETICKET", "documentNumber": "738-2400000001", "travelerId": "2"}
        tickets = [
            {**numbered, "documentStatus": "ISSUED"},
            {**numbered, "documentStatus": "VOID"},
            {**numbered, "documentType": "EMD"},
            {"travelerId": "1"},
        ]
        records = [
            {"reference": "GDSPNR", "originSystemCode": "GDS"},
            {"reference": "VNPNR1", "originSystemCode": "VN"},
        ]
        stub.on(
            "GET",
            ORDER_PATH,
            order_reply(
                ORDER_ID,
                wire_offer("2400000", travelerPricings=[wire_traveller("1"), wire_traveller("2")]),
                status=200,
                tickets=tickets,
                associatedRecords=records,
                remarks={"general": [{"text": "booking-7"}]},
            ),
        )
        order = await amadeus.get_order(ORDER_ID)
        assert (order.status, order.record_locator, order.reference) == ("ticketed", "VNPNR1", "booking-7")
        assert order.tickets == (Ticket(traveller=1, number="738-2400000001"),)
        assert order.total == PRICE * 2

    @pytest.mark.parametrize(
        ("reply", "error"),
        [
            (error_reply(404, 1797), OfferGone),
            (error_reply(404, 38196), ProviderDown),
            (Reply(404, b"<html>"), ProviderDown),
            (Reply(body={"data": []}), ProviderDown),
        ],
    )
    async def test_only_a_missing_order_is_gone(
        self, stub: AmadeusStub, amadeus: Amadeus, reply: Reply, error: type[Exception]
    ) -> None:
        stub.on("GET", ORDER_PATH, reply)
        with pytest.raises(error):
            await amadeus.get_order(ORDER_ID)

    async def test_an_unticketed_order_comes_back_whole(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        quote = await amadeus.quote_cancellation(ORDER_ID)
        assert (quote.refund, quote.fee) == (PRICE, Money(amount_minor=0, currency="VND"))
        order = await amadeus.cancel(quote)
        assert (order.status, order.provider_order_id, order.record_locator) == ("cancelled", ORDER_ID, "2EKSGC")
        assert stub.asked[-1].method == "DELETE"

    async def test_a_ticket_of_nobody_we_know_makes_the_order_ticketed(
        self, stub: AmadeusStub, amadeus: Amadeus
    ) -> None:
        stub.on("GET", ORDER_PATH, order_reply(ORDER_ID, status=200, tickets=[{"documentNumber": "738-1"}]))
        order = await amadeus.get_order(ORDER_ID)
        assert (order.status, order.tickets) == ("ticketed", ())

    async def test_a_ticketed_order_is_not_quoted(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        ticket = {"documentNumber": "738-2400000001", "travelerId": "1"}
        stub.on("GET", ORDER_PATH, order_reply(ORDER_ID, wire_offer(), status=200, tickets=[ticket]))
        with pytest.raises(InvalidRequest):
            await amadeus.quote_cancellation(ORDER_ID)

    async def test_an_order_of_unknown_worth_is_not_quoted(self, stub: AmadeusStub, amadeus: Amadeus) -> None:
        stub.on("GET", ORDER_PATH, order_reply(ORDER_ID, status=200))
        with pytest.raises(ProviderDown):
            await amadeus.quote_cancellation(ORDER_ID)

    @pytest.mark.parametrize(
        "now",
        [
            order_reply(
                ORDER_ID, wire_offer(), status=200, tickets=[{"documentNumber": "738-2400000001", "travelerId": "1"}]
            ),
            order_reply(ORDER_ID, wire_offer("1300000"), status=200),
            order_reply(ORDER_ID, status=200),
        ],
        ids=["ticketed", "dearer", "of unknown worth"],
    )
    async def test_an_order_that_is_no_longer_as_quoted_is_kept(
        self, stub: AmadeusStub, amadeus: Amadeus, now: Reply
    ) -> None:
        quote = await amadeus.quote_cancellation(ORDER_ID)
        stub.on("GET", ORDER_PATH, now)
        with pytest.raises(OfferGone):
            await amadeus.cancel(quote)
        assert [each.method for each in stub.asked_for(ORDER_PATH)] == ["GET", "GET"]

    @pytest.mark.parametrize("method", ["GET", "DELETE"])
    async def test_an_order_cancelled_before_is_cancelled(
        self, stub: AmadeusStub, amadeus: Amadeus, method: str
    ) -> None:
        quote = await amadeus.quote_cancellation(ORDER_ID)
        stub.on(method, ORDER_PATH, error_reply(404, 1797))
        assert (await amadeus.cancel(quote)).status == "cancelled"

    @pytest.mark.parametrize(
        ("reply", "error"),
        [
            (error_reply(404, 38196), ProviderDown),
            (Reply(404, b"<html>"), ProviderDown),
            (error_reply(400, 4926), InvalidRequest),
            (error_reply(500, 38189), OutcomeUnknown),
            (Reply(fault="drop"), OutcomeUnknown),
        ],
    )
    async def test_a_cancellation_that_fails_is_none(
        self, stub: AmadeusStub, amadeus: Amadeus, reply: Reply, error: type[Exception]
    ) -> None:
        quote: CancellationQuote = await amadeus.quote_cancellation(ORDER_ID)
        stub.on("DELETE", ORDER_PATH, reply)
        with pytest.raises(error):
            await amadeus.cancel(quote)
