"""Queries over what providers told us, and over the bookings to be looked at because of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, exists, false, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.ids import new_id
from db.models import Booking, ProviderEvent
from domain.bookings import LOOKED_AT


class ProviderEventRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock_booking(self, provider: str, *, order_id: str | None, reference: str | None) -> Booking | None:
        """The booking that a provider speaks of, by either name, locked."""
        # an absent name would find whatever has none either
        names = [Booking.provider_order_id == order_id] if order_id else []
        names += [Booking.reference == reference] if reference else []
        statement = select(Booking).where(Booking.provider == provider, or_(false(), *names)).limit(1)
        return await self._session.scalar(statement.with_for_update())

    async def add(
        self,
        booking_id: UUID,
        *,
        provider: str,
        event_key: str,
        event_type: str,
        order_id: str | None,
        due_at: datetime | None,
    ) -> bool:
        """Write down what was told; False when it was told before."""
        added = await self._session.scalar(
            insert(ProviderEvent)
            .values(
                id=new_id(),
                booking_id=booking_id,
                provider=provider,
                event_key=event_key,
                event_type=event_type,
                order_id=order_id,
                attempts=0,
                due_at=due_at,
                created_at=clock.now(),
            )
            .on_conflict_do_nothing(index_elements=["provider", "event_key"])
            .returning(ProviderEvent.id)
        )
        return added is not None

    async def claim_booking(
        self, *, now: datetime, lease_seconds: int, booking_id: UUID | None = None
    ) -> Booking | None:
        """Take a booking at rest of which something was told that is due, or the one asked for if it is such.

        Under a new token and a lease, as whoever moves bookings takes them.
        """
        is_told_of = exists().where(ProviderEvent.booking_id == Booking.id, ProviderEvent.due_at <= now)
        told_of = (
            select(Booking.id)
            .where(Booking.phase.in_(LOOKED_AT), Booking.lease_until <= clock.lease_now(), is_told_of)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if booking_id is not None:
            told_of = told_of.where(Booking.id == booking_id)
        return await self._session.scalar(
            update(Booking)
            .where(Booking.id == told_of.scalar_subquery())
            .values(token=Booking.token + 1, lease_until=clock.lease_now() + timedelta(seconds=lease_seconds))
            .returning(Booking)
            .execution_options(synchronize_session=False)
        )

    async def list_due(self, booking_id: UUID, *, now: datetime) -> Sequence[ProviderEvent]:
        """Latest first."""
        due = select(ProviderEvent).where(ProviderEvent.booking_id == booking_id, ProviderEvent.due_at <= now)
        return list(await self._session.scalars(due.order_by(ProviderEvent.created_at.desc(), ProviderEvent.id.desc())))

    async def settle(self, events: Sequence[ProviderEvent]) -> None:
        """The order was read since they were told. What was told meanwhile stays due."""
        ids = [event.id for event in events]
        await self._session.execute(update(ProviderEvent).where(ProviderEvent.id.in_(ids)).values(due_at=None))

    async def put_off(self, events: Sequence[ProviderEvent], *, until: datetime) -> None:
        ids = [event.id for event in events]
        later = update(ProviderEvent).where(ProviderEvent.id.in_(ids))
        await self._session.execute(later.values(due_at=until, attempts=ProviderEvent.attempts + 1))

    async def delete_older(self, than: datetime) -> None:
        await self._session.execute(delete(ProviderEvent).where(ProviderEvent.created_at < than))
