"""What is wanted in calendars: a row for each flight of a booking and each calendar it was added to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.ids import new_id
from core.messages import Language
from db.hints import hint
from db.models import CalendarEvent
from db.models.calendar import EventState
from db.repositories.calendar import CalendarEventRepository, Place, Trip
from domain.bookings import OVER
from services.calendar.entries import make_event_id

SYNC_TASK = "sync_calendar"


@dataclass(frozen=True, slots=True)
class Addition:
    """A booking and one of the calendars it is in."""

    booking_id: UUID
    user_id: UUID
    calendar_id: str
    language: Language


def list_places(trip: Trip) -> list[Place]:
    """The flights of a trip that a calendar shall show, in the order they are flown."""
    return [] if trip.phase in OVER else list(trip.segments)


def place_of(event: CalendarEvent) -> Place:
    return event.item_position, event.segment_position


def follow_trip(session: AsyncSession, added: Addition, trip: Trip, known: Sequence[CalendarEvent]) -> None:
    """Have locked events follow the trip as it now is: all due, those of new flights among them."""
    places = list_places(trip)
    for event in known:
        if place_of(event) in places:
            want(event, "wanted")
        elif event.state != "removed":
            want(event, "unwanted")
    standing = {place_of(event) for event in known}
    session.add_all(make_event(new_id(), added, place) for place in places if place not in standing)


def make_event(event_id: UUID, added: Addition, place: Place) -> CalendarEvent:
    item, segment = place
    return CalendarEvent(
        id=event_id,
        booking_id=added.booking_id,
        user_id=added.user_id,
        calendar_id=added.calendar_id,
        item_position=item,
        segment_position=segment,
        google_event_id=make_event_id(added.booking_id, place, added.calendar_id),
        language=added.language,
        state="wanted",
        lease_until=clock.lease_now(),
        due_at=clock.now(),
    )


def want(event: CalendarEvent, state: EventState) -> None:
    """Have a locked event looked at now; whoever has it in hand is fenced, and keeps others out until they are done."""
    event.state = state
    event.token += 1
    event.attempts = 0
    event.due_at = clock.now()


async def park_events(session: AsyncSession, user_id: UUID) -> None:
    """Leave a user's events as they are. Whoever writes one at this moment may no longer record it."""
    for event in await _lock_standing(session, user_id):
        event.state = "parked"
        event.token += 1


async def resume_events(session: AsyncSession, user_id: UUID) -> None:
    """Have a user's events written again, whatever was written before: the calendar may be another one now."""
    booking_ids = set()
    for event in await _lock_standing(session, user_id):
        # between writing and removing the trip decides, when it is looked at
        want(event, "wanted")
        event.content_hash = None
        booking_ids.add(event.booking_id)
    for booking_id in sorted(booking_ids):
        await hint(session, SYNC_TASK, booking_id=booking_id)


async def _lock_standing(session: AsyncSession, user_id: UUID) -> Sequence[CalendarEvent]:
    is_standing = CalendarEvent.state != "removed"
    return await CalendarEventRepository(session).lock(CalendarEvent.user_id == user_id, is_standing)
