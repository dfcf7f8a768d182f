"""Which country's passports travellers use, as far as they have told us."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.security import Actor, Keys
from domain.airports import find_airport
from domain.offers import Slice
from services.bookings.policy import find_candidates


async def list_passport_countries(
    session: AsyncSession, actor: Actor, keys: Keys, passenger_ids: Sequence[UUID]
) -> list[str | None]:
    """ISO 3166 alpha-2 in the order asked for, from the passport or the nationality; None where neither is known.

    Raises PassengerNotFound.
    """
    candidates = await find_candidates(session, actor, keys, passenger_ids)
    return [each.naming_country for each in candidates]


def list_countries_visited(slices: Sequence[Slice]) -> tuple[list[str], list[str]]:
    """Where a trip goes, and where it only changes planes, in order and without the country it starts in."""
    home = _country(slices[0].origin)
    stays = [_country(each.destination) for each in slices]
    landings = [_country(segment.destination) for slice_ in slices for segment in slice_.segments]
    visited = [country for country in dict.fromkeys(stays) if country and country != home]
    passed = [country for country in dict.fromkeys(landings) if country and country not in (home, *stays)]
    return visited, passed


def _country(iata: str) -> str | None:
    airport = find_airport(iata)
    return airport.country if airport else None
