"""What a person decides about what no machine could: money and phase stay together, whatever is decided."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from core.clock import clock
from core.settings import Settings
from db.models import Booking, BookingCall, BookingChange, BookingTransition, Refund
from db.session import Transactions
from domain.bookings import Phase
from domain.orders import ChangeRequest
from evals.invariants import Books, Outside, read_books, the_ledger_adds_up
from services.bookings.moves import move
from services.bookings.review import CannotSettle, Case, Decision, list_cases, settle_booking, settle_refund
from services.bookings.writing import INSTANT_LIFE
from tests.support.airline import Airline
from tests.support.counter import Counter
from tests.support.offers import QUERY, make_slice
from tests.support.trips import PRICE, Trips


@pytest.fixture
async def trips(transactions: Transactions, settings: Settings) -> Trips:
    made = Trips(transactions, settings.keys, Airline())
    await made.move_in()
    return made


async def park(trips: Trips, before: Phase, reason: str = "not_as_agreed", **values: Any) -> UUID:
    """A booking that got stuck in a phase."""
    booking_id = await trips.add(before)
    async with trips.transactions() as session:
        booking = await session.get_one(Booking, booking_id)
        assert await move(session, booking, "needs_review", reason=reason, **values)
    return booking_id


async def settle(trips: Trips, booking_id: UUID, decision: Decision, **names: str) -> str:
    async with trips.transactions() as session:
        return await settle_booking(session, booking_id, decision, **names)


async def list_all(trips: Trips) -> list[Case]:
    async with trips.transactions() as session:
        return await list_cases(session)


async def find_faults(trips: Trips) -> Collection[object]:
    """Where the ledger does not add up."""
    async with trips.transactions() as session:
        books: Books = await read_books(session)
    return list(the_ledger_adds_up(books, Outside((), {}, {})))


async def test_what_waits_is_listed_without_names(trips: Trips) -> None:
    booking_id = await park(trips, "ticketing")
    (case,) = await list_all(trips)
    assert (case.kind, case.id, case.reason) == ("booking", booking_id, "not_as_agreed")
    assert (case.since, case.provider, case.reference) == (clock.now(), "test", "PNR001")
    assert case.amount.amount_minor == PRICE
    assert "NGUYEN" not in repr(case)


async def test_giving_up_owes_all_the_money_back(trips: Trips) -> None:
    booking_id = await park(trips, "ticketing", fees_minor=0)
    assert await settle(trips, booking_id, "refunding") == "refunding"
    assert await trips.owed() == [(PRICE, "not_bought")]
    assert await find_faults(trips) == []
    assert await list_all(trips) == []
    async with trips.transactions() as session:
        actors = list(await session.scalars(select(BookingTransition.actor).order_by(BookingTransition.id)))
    assert actors[-1] == "operator"


async def test_giving_up_what_nobody_paid_ends_at_once(trips: Trips) -> None:
    booking_id = await park(trips, "holding")
    assert await settle(trips, booking_id, "refunding") == "cancelled"
    assert await trips.owed() == []


async def test_what_the_airline_gave_up_goes_back_for_its_reason(trips: Trips) -> None:
    booking_id = await park(trips, "ticketed", "given_up_by_airline", confirmed_at=clock.now())
    await settle(trips, booking_id, "refunding")
    assert (await trips.read(booking_id)).reason == "given_up_by_airline"
    assert await trips.owed() == [(PRICE, "cancelled")]


@pytest.mark.parametrize("decision", ["cancelled", "expired", "failed", "held"])
async def test_money_that_was_taken_cannot_be_forgotten(trips: Trips, decision: Decision) -> None:
    booking_id = await park(trips, "ticketing")
    with pytest.raises(CannotSettle):
        await settle(trips, booking_id, decision)
    assert (await trips.read(booking_id)).phase == "needs_review"
    assert await trips.owed() == []


async def test_forgetting_it_would_be_noticed(trips: Trips) -> None:
    booking_id = await park(trips, "ticketing")
    async with trips.transactions() as session:
        assert await move(session, await session.get_one(Booking, booking_id), "cancelled", by="operator")
    assert await find_faults(trips)


@pytest.mark.parametrize("decision", ["cancelled", "expired", "failed"])
async def test_what_nobody_paid_may_end_as_it_did(trips: Trips, decision: Decision) -> None:
    booking_id = await park(trips, "holding")
    assert await settle(trips, booking_id, decision) == decision
    assert await find_faults(trips) == []


async def test_seats_found_held_can_be_paid_for(trips: Trips) -> None:
    booking_id = await park(trips, "holding", "outcome_unknown", provider_order_id=None)
    with pytest.raises(CannotSettle):
        await settle(trips, booking_id, "held")
    await settle(trips, booking_id, "held", order_id="ord_7", record_locator="ABC234")
    booking = await trips.read(booking_id)
    assert (booking.phase, booking.provider_order_id, booking.booking_reference) == ("held", "ord_7", "ABC234")
    assert booking.pay_by == clock.now() + INSTANT_LIFE


async def test_tickets_found_good_are_confirmed(trips: Trips) -> None:
    booking_id = await park(trips, "ticketing")
    assert await settle(trips, booking_id, "ticketed") == "ticketed"
    assert (await trips.read(booking_id)).confirmed_at == clock.now()
    assert await find_faults(trips) == []


async def test_tickets_nobody_paid_for_are_not_confirmed(trips: Trips) -> None:
    booking_id = await park(trips, "holding", provider_order_id="ord_7")
    with pytest.raises(CannotSettle):
        await settle(trips, booking_id, "ticketed")


@pytest.mark.parametrize(("decision", "owed"), [("ticketed", 200_000), ("refunding", PRICE + 200_000)])
async def test_a_change_that_was_under_way_is_over_and_its_money_goes_back(
    trips: Trips, decision: Decision, owed: int
) -> None:
    trips.airline.new_slices, trips.airline.new_price = (make_slice("11:00"),), PRICE + 200_000
    booking_id = await trips.add("changing")
    (quote,) = await trips.airline.quote_change("ord_1", ChangeRequest(slices={0: QUERY.slices[0]}))
    await trips.add_change(booking_id, quote)
    async with trips.transactions() as session:
        assert await move(session, await session.get_one(Booking, booking_id), "needs_review", reason="stuck")
    await settle(trips, booking_id, decision)
    assert sum(amount for amount, _ in await trips.owed()) == owed
    assert await find_faults(trips) == []
    async with trips.transactions() as session:
        assert list(await session.scalars(select(BookingChange.status))) == ["failed"]


async def test_a_call_nobody_answered_ends_with_the_decision(trips: Trips) -> None:
    booking_id = await park(trips, "holding", "stuck")
    async with trips.transactions() as session:
        session.add(BookingCall(booking_id=booking_id, step="hold"))
    await settle(trips, booking_id, "failed")
    assert await trips.calls(booking_id) == [("hold", "done", "failed")]


@pytest.mark.parametrize("phase", ["ticketed", "refunding", "held"])
async def test_only_what_waits_is_settled(trips: Trips, phase: Phase) -> None:
    booking_id = await trips.add(phase)
    with pytest.raises(CannotSettle):
        await settle(trips, booking_id, "failed")


async def owe_parked(counter: Counter) -> tuple[UUID, UUID]:
    """A booking that is over, and its refund that no gateway would give."""
    booking_id = await park(counter.trips, "ticketing")
    await settle(counter.trips, booking_id, "refunding")
    async with counter.trips.transactions() as session:
        await session.execute(update(Refund).values(status="needs_review", attempts=17))
        refund_id = await session.scalar(select(Refund.id))
    assert refund_id
    return booking_id, refund_id


async def test_a_refund_found_done_ends_its_booking(counter: Counter) -> None:
    booking_id, refund_id = await owe_parked(counter)
    (case,) = await list_all(counter.trips)
    assert (case.kind, case.id, case.amount.amount_minor) == ("refund", refund_id, PRICE)
    async with counter.trips.transactions() as session:
        await settle_refund(session, refund_id, "done")
    assert (await counter.trips.read(booking_id)).phase == "refunded"
    assert await list_all(counter.trips) == []
    with pytest.raises(CannotSettle):
        async with counter.trips.transactions() as session:
            await settle_refund(session, refund_id, "done")


async def test_a_refund_found_undone_is_asked_for_again(counter: Counter) -> None:
    _, refund_id = await owe_parked(counter)
    async with counter.trips.transactions() as session:
        await settle_refund(session, refund_id, "again")
    async with counter.trips.transactions() as session:
        refund = await session.get_one(Refund, refund_id)
    assert (refund.status, refund.attempts, refund.due_at) == ("due", 0, clock.now())
