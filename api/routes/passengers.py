"""The caller's address book of travellers, and their travel documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.deps import AccountHolder, KeysDep, LanguageDep, Session, Today
from api.errors import describe_errors
from api.idempotency import OnceDep
from api.schemas.passengers import (
    DocumentCreate,
    DocumentRead,
    DocumentUpdate,
    PassengerCreate,
    PassengerListItem,
    PassengerRead,
    PassengerUpdate,
    describe_in_list,
    describe_passenger,
)
from services.passengers import address_book, documents
from services.passengers.details import DocumentDetail

router = APIRouter(prefix="/users/me/passengers", tags=["passengers"])


@router.get("", response_model=list[PassengerListItem], responses=describe_errors(401, 403, 404))
async def list_passengers(
    actor: AccountHolder,
    session: Session,
    keys: KeysDep,
    today: Today,
    language: LanguageDep,
    skip: Annotated[int, Query(ge=0, le=100_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> list[PassengerListItem]:
    """The caller's passengers in the order they were entered, with document numbers masked."""
    found = await address_book.list_passengers(session, actor, skip=skip, limit=limit, keys=keys, today=today)
    return [describe_in_list(each, language) for each in found]


@router.post("", status_code=201, response_model=PassengerRead, responses=describe_errors(401, 403, 404, 409))
async def create_passenger(
    body: PassengerCreate, actor: AccountHolder, once: OnceDep, keys: KeysDep, today: Today, language: LanguageDep
) -> Response:
    """Enter a passenger. What may keep them from flying comes back as `warnings`; at most 100 passengers a user."""

    async def create(session: AsyncSession) -> PassengerRead:
        made = await address_book.create_passenger(session, actor, fields=body.changes, keys=keys, today=today)
        return describe_passenger(made, language)

    return await once.run(201, PassengerRead, create)


@router.get("/{passenger_id}", response_model=PassengerRead, responses=describe_errors(401, 403, 404))
async def get_passenger(
    passenger_id: UUID, actor: AccountHolder, session: Session, keys: KeysDep, today: Today, language: LanguageDep
) -> PassengerRead:
    """A passenger with their documents."""
    found = await address_book.get_passenger(session, actor, passenger_id=passenger_id, keys=keys, today=today)
    return describe_passenger(found, language)


@router.patch("/{passenger_id}", response_model=PassengerRead, responses=describe_errors(401, 403, 404, 409))
async def update_passenger(
    passenger_id: UUID,
    body: PassengerUpdate,
    actor: AccountHolder,
    session: Session,
    keys: KeysDep,
    today: Today,
    language: LanguageDep,
) -> PassengerRead:
    """Change what is sent; with a live booking only `email` and `phone` (409)."""
    changed = await address_book.update_passenger(
        session, actor, passenger_id=passenger_id, changes=body.changes, keys=keys, today=today
    )
    return describe_passenger(changed, language)


@router.delete("/{passenger_id}", status_code=204, responses=describe_errors(401, 403, 404))
async def delete_passenger(passenger_id: UUID, actor: AccountHolder, session: Session) -> Response:
    """Remove a passenger with their documents; refused with 400 while a live booking names them."""
    await address_book.delete_passenger(session, actor, passenger_id=passenger_id)
    return Response(status_code=204)


@router.get("/{passenger_id}/documents", response_model=list[DocumentRead], responses=describe_errors(401, 403, 404))
async def list_documents(
    passenger_id: UUID, actor: AccountHolder, session: Session, keys: KeysDep
) -> Sequence[DocumentDetail]:
    """A passenger's documents with their numbers, in the order they were entered."""
    return await documents.list_documents(session, actor, passenger_id=passenger_id, keys=keys)


@router.post(
    "/{passenger_id}/documents",
    status_code=201,
    response_model=DocumentRead,
    responses=describe_errors(401, 403, 404, 409),
)
async def add_document(
    passenger_id: UUID, body: DocumentCreate, actor: AccountHolder, once: OnceDep, keys: KeysDep, today: Today
) -> Response:
    """Enter a passport or identity card; at most 10 a passenger."""

    async def add(session: AsyncSession) -> DocumentDetail:
        return await documents.add_document(
            session, actor, passenger_id=passenger_id, fields=body.changes, keys=keys, today=today
        )

    return await once.run(201, DocumentRead, add)


@router.patch(
    "/{passenger_id}/documents/{document_id}",
    response_model=DocumentRead,
    responses=describe_errors(401, 403, 404, 409),
)
async def update_document(
    passenger_id: UUID,
    document_id: UUID,
    body: DocumentUpdate,
    actor: AccountHolder,
    session: Session,
    keys: KeysDep,
    today: Today,
) -> DocumentDetail:
    """Change what is sent; refused with 409 while a live booking names the passenger."""
    return await documents.update_document(
        session,
        actor,
        passenger_id=passenger_id,
        document_id=document_id,
        changes=body.changes,
        keys=keys,
        today=today,
    )


@router.delete(
    "/{passenger_id}/documents/{document_id}", status_code=204, responses=describe_errors(401, 403, 404, 409)
)
async def remove_document(
    passenger_id: UUID, document_id: UUID, actor: AccountHolder, session: Session, keys: KeysDep
) -> Response:
    """Delete a document; a primary one hands over to the oldest other, passports first."""
    await documents.remove_document(session, actor, passenger_id=passenger_id, document_id=document_id, keys=keys)
    return Response(status_code=204)
