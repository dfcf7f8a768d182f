"""Duffel's API v2 over the simulated world: searches, offers, seat maps and bags.

Any flight provider can stand behind it. Offers are told in the account's currency, under names that are new in each
offer request. Orders and what becomes of them are in `duffel_orders_api`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from domain.offers import FlightQuery
from domain.travellers import TravellerCounts
from providers.flights.base import FoundOffer
from providers.sandbox.duffel_answers import SPOILING, Answer, Call, CallDep, not_found, paginate
from providers.sandbox.duffel_orders_api import router as orders_router
from providers.sandbox.duffel_reading import read_slice
from providers.sandbox.duffel_requests import (
    OfferListParams,
    OfferParams,
    OfferRequestParams,
    OfferRequestSent,
    SeatMapParams,
)
from providers.sandbox.duffel_service_wire import write_bag, write_seat_map
from providers.sandbox.duffel_state import OfferRequest, Passenger, ShownOffer, SpoiltSearch, new_wire_id
from providers.sandbox.duffel_wire import (
    Json,
    write_airport,
    write_offer,
    write_offer_request,
)

ACCOUNT_CURRENCY = "USD"
_ELSEWHERE = ("LHR", "CDG")
"""Where flights of another route go."""

router = APIRouter(prefix="/sandbox/duffel", include_in_schema=False)


@router.post("/air/offer_requests")
async def create_offer_request(call: CallDep) -> Response:
    async def act() -> Answer:
        sent, params = await call.read(OfferRequestSent), call.params(OfferRequestParams)
        request = _open_request(call, sent)
        found = await call.world.search(_read_query(request))
        _name_offers(request, found)
        call.memory.requests.keep(request.id, request)
        body = write_offer_request(request)
        if params.return_offers:
            body["offers"] = _write_offers(request, list(request.offers.values()))
        return Answer({"data": body}, 201)

    return await call.answer("search", act)


@router.get("/air/offers")
async def list_offers(call: CallDep) -> Response:
    async def act() -> Answer:
        params = call.params(OfferListParams)
        request = call.memory.requests.find(params.offer_request_id)
        if request is None:
            raise not_found()
        offers = list(request.offers.values())
        if params.sort == "total_amount":
            offers.sort(key=lambda each: each.found.offer.total.amount_minor)
        page, meta = paginate(offers, lambda each: each.id, params)
        return Answer({"data": _write_offers(request, page), "meta": meta})

    return await call.answer(None, act)  # the faults of a search are met by its offer request


@router.get("/air/offers/{offer_id}")
async def get_offer(offer_id: str, call: CallDep) -> Response:
    async def act() -> Answer:
        params = call.params(OfferParams)
        shown = await _refresh(call, offer_id)
        services = None
        if params.return_available_services:
            services = [write_bag(shown, each) for each in await call.world.services(shown.found)]
        return Answer({"data": write_offer(shown, services=services)})

    asks_services = call.request.query_params.get("return_available_services") == "true"
    return await call.answer("services" if asks_services else "price", act)


@router.get("/air/seat_maps")
async def list_seat_maps(call: CallDep) -> Response:
    async def act() -> Answer:
        shown = _get_offer(call, call.params(SeatMapParams).offer_id)
        maps = await call.world.seat_map(shown.found)
        return Answer({"data": [write_seat_map(shown, each) for each in maps]})

    return await call.answer("seat_map", act)


router.include_router(orders_router)


def _open_request(call: Call, sent: OfferRequestSent) -> OfferRequest:
    spoiling = call.faults.take("search", SPOILING)
    spoilt: SpoiltSearch | None = None
    if spoiling is not None:
        spoilt = "wrong_route" if spoiling.kind == "wrong_route" else "bad_price"
    return OfferRequest(
        id=new_wire_id("orq"),
        slices=sent.slices,
        cabin=sent.cabin_class,
        passengers=tuple(Passenger(new_wire_id("pas"), each.traveller_type, each.age) for each in sent.passengers),
        created_at=call.now,
        spoilt=spoilt,
    )


def _read_query(request: OfferRequest) -> FlightQuery:
    kinds = [passenger.traveller_type for passenger in request.passengers]
    return FlightQuery(
        slices=tuple(read_slice(each, f"/slices/{index}") for index, each in enumerate(request.slices)),
        travellers=TravellerCounts(
            adults=kinds.count("adult"), children=kinds.count("child"), infants=kinds.count("infant")
        ),
        cabin=request.cabin,
        currency=ACCOUNT_CURRENCY,
    )


def _name_offers(request: OfferRequest, found: Sequence[FoundOffer]) -> None:
    for each in found:
        offer_id = new_wire_id("off")
        request.offers[offer_id] = ShownOffer(offer_id, each, request)


def _write_offers(request: OfferRequest, offers: Sequence[ShownOffer]) -> list[Json]:
    written = [write_offer(each) for each in offers]
    if request.spoilt == "wrong_route":
        for offer in written:
            _lead_elsewhere(offer)
    if request.spoilt == "bad_price":
        first = next(iter(request.offers), None)
        return [offer | {"total_amount": "NaN"} if offer["id"] == first else offer for offer in written]
    return written


def _lead_elsewhere(offer: dict[str, Any]) -> None:
    for slice_ in offer["slices"]:
        away = next(code for code in _ELSEWHERE if code != slice_["destination"]["iata_code"])
        slice_["destination"] = write_airport(away) | {"airports": None}
        slice_["segments"][-1]["destination"] = write_airport(away)


def _get_offer(call: Call, offer_id: str) -> ShownOffer:
    shown = call.memory.find_offer(offer_id)
    if shown is None:
        raise not_found()
    return shown


async def _refresh(call: Call, offer_id: str) -> ShownOffer:
    """The offer at the price it has now, which is from now on the price it was shown at."""
    shown = _get_offer(call, offer_id)
    shown.refresh(shown.risen or await call.world.price(shown.found))
    return shown
