"""Flights for clients without a chat: search, an offer again, and what one searched for."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter

from api.deps import AccountHolder, CurrentActor, PageDep, PartsDep, Session, Today
from api.errors import describe_errors
from api.limits import limited
from api.schemas.flights import (
    FlightOfferRead,
    FlightSearchRead,
    FlightSearchRequest,
    FlightSearchResponse,
    read_offer,
)
from db.models import FlightSearch
from services.flights import history
from services.flights.search import get_offer, search
from services.rate_limits import ACCOUNT, CHAT

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
    """Offers, cheapest first; a city code searches all its airports. A user's search joins their history."""
    result = await search(parts.transactions, parts.flights, actor, query=body.to_query(), today=today)
    return FlightSearchResponse(
        offers=[read_offer(offer) for offer in result.offers],
        search_id=result.search_id,
    )


@router.get(
    "/flights/offers/{offer_id}",
    response_model=FlightOfferRead,
    responses=describe_errors(401, 403, 404, 409),
    dependencies=[limited(ACCOUNT)],
)
async def read_one_offer(offer_id: UUID, parts: PartsDep) -> FlightOfferRead:
    """An offer somebody found, while it may still be shown."""
    return read_offer(await get_offer(parts.transactions, offer_id))


@router.get(
    "/users/me/flight-searches",
    response_model=list[FlightSearchRead],
    responses=describe_errors(401, 403, 404),
    dependencies=[limited(ACCOUNT)],
)
async def list_searches(actor: AccountHolder, session: Session, page: PageDep) -> Sequence[FlightSearch]:
    """What the caller searched for, in the chat too; latest first."""
    return await history.list_searches(session, actor, skip=page.skip, limit=page.limit)
