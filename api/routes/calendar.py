"""Trips in the caller's Google Calendar: connecting it, adding a booking, and what stands there."""

from __future__ import annotations

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Cookie, Query, Response
from fastapi.responses import HTMLResponse

from api.deps import (
    AccountHolder,
    BookingHolder,
    CalendarDep,
    LanguageDep,
    PageDep,
    PartsDep,
    Session,
)
from api.errors import describe_errors
from api.idempotency import OnceDep
from api.limits import guarded, limited
from api.schemas.calendar import (
    CalendarAdd,
    CalendarAdded,
    CalendarConnectionRead,
    CalendarConnectStart,
    CalendarEventRead,
    describe_addition,
    describe_connection,
    describe_event,
)
from core.messages import Language, say
from core.security import new_token
from core.settings import Settings
from core.templates import render
from services.calendar import connection, events
from services.rate_limits import ACCOUNT, RENEWAL

CALLBACK_PATH = "/v1/calendar/google"
BROWSER_COOKIE = "google_calendar"

_BROWSER_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")

router = APIRouter(tags=["calendar"])
in_account = [limited(ACCOUNT)]

BrowserCookie = Annotated[str, Cookie(alias=BROWSER_COOKIE, include_in_schema=False)]


def callback_url(settings: Settings) -> str:
    """Where Google sends the browser back to, as it must be registered there."""
    return f"{settings.base_url}{CALLBACK_PATH}/callback"


@router.post(
    "/bookings/{booking_id}/calendar",
    status_code=201,
    response_model=CalendarAdded,
    responses=describe_errors(401, 403, 404, 409),
    dependencies=in_account,
)
async def add_to_calendar(
    booking_id: UUID,
    actor: AccountHolder,
    once: OnceDep,
    calendar: CalendarDep,
    language: LanguageDep,
    body: CalendarAdd | None = None,
) -> Response:
    """Write a booking's flights into a Google Calendar of the caller's, where they follow every change of it.

    400 `calendar_not_connected` with `connect_url` until the calendar is connected. What Google has not taken within
    8 seconds is `wanted`, and written later.
    """

    async def add(event_id: UUID) -> CalendarAdded:
        calendar_id = (body or CalendarAdd()).calendar_id
        added = await events.add_booking(
            calendar, actor, event_id=event_id, booking_id=booking_id, language=language, calendar_id=calendar_id
        )
        return describe_addition(added)

    return await once.run_named(201, CalendarAdded, add)


@router.get(
    "/bookings/{booking_id}/calendar",
    response_model=list[CalendarEventRead],
    responses=describe_errors(401, 403, 404),
    dependencies=in_account,
)
async def list_booking_events(booking_id: UUID, actor: BookingHolder, session: Session) -> list[CalendarEventRead]:
    """What calendars have of a booking, in the order of the trip."""
    return [describe_event(event) for event in await events.list_booking_events(session, actor, booking_id)]


@router.get(
    "/users/me/calendar-events",
    response_model=list[CalendarEventRead],
    responses=describe_errors(401, 403),
    dependencies=in_account,
)
async def list_events(actor: BookingHolder, session: Session, page: PageDep) -> list[CalendarEventRead]:
    """What the caller has in calendars, latest first."""
    found = await events.list_events(session, actor, skip=page.skip, limit=page.limit)
    return [describe_event(event) for event in found]


@router.get(
    "/users/me/calendar/connection",
    response_model=CalendarConnectionRead,
    responses=describe_errors(401, 403),
    dependencies=in_account,
)
async def get_connection(actor: AccountHolder, session: Session, calendar: CalendarDep) -> CalendarConnectionRead:
    """Whether the caller's Google Calendar is connected, and whose it is."""
    found = await connection.find_connection(session, actor)
    return describe_connection(found, is_simulated=calendar.calendar is not None and calendar.calendar.is_simulated)


@router.post(
    "/users/me/calendar/connect",
    response_model=CalendarConnectStart,
    responses=describe_errors(401, 403, 404),
    dependencies=in_account,
)
async def connect(
    actor: AccountHolder, calendar: CalendarDep, parts: PartsDep, response: Response, browser: BrowserCookie = ""
) -> CalendarConnectStart:
    """Where to send the browser to be asked for leave. The answer's cookie has to come along on the way back."""
    # kept where there is one, so that two tabs do not undo each other
    browser = browser if _BROWSER_SECRET.fullmatch(browser) else new_token()
    url = await connection.begin(calendar, actor, browser=browser, redirect_uri=callback_url(parts.settings))
    response.set_cookie(
        BROWSER_COOKIE,
        browser,
        max_age=int(connection.ATTEMPT_LIFE.total_seconds()),
        path="/v1",
        httponly=True,
        samesite="lax",  # the way back begins on Google's page
        secure=parts.settings.base_url.startswith("https:"),
    )
    return CalendarConnectStart(authorization_url=url)


@router.delete(
    "/users/me/calendar/connection",
    status_code=204,
    responses=describe_errors(401, 403),
    dependencies=in_account,
)
async def disconnect(actor: AccountHolder, calendar: CalendarDep) -> None:
    """Forget the leave and tell Google so. What stands in the calendar stays, and follows nothing any more."""
    await connection.disconnect(calendar, actor)


@router.get(
    "/calendar/google/callback",
    response_class=HTMLResponse,
    responses=describe_errors(404),
    dependencies=[guarded(RENEWAL)],
)
async def finish(
    calendar: CalendarDep,
    parts: PartsDep,
    language: LanguageDep,
    state: Annotated[str, Query()] = "",
    code: Annotated[str, Query()] = "",
    error: Annotated[str, Query()] = "",
    browser: BrowserCookie = "",
) -> HTMLResponse:
    """Where Google sends the browser back to: a page that says whether the calendar is connected."""
    outcome = await connection.finish(
        calendar,
        connection.Callback(state=state, code=code, error=error, browser=browser),
        redirect_uri=callback_url(parts.settings),
    )
    return _show_outcome(outcome, language, is_simulated=calendar.require_calendar().is_simulated)


def _show_outcome(outcome: connection.Outcome, language: Language, *, is_simulated: bool) -> HTMLResponse:
    is_done = outcome == "connected"
    page = render(
        "calendar_connected.html.j2",
        language=language,
        title=say("calendar.page.connected" if is_done else "calendar.page.failed", language),
        text=say("calendar.page.connected_text" if is_done else f"calendar.page.{outcome}", language),
        simulated=say("calendar.page.simulated", language) if is_simulated else None,
        back=say("calendar.page.back", language),
    )
    return HTMLResponse(page, 200 if is_done else 400, headers={"Cache-Control": "no-store"})
