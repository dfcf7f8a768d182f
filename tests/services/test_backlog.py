"""Gauges of what is under way: counted from rows, naming nobody, and gone when the rows cannot be read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import delete, update

from core.clock import clock
from core.settings import Settings
from db.models import Booking, BookingTransition, ProviderEvent
from db.session import Transactions
from domain.bookings import Phase
from services.backlog import PASSING, forget, measure
from services.bookings.review import settle_booking
from tests.support.airline import Airline
from tests.support.trips import Trips


@pytest.fixture
async def trips(transactions: Transactions, settings: Settings) -> Trips:
    made = Trips(transactions, settings.keys, Airline())
    await made.move_in()
    return made


def gauge(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


async def look(trips: Trips, *, after: timedelta = timedelta()) -> None:
    with clock.frozen(clock.now() + after):
        async with trips.transactions() as session:
            await measure(session)


async def test_bookings_are_counted_by_phase_with_the_oldest_age(trips: Trips) -> None:
    first = await trips.add("needs_review")
    async with trips.transactions() as session:
        earlier = clock.now() - timedelta(hours=2)
        await session.execute(update(BookingTransition).values(created_at=earlier))
    await trips.add("needs_review")
    await trips.add("ticketed")
    await look(trips)
    assert gauge("bookings_open", phase="needs_review") == 2
    assert gauge("bookings_oldest_seconds", phase="needs_review") == 7200
    assert gauge("bookings_open", phase="ticketed") is None
    async with trips.transactions() as session:
        await settle_booking(session, first, "refunding")
    await look(trips)
    assert gauge("bookings_open", phase="needs_review") == 1
    assert gauge("bookings_open", phase="refunding") == 1
    assert gauge("refunds_open", status="due") == 1


async def test_what_is_due_and_not_done_shows_how_late_it_is(trips: Trips) -> None:
    await trips.add("paid")
    await look(trips, after=timedelta(minutes=5))
    assert gauge("work_overdue_seconds", work="bookings") == 300
    assert gauge("work_overdue_seconds", work="looks") == 0
    await trips.advance()
    await look(trips)
    assert gauge("work_overdue_seconds", work="bookings") == 0


async def test_orders_to_be_read_count_while_their_booking_is_at_rest(trips: Trips) -> None:
    phases: tuple[Phase, ...] = ("ticketed", "refunding")
    for phase in phases:
        booking_id = await trips.add(phase)
        async with trips.transactions() as session:
            told: dict[str, str] = {"provider": "test", "event_key": phase, "event_type": "order.updated"}
            session.add(ProviderEvent(booking_id=booking_id, due_at=clock.now() - timedelta(minutes=5), **told))
        await look(trips)
        assert gauge("work_overdue_seconds", work="looks") == 300
    async with trips.transactions() as session:
        await session.execute(delete(ProviderEvent).where(ProviderEvent.event_key == "ticketed"))
    await look(trips)
    assert gauge("work_overdue_seconds", work="looks") == 0


async def test_work_put_off_is_not_overdue(trips: Trips) -> None:
    await trips.add("paid")
    async with trips.transactions() as session:
        await session.execute(update(Booking).values(due_at=clock.now() + timedelta(minutes=10)))
    await look(trips, after=timedelta(minutes=5))
    assert gauge("work_overdue_seconds", work="bookings") == 0


async def test_nothing_is_told_rather_than_what_was_once_so(trips: Trips) -> None:
    await trips.add("needs_review")
    await look(trips)
    forget()
    assert gauge("bookings_open", phase="needs_review") is None


def test_phases_that_last_are_not_counted() -> None:
    assert not {"ticketed", "cancelled", "refunded", "expired", "failed"} & set(PASSING)
