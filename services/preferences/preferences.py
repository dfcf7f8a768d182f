"""How a user likes to fly: at most one row, which is replaced or changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.security import Actor
from db.models import UserPreference
from db.repositories.passengers import PassengerRepository
from db.repositories.preferences import PreferenceRepository
from domain.airlines import airlines
from domain.airports import find_airport
from domain.countries import currencies
from services.accounts.sessions import get_account
from services.preferences.errors import (
    AirlineRepeated,
    AirlineUnknown,
    AirportUnknown,
    CurrencyUnknown,
    DefaultPassengerUnknown,
)

NOTHING_PREFERRED: Mapping[str, Any] = {
    "cabin_class": None,
    "preferred_airlines": [],
    "seat_preference": None,
    "default_passenger_id": None,
    "locale": None,
    "currency": None,
    "home_airport": None,
    "meal": None,
    "reminders": True,
}


@dataclass(frozen=True, slots=True)
class Saved:
    preference: UserPreference
    is_new: bool


async def find_preference(session: AsyncSession, actor: Actor) -> UserPreference | None:
    """The caller's preferences, if they have told any."""
    return await PreferenceRepository(session).find(actor.require_user())


async def replace_preference(session: AsyncSession, actor: Actor, *, fields: Mapping[str, Any]) -> Saved:
    """Make the preferences exactly these; what is not named is forgotten. Raises InvalidInput."""
    return await _save(session, actor, {**NOTHING_PREFERRED, **fields})


async def update_preference(session: AsyncSession, actor: Actor, *, changes: Mapping[str, Any]) -> Saved:
    """Change what was sent, with null to forget it; the first time this makes the row. Raises InvalidInput."""
    return await _save(session, actor, changes)


async def _save(session: AsyncSession, actor: Actor, fields: Mapping[str, Any]) -> Saved:
    user_id = actor.require_user()
    checked = {name: _check_field(name, value) for name, value in fields.items()}
    # the account's row in hand: of two first calls the second finds the row of the first, and none waits in a circle
    # with the end of the account
    await get_account(session, user_id, for_update=True)
    await _ensure_own_passenger(session, actor, checked.get("default_passenger_id"))
    preference = await PreferenceRepository(session).find(user_id)
    is_new = preference is None
    if preference is None:
        preference = UserPreference(user_id=user_id, metadata_={})
        session.add(preference)
    for name, value in checked.items():
        setattr(preference, name, value)
    await session.flush()
    return Saved(preference, is_new)


async def _ensure_own_passenger(session: AsyncSession, actor: Actor, passenger_id: UUID | None) -> None:
    if passenger_id is not None and not await PassengerRepository(session).keep_readable(actor, passenger_id):
        raise DefaultPassengerUnknown


def _check_field(name: str, value: Any) -> Any:
    """The field as it is stored."""
    if name == "preferred_airlines":
        return _check_airlines(value or [])
    if name == "reminders" and value is None:
        return NOTHING_PREFERRED[name]
    if name == "currency" and value is not None and value not in currencies():
        raise CurrencyUnknown
    if name == "home_airport" and value is not None:
        return _check_airport(value)
    return value


def _check_airlines(codes: list[str]) -> list[str]:
    if not airlines().keys() >= set(codes):
        raise AirlineUnknown
    if len(set(codes)) < len(codes):
        raise AirlineRepeated
    return codes


def _check_airport(code: str) -> str:
    """The airport's code, or its successor's if it has closed."""
    airport = find_airport(code)
    if airport is None:
        raise AirportUnknown
    return airport.iata
