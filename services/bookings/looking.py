"""Looking at bookings at rest, because their provider told that something happened to the order.

The order is read outside any transaction, under the same token and lease that move bookings; what is read counts, and
not what was told. Whoever was overtaken meanwhile writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from core.backoff import back_off
from core.clock import clock
from db.models import Booking, ProviderEvent
from db.repositories.bookings import BookingRepository
from db.repositories.payments import PaymentRepository
from db.repositories.provider_events import ProviderEventRepository
from domain.bookings import Phase
from domain.money import Money
from domain.offers import Slice
from domain.orders import Order
from providers.flights.base import FlightProviderError, OfferGone
from services.bookings.announcements import announce_schedule_change
from services.bookings.moves import move
from services.bookings.tickets import write_tickets
from services.bookings.work import BookingParts
from services.bookings.writing import INSTANT_LIFE
from services.calendar.sync import mark_due

log = structlog.get_logger()

LOOK_TASK = "look_at_booking"
LEASE_SECONDS = 120
"""Longer than reading an order, with every patience, may take."""
FIRST_DELAY = timedelta(seconds=30)
"""Doubled by each further attempt."""
LONGEST_DELAY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Look:
    parts: BookingParts
    booking: Booking
    """Claimed."""
    events: Sequence[ProviderEvent]
    """Why; the latest first."""

    @property
    def order_id(self) -> str | None:
        told = (event.order_id for event in self.events if event.order_id is not None)
        return self.booking.provider_order_id or next(told, None)


async def look_due(parts: BookingParts, *, booking_id: UUID | None = None) -> int:
    """Look at every booking of which something was told, or at the one named if it is such; how many."""
    looked_at = 0
    while True:
        async with parts.transactions() as session:
            events = ProviderEventRepository(session)
            now = clock.now()
            claimed = await events.claim_booking(now=now, lease_seconds=LEASE_SECONDS, booking_id=booking_id)
            due = await events.list_due(claimed.id, now=now) if claimed else []
        if claimed is None:
            return looked_at
        looked_at += 1
        look = Look(parts, claimed, due)
        try:
            await _look(look)
        except Exception:  # an edge for one booking: the others must not wait for it
            log.exception("booking.look_failed", booking_id=str(claimed.id))
            await _put_off(look)


async def _look(look: Look) -> None:
    provider = look.parts.market.find(look.booking.provider)
    if provider is None or look.order_id is None:
        await _put_off(look)
        return
    try:
        order = await provider.get_order(look.order_id)
    except OfferGone:
        order = None
    except FlightProviderError as error:
        log.warning("booking.not_told", booking_id=str(look.booking.id), reason=type(error).__name__)
        await _put_off(look)
        return
    if order is not None and order.status == "pending":
        await _put_off(look)
    elif look.booking.phase == "ticketed":
        await _compare_trip(look, order)
    else:
        await _settle_doubt(look, order)


async def _compare_trip(look: Look, order: Order | None) -> None:
    """Are the flights still there, and still those that were bought?"""
    if order is None:
        await _move(look, "needs_review", "not_as_agreed")
    elif order.status in ("cancelled", "failed"):
        await _move(look, "needs_review", "given_up_by_airline")
    else:
        await _follow(look, order)


async def _follow(look: Look, order: Order) -> None:
    booking = look.booking
    async with look.parts.transactions() as session:
        bookings = BookingRepository(session)
        if not await _leave(session, look):
            return
        known = [Slice.model_validate(item.payload) for item in await bookings.list_items([booking.id])]
        if _timetable(known) == _timetable(order.slices):
            return
        await bookings.replace_slices(booking.id, order.slices)
        if order.tickets:
            await write_tickets(session, booking.id, order.tickets)
        await announce_schedule_change(session, booking)
        await mark_due(session, booking.id)
    log.info("booking.rescheduled", booking_id=str(booking.id), provider=booking.provider)


async def _settle_doubt(look: Look, order: Order | None) -> None:
    """Nobody knew whether it was held or bought. What else a person looks into is theirs."""
    booking = look.booking
    agreed = Money(amount_minor=booking.amount_minor, currency=booking.currency)
    async with look.parts.transactions() as session:
        payments = PaymentRepository(session)
        await payments.lock_user(booking.user_id)
        await payments.lock_booking(booking.id)
        is_paid = bool(await payments.lock_applied(booking.id))
        is_agreed = booking.reason == "outcome_unknown" and order is not None and order.total == agreed
        if not is_agreed or order is None:
            await _leave(session, look)
        elif order.status == "ticketed" and is_paid:
            if await _move_in(session, look, "ticketed", None, confirmed_at=clock.now(), **_names(order)):
                await write_tickets(session, booking.id, order.tickets)
        elif order.status == "held" and not is_paid and booking.flow == "hold":
            pay_by = order.pay_by or clock.now() + INSTANT_LIFE
            await _move_in(session, look, "held", None, pay_by=pay_by, **_names(order))
        elif order.status == "booked" and is_paid:
            await _put_off_in(session, look)  # tickets to come
        else:
            await _leave(session, look)


def _names(order: Order) -> dict[str, str | None]:
    return {"provider_order_id": order.provider_order_id, "booking_reference": order.record_locator}


async def _move(look: Look, after: Phase, reason: str) -> None:
    async with look.parts.transactions() as session:
        is_moved = await _move_in(session, look, after, reason)
    if is_moved:
        log.error("booking.parked", booking_id=str(look.booking.id), reason=reason)


async def _move_in(session: AsyncSession, look: Look, after: Phase, reason: str | None, **values: Any) -> bool:
    if not await move(session, look.booking, after, by="provider", reason=reason, **values):
        return False
    await ProviderEventRepository(session).settle(look.events)
    return True


async def _leave(session: AsyncSession, look: Look) -> bool:
    """Looked at, and its phase stays; False when the booking is no longer the claimer's."""
    if not await BookingRepository(session).write(look.booking, lease_until=clock.lease_now()):
        return False
    await ProviderEventRepository(session).settle(look.events)
    return True


async def _put_off(look: Look) -> None:
    async with look.parts.transactions() as session:
        await _put_off_in(session, look)


async def _put_off_in(session: AsyncSession, look: Look) -> None:
    if await BookingRepository(session).write(look.booking, lease_until=clock.lease_now()):
        attempts = 1 + max(event.attempts for event in look.events)
        delay = back_off(attempts, first=FIRST_DELAY, longest=LONGEST_DELAY)
        await ProviderEventRepository(session).put_off(look.events, until=clock.now() + delay)


def _timetable(slices: Sequence[Slice]) -> list[list[tuple[object, ...]]]:
    """What a traveller has to know anew when it changes."""
    return [
        [
            (each.designator, each.origin, each.destination, each.departs.instant, each.arrives.instant)
            for each in slice_.segments
        ]
        for slice_ in slices
    ]
