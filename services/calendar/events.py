"""Adding a booking to a calendar, and what of the caller's stands in calendars."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.deadlines import deadline, seconds_left
from core.ids import new_id
from core.messages import Language
from core.security import BOOKINGS_SCOPE, Actor
from db.hints import hint
from db.models import Booking, CalendarEvent
from db.repositories.bookings import BookingRepository
from db.repositories.calendar import CalendarConnectionRepository, CalendarEventRepository, Trip
from domain.bookings import Phase
from services.bookings.errors import BookingNotFound
from services.calendar.errors import AlreadyInCalendar, BookingNotForCalendar, CalendarNotConnected
from services.calendar.parts import CalendarParts
from services.calendar.planning import SYNC_TASK, Addition, list_places, make_event
from services.calendar.sync import sync_due

PRIMARY = "primary"
PATIENCE_SECONDS = 8
"""How long somebody waits for Google; the sweep does what is left."""
LOOK_SECONDS = 0.1
ADDABLE: tuple[Phase, ...] = ("held", "paid", "ticketing", "ticketed", "changing")
"""Where there are seats."""


async def add_booking(
    parts: CalendarParts,
    actor: Actor,
    *,
    event_id: UUID,
    booking_id: UUID,
    language: Language,
    calendar_id: str = PRIMARY,
) -> Sequence[CalendarEvent]:
    """Have a calendar of the caller's show the flights of a booking from now on; the events in the trip's order.

    `event_id` becomes that of the first: asked again with the same one, it is the same addition. Raises
    BookingNotFound, CalendarNotConfigured, CalendarNotConnected, BookingNotForCalendar, AlreadyInCalendar.
    """
    parts.require_calendar()
    async with parts.transactions() as session:
        await plan_booking(
            session, actor, event_id=event_id, booking_id=booking_id, language=language, calendar_id=calendar_id
        )
    with deadline(PATIENCE_SECONDS):
        await _write(parts, booking_id)
    async with parts.transactions() as session:
        return await CalendarEventRepository(session).list_of(booking_id, calendar_id)


async def plan_booking(
    session: AsyncSession,
    actor: Actor,
    *,
    event_id: UUID,
    booking_id: UUID,
    language: Language,
    calendar_id: str = PRIMARY,
) -> None:
    """Have a booking be added, whoever writes it down then. Idempotent and raises as `add_booking`."""
    actor.require_user(BOOKINGS_SCOPE)
    # the booking's lock decides which of two additions at once is the first
    booking = await _find_booking(session, actor, booking_id, for_update=True)
    known = await CalendarEventRepository(session).list_of(booking_id, calendar_id)
    if event_id in [event.id for event in known]:
        return
    trip = await _ensure_addable(session, booking, known)
    added = Addition(booking.id, booking.user_id, calendar_id, language)
    places = list_places(trip)
    ids = [event_id, *(new_id() for _ in places[1:])]
    session.add_all(make_event(id_, added, place) for id_, place in zip(ids, places, strict=True))
    await hint(session, SYNC_TASK, booking_id=booking_id)


async def ensure_addable(session: AsyncSession, actor: Actor, booking_id: UUID) -> None:
    """Raises what keeps a booking out of the caller's own calendar, as `add_booking` does."""
    actor.require_user(BOOKINGS_SCOPE)
    booking = await _find_booking(session, actor, booking_id)
    await _ensure_addable(session, booking, await CalendarEventRepository(session).list_of(booking_id, PRIMARY))


async def list_booking_events(session: AsyncSession, actor: Actor, booking_id: UUID) -> Sequence[CalendarEvent]:
    """What calendars have of a booking of the caller's; raises BookingNotFound."""
    actor.require_user(BOOKINGS_SCOPE)
    await _find_booking(session, actor, booking_id)
    return await CalendarEventRepository(session).list_of(booking_id)


async def list_events(session: AsyncSession, actor: Actor, *, skip: int, limit: int) -> Sequence[CalendarEvent]:
    """What the caller has in calendars, latest first."""
    actor.require_user(BOOKINGS_SCOPE)
    return await CalendarEventRepository(session).list_readable(actor, skip=skip, limit=limit)


async def _find_booking(session: AsyncSession, actor: Actor, booking_id: UUID, *, for_update: bool = False) -> Booking:
    booking = await BookingRepository(session).find_readable(actor, booking_id, for_update=for_update)
    if booking is None:
        raise BookingNotFound
    return booking


async def _ensure_addable(session: AsyncSession, booking: Booking, known: Sequence[CalendarEvent]) -> Trip:
    connection = await CalendarConnectionRepository(session).find(booking.user_id)
    if connection is None or connection.status != "connected":
        raise CalendarNotConnected
    if known:
        raise AlreadyInCalendar
    trip = await CalendarEventRepository(session).read_trip(booking.id)
    if not _is_ahead(trip, clock.now()):
        raise BookingNotForCalendar
    return trip


async def _write(parts: CalendarParts, booking_id: UUID) -> None:
    """Until all is written or put off: another worker may have been quicker to take some of it up."""
    while seconds_left(PATIENCE_SECONDS) > 0:
        await sync_due(parts, booking_id=booking_id)
        async with parts.transactions() as session:
            if not await CalendarEventRepository(session).has_due(booking_id, now=clock.now()):
                return
        await asyncio.sleep(LOOK_SECONDS)


def _is_ahead(trip: Trip, now: datetime) -> bool:
    """Whether there are seats, and a flight to take."""
    return trip.phase in ADDABLE and max(segment.arrives.instant for segment in trip.segments.values()) > now
