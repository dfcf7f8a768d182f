"""The travellers a user books for: list, enter, read, change, delete.

`today` is the day by which ages and expiries are told, in the zone the edge chose.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.security import Actor, Keys
from db.models import Passenger
from db.repositories.passengers import PassengerRepository
from services.accounts.sessions import get_account
from services.passengers import live_bookings
from services.passengers.details import PassengerDetail, open_document
from services.passengers.errors import (
    NumberMissing,
    PassengerBooked,
    PassengerFixed,
    PassengerLimitReached,
    PassengerNotFound,
)
from services.passengers.rules import MAX_PASSENGERS, check_fields
from services.passengers.wallet import Wallet, open_wallet

PASSPORT_FIELDS = {"passport_number": "number", "passport_expiry": "expires_on", "passport_country": "issuing_country"}
"""How a passenger's fields are called on the document."""
CONTACTS = frozenset({"email", "phone"})

_REQUIRED = ("first_name", "last_name")


async def find_own(session: AsyncSession, actor: Actor, passenger_id: UUID, *, for_update: bool = False) -> Passenger:
    """The caller's passenger; a stranger's does not exist for them (PassengerNotFound)."""
    actor.require_user()
    passenger = await PassengerRepository(session).find_readable(actor, passenger_id, for_update=for_update)
    if passenger is None:
        raise PassengerNotFound
    return passenger


async def list_passengers(
    session: AsyncSession, actor: Actor, *, skip: int, limit: int, keys: Keys, today: date
) -> list[PassengerDetail]:
    """The caller's passengers in the order they were entered, with document numbers masked."""
    actor.require_user()
    repository = PassengerRepository(session)
    passengers = await repository.list_readable(actor, skip=skip, limit=limit)
    documents = await repository.list_documents([each.id for each in passengers])
    return [
        PassengerDetail(
            each, [open_document(document, keys) for document in documents.get(each.id, [])], today
        ).masked()
        for each in passengers
    ]


async def get_passenger(
    session: AsyncSession, actor: Actor, *, passenger_id: UUID, keys: Keys, today: date
) -> PassengerDetail:
    """A passenger of the caller's with document numbers in clear; raises PassengerNotFound."""
    passenger = await find_own(session, actor, passenger_id)
    documents = await PassengerRepository(session).list_documents([passenger.id])
    return PassengerDetail(passenger, [open_document(each, keys) for each in documents.get(passenger.id, [])], today)


async def create_passenger(
    session: AsyncSession, actor: Actor, *, fields: Mapping[str, Any], keys: Keys, today: date
) -> PassengerDetail:
    """Enter a passenger, with their passport if its number is given; raises PassengerLimitReached and InvalidInput."""
    user_id = actor.require_user()
    checked = check_fields(fields, required=_REQUIRED, today=today)
    person, passport = _split(checked)
    # the account's row in hand, so that no passenger is counted twice and none is entered into an account that goes
    await get_account(session, user_id, for_update=True)
    if await PassengerRepository(session).count_readable(actor) >= MAX_PASSENGERS:
        raise PassengerLimitReached(limit=MAX_PASSENGERS)
    passenger = Passenger(user_id=user_id, **person)
    session.add(passenger)
    await session.flush()
    wallet = await open_wallet(session, passenger, keys)
    await _write_passport(wallet, passport)
    return PassengerDetail(passenger, wallet.read(), today)


async def update_passenger(
    session: AsyncSession, actor: Actor, *, passenger_id: UUID, changes: Mapping[str, Any], keys: Keys, today: date
) -> PassengerDetail:
    """Change what was sent; null clears a field, and a passport number of null removes the passport.

    Raises PassengerNotFound, PassengerFixed and InvalidInput.
    """
    passenger = await find_own(session, actor, passenger_id, for_update=True)
    wallet = await open_wallet(session, passenger, keys)
    before = PassengerDetail(passenger, wallet.read(), today)
    # what stays as it is needs no check: a form sent back whole may hold a passport that has expired since
    changed = _drop_unchanged(before, check_fields(_drop_unchanged(before, changes), required=_REQUIRED, today=today))
    if not changed.keys() <= CONTACTS and await live_bookings.has_live_booking(session, passenger.id):
        raise PassengerFixed
    person, passport = _split(changed)
    for name, value in person.items():
        setattr(passenger, name, value)
    if changed:
        passenger.updated_at = clock.now()
    await _write_passport(wallet, passport)
    await session.flush()
    return PassengerDetail(passenger, wallet.read(), today)


async def delete_passenger(session: AsyncSession, actor: Actor, *, passenger_id: UUID) -> None:
    """Remove a passenger with their documents, and from the preferences; raises PassengerNotFound, PassengerBooked."""
    passenger = await find_own(session, actor, passenger_id, for_update=True)
    if await live_bookings.has_live_booking(session, passenger.id):
        raise PassengerBooked
    await PassengerRepository(session).delete(passenger.id)


def _split(fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of the person, and those of the passport under the document's names for them."""
    person = {name: value for name, value in fields.items() if name not in PASSPORT_FIELDS}
    return person, {PASSPORT_FIELDS[name]: value for name, value in fields.items() if name in PASSPORT_FIELDS}


def _drop_unchanged(before: PassengerDetail, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value != _read_field(before, name)}


def _read_field(detail: PassengerDetail, name: str) -> Any:
    if name in PASSPORT_FIELDS:
        return getattr(detail.passport, PASSPORT_FIELDS[name]) if detail.passport else None
    return getattr(detail.passenger, name)


async def _write_passport(wallet: Wallet, changes: Mapping[str, Any]) -> None:
    """Bring the primary passport to what the passenger's fields say; one given anew becomes the primary document."""
    passport = wallet.primary if wallet.primary and wallet.primary.kind == "passport" else None
    is_removal = "number" in changes and changes["number"] is None
    has_values = any(value is not None for value in changes.values())
    if has_values and (is_removal or (passport is None and "number" not in changes)):
        raise NumberMissing
    if passport is None:
        if has_values:
            await wallet.add({**changes, "is_primary": True})
    elif is_removal:
        await wallet.remove(passport)
    elif changes:
        await wallet.change(passport, changes)
