"""Flights for clients without a chat: search, an offer in detail, other days, and what one searched for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.deps import AccountHolder, CurrentActor, PageDep, PartsDep, Session, Today
from api.errors import describe_errors
from api.limits import limited
from api.schemas.flight_search import CalendarRequest, FlightSearchRequest
from api.schemas.flights import (
    CalendarResponse,
    FareRulesResponse,
    FlightSearchRead,
    FlightSearchResponse,
    FreshOfferRead,
    SeatMapResponse,
    ServicesResponse,
    read_calendar,
    read_fresh,
    read_result,
    read_rules,
    read_seats,
    read_services,
)
from db.models import FlightSearch
from services.flights import history, offers
from services.flights.calendar import price_calendar
from services.flights.search import search
from services.flights.selection import Filters, select_offers
from services.rate_limits import ACCOUNT, CALENDAR, CHAT

router = APIRouter(tags=["flights"])


@router.post(
    "/flights/search",
    response_model=FlightSearchResponse,
    responses=describe_errors(401, 403, 404),
    dependencies=[limited(CHAT)],
)
async def search_flights(
    body: FlightSearchRequest, actor: CurrentActor, parts: PartsDep, today: Today
) -> FlightSearchResponse:
    """Offers that suit, cheapest first unless sorted otherwise; a city code searches all its airports.

    What arrived in time is answered, and `sources` says who was missing. A user's search joins their history.
    """
    result = await search(parts.transactions, parts.market, actor, query=body.to_query(), today=today)
    filters = body.filters.to_filters(body.currency)
    return read_result(result, select_offers(result.offers, filters, body.sort, body.limit))


@router.get(
    "/flights/calendar",
    response_model=CalendarResponse,
    responses=describe_errors(401, 403, 404),
    dependencies=[limited(CALENDAR)],
)
async def read_price_calendar(
    asked: Annotated[CalendarRequest, Query()], actor: CurrentActor, parts: PartsDep, today: Today
) -> CalendarResponse:
    """The cheapest offer of each day: three days before and after one, or up to 31 days in a row."""
    first, last = asked.to_days()
    calendar = await price_calendar(
        parts.transactions,
        parts.market,
        actor,
        query=asked.to_query(),
        first=first,
        last=last,
        filters=Filters(max_stops=asked.max_stops),
        today=today,
    )
    return read_calendar(calendar)


@router.get(
    "/flights/offers/{offer_id}",
    response_model=FreshOfferRead,
    responses=describe_errors(401, 403, 404, 409),
    dependencies=[limited(CHAT)],
)
async def read_one_offer(offer_id: UUID, parts: PartsDep) -> FreshOfferRead:
    """An offer somebody found, at the price it has now, and how much that differs from when it was last looked at."""
    return read_fresh(await offers.refresh_offer(parts.transactions, parts.market, offer_id))


@router.get(
    "/flights/offers/{offer_id}/seat-map",
    response_model=SeatMapResponse,
    responses=describe_errors(401, 403, 404, 409, 424),
    dependencies=[limited(CHAT)],
)
async def read_seat_map(offer_id: UUID, parts: PartsDep) -> SeatMapResponse:
    """The cabins of each flight, and which of their seats are for sale to these travellers."""
    return read_seats(await offers.get_seat_maps(parts.transactions, parts.market, offer_id))


@router.get(
    "/flights/offers/{offer_id}/services",
    response_model=ServicesResponse,
    responses=describe_errors(401, 403, 404, 409, 424),
    dependencies=[limited(CHAT)],
)
async def read_offer_services(offer_id: UUID, parts: PartsDep) -> ServicesResponse:
    """The bags that can be bought with an offer now, for each of its travellers; seats are in the seat map."""
    return read_services(await offers.get_services(parts.transactions, parts.market, offer_id))


@router.get(
    "/flights/offers/{offer_id}/fare-rules",
    response_model=FareRulesResponse,
    responses=describe_errors(401, 403, 404, 409),
    dependencies=[limited(CHAT)],
)
async def read_fare_rules(offer_id: UUID, parts: PartsDep) -> FareRulesResponse:
    """What the fare allows before departure, and the carrier's own words where it gives them."""
    return read_rules(await offers.get_fare_rules(parts.transactions, parts.market, offer_id))


@router.get(
    "/users/me/flight-searches",
    response_model=list[FlightSearchRead],
    responses=describe_errors(401, 403, 404),
    dependencies=[limited(ACCOUNT)],
)
async def list_searches(actor: AccountHolder, session: Session, page: PageDep) -> Sequence[FlightSearch]:
    """What the caller searched for, in the chat too; latest first."""
    return await history.list_searches(session, actor, skip=page.skip, limit=page.limit)
