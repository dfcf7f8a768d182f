"""What is under way and how late it is, as gauges.

Read from the rows whenever somebody asks, so that every process tells the same.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.metrics import BOOKINGS_OLDEST, BOOKINGS_OPEN, REFUNDS_OLDEST, REFUNDS_OPEN, WORK_OVERDUE
from db.repositories.backlog import KINDS_OF_WORK, BacklogRepository
from domain.bookings import MOVES, PHASES
from domain.payments import REFUND_STATUSES

PASSING = tuple(phase for phase in PHASES if MOVES[phase] and phase != "ticketed")
"""Phases nobody should be in for long."""
_GAUGES = (BOOKINGS_OPEN, BOOKINGS_OLDEST, REFUNDS_OPEN, REFUNDS_OLDEST, WORK_OVERDUE)


async def measure(session: AsyncSession) -> None:
    """Bring the gauges up to date."""
    backlog, now = BacklogRepository(session), clock.now()
    bookings = {pile.kind: pile for pile in await backlog.pile_bookings(PASSING)}
    refunds = {pile.kind: pile for pile in await backlog.pile_refunds()}
    due = await backlog.find_oldest_due(now=now)
    for phase in PASSING:
        pile = bookings.get(phase)
        BOOKINGS_OPEN.labels(phase).set(pile.size if pile else 0)
        BOOKINGS_OLDEST.labels(phase).set((now - pile.oldest).total_seconds() if pile else 0)
    for status in (each for each in REFUND_STATUSES if each != "done"):
        pile = refunds.get(status)
        REFUNDS_OPEN.labels(status).set(pile.size if pile else 0)
        REFUNDS_OLDEST.labels(status).set((now - pile.oldest).total_seconds() if pile else 0)
    for kind in KINDS_OF_WORK:
        WORK_OVERDUE.labels(kind).set((now - due[kind]).total_seconds() if kind in due else 0)


def forget() -> None:
    """Tell nothing rather than what was once so."""
    for gauge in _GAUGES:
        gauge.clear()
