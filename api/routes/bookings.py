"""Bookings: make one, read them, fly otherwise, give one up."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.deps import AccountHolder, BookingHolder, ConsentDep, DeskDep, LanguageDep, PageDep, Session
from api.errors import describe_errors
from api.idempotency import OnceDep
from api.schemas.bookings import (
    BookingCancel,
    BookingChangeRequest,
    BookingCreate,
    BookingRead,
    CancellationQuoteRead,
    ChangeQuery,
    ChangeQuotesRead,
    describe_booking,
    describe_cancellation,
    describe_changes,
)
from core.messages import Language
from core.security import Actor
from domain.bookings import PublicStatus
from domain.orders import ServiceChoice
from services.bookings import amending, reading
from services.bookings.creation import create_booking
from services.bookings.desk import Desk
from services.proposals.proposing import ConsentParts, propose_cancellation, propose_change

router = APIRouter(tags=["bookings"])

OWN = "/users/me/bookings/{booking_id}"


@router.post(
    "/bookings", status_code=201, response_model=BookingRead, responses=describe_errors(401, 403, 404, 409, 424)
)
async def make_booking(
    body: BookingCreate,
    actor: AccountHolder,
    once: OnceDep,
    consent: ConsentDep,
    desk: DeskDep,
    language: LanguageDep,
) -> Response:
    """Book an offer at the price it was last shown at, with seats and bags at the prices they have now.

    Its seats are held until `pay_by`, or where the carrier holds none, are bought once it is paid. A dearer offer is
    409 `price_changed` with the new price, under which the next call books it. PENDING with phase `holding` where the
    provider has not answered within 8 seconds: ask again; FAILED where it refused.
    """

    async def book(booking_id: UUID) -> BookingRead:
        await create_booking(
            consent,
            actor,
            booking_id=booking_id,
            offer_id=body.offer_id,
            passenger_ids=body.party,
            services=[ServiceChoice(service_id=each.service_id, quantity=each.quantity) for each in body.services],
            agreed_price=body.total_price,
        )
        return await _advance(consent, desk, actor, booking_id, language)

    return await once.run_named(201, BookingRead, book)


@router.get("/users/me/bookings", response_model=list[BookingRead], responses=describe_errors(401, 403, 404))
async def list_bookings(
    actor: BookingHolder,
    session: Session,
    page: PageDep,
    language: LanguageDep,
    status: Annotated[PublicStatus | None, Query()] = None,
) -> list[BookingRead]:
    """The caller's bookings, latest first."""
    found = await reading.list_bookings(session, actor, status=status, skip=page.skip, limit=page.limit)
    return [describe_booking(each, language) for each in found]


@router.get(OWN, response_model=BookingRead, responses=describe_errors(401, 403, 404))
async def get_booking(booking_id: UUID, actor: BookingHolder, session: Session, language: LanguageDep) -> BookingRead:
    """A booking as it stands."""
    return describe_booking(await reading.get_booking(session, actor, booking_id), language)


@router.get(
    f"{OWN}/cancellation-quote",
    response_model=CancellationQuoteRead,
    responses=describe_errors(401, 403, 404, 409, 424),
)
async def quote_cancellation(booking_id: UUID, actor: BookingHolder, consent: ConsentDep) -> CancellationQuoteRead:
    """What giving it up brings now. The quote is an open proposal, which takes the place of older ones."""
    return describe_cancellation(await propose_cancellation(consent, actor, booking_id=booking_id))


@router.patch(f"{OWN}/cancel", response_model=BookingRead, responses=describe_errors(401, 403, 404, 409, 424))
@router.post(f"{OWN}/cancel", response_model=BookingRead, responses=describe_errors(401, 403, 404, 409, 424))
async def cancel_booking(
    booking_id: UUID,
    actor: BookingHolder,
    consent: ConsentDep,
    desk: DeskDep,
    language: LanguageDep,
    body: BookingCancel | None = None,
) -> BookingRead:
    """Give a booking up, on the terms of `quote_hash` or else of the moment.

    409 `terms_changed` where less comes back than the quote said; 409 `booking_busy` while the airline is asked. Phase
    `releasing` or `cancelling` where the provider has not answered within 8 seconds.
    """
    await amending.cancel_booking(consent, actor, booking_id=booking_id, quote_hash=body.quote_hash if body else None)
    return await _advance(consent, desk, actor, booking_id, language)


@router.get(f"{OWN}/change-quote", response_model=ChangeQuotesRead, responses=describe_errors(401, 403, 404, 409, 424))
async def quote_change(
    booking_id: UUID, asked: Annotated[ChangeQuery, Query()], actor: BookingHolder, consent: ConsentDep
) -> ChangeQuotesRead:
    """Ways to fly a part of the trip on another day. Each is an open proposal, of which one can be agreed to."""
    found = await propose_change(consent, actor, booking_id=booking_id, changes=asked.to_changes())
    return describe_changes(booking_id, found)


@router.post(f"{OWN}/change", response_model=BookingRead, responses=describe_errors(401, 403, 404, 409, 424))
async def change_booking(
    booking_id: UUID,
    body: BookingChangeRequest,
    actor: BookingHolder,
    consent: ConsentDep,
    desk: DeskDep,
    language: LanguageDep,
) -> BookingRead:
    """Fly otherwise, as a change quote says. Where `amount_due` is set, the airline is asked once that is paid."""
    await amending.change_booking(
        consent, actor, booking_id=booking_id, quote_id=body.quote_id, quote_hash=body.quote_hash
    )
    return await _advance(consent, desk, actor, booking_id, language)


async def _advance(
    consent: ConsentParts, desk: Desk, actor: Actor, booking_id: UUID, language: Language
) -> BookingRead:
    """The booking as it stands once everything that was quick is done."""
    await desk.advance(booking_id)
    async with consent.transactions() as session:
        return describe_booking(await reading.get_booking(session, actor, booking_id), language)
