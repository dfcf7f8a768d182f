"""A booking to keep: the calendar file and the receipt."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import HTMLResponse

from api.deps import AccountHolder, LanguageDep, Session
from api.errors import describe_errors
from core.messages import Language
from services.bookings.itinerary import get_itinerary
from services.bookings.receipt import get_receipt

router = APIRouter(prefix="/users/me/bookings/{booking_id}", tags=["bookings"])

RECEIPT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The page brings its style, for it is kept as a file; nothing else is let in."""
CALENDAR: dict[int | str, dict[str, Any]] = {
    200: {"description": "An iCalendar file.", "content": {"text/calendar": {"schema": {"type": "string"}}}}
}
PAGE: dict[int | str, dict[str, Any]] = {
    200: {"description": "A page to print.", "content": {"text/html": {"schema": {"type": "string"}}}}
}


async def get_paper_language(
    accepted: LanguageDep,
    language: Annotated[Language | None, Query(description="In place of Accept-Language.")] = None,
) -> Language:
    return language or accepted


PaperLanguage = Annotated[Language, Depends(get_paper_language)]


@router.get("/itinerary.ics", response_class=Response, responses=CALENDAR | describe_errors(401, 403, 404))
async def get_booking_itinerary(
    booking_id: UUID, actor: AccountHolder, session: Session, language: PaperLanguage
) -> Response:
    """The flights as a calendar file. Opened again after a change or a cancellation it mends what it made."""
    name, content = await get_itinerary(session, actor, booking_id, language)
    return Response(
        content, media_type="text/calendar", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@router.get("/receipt", response_class=Response, responses=PAGE | describe_errors(401, 403, 404))
async def get_booking_receipt(
    booking_id: UUID, actor: AccountHolder, session: Session, language: PaperLanguage
) -> HTMLResponse:
    """The booking on a page that prints on A4; where nothing is paid, it says so."""
    page = await get_receipt(session, actor, booking_id, language)
    return HTMLResponse(page, headers={"Content-Security-Policy": RECEIPT_POLICY, "Content-Language": language})
