"""Counts of what is under way, and how late it is; never whose."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from db.models import (
    Booking,
    BookingTransition,
    CalendarEvent,
    NotificationLog,
    Payment,
    ProviderEvent,
    Refund,
)
from db.models.calendar import UNSETTLED
from db.repositories.payments import OPEN_REFUNDS
from domain.bookings import LOOKED_AT, WORKED_ON, Phase

_looked_at = exists().where(Booking.id == ProviderEvent.booking_id, Booking.phase.in_(LOOKED_AT))
_WORK: dict[str, tuple[InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None], ColumnElement[bool]]]
_WORK = {
    "bookings": (Booking.due_at, Booking.phase.in_(WORKED_ON)),
    "looks": (ProviderEvent.due_at, _looked_at),
    "payments": (Payment.due_at, Payment.status == "pending"),
    "refunds": (Refund.due_at, Refund.status.in_(OPEN_REFUNDS)),
    "letters": (NotificationLog.due_at, NotificationLog.status == "queued"),
    "calendars": (CalendarEvent.due_at, CalendarEvent.state.in_(UNSETTLED)),
}
KINDS_OF_WORK = tuple(_WORK)


class Pile(NamedTuple):
    """Of one kind."""

    kind: str
    size: int
    oldest: datetime


class BacklogRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def pile_bookings(self, phases: Collection[Phase]) -> Sequence[Pile]:
        """By phase; as old as their last move."""
        since = (
            select(func.max(BookingTransition.created_at))
            .where(BookingTransition.booking_id == Booking.id)
            .scalar_subquery()
        )
        each = select(Booking.phase, since.label("since")).where(Booking.phase.in_(phases)).subquery()
        piles = select(each.c.phase, func.count(), func.min(each.c.since)).group_by(each.c.phase)
        return [Pile(*row) for row in await self._session.execute(piles)]

    async def pile_refunds(self) -> Sequence[Pile]:
        """Those that are not done, by status; as old as the debt."""
        piles = select(Refund.status, func.count(), func.min(Refund.created_at)).where(Refund.status != "done")
        return [Pile(*row) for row in await self._session.execute(piles.group_by(Refund.status))]

    async def find_oldest_due(self, *, now: datetime) -> dict[str, datetime]:
        """For each kind of work that is due, since when."""
        oldest = [select(func.min(due)).where(is_open, due <= now).scalar_subquery() for due, is_open in _WORK.values()]
        row = (await self._session.execute(select(*oldest))).one()
        return {kind: since for kind, since in zip(_WORK, row, strict=True) if since is not None}
