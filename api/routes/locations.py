"""Places to fly from and to, for a field somebody types in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import LanguageDep
from api.errors import describe_errors
from api.limits import limited
from api.schemas.locations import LocationRead
from services.flights import locations
from services.flights.locations import Location
from services.rate_limits import ACCOUNT

router = APIRouter(tags=["flights"])


# no coroutine: the first search reads every airport of the world, which must hold up nobody's stream
@router.get(
    "/locations/search",
    response_model=list[LocationRead],
    responses=describe_errors(401, 403, 404),
    dependencies=[limited(ACCOUNT)],
)
def search_locations(
    language: LanguageDep,
    q: Annotated[str, Query(min_length=1, max_length=80, examples=["sai gon"])],
    limit: Annotated[int, Query(ge=1, le=20)] = 8,
) -> Sequence[Location]:
    """Cities and airports by code or name, with or without diacritics, one or two letters off; the likeliest first.

    Names are in the language of `Accept-Language`.
    """
    return locations.search_locations(q, limit=limit, language=language)
