"""The passports and identity cards of a passenger, one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.security import Actor, Keys
from db.models import IdentityDocument
from db.repositories.passengers import PassengerRepository
from services.passengers import live_bookings
from services.passengers.address_book import find_own
from services.passengers.details import DocumentDetail, open_document
from services.passengers.errors import DocumentNotFound, PassengerFixed
from services.passengers.rules import check_fields
from services.passengers.wallet import Wallet, open_wallet

_REQUIRED = ("kind", "number", "is_primary")


async def list_documents(
    session: AsyncSession, actor: Actor, *, passenger_id: UUID, keys: Keys
) -> Sequence[DocumentDetail]:
    """A passenger's documents in the order they were entered, numbers in clear; raises PassengerNotFound."""
    passenger = await find_own(session, actor, passenger_id)
    found = await PassengerRepository(session).list_documents([passenger.id])
    return [open_document(document, keys) for document in found.get(passenger.id, [])]


async def add_document(
    session: AsyncSession, actor: Actor, *, passenger_id: UUID, fields: Mapping[str, Any], keys: Keys, today: date
) -> DocumentDetail:
    """Enter a document; the issuing country is the passenger's nationality where none is given.

    A live booking keeps its primary document: another may be added, not put in its place. Raises PassengerNotFound,
    PassengerFixed, DocumentLimitReached and InvalidInput.
    """
    checked = check_fields(fields, required=_REQUIRED, today=today)
    wallet = await _open_own(session, actor, passenger_id, keys)
    if checked.get("is_primary") and wallet.primary:
        await _ensure_free(session, passenger_id)
    return open_document(await wallet.add(checked), keys)


async def update_document(
    session: AsyncSession,
    actor: Actor,
    *,
    passenger_id: UUID,
    document_id: UUID,
    changes: Mapping[str, Any],
    keys: Keys,
    today: date,
) -> DocumentDetail:
    """Change what was sent. A primary document that is to be so no more hands over to the oldest other, if any.

    Raises PassengerNotFound, DocumentNotFound, PassengerFixed and InvalidInput.
    """
    wallet = await _open_own(session, actor, passenger_id, keys)
    document = _find_document(wallet, document_id)
    checked = check_fields(changes, required=_REQUIRED, today=today)
    await _ensure_free(session, passenger_id)
    await wallet.change(document, checked)
    return open_document(document, keys)


async def remove_document(
    session: AsyncSession, actor: Actor, *, passenger_id: UUID, document_id: UUID, keys: Keys
) -> None:
    """Delete a document; raises PassengerNotFound, DocumentNotFound and PassengerFixed."""
    wallet = await _open_own(session, actor, passenger_id, keys)
    document = _find_document(wallet, document_id)
    await _ensure_free(session, passenger_id)
    await wallet.remove(document)


async def _open_own(session: AsyncSession, actor: Actor, passenger_id: UUID, keys: Keys) -> Wallet:
    return await open_wallet(session, await find_own(session, actor, passenger_id, for_update=True), keys)


def _find_document(wallet: Wallet, document_id: UUID) -> IdentityDocument:
    document = next((each for each in wallet.documents if each.id == document_id), None)
    if document is None:
        raise DocumentNotFound
    return document


async def _ensure_free(session: AsyncSession, passenger_id: UUID) -> None:
    if await live_bookings.has_live_booking(session, passenger_id):
        raise PassengerFixed
