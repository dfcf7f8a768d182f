"""What flight providers tell us by themselves: a reason to look at a booking sooner, and nothing more.

Told twice it is one row. Only the order itself, read afterwards, moves anything; so the sequence does not matter, and a
forged event could at most have us read an order.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.metrics import PROVIDER_EVENTS
from db.hints import hint
from db.models import Booking
from db.repositories.provider_events import ProviderEventRepository
from db.session import Transactions
from domain.bookings import LOOKED_AT, OVER, WORKED_ON
from providers.flights.base import EventForged, EventReader, EventUnreadable, OrderEvent
from services.bookings.errors import SignatureInvalid
from services.bookings.looking import LOOK_TASK
from services.bookings.writing import ADVANCE_TASK

log = structlog.get_logger()

Verdict = Literal["accepted", "repeated", "unknown_order", "other_world", "forged", "unreadable", "failed"]


async def receive(
    transactions: Transactions, reader: EventReader, *, body: bytes, signature: str, is_live: bool
) -> Verdict:
    """Hear an event; `is_live`: whether real seats are sold here, and so events of a test mode are none of ours.

    Raises SignatureInvalid, and what a database raises that is away. Anything else is the event's own fault, which
    hearing it again would not mend.
    """
    verdict = await _judge(transactions, reader, body, signature, is_live=is_live)
    PROVIDER_EVENTS.labels(reader.provider, verdict).inc()
    if verdict not in ("accepted", "repeated"):
        log.warning("provider_event.refused", provider=reader.provider, reason=verdict)
    if verdict == "forged":
        raise SignatureInvalid
    return verdict


async def _judge(
    transactions: Transactions, reader: EventReader, body: bytes, signature: str, *, is_live: bool
) -> Verdict:
    try:
        event = reader.read(body, signature, now=clock.now())
        if event.is_live != is_live:
            return "other_world"
        async with transactions() as session:
            return await record_event(session, reader.provider, event)
    except EventForged:
        return "forged"
    except EventUnreadable:
        return "unreadable"
    except (OperationalError, PoolTimeout):
        raise
    except Exception:  # an edge: a provider stops telling anything to somebody who keeps failing
        log.exception("provider_event.failed", provider=reader.provider)
        return "failed"


async def record_event(session: AsyncSession, provider: str, event: OrderEvent) -> Verdict:
    """Write down what a provider vouches for, and have its booking looked at, in this transaction."""
    events = ProviderEventRepository(session)
    booking = await events.lock_booking(provider, order_id=event.order_id, reference=event.reference)
    if booking is None:
        return "unknown_order"
    is_new = await events.add(
        booking.id,
        provider=provider,
        event_key=event.key,
        event_type=event.event_type,
        order_id=event.order_id,
        due_at=_look_at(booking),
    )
    if not is_new:
        return "repeated"
    if booking.phase in WORKED_ON:
        booking.due_at = min(booking.due_at, clock.now())
        await hint(session, ADVANCE_TASK, booking_id=booking.id)
    elif booking.phase in LOOKED_AT:
        await hint(session, LOOK_TASK, booking_id=booking.id)
    return "accepted"


def _look_at(booking: Booking) -> datetime | None:
    """At once; a booking that is not at rest is looked at when it has come to it, one that is over never again."""
    return None if booking.phase in OVER else clock.now()
