"""Bookings: make one, read them, give one up."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.deps import AccountHolder, DeskDep, KeysDep, LanguageDep, PageDep, PartsDep, Session
from api.errors import describe_errors
from api.idempotency import OnceDep
from api.schemas.bookings import BookingCancel, BookingCreate, BookingRead, describe_booking
from domain.bookings import PublicStatus
from services.bookings import reading
from services.bookings.creation import create_booking

router = APIRouter(tags=["bookings"])


@router.post(
    "/bookings", status_code=201, response_model=BookingRead, responses=describe_errors(401, 403, 404, 409, 424)
)
async def make_booking(
    body: BookingCreate,
    actor: AccountHolder,
    once: OnceDep,
    parts: PartsDep,
    desk: DeskDep,
    keys: KeysDep,
    language: LanguageDep,
) -> Response:
    """Book an offer at the price it was last shown at: its seats are held until `pay_by`.

    A dearer one is 409 `price_changed` with the new price, under which the next call books it. PENDING with phase
    `holding` where the provider has not answered within 8 seconds: ask again; FAILED where it refused.
    """

    async def book(booking_id: UUID) -> BookingRead:
        await create_booking(
            parts.transactions,
            parts.market,
            actor,
            keys,
            booking_id=booking_id,
            offer_id=body.offer_id,
            passenger_ids=body.party,
        )
        await desk.advance(booking_id)
        async with parts.transactions() as session:
            return describe_booking(await reading.get_booking(session, actor, booking_id), language)

    return await once.run_named(201, BookingRead, book)


@router.get("/users/me/bookings", response_model=list[BookingRead], responses=describe_errors(401, 403, 404))
async def list_bookings(
    actor: AccountHolder,
    session: Session,
    page: PageDep,
    language: LanguageDep,
    status: Annotated[PublicStatus | None, Query()] = None,
) -> list[BookingRead]:
    """The caller's bookings, latest first."""
    found = await reading.list_bookings(session, actor, status=status, skip=page.skip, limit=page.limit)
    return [describe_booking(each, language) for each in found]


@router.get("/users/me/bookings/{booking_id}", response_model=BookingRead, responses=describe_errors(401, 403, 404))
async def get_booking(booking_id: UUID, actor: AccountHolder, session: Session, language: LanguageDep) -> BookingRead:
    """A booking as it stands."""
    return describe_booking(await reading.get_booking(session, actor, booking_id), language)


@router.patch(
    "/users/me/bookings/{booking_id}/cancel",
    response_model=BookingRead,
    responses=describe_errors(400, 401, 403, 404),
)
@router.post(
    "/users/me/bookings/{booking_id}/cancel",
    response_model=BookingRead,
    responses=describe_errors(400, 401, 403, 404),
)
async def cancel_booking(
    booking_id: UUID,
    actor: AccountHolder,
    parts: PartsDep,
    desk: DeskDep,
    language: LanguageDep,
    body: BookingCancel | None = None,  # noqa: ARG001 - the reference names it; nothing of it is kept
) -> BookingRead:
    """Give up a hold. PENDING with phase `releasing` where the provider has not answered within 8 seconds."""
    async with parts.transactions() as session:
        await reading.cancel_booking(session, actor, booking_id)
    await desk.advance(booking_id)
    async with parts.transactions() as session:
        return describe_booking(await reading.get_booking(session, actor, booking_id), language)
