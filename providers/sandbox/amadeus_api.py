"""The simulated world behind Amadeus's Self-Service API: its paths, its JSON, its errors, and its failures on request.

It holds no state: an offer carries what it stands for, an order's id who travels. What the real service does and this
one does not: it refuses plain HTTP with 38197, but on loopback there is nothing else; it refuses who asks too fast,
here only a fault does; and it tells the names in an order. Orders are ticketed at once, after which they cannot be
deleted, unless a general remark contains "unticketed".
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from core.clock import clock
from domain.money import Money
from domain.offers import FlightOffer
from domain.orders import FareRules, Order
from domain.seats import SeatPrice
from providers.flights.base import FlightProvider, OfferGone
from providers.sandbox.amadeus_asks import (
    Search,
    SearchBody,
    read,
    read_json,
    read_search,
    require_override,
)
from providers.sandbox.amadeus_errors import (
    NO_SUCH_ORDER,
    NO_SUCH_RESOURCE,
    PRICE_DISCREPANCY,
    TICKETED,
    Answer,
    Refusal,
)
from providers.sandbox.amadeus_gate import SANDBOX_AMADEUS_ID, TOKEN_SECONDS, Gate, is_client, issue_token, write
from providers.sandbox.amadeus_orders import (
    BookingBody,
    OrderKey,
    is_ticketed,
    read_booking,
    write_order,
    write_tickets,
)
from providers.sandbox.amadeus_posted import OfferOnWire, PricingBody, SeatMapBody
from providers.sandbox.amadeus_seats import find_seats, write_seat_maps
from providers.sandbox.amadeus_wire import SegmentNumbers, fare_basis, write_dictionaries
from providers.sandbox.faults import Faults

PATH = "/sandbox/amadeus"

router = APIRouter(prefix=PATH, include_in_schema=False)


async def get_flights(request: Request) -> FlightProvider:
    flights: FlightProvider = request.app.state.sandbox_flights
    return flights


async def get_gate(request: Request) -> Gate:
    faults: Faults = request.app.state.sandbox_faults
    return Gate(faults, request.headers.get("Authorization"))


FlightsDep = Annotated[FlightProvider, Depends(get_flights)]
GateDep = Annotated[Gate, Depends(get_gate)]


@router.post("/v1/security/oauth2/token")
async def create_token(request: Request) -> JSONResponse:
    """Its errors look like no others'."""
    form = dict(parse_qsl((await request.body()).decode(errors="replace")))
    if form.get("grant_type") != "client_credentials":
        description = "Only client_credentials value is allowed for the body parameter grant_type"
        return JSONResponse({"error": "unsupported_grant_type", "error_description": description}, 400)
    if not is_client(form.get("client_id", ""), form.get("client_secret", "")):
        error = {"error": "invalid_client", "error_description": "Client credentials are invalid"}
        return JSONResponse({**error, "code": 38187, "title": "Invalid parameters"}, 401)
    return JSONResponse(
        {
            "type": "amadeusOAuth2Token",
            "username": "sandbox@travel.invalid",
            "application_name": "sandbox",
            "client_id": SANDBOX_AMADEUS_ID,
            "token_type": "Bearer",
            "access_token": issue_token(clock.now()),
            "expires_in": TOKEN_SECONDS,
            "state": "approved",
            "scope": "",
        }
    )


@router.post("/v2/shopping/flight-offers")
async def search_offers(request: Request, flights: FlightsDep, gate: GateDep) -> Response:
    async def search() -> Answer:
        require_override(request)
        return await _search(flights, read_search(read(SearchBody, await read_json(request))))

    return await gate.serve("search", search)


@router.post("/v1/shopping/flight-offers/pricing")
async def price_offers(request: Request, flights: FlightsDep, gate: GateDep) -> Response:
    with_rules = "detailed-fare-rules" in request.query_params.get("include", "").split(",")

    async def price() -> Answer:
        require_override(request)
        posted = read(PricingBody, await read_json(request)).data.flight_offers
        offers = [OfferOnWire.read(each, f"/data/flightOffers/{n}") for n, each in enumerate(posted)]
        priced = [each._replace(found=await flights.price(each.found)) for each in offers]
        costs = [_add_up(await _find_seats(flights, each)) for each in priced]
        included = {"included": {"detailed-fare-rules": await _list_rules(flights, priced)}} if with_rules else {}
        return Answer(
            200,
            {
                "data": {
                    "type": "flight-offers-pricing",
                    "flightOffers": [each.write_priced(cost) for each, cost in zip(priced, costs, strict=True)],
                    "bookingRequirements": {"emailAddressRequired": True, "mobilePhoneNumberRequired": True},
                },
                **included,
                "dictionaries": write_dictionaries(each.found.offer for each in priced),
            },
        )

    return await gate.serve("fare_rules" if with_rules else "price", price)


@router.post("/v1/booking/flight-orders")
async def create_order(request: Request, flights: FlightsDep, gate: GateDep) -> Response:
    async def book() -> Answer:
        body = await read_json(request)
        data = read(BookingBody, body).data
        offer = OfferOnWire.read(data.flight_offers[0], "/data/flightOffers/0")
        seats = await _find_seats(flights, offer)
        booking = read_booking(data, offer.party, offer.total, [seat.service_id for seat in seats])
        if offer.services_price != _add_up(seats):
            raise Refusal(PRICE_DISCREPANCY)
        order = await flights.book(offer.found, booking.purchase)
        key = OrderKey.of(_name(order), offer.found.offer, booking.party)
        told = ("travelers", "contacts", "remarks", "ticketingAgreement")
        return Answer(201, write_order(order, key, {part: body["data"][part] for part in told if part in body["data"]}))

    return await gate.serve("book", book)


@router.get("/v1/booking/flight-orders/{order_id:path}")
async def get_order(order_id: str, flights: FlightsDep, gate: GateDep) -> Response:
    """Tickets show here and not in the answer to a booking, when they are not yet issued."""

    async def read_back() -> Answer:
        key = OrderKey.read(order_id)
        order = await _get_order(flights, key)
        return Answer(200, write_order(order, key, write_tickets(order, key)))

    return await gate.serve("get_order", read_back)


@router.delete("/v1/booking/flight-orders/{order_id:path}")
async def delete_order(order_id: str, flights: FlightsDep, gate: GateDep) -> Response:
    async def cancel() -> Answer:
        order = await _get_order(flights, OrderKey.read(order_id))
        if is_ticketed(order):
            raise Refusal(TICKETED)
        await flights.cancel(await flights.quote_cancellation(_name(order)))
        return Answer(204, None)

    return await gate.serve("cancel", cancel)


@router.post("/v1/shopping/seatmaps")
async def show_seat_maps(request: Request, flights: FlightsDep, gate: GateDep) -> Response:
    async def show() -> Answer:
        require_override(request)
        posted = read(SeatMapBody, await read_json(request)).data
        return await _show_seats(flights, [OfferOnWire.read(each, f"/data/{n}") for n, each in enumerate(posted)])

    return await gate.serve("seat_map", show)


@router.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def refuse_path() -> Response:
    return write(NO_SUCH_RESOURCE.answer())


async def _search(flights: FlightProvider, search: Search) -> Answer:
    found = [each for each in await flights.search(search.query) if search.wants(each.offer)][: search.limit]
    meta = {"count": len(found)}
    if not found:
        return Answer(200, {"meta": meta, "data": []})
    numbers = SegmentNumbers()
    offers = [OfferOnWire(each, n, search.party, numbers.of(each.offer)) for n, each in enumerate(found, 1)]
    dictionaries = write_dictionaries(each.offer for each in found)
    return Answer(200, {"meta": meta, "data": [each.write() for each in offers], "dictionaries": dictionaries})


async def _list_rules(flights: FlightProvider, offers: list[OfferOnWire]) -> dict[str, Any]:
    """Rules by number, one entry for each segment."""
    entries = []
    for wired in offers:
        rules = await flights.fare_rules(wired.found)
        entries += [_write_rules(rules, wired.found.offer, segment_id) for segment_id in wired.segment_ids]
    return {str(n): entry for n, entry in enumerate(entries, 1)}


def _write_rules(rules: FareRules, offer: FlightOffer, segment_id: str) -> dict[str, Any]:
    return {
        "fareBasis": fare_basis(offer, offer.cabin),
        "name": offer.fare_brand.upper(),
        "fareNotes": {
            "descriptions": [{"descriptionType": note.title.upper(), "text": note.text} for note in rules.notes]
        },
        "segmentId": segment_id,
    }


async def _get_order(flights: FlightProvider, key: OrderKey) -> Order:
    """Raises a Refusal for an order that is not there, or no longer."""
    try:
        order = await flights.get_order(key.order)
    except OfferGone:
        raise Refusal(NO_SUCH_ORDER) from None
    if order.status == "cancelled":
        raise Refusal(NO_SUCH_ORDER)
    return order


async def _show_seats(flights: FlightProvider, offers: list[OfferOnWire]) -> Answer:
    maps = [(each, await flights.seat_map(each.found)) for each in offers]
    return Answer(200, write_seat_maps(maps))


async def _find_seats(flights: FlightProvider, wired: OfferOnWire) -> list[SeatPrice]:
    return find_seats(await flights.seat_map(wired.found), wired) if wired.seats else []


def _add_up(seats: list[SeatPrice]) -> Money | None:
    """What chosen seats cost together; None where none was chosen."""
    prices = [seat.price for seat in seats]
    return sum(prices[1:], start=prices[0]) if prices else None


def _name(order: Order) -> str:
    assert order.provider_order_id is not None, "the world makes its orders at once"
    return order.provider_order_id
