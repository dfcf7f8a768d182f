"""A Duffel that answers what a test tells it to, and JSON as it writes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import httpx
from pydantic import SecretStr

from domain.money import Money
from domain.offers import FlightQuery, SliceQuery
from domain.orders import Contact, OrderTraveller, Purchase, ServiceChoice, TravelDocument
from domain.travellers import TravellerCounts, TravellerType
from providers.flights.base import FoundOffer
from providers.flights.duffel import Duffel
from providers.flights.duffel_offers import read_offer

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
DAY = date(2026, 12, 10)
TOKEN = "duffel_test_of_ours"

Reply = tuple[int, Any] | httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class FakeDuffel:
    """Answers by method and path; several replies to one path come one after the other, the last for good."""

    def __init__(self) -> None:
        self.replies: dict[str, list[Reply]] = {}
        self.requests: list[httpx.Request] = []

    def on(self, call: str, *replies: Reply) -> None:
        self.replies[call] = list(replies)

    def calls(self, call: str) -> list[httpx.Request]:
        return [each for each in self.requests if f"{each.method} {each.url.path}" == call]

    def sent(self, call: str) -> Any:
        """The `data` of the only request of its kind."""
        (request,) = self.calls(call)
        return json.loads(request.content)["data"]

    def provider(self, *, token: str = TOKEN, is_test: bool = True) -> Duffel:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))
        return Duffel(http, access_token=token, base_url="https://duffel.test/", clock=lambda: NOW, is_test=is_test)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        replies = self.replies[f"{request.method} {request.url.path}"]
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, httpx.Response):
            return reply
        if callable(reply):
            return reply(request)
        status, data = reply
        return httpx.Response(status, json={"data": data})


def refusal(status: int, code: str, kind: str = "invalid_request_error", **headers: str) -> httpx.Response:
    error = {"type": kind, "code": code, "title": "No", "message": "NGUYEN VAN A may not", "source": "airline"}
    body = {"meta": {"status": status, "request_id": "req-1"}, "errors": [error]}
    return httpx.Response(status, json=body, headers=headers)


def page(items: list[Any], after: str | None = None) -> httpx.Response:
    return httpx.Response(200, json={"data": items, "meta": {"limit": 200, "before": None, "after": after}})


def segment(
    origin: str, destination: str, departs: str, arrives: str, *, segment_id: str = "seg_1", **fields: Any
) -> dict[str, Any]:
    return {
        "id": segment_id,
        "origin": {"iata_code": origin, "type": "airport", "time_zone": "Nowhere/Wrong"},
        "destination": {"iata_code": destination, "type": "airport"},
        "departing_at": departs,
        "arriving_at": arrives,
        "marketing_carrier": {"iata_code": "VN", "name": "Vietnam Airlines"},
        "marketing_carrier_flight_number": "0123",
        "operating_carrier": {"iata_code": "BL", "name": "Pacific Airlines"},
        "aircraft": {"name": "Airbus A321", "iata_code": "321"},
        "duration": "PT99H",
        "stops": [],
        "passengers": [
            {
                "passenger_id": "pas_1",
                "cabin_class": "economy",
                "baggages": [{"type": "carry_on", "quantity": 1}, {"type": "checked", "quantity": 0}],
            }
        ],
    } | fields


def outbound(**fields: Any) -> dict[str, Any]:
    return {
        "id": "sli_1",
        "fare_brand_name": "Economy Lite",
        "segments": [segment("SGN", "HAN", "2026-12-10T08:00:00", "2026-12-10T10:10:00") | fields],
    }


def offer(offer_id: str = "off_1", **fields: Any) -> dict[str, Any]:
    return {
        "id": offer_id,
        "live_mode": False,
        "total_amount": "110.00",
        "total_currency": "USD",
        "base_amount": "90.00",
        "base_currency": "USD",
        "tax_amount": "20.00",
        "tax_currency": "USD",
        "expires_at": "2026-11-21T02:30:00Z",
        "owner": {"iata_code": "VN"},
        "slices": [outbound()],
        "passengers": [{"id": "pas_1", "type": "adult", "age": None}],
        "conditions": {
            "refund_before_departure": {"allowed": True, "penalty_amount": "30.00", "penalty_currency": "USD"},
            "change_before_departure": None,
        },
        "payment_requirements": {"requires_instant_payment": False, "payment_required_by": "2026-11-22T00:00:00Z"},
        "supported_passenger_identity_document_types": ["passport"],
        "total_emissions_kg": "120",
        "something_new": {"nested": [1, 2]},
    } | fields


def order(**fields: Any) -> dict[str, Any]:
    return {
        "id": "ord_1",
        "live_mode": False,
        "booking_reference": "ABC123",
        "total_amount": "110.00",
        "total_currency": "USD",
        "slices": [outbound()],
        "passengers": [{"id": "pas_1", "type": "adult", "given_name": "VAN A", "family_name": "NGUYEN"}],
        "documents": [
            {"type": "electronic_ticket", "unique_identifier": "7381234567890", "passenger_ids": ["pas_1"]},
            {"type": "electronic_miscellaneous_document_associated", "unique_identifier": "1"},
        ],
        "payment_status": {"awaiting_payment": False, "payment_required_by": None, "paid_at": "2026-11-21T02:00:00Z"},
        "cancelled_at": None,
        "metadata": {"reference": "our-1"},
    } | fields


def held_order(**fields: Any) -> dict[str, Any]:
    status = {"awaiting_payment": True, "payment_required_by": "2026-11-22T00:00:00Z", "paid_at": None}
    return order(documents=[], payment_status=status) | fields


def query(
    origins: tuple[str, ...] = ("SGN",),
    destinations: tuple[str, ...] = ("HAN",),
    travellers: TravellerCounts | None = None,
) -> FlightQuery:
    slices = (SliceQuery(origins=origins, destinations=destinations, departs_on=DAY),)
    return FlightQuery(slices=slices, travellers=travellers or TravellerCounts(), cabin="economy", currency="VND")


def found(**fields: Any) -> FoundOffer:
    return read_offer(offer(**fields), cabin="economy")


def traveller(traveller_type: TravellerType = "adult", given_name: str = "VAN A") -> OrderTraveller:
    return OrderTraveller(
        traveller_type=traveller_type,
        given_name=given_name,
        family_name="NGUYEN",
        gender="male",
        born_on=date(1990, 5, 1),
        document=TravelDocument(
            kind="passport",
            number=SecretStr("C1234567"),
            issuing_country="VN",
            nationality="VN",
            expires_on=date(2030, 1, 1),
        ),
    )


def purchase(
    flow: Any = "instant",
    *travellers: OrderTraveller,
    total: str = "110.00",
    services: tuple[ServiceChoice, ...] = (),
) -> Purchase:
    return Purchase(
        reference="our-1",
        flow=flow,
        travellers=travellers or (traveller(),),
        contact=Contact(email="a@example.com", phone="+84901234567"),
        total=Money.parse(total, "USD"),
        services=services,
    )
