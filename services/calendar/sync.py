"""Making calendars say what bookings are: whoever holds the lease of an event's row writes the event.

What is wanted changes in the transaction of a booking's move. The call to Google is made in none, under an id of ours:
one whose answer never came is repeated, and finds the event it made before.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from itertools import groupby
from typing import Literal, cast
from uuid import UUID

import structlog
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.deadlines import deadline, seconds_left
from core.messages import Language
from core.metrics import CALENDAR_EVENTS
from db.hints import hint
from db.models import CalendarConnection, CalendarEvent
from db.repositories.calendar import CalendarConnectionRepository, CalendarEventRepository
from providers.calendar.base import (
    CalendarBusy,
    CalendarDown,
    CalendarEntry,
    CalendarError,
    CalendarProvider,
    EventExists,
    EventGone,
    NotConnected,
)
from services.calendar.connection import open_grant
from services.calendar.entries import describe_segment, hash_entry
from services.calendar.parts import CalendarParts
from services.calendar.planning import SYNC_TASK, Addition, follow_trip, list_places, park_events, place_of

log = structlog.get_logger()

ATTEMPT_SECONDS = 30
LEASE_SECONDS = 90
"""Longer than an attempt, and what is read and written around it, may take."""
MAX_ATTEMPTS = 12
FIRST_DELAY_SECONDS = 5
LONGEST_DELAY_SECONDS = 3600
"""Each further failure triples the delay, up to this: the last try comes after some six hours."""

Result = Literal["written", "removed", "put_off", "parked", "fenced"]


async def mark_due(session: AsyncSession, booking_id: UUID) -> None:
    """Have what a booking has in calendars follow what it is now; in the transaction that moved or changed it.

    A booking that is in no calendar costs one look.
    """
    repository = CalendarEventRepository(session)
    locked = await repository.lock(CalendarEvent.booking_id == booking_id)
    if not locked:
        return
    trip = await repository.read_trip(booking_id)
    for added, events in groupby(sorted(locked, key=lambda event: event.calendar_id), _added_by):
        follow_trip(session, added, trip, list(events))
    await hint(session, SYNC_TASK, booking_id=booking_id)


async def sync_due(parts: CalendarParts, *, booking_id: UUID | None = None) -> int:
    """Write every event that is due, or those of one booking, while there is time; how many were looked at.

    Any number of callers may do so at once. An event that cannot be written now is put off; none keeps the others
    waiting.
    """
    looked_at = 0
    while parts.calendar is not None and seconds_left(ATTEMPT_SECONDS) > 0:
        async with parts.transactions() as session:
            claimed = await CalendarEventRepository(session).claim_due(
                now=clock.now(), lease_seconds=LEASE_SECONDS, booking_id=booking_id
            )
        if claimed is None:
            break
        looked_at += 1
        CALENDAR_EVENTS.labels(await _attempt(parts, parts.calendar, claimed)).inc()
    return looked_at


async def _attempt(parts: CalendarParts, calendar: CalendarProvider, claimed: CalendarEvent) -> Result:
    """Make one event what its booking is, and write down what became of it."""
    async with parts.transactions() as session:
        connection = await CalendarConnectionRepository(session).find(claimed.user_id)
    if connection is None or connection.status != "connected":
        return await _park(parts, claimed, "not_connected")
    if claimed.attempts > MAX_ATTEMPTS:  # each of them took its process down
        return await _park(parts, claimed, "too_many_attempts")
    try:
        with deadline(ATTEMPT_SECONDS):
            async with asyncio.timeout(ATTEMPT_SECONDS):
                return await _bring(parts, calendar, claimed, open_grant(parts.keys, connection))
    except NotConnected:
        return await _record_revoked(parts, claimed, connection)
    except (CalendarDown, EventExists, EventGone, TimeoutError) as error:
        return await _put_off(parts, claimed, error)
    except CalendarError as error:
        return await _park(parts, claimed, str(error))
    except Exception as error:  # an edge for one event: the others must not wait for it
        log.exception("calendar.unwritable", booking_id=str(claimed.booking_id), attempt=claimed.attempts)
        return await _put_off(parts, claimed, error)


async def _bring(parts: CalendarParts, calendar: CalendarProvider, claimed: CalendarEvent, grant: SecretStr) -> Result:
    async with parts.transactions() as session:
        trip = await CalendarEventRepository(session).read_trip(claimed.booking_id)
    # the booking decides, not the row: it may have been given up since the row was marked
    if place_of(claimed) not in list_places(trip):
        if not await _announce(parts, claimed):
            return await _release(parts, claimed)
        await _delete(calendar, grant, claimed)
        return await _settle(parts, claimed, "removed", content_hash=None, synced_at=None)
    entry = describe_segment(claimed, trip, trip.segments[place_of(claimed)])
    content_hash = hash_entry(entry)
    if content_hash == claimed.content_hash:
        return await _settle(parts, claimed, "written")
    if not await _announce(parts, claimed):
        return await _release(parts, claimed)
    await _write(calendar, grant, claimed, entry)
    return await _settle(parts, claimed, "written", content_hash=content_hash, synced_at=clock.now())


async def _announce(parts: CalendarParts, claimed: CalendarEvent) -> bool:
    """Forget what stands there before it is changed: after a crash nobody knows. False when it is no longer ours."""
    async with parts.transactions() as session:
        return await CalendarEventRepository(session).write(claimed, content_hash=None)


async def _write(calendar: CalendarProvider, grant: SecretStr, claimed: CalendarEvent, entry: CalendarEntry) -> None:
    """Insert or update, by what we know; and the other of the two where that turns out to be wrong."""
    ways = [calendar.insert_event, calendar.update_event]
    first, second = ways if claimed.synced_at is None else reversed(ways)
    try:
        await first(grant, claimed.calendar_id, claimed.google_event_id, entry)
    except (EventExists, EventGone):
        await second(grant, claimed.calendar_id, claimed.google_event_id, entry)


async def _delete(calendar: CalendarProvider, grant: SecretStr, claimed: CalendarEvent) -> None:
    with suppress(EventGone):  # its owner was faster, or we were and the answer was lost
        await calendar.delete_event(grant, claimed.calendar_id, claimed.google_event_id)


async def _settle(
    parts: CalendarParts, claimed: CalendarEvent, result: Literal["written", "removed"], **values: object
) -> Result:
    async with parts.transactions() as session:
        state = "synced" if result == "written" else "removed"
        is_ours = await CalendarEventRepository(session).settle(claimed, state=state, attempts=0, **values)
    return result if is_ours else await _release(parts, claimed)


async def _put_off(parts: CalendarParts, claimed: CalendarEvent, error: Exception) -> Result:
    """Try again later, and later each time; at last not any more."""
    reason = str(error) if isinstance(error, CalendarError) else type(error).__name__
    if claimed.attempts >= MAX_ATTEMPTS:
        return await _park(parts, claimed, reason)
    log.warning("calendar.put_off", booking_id=str(claimed.booking_id), attempt=claimed.attempts, reason=reason)
    seconds = min(FIRST_DELAY_SECONDS * 3 ** (claimed.attempts - 1), LONGEST_DELAY_SECONDS)
    if isinstance(error, CalendarBusy) and error.retry_after is not None:
        seconds = min(max(seconds, error.retry_after), LONGEST_DELAY_SECONDS)
    async with parts.transactions() as session:
        due_at = clock.now() + timedelta(seconds=seconds)
        is_ours = await CalendarEventRepository(session).settle(claimed, due_at=due_at)
    return "put_off" if is_ours else await _release(parts, claimed)


async def _park(parts: CalendarParts, claimed: CalendarEvent, reason: str) -> Result:
    """Give up, until the booking moves or its owner connects the calendar anew."""
    log.warning("calendar.parked", booking_id=str(claimed.booking_id), attempt=claimed.attempts, reason=reason)
    async with parts.transactions() as session:
        is_ours = await CalendarEventRepository(session).settle(claimed, state="parked")
    return "parked" if is_ours else await _release(parts, claimed)


async def _record_revoked(parts: CalendarParts, claimed: CalendarEvent, connection: CalendarConnection) -> Result:
    """The leave is no more: so say the connection and every event, unless the user has given another meanwhile."""
    log.warning("calendar.revoked", booking_id=str(claimed.booking_id))
    async with parts.transactions() as session:
        if await CalendarConnectionRepository(session).record_revoked(connection.id):
            await park_events(session, claimed.user_id)
        await CalendarEventRepository(session).release(claimed)
    return "parked"


async def _release(parts: CalendarParts, claimed: CalendarEvent) -> Result:
    async with parts.transactions() as session:
        await CalendarEventRepository(session).release(claimed)
    return "fenced"


def _added_by(event: CalendarEvent) -> Addition:
    return Addition(event.booking_id, event.user_id, event.calendar_id, cast("Language", event.language))
