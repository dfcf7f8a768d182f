"""From money to tickets, and back: what a booking becomes whatever the airline says, or does not say."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from core.clock import clock
from core.settings import Settings
from db.repositories.bookings import BookingRepository
from db.session import Transactions
from domain.bookings import Phase
from domain.offers import BookingFlow
from domain.orders import ChangeQuote, ChangeRequest
from providers.flights.base import (
    FlightProviderError,
    FoundOffer,
    InvalidRequest,
    OfferGone,
    OutcomeUnknown,
    PriceChanged,
    ProviderDown,
    SoldOut,
    Write,
)
from services.bookings import advance
from services.bookings.advance import LEASE_SECONDS, MAX_ATTEMPTS, advance_due
from services.bookings.buying import _adopt
from services.bookings.purchases import open_purchase
from services.bookings.review import CannotSettle, list_cases, settle_order
from services.bookings.work import Work
from tests.support.airline import Airline
from tests.support.offers import QUERY, make_offer, make_slice
from tests.support.trips import PRICE, Trips
from tests.support.waiting import eventually

FLOWS: tuple[BookingFlow, ...] = ("hold", "instant")
REFUND = PRICE * 80 // 100


@pytest.fixture
async def trips(transactions: Transactions, settings: Settings) -> Trips:
    made = Trips(transactions, settings.keys, Airline())
    await made.move_in()
    return made


# buying


@pytest.mark.parametrize("flow", FLOWS)
async def test_paid_booking_gets_its_tickets(trips: Trips, flow: BookingFlow) -> None:
    booking_id = await trips.add("paid", flow=flow)
    await trips.advance()
    booking = await trips.read(booking_id)
    assert (booking.phase, booking.booking_reference) == ("ticketed", "PNR001")
    assert booking.confirmed_at is not None
    assert trips.airline.live_tickets == 1
    assert await trips.calls(booking_id) == [("buy", "done", "ticketed")]


async def test_tickets_that_take_their_time_are_waited_for(trips: Trips) -> None:
    trips.airline.is_slow_to_ticket = True
    booking_id = await trips.add("paid")
    await trips.advance_for(1)
    assert (await trips.read(booking_id)).phase == "ticketing"
    trips.airline.issue()
    await trips.advance_for(2)
    assert (await trips.read(booking_id)).phase == "ticketed"
    assert await trips.moves(booking_id) == [(None, "paid"), ("paid", "ticketing"), ("ticketing", "ticketed")]


@pytest.mark.parametrize("flow", FLOWS)
async def test_purchase_without_an_answer_is_looked_up_and_never_made_twice(trips: Trips, flow: BookingFlow) -> None:
    trips.airline.after = []
    booking_id = await trips.add("paid", flow=flow)
    trips.airline.after = [OutcomeUnknown("x")]
    await trips.advance_for(1)
    assert (await trips.read(booking_id)).phase == "ticketed"
    assert sum(trips.airline.calls.asked.values()) == 1
    assert trips.airline.live_tickets == 1


async def test_payment_the_airline_never_saw_is_made_again(trips: Trips) -> None:
    booking_id = await trips.add("paid")
    trips.airline.before = [OutcomeUnknown("x")]
    await trips.advance_for(1)
    assert (await trips.read(booking_id)).phase == "ticketed"
    assert trips.airline.calls.done == {"pay": 1}


async def test_purchase_nobody_finds_is_given_back_and_not_repeated(trips: Trips) -> None:
    booking_id = await trips.add("paid", flow="instant")
    trips.airline.before = [OutcomeUnknown("x")]
    await trips.advance_for(3)
    booking = await trips.read(booking_id)
    assert (booking.phase, booking.reason) == ("refunding", "never_made")
    assert (trips.airline.books, await trips.owed()) == (1, [(PRICE, "not_bought")])


async def test_purchase_that_cannot_be_looked_up_needs_a_person(trips: Trips) -> None:
    booking_id = await trips.add("paid", flow="instant")
    trips.airline.capabilities = frozenset({"cancel"})
    trips.airline.after = [OutcomeUnknown("x")]
    await trips.advance_for(1)
    booking = await trips.read(booking_id)
    assert (booking.phase, booking.reason, trips.airline.books) == ("needs_review", "outcome_unknown", 1)
    assert await trips.owed() == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (SoldOut("x"), "sold_out"),
        (OfferGone("x"), "offer_gone"),
        (InvalidRequest("x"), "refused"),
        (PriceChanged(FoundOffer(make_offer(), {})), "price_changed"),
    ],
)
@pytest.mark.parametrize("flow", FLOWS)
async def test_what_cannot_be_bought_is_given_back_in_full(
    trips: Trips, flow: BookingFlow, error: FlightProviderError, reason: str
) -> None:
    booking_id = await trips.add("paid", flow=flow)
    trips.airline.before = [error]
    await trips.advance()
    booking = await trips.read(booking_id)
    assert (booking.phase, booking.reason) == ("refunding", reason)
    assert await trips.owed() == [(PRICE, "not_bought")]


async def test_airline_that_is_away_is_asked_until_the_price_no_longer_stands(trips: Trips) -> None:
    booking_id = await trips.add("paid")
    trips.airline.before = [ProviderDown("x")] * 99
    await trips.advance_for(0.9)
    assert (await trips.read(booking_id)).phase == "paid"
    await trips.advance_for(1.2)
    booking = await trips.read(booking_id)
    assert (booking.phase, booking.reason) == ("refunding", "unreachable")


async def test_another_price_at_the_airline_needs_a_person(trips: Trips) -> None:
    booking_id = await trips.add("paid")
    each = trips.airline.files["ord_1"]
    each.order = each.order.model_copy(update={"status": "ticketed", "total": make_offer(PRICE + 1).total})
    await trips.advance()
    booking = await trips.read(booking_id)
    assert (booking.phase, booking.reason) == ("needs_review", "not_as_agreed")


async def test_booking_that_never_gets_anywhere_is_parked_for_a_person(trips: Trips) -> None:
    trips.airline.is_slow_to_ticket = True
    booking_id = await trips.add("paid")
    await trips.advance_for(8)
    booking = await trips.read(booking_id)
    assert (booking.phase, booking.reason, booking.attempts) == ("needs_review", "stuck", 0)
    assert MAX_ATTEMPTS > 50


# giving tickets up


async def test_tickets_are_given_up_on_the_terms_agreed(trips: Trips) -> None:
    booking_id = await trips.add("cancelling")
    await trips.advance()
    booking = await trips.read(booking_id)
    assert (booking.phase, booking.fees_minor) == ("refunding", PRICE - REFUND)
    assert await trips.owed() == [(REFUND, "cancelled")]
    assert trips.airline.live_tickets == 0


async def test_fare_that_gives_nothing_back_is_cancelled_at_once(trips: Trips) -> None:
    booking_id = await trips.add("cancelling")
    async with trips.transactions() as session:
        (await session.merge(await trips.read(booking_id))).agreed_refund_minor = 0
    trips.airline.refund_percent = 0
    await trips.advance()
    booking = await trips.read(booking_id)
    assert (booking.phase, booking.fees_minor, await trips.owed()) == ("cancelled", PRICE, [])


async def test_fee_that_rose_meanwhile_leaves_the_tickets_good(trips: Trips) -> None:
    booking_id = await trips.add("cancelling")
    trips.airline.refund_percent = 79
    await trips.advance()
    booking = await trips.read(booking_id)
    assert (booking.phase, booking.reason) == ("ticketed", "fee_risen")
    assert trips.airline.live_tickets == 1
    assert await trips.owed() == []


async def test_more_than_was_promised_comes_back_too(trips: Trips) -> None:
    await trips.add("cancelling")
    trips.airline.refund_percent = 90
    await trips.advance()
    assert await trips.owed() == [(PRICE * 90 // 100, "cancelled")]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_giving_up_without_an_answer_ends_in_one_refund(trips: Trips, when: str) -> None:
    booking_id = await trips.add("cancelling")
    getattr(trips.airline, when).append(OutcomeUnknown("x"))
    await trips.advance_for(1)
    assert (await trips.read(booking_id)).phase == "refunding"
    assert await trips.owed() == [(REFUND, "cancelled")]
    assert trips.airline.calls.done["cancel"] == 1


@pytest.mark.parametrize("error", [InvalidRequest("x"), *[ProviderDown("x")] * 1])
async def test_airline_that_does_not_cancel_leaves_the_tickets_good(trips: Trips, error: Exception) -> None:
    booking_id = await trips.add("cancelling")
    trips.airline.before = [error] * 99
    await trips.advance_for(2)
    booking = await trips.read(booking_id)
    assert (booking.phase, booking.reason, booking.agreed_refund_minor) == ("ticketed", "not_cancelled", None)
    assert await trips.owed() == []


# changing


async def change(trips: Trips, new_price: int) -> ChangeQuote:
    trips.airline.new_slices, trips.airline.new_price = (make_slice("18:00"),), new_price
    (quote,) = await trips.airline.quote_change("ord_1", ChangeRequest(slices={0: QUERY.slices[0]}))
    return quote


@pytest.mark.parametrize("difference", [200_000, 0, -100_000])
async def test_changed_trip_flies_and_costs_what_was_agreed(trips: Trips, difference: int) -> None:
    booking_id = await trips.add("changing")
    await trips.add_change(booking_id, await change(trips, PRICE + difference))
    await trips.advance()
    booking = await trips.read(booking_id)
    assert (booking.phase, booking.amount_minor, booking.fees_minor) == ("ticketed", PRICE + difference, 0)
    assert await trips.owed() == ([(-difference, "changed")] if difference < 0 else [])
    async with trips.transactions() as session:
        (item,) = await BookingRepository(session).list_items([booking_id])
        assert await BookingRepository(session).find_open_change(booking_id) is None
    assert item.payload["segments"][0]["departs"]["at_local"] == "2026-12-20T18:00:00"


@pytest.mark.parametrize("when", ["before", "after"])
async def test_change_without_an_answer_is_looked_up(trips: Trips, when: str) -> None:
    booking_id = await trips.add("changing")
    await trips.add_change(booking_id, await change(trips, PRICE + 200_000))
    getattr(trips.airline, when).append(OutcomeUnknown("x"))
    await trips.advance_for(2)
    booking = await trips.read(booking_id)
    assert trips.airline.calls.asked == {"change": 1}
    if when == "after":
        assert (booking.phase, booking.reason, booking.amount_minor) == ("ticketed", "changed", PRICE + 200_000)
    else:
        assert (booking.phase, booking.reason, booking.amount_minor) == ("ticketed", "not_changed", PRICE)
        assert await trips.owed() == [(200_000, "not_bought")]


async def test_refused_change_leaves_the_trip_and_gives_the_difference_back(trips: Trips) -> None:
    booking_id = await trips.add("changing")
    await trips.add_change(booking_id, await change(trips, PRICE + 200_000))
    trips.airline.before = [SoldOut("x")]
    await trips.advance()
    booking = await trips.read(booking_id)
    assert (booking.phase, booking.reason, booking.amount_minor) == ("ticketed", "not_changed", PRICE)
    assert await trips.owed() == [(200_000, "not_bought")]


# crashes


class SlowAirline(Airline):
    """Answers when its door opens."""

    async def meet(self, operation: Write, *, is_done: bool) -> None:
        await super().meet(operation, is_done=is_done)
        await self.door.wait()


@pytest.mark.parametrize("heartbeat_seconds", [0.01, 1000])
async def test_lease_lasts_as_long_as_its_holder_lives(
    transactions: Transactions, settings: Settings, monkeypatch: pytest.MonkeyPatch, heartbeat_seconds: float
) -> None:
    monkeypatch.setattr(advance, "HEARTBEAT_SECONDS", heartbeat_seconds)
    trips = Trips(transactions, settings.keys, SlowAirline())
    await trips.move_in()
    booking_id = await trips.add("paid")
    trips.airline.door.clear()
    slow = asyncio.create_task(advance_due(trips.parts))

    async def is_asked() -> bool:
        return trips.airline.calls.asked == {"pay": 1}

    await eventually(is_asked)
    before = (await trips.read(booking_id)).lease_until

    async def is_renewed() -> bool:
        return (await trips.read(booking_id)).lease_until > before

    with clock.frozen(clock.now() + timedelta(seconds=LEASE_SECONDS - 1)):
        if heartbeat_seconds < 1:
            await eventually(is_renewed)
        with clock.frozen(clock.now() + timedelta(seconds=2)):
            taken = await advance_due(trips.parts)
        assert taken == (0 if heartbeat_seconds < 1 else 1), "without a heartbeat another takes it up"
        trips.airline.door.set()
        await slow
    assert trips.airline.calls.done == {"pay": 1}


@pytest.mark.parametrize("phase", ["holding", "releasing", "paid", "cancelling"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_process_that_dies_during_a_call_is_followed_by_one_that_looks_first(
    trips: Trips, phase: Phase, when: str
) -> None:
    booking_id = await trips.add(phase)
    getattr(trips.airline, when).append(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        await trips.advance()
    await trips.advance(after=timedelta(seconds=LEASE_SECONDS - 1))
    assert (await trips.read(booking_id)).phase == phase, "somebody else has it until the lease is over"
    await trips.advance_for(1)
    ends = {"holding": "held", "releasing": "cancelled", "paid": "ticketed", "cancelling": "refunding"}
    made = (await trips.read(booking_id)).phase
    assert made == ("failed" if (phase, when) == ("holding", "before") else ends[phase])
    assert all(count == 1 for count in trips.airline.calls.done.values())


async def test_order_that_comes_when_its_booking_is_over_is_written_down_for_a_person(trips: Trips) -> None:
    """A process stopped for minutes between its last look and its call; another has given the money back meanwhile."""
    booking_id = await trips.add("paid", flow="instant")
    async with trips.transactions() as session:
        stale = await BookingRepository(session).claim_due(now=clock.now(), lease_seconds=0, booking_id=booking_id)
    assert stale
    stopped = await Work(trips.parts, trips.airline, stale, None).announce("buy")
    assert stopped
    await trips.advance_for(3)
    assert (await trips.read(booking_id)).phase == "refunding"
    purchase = await open_purchase(trips.transactions, trips.keys, stale)
    order = await trips.airline.book(FoundOffer(make_offer(PRICE), {}), purchase)
    await _adopt(stopped, order)
    assert await trips.calls(booking_id) == [("buy", "orphaned", "ticketed")]
    async with trips.transactions() as session:
        (case,) = await list_cases(session)
        assert (case.kind, case.reference, case.amount.amount_minor) == ("order", stale.reference, PRICE)
        await settle_order(session, case.id)
        assert await list_cases(session) == []
        with pytest.raises(CannotSettle):
            await settle_order(session, case.id)


async def test_refusals_before_it_do_not_shorten_the_search_for_a_purchase(trips: Trips) -> None:
    booking_id = await trips.add("paid", flow="instant")
    trips.airline.before = [ProviderDown("x")] * 9 + [OutcomeUnknown("x")]
    minutes = 0
    while trips.airline.books < 10:
        await trips.advance(after=timedelta(minutes=(minutes := minutes + 5)))
    await trips.advance(after=timedelta(minutes=minutes + 4))
    assert (await trips.read(booking_id)).phase == "paid", "it may still turn up"
    await trips.advance(after=timedelta(minutes=minutes + 6))
    assert (await trips.read(booking_id)).reason == "never_made"
