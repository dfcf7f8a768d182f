"""Queries over bookings, their travellers, moves and calls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, false, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.security import Actor
from db.models import Booking, BookingCall, BookingChange, BookingItem, BookingPassenger
from db.models.bookings import CallState, ChangeStatus
from domain.bookings import OVER, UNPAID, WORKED_ON, Phase
from domain.offers import Slice


def readable_by(actor: Actor) -> ColumnElement[bool]:
    """Which bookings exist for a caller: their own."""
    return false() if actor.user_id is None else Booking.user_id == actor.user_id


class BookingRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find_readable(self, actor: Actor, booking_id: UUID, *, for_update: bool = False) -> Booking | None:
        statement = select(Booking).where(Booking.id == booking_id, readable_by(actor))
        return await self._session.scalar(statement.with_for_update() if for_update else statement)

    async def list_readable(
        self, actor: Actor, *, phases: Sequence[Phase] | None, skip: int, limit: int
    ) -> Sequence[Booking]:
        """Latest first."""
        statement = select(Booking).where(readable_by(actor))
        if phases is not None:
            statement = statement.where(Booking.phase.in_(phases))
        latest_first = statement.order_by(Booking.created_at.desc(), Booking.id.desc())
        return list(await self._session.scalars(latest_first.offset(skip).limit(limit)))

    async def find_by_reference(self, actor: Actor, booking_reference: str) -> Booking | None:
        """By its PNR; the latest where an airline has given one away again."""
        statement = select(Booking).where(readable_by(actor), Booking.booking_reference == booking_reference)
        return await self._session.scalar(statement.order_by(Booking.created_at.desc(), Booking.id.desc()).limit(1))

    async def find_live(self, quote_key: str) -> UUID | None:
        """The booking that stands for a quote."""
        statement = select(Booking.id).where(Booking.quote_key == quote_key, Booking.phase.not_in(OVER))
        return await self._session.scalar(statement)

    async def list_items(self, booking_ids: Sequence[UUID]) -> Sequence[BookingItem]:
        statement = select(BookingItem).where(BookingItem.booking_id.in_(booking_ids))
        return list(await self._session.scalars(statement.order_by(BookingItem.booking_id, BookingItem.position)))

    async def list_passengers(self, booking_ids: Sequence[UUID]) -> Sequence[BookingPassenger]:
        statement = select(BookingPassenger).where(BookingPassenger.booking_id.in_(booking_ids))
        ordered = statement.order_by(BookingPassenger.booking_id, BookingPassenger.position)
        return list(await self._session.scalars(ordered))

    async def has_live(self, passenger_id: UUID, *, now: datetime) -> bool:
        """Whether a booking that has not ended takes the passenger somewhere from now on."""
        travels = (
            select(BookingPassenger.id)
            .join(Booking, Booking.id == BookingPassenger.booking_id)
            .join(BookingItem, BookingItem.booking_id == Booking.id)
            .where(BookingPassenger.passenger_id == passenger_id, Booking.phase.not_in(OVER), BookingItem.ends_at > now)
        )
        return bool(await self._session.scalar(select(exists(travels))))

    async def claim_due(self, *, now: datetime, lease_seconds: int, booking_id: UUID | None = None) -> Booking | None:
        """Take the booking that waits longest for our next move, or the one asked for if it is due.

        Under a new token and a lease; nobody else moves it meanwhile.
        """
        due = (
            select(Booking.id)
            .where(Booking.phase.in_(WORKED_ON), Booking.due_at <= now, Booking.lease_until <= clock.lease_now())
            .order_by(Booking.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if booking_id is not None:
            due = due.where(Booking.id == booking_id)
        return await self._session.scalar(
            update(Booking)
            .where(Booking.id == due.scalar_subquery())
            .values(
                token=Booking.token + 1,
                attempts=Booking.attempts + 1,
                lease_until=clock.lease_now() + timedelta(seconds=lease_seconds),
            )
            .returning(Booking)
            .execution_options(synchronize_session=False)
        )

    async def is_due(self, booking_id: UUID, *, now: datetime) -> bool:
        """Whether its next move is ours and due, so that somebody else has it in hand."""
        statement = select(Booking.id).where(
            Booking.id == booking_id, Booking.phase.in_(WORKED_ON), Booking.due_at <= now
        )
        return await self._session.scalar(statement) is not None

    async def list_lapsed(self, *, now: datetime, limit: int) -> Sequence[Booking]:
        """Those whose time to pay is over, locked until the transaction ends; others' locked ones are left out."""
        statement = select(Booking).where(Booking.phase.in_(UNPAID), Booking.pay_by <= now).order_by(Booking.pay_by)
        return list(await self._session.scalars(statement.limit(limit).with_for_update(skip_locked=True)))

    async def write(self, booking: Booking, **values: Any) -> bool:
        """Change a claimed booking in the phase it was claimed in; False when it is no longer the claimer's."""
        written = await self._session.scalar(
            update(Booking)
            .where(Booking.id == booking.id, Booking.token == booking.token, Booking.phase == booking.phase)
            .values(updated_at=clock.now(), **values)
            .returning(Booking.id)
            .execution_options(synchronize_session=False)
        )
        return written is not None

    async def renew_lease(self, booking: Booking, *, lease_seconds: int) -> None:
        """For whoever still has it in the phase it was claimed in; a lease that was given back stays so."""
        await self._session.execute(
            update(Booking)
            .where(
                Booking.id == booking.id,
                Booking.token == booking.token,
                Booking.phase == booking.phase,
                Booking.lease_until > clock.lease_now(),
            )
            .values(lease_until=clock.lease_now() + timedelta(seconds=lease_seconds))
            .execution_options(synchronize_session=False)
        )

    async def find_open_call(self, booking_id: UUID) -> BookingCall | None:
        """The call that was sent and not answered."""
        statement = select(BookingCall).where(BookingCall.booking_id == booking_id, BookingCall.state == "calling")
        return await self._session.scalar(statement)

    async def end_call(self, call_id: UUID, *, state: CallState, outcome: str) -> None:
        ended = update(BookingCall).where(BookingCall.id == call_id)
        await self._session.execute(ended.values(state=state, outcome=outcome, ended_at=clock.now()))

    async def contradict_call(self, call_id: UUID, *, outcome: str) -> bool:
        """Mark a call that counts as never made and was; False where nobody has given it up."""
        given_up = update(BookingCall).where(BookingCall.id == call_id, BookingCall.state == "refused")
        marked = given_up.values(state="orphaned", outcome=outcome, ended_at=clock.now()).returning(BookingCall.id)
        return await self._session.scalar(marked) is not None

    async def find_open_change(self, booking_id: UUID, *, for_update: bool = False) -> BookingChange | None:
        """The change that was agreed to and has not ended."""
        statement = select(BookingChange).where(
            BookingChange.booking_id == booking_id, BookingChange.status.in_(("agreed", "under_way"))
        )
        return await self._session.scalar(statement.with_for_update() if for_update else statement)

    async def end_change(self, change_id: UUID, status: ChangeStatus) -> None:
        ended = update(BookingChange).where(BookingChange.id == change_id)
        await self._session.execute(ended.values(status=status, updated_at=clock.now()))

    async def end_lapsed_changes(self, *, now: datetime) -> int:
        """Forget the changes nobody paid for in time; how many."""
        lapsed = update(BookingChange).where(BookingChange.status == "agreed", BookingChange.expires_at <= now)
        ended = await self._session.scalars(lapsed.values(status="failed", updated_at=now).returning(BookingChange.id))
        return len(ended.all())

    async def replace_slices(self, booking_id: UUID, slices: Sequence[Slice]) -> None:
        """What is flown now."""
        await self._session.execute(delete(BookingItem).where(BookingItem.booking_id == booking_id))
        self.add_slices(booking_id, slices)

    def add_slices(self, booking_id: UUID, slices: Sequence[Slice]) -> None:
        self._session.add_all(
            BookingItem(
                booking_id=booking_id,
                position=position,
                kind="flight_slice",
                payload=slice_.model_dump(mode="json"),
                starts_at=slice_.departs.instant,
                ends_at=slice_.arrives.instant,
            )
            for position, slice_ in enumerate(slices)
        )
