"""The simulated Google Calendar as a client and a browser see it: Google's paths and errors, and a page of its own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from core.messages import Language, choose_language, format_clock, format_day, say
from core.templates import render
from providers.sandbox.faults import CalendarOperation, FaultKind
from providers.sandbox.gateway_calls import read_json
from providers.sandbox.google_calendar import Holder, SandboxCalendars, SandboxEvent
from providers.sandbox.identity import PATH

SHOWN = 200
CALENDAR_SCOPES = frozenset(
    f"https://www.googleapis.com/auth/{name}" for name in ("calendar.events.owned", "calendar.events", "calendar")
)
RETRY_SECONDS = 7
EVENTS_PATH = "/calendar/v3/calendars/{calendar_id}/events"
FAULTS: tuple[FaultKind, ...] = (
    "slow",
    "server_error",
    "server_error_after",
    "garbage",
    "rate_limited",
    "quota_spent",
    "token_expired",
    "revoked",
)

_EVENT_ID = re.compile(r"[a-v0-9]{5,1024}")

router = APIRouter(prefix=PATH, include_in_schema=False)

Act = Callable[[Holder], Awaitable[Response]]


async def get_calendars(request: Request) -> SandboxCalendars:
    calendars: SandboxCalendars = request.app.state.sandbox_calendars
    return calendars


CalendarsDep = Annotated[SandboxCalendars, Depends(get_calendars)]


@router.post(EVENTS_PATH)
async def insert_event(request: Request, calendar_id: str, calendars: CalendarsDep) -> Response:
    body = await read_json(request)

    async def act(holder: Holder) -> Response:
        event_id = body.get("id")
        if not isinstance(event_id, str) or not _EVENT_ID.fullmatch(event_id):
            return _refuse(400, "invalid", "Invalid resource id value.")
        refusal = _check_body(body)
        if refusal is not None:
            return refusal
        made = await calendars.insert(holder.email, event_id, _complete(body))
        return _refuse(409, "duplicate", "The requested identifier already exists.") if made is None else _tell(made)

    return await _answer(request, calendars, "calendar_insert", calendar_id, act)


@router.get(f"{EVENTS_PATH}/{{event_id}}")
async def get_event(request: Request, calendar_id: str, event_id: str, calendars: CalendarsDep) -> Response:
    async def act(holder: Holder) -> Response:
        found = await calendars.find(holder.email, event_id)
        return _not_found() if found is None else _tell(found)

    return await _answer(request, calendars, None, calendar_id, act)


@router.put(f"{EVENTS_PATH}/{{event_id}}")
@router.patch(f"{EVENTS_PATH}/{{event_id}}")
async def update_event(request: Request, calendar_id: str, event_id: str, calendars: CalendarsDep) -> Response:
    """Also brings back a deleted event, if the body says a status."""
    body = await read_json(request)

    async def act(holder: Holder) -> Response:
        found = await calendars.find(holder.email, event_id)
        if found is None:
            return _not_found()
        whole = {**found.body, **body} if request.method == "PATCH" else _complete(body)
        refusal = _check_body(whole)
        if refusal is not None:
            return refusal
        written = await calendars.write(holder.email, event_id, whole)
        return _not_found() if written is None else _tell(written)

    return await _answer(request, calendars, "calendar_update", calendar_id, act)


@router.delete(f"{EVENTS_PATH}/{{event_id}}")
async def delete_event(request: Request, calendar_id: str, event_id: str, calendars: CalendarsDep) -> Response:
    async def act(holder: Holder) -> Response:
        found = await calendars.find(holder.email, event_id)
        if found is None:
            return _not_found()
        if found.is_deleted:
            return _refuse(410, "deleted", "Resource has been deleted")
        await calendars.write(holder.email, event_id, {**found.body, "status": "cancelled"})
        return Response(status_code=204)

    return await _answer(request, calendars, "calendar_delete", calendar_id, act)


@router.get("/calendar")
async def show_calendars(request: Request, calendars: CalendarsDep) -> HTMLResponse:
    """What stands in the simulated calendars."""
    language = choose_language(request.query_params.get("lang") or request.headers.get("accept-language"))
    events = [event for event in await calendars.list_events(limit=SHOWN) if not event.is_deleted]
    page = render(
        "google_calendar.html.j2",
        language=language,
        other_language="en" if language == "vi" else "vi",
        say=lambda key, **params: say(f"google_calendar.{key}", language, **params),
        events=[_describe(event, language) for event in events],
    )
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})


async def _answer(
    request: Request, calendars: SandboxCalendars, operation: CalendarOperation | None, calendar_id: str, act: Act
) -> Response:
    """Do it and answer as Google does, unless a fault, a token or the calendar's name stands between."""
    holder = await calendars.find_holder(request.headers.get("authorization", "").removeprefix("Bearer "))
    fault = calendars.faults.take(operation, FAULTS) if operation else None
    if fault is not None and fault.kind == "revoked" and holder is not None:
        await calendars.revoke_all(holder.email)
    if holder is None or (fault is not None and fault.kind in ("revoked", "token_expired")):
        return _refuse(401, "authError", "Invalid Credentials")
    if fault is not None and fault.kind == "rate_limited":
        return _refuse(403, "userRateLimitExceeded", "User Rate Limit Exceeded")
    if fault is not None and fault.kind == "quota_spent":
        return _refuse(429, "rateLimitExceeded", "Rate Limit Exceeded", {"Retry-After": str(RETRY_SECONDS)})
    if fault is not None and fault.kind == "server_error":
        return _refuse(500, "backendError", "Backend Error")
    if fault is not None and fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
    answer = await _act(holder, calendar_id, act)
    if fault is not None and fault.kind == "server_error_after":
        return _refuse(503, "backendError", "Backend Error")
    if fault is not None and fault.kind == "garbage":
        return Response("<html>", 502)
    return answer


async def _act(holder: Holder, calendar_id: str, act: Act) -> Response:
    if CALENDAR_SCOPES.isdisjoint(holder.scope.split()):
        return _refuse(403, "insufficientPermissions", "Insufficient Permission")
    if calendar_id not in ("primary", holder.email):
        return _not_found()
    return await act(holder)


def _check_body(body: Mapping[str, Any]) -> Response | None:
    """What Google refuses an event for; None where it will do."""
    starts, ends = (_read_time(body.get(name)) for name in ("start", "end"))
    if starts is None or ends is None:
        return _refuse(400, "required", "Missing or invalid start or end time.")
    if ends < starts:
        return _refuse(400, "timeRangeEmpty", "The specified time range is empty.")
    return None


def _read_time(value: object) -> datetime | None:
    text = value.get("dateTime") if isinstance(value, dict) else None
    try:
        time = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return time if time is not None and time.tzinfo is not None else None


def _complete(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"status": "confirmed", **{name: value for name, value in body.items() if name != "id"}}


def _tell(event: SandboxEvent) -> JSONResponse:
    return JSONResponse(
        {
            "kind": "calendar#event",
            "id": event.event_id,
            **event.body,
            "etag": f'"{event.writes}"',
            "created": event.created_at.isoformat(),
            "updated": event.updated_at.isoformat(),
            "creator": {"email": event.email, "self": True},
            "organizer": {"email": event.email, "self": True},
        }
    )


def _not_found() -> Response:
    return _refuse(404, "notFound", "Not Found")


def _refuse(status: int, reason: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    fault = {"domain": "global", "reason": reason, "message": message}
    return JSONResponse({"error": {"errors": [fault], "code": status, "message": message}}, status, headers=headers)


def _describe(event: SandboxEvent, language: Language) -> dict[str, str]:
    starts, ends = (_read_time(event.body[name]) for name in ("start", "end"))
    assert starts, "checked when it was written"
    assert ends, "checked when it was written"
    return {
        "summary": str(event.body.get("summary", "")),
        "owner": event.email,
        "location": str(event.body.get("location", "")),
        "description": str(event.body.get("description", "")),
        "status": str(event.body["status"]),
        "starts": f"{format_clock(starts)}, {format_day(starts, language)}",
        "ends": f"{format_clock(ends)}, {format_day(ends, language)}",
        "starts_at": starts.isoformat(),
    }
