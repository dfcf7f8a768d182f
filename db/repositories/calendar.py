"""Queries over leave to write in calendars, and over the events written there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, delete, false, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.security import Actor
from db.models import Booking, BookingItem, CalendarConnectAttempt, CalendarConnection, CalendarEvent
from db.models.calendar import UNSETTLED
from domain.bookings import Phase
from domain.offers import Segment, Slice

Place = tuple[int, int]
"""Of a segment in a booking: the position of its item, and its own in that."""


@dataclass(frozen=True, slots=True)
class Trip:
    """What a calendar shows of a booking."""

    phase: Phase
    booking_reference: str | None
    is_simulated: bool
    segments: Mapping[Place, Segment]
    """In the order they are flown."""


def readable_by(actor: Actor) -> ColumnElement[bool]:
    """Which calendar events exist for a caller: their own."""
    return false() if actor.user_id is None else CalendarEvent.user_id == actor.user_id


class CalendarConnectionRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def take_attempt(self, state_hash: bytes, *, now: datetime) -> CalendarConnectAttempt | None:
        """The way to Google under way with this state, which then is no more."""
        return await self._session.scalar(
            delete(CalendarConnectAttempt)
            .where(CalendarConnectAttempt.state_hash == state_hash, CalendarConnectAttempt.expires_at > now)
            .returning(CalendarConnectAttempt)
        )

    async def find(self, user_id: UUID) -> CalendarConnection | None:
        return await self._session.scalar(select(CalendarConnection).where(CalendarConnection.user_id == user_id))

    async def put(self, connection: CalendarConnection) -> None:
        """In place of the one there was, of which not even the id stays: Google may have given another account."""
        values = {
            "id": connection.id,
            "refresh_token": connection.refresh_token,
            "status": "connected",
            "account": connection.account,
            "granted_at": connection.granted_at,
            "created_at": clock.now(),
        }
        added = insert(CalendarConnection).values(user_id=connection.user_id, **values)
        await self._session.execute(added.on_conflict_do_update(index_elements=["user_id"], set_=values))

    async def take(self, user_id: UUID) -> CalendarConnection | None:
        """The user's connection, which then is no more."""
        return await self._session.scalar(
            delete(CalendarConnection).where(CalendarConnection.user_id == user_id).returning(CalendarConnection)
        )

    async def record_revoked(self, connection_id: UUID) -> bool:
        """False where it has ended, or was marked before."""
        marked = await self._session.scalar(
            update(CalendarConnection)
            .where(CalendarConnection.id == connection_id, CalendarConnection.status == "connected")
            .values(status="revoked")
            .returning(CalendarConnection.id)
            .execution_options(synchronize_session=False)
        )
        return marked is not None


class CalendarEventRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def list_readable(self, actor: Actor, *, skip: int, limit: int) -> Sequence[CalendarEvent]:
        """Latest first."""
        statement = select(CalendarEvent).where(readable_by(actor))
        latest_first = statement.order_by(CalendarEvent.created_at.desc(), CalendarEvent.id.desc())
        return list(await self._session.scalars(latest_first.offset(skip).limit(limit)))

    async def list_of(self, booking_id: UUID, calendar_id: str | None = None) -> Sequence[CalendarEvent]:
        """A booking's events in the order of the trip, calendar by calendar."""
        statement = select(CalendarEvent).where(CalendarEvent.booking_id == booking_id)
        if calendar_id is not None:
            statement = statement.where(CalendarEvent.calendar_id == calendar_id)
        return list(
            await self._session.scalars(
                statement.order_by(
                    CalendarEvent.calendar_id, CalendarEvent.item_position, CalendarEvent.segment_position
                )
            )
        )

    async def lock(self, *belongs: ColumnElement[bool]) -> Sequence[CalendarEvent]:
        """Events to be changed together, in one order for everybody, so that nobody waits for each other for ever."""
        statement = select(CalendarEvent).where(*belongs).order_by(CalendarEvent.id).with_for_update()
        return list(await self._session.scalars(statement.execution_options(populate_existing=True)))

    async def read_trip(self, booking_id: UUID) -> Trip:
        """As the database has it now. Columns, not objects: whoever moves the booking goes on with theirs as it was."""
        booking = select(
            Booking.phase, Booking.booking_reference, Booking.offer["simulated"].as_boolean().label("is_simulated")
        )
        row = (await self._session.execute(booking.where(Booking.id == booking_id))).one()
        items = select(BookingItem.position, BookingItem.payload).where(
            BookingItem.booking_id == booking_id, BookingItem.kind == "flight_slice"
        )
        segments = {
            (position, place): segment
            for position, payload in (await self._session.execute(items.order_by(BookingItem.position))).all()
            for place, segment in enumerate(Slice.model_validate(payload).segments)
        }
        return Trip(cast("Phase", row.phase), row.booking_reference, row.is_simulated, segments)

    async def has_due(self, booking_id: UUID, *, now: datetime) -> bool:
        """Whether something of a booking is to be written now, so that somebody has it in hand."""
        due = select(CalendarEvent.id).where(
            CalendarEvent.booking_id == booking_id, CalendarEvent.state.in_(UNSETTLED), CalendarEvent.due_at <= now
        )
        return await self._session.scalar(due.limit(1)) is not None

    async def claim_due(
        self, *, now: datetime, lease_seconds: int, booking_id: UUID | None = None
    ) -> CalendarEvent | None:
        """Take the event that waits longest, of one booking if asked so, under a new token and a lease."""
        due = (
            select(CalendarEvent.id)
            .where(
                CalendarEvent.state.in_(UNSETTLED),
                CalendarEvent.due_at <= now,
                CalendarEvent.lease_until <= clock.lease_now(),
            )
            .order_by(CalendarEvent.due_at, CalendarEvent.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if booking_id is not None:
            due = due.where(CalendarEvent.booking_id == booking_id)
        return await self._session.scalar(
            update(CalendarEvent)
            .where(CalendarEvent.id == due.scalar_subquery())
            .values(
                token=CalendarEvent.token + 1,
                attempts=CalendarEvent.attempts + 1,
                lease_until=clock.lease_now() + timedelta(seconds=lease_seconds),
            )
            .returning(CalendarEvent)
            .execution_options(synchronize_session=False)
        )

    async def settle(self, claimed: CalendarEvent, **values: Any) -> bool:
        """Write down what became of a claimed event and end the lease; False as `write` says."""
        return await self.write(claimed, lease_until=clock.lease_now(), **values)

    async def write(self, claimed: CalendarEvent, **values: Any) -> bool:
        """Change a claimed event; False when it is no longer the claimer's, or something else is wanted by now."""
        written = await self._session.scalar(
            update(CalendarEvent)
            .where(CalendarEvent.id == claimed.id, CalendarEvent.token == claimed.token)
            .values(**values)
            .returning(CalendarEvent.id)
            .execution_options(synchronize_session=False)
        )
        return written is not None

    async def release(self, claimed: CalendarEvent) -> None:
        """End the lease of a claimer who was overtaken, so that the next may come."""
        await self._session.execute(
            update(CalendarEvent)
            .where(CalendarEvent.id == claimed.id, CalendarEvent.lease_until == claimed.lease_until)
            .values(lease_until=clock.lease_now())
            .execution_options(synchronize_session=False)
        )
