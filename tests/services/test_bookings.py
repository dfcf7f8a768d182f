"""Holding seats: made once, found again after every kind of silence, given up, and ended when nobody pays."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

import services.bookings.desk as desk
import services.bookings.holding as holding
from core.clock import clock
from core.ids import new_id
from core.security import Keys
from core.settings import Settings
from db.models import Booking, BookingPassenger, Passenger
from db.session import Transactions
from domain.bookings import MOVES, PHASES, PUBLIC_STATUSES, IllegalMove, ensure_legal
from domain.money import Money
from domain.offers import BookingFlow, FlightOffer
from domain.orders import Order, Purchase
from providers.flights.base import (
    Capability,
    FlightProviderError,
    FoundOffer,
    InvalidRequest,
    OfferGone,
    OutcomeUnknown,
    ProviderDown,
    SoldOut,
)
from providers.flights.base import (
    PriceChanged as ProviderPriceChanged,
)
from services.bookings.advance import LEASE_SECONDS, expire_unpaid
from services.bookings.amending import cancel_booking
from services.bookings.desk import Desk
from services.bookings.errors import (
    AlreadyBooked,
    BirthDateMissing,
    BookingNotCancellable,
    BookingNotFound,
    NotBookable,
    PriceChanged,
    PriceUnreadable,
)
from services.bookings.holding import MAX_ATTEMPTS
from services.bookings.purchases import open_purchase
from services.bookings.reading import get_booking
from services.bookings.writing import INSTANT_LIFE
from services.flights.offers import refresh_offer
from services.passengers.live_bookings import has_live_booking
from tests.conftest import NOW
from tests.support.consent import Buyer, StockedAirline
from tests.support.offers import make_offer

HOUR = timedelta(hours=1)


class HoldingAirline(StockedAirline):
    """Holds seats, and sells none at once."""

    capabilities: frozenset[Capability] = frozenset({"find_order", "cancel"})
    booking_flows: frozenset[BookingFlow] = frozenset({"hold"})


def hold_offer(price: int = 100, *, name: str = "x") -> FlightOffer:
    return make_offer(price, name=name, expires_at=NOW + 3 * HOUR).model_copy(update={"booking_flows": ("hold",)})


@pytest.fixture
async def house(transactions: Transactions, settings: Settings) -> Buyer:
    made = Buyer(transactions, settings.keys, HoldingAirline(hold_offer()))
    await made.move_in()
    return made


# the machine


def test_every_phase_has_its_moves_and_its_public_status() -> None:
    assert set(MOVES) == set(PUBLIC_STATUSES) == set(PHASES)
    assert all(after in MOVES for moves in MOVES.values() for after in moves)


@pytest.mark.parametrize("before", PHASES)
def test_only_drawn_moves_are_legal(before: Any) -> None:
    for after in PHASES:
        if after in MOVES[before]:
            ensure_legal(before, after)
        else:
            with pytest.raises(IllegalMove):
                ensure_legal(before, after)


# making one


async def test_booking_is_held_at_the_airline(house: Buyer) -> None:
    booking_id = await house.create()
    await house.advance()
    booking = await house.read(booking_id)
    assert (booking.phase, booking.booking_reference, booking.provider_order_id) == ("held", "PNR001", "ord_1")
    assert booking.pay_by == NOW + HOUR
    assert await house.calls(booking_id) == [("hold", "done", "held")]
    assert await house.moves(booking_id) == [(None, "holding"), ("holding", "held")]


async def test_nothing_of_a_document_or_a_birth_date_is_readable_in_its_rows(house: Buyer) -> None:
    await house.create()
    async with house.transactions() as session:
        row = await session.scalar(select(BookingPassenger))
        booking = await session.scalar(select(Booking))
    assert row
    assert booking
    assert (row.given_name, row.family_name) == ("LAN", "NGUYEN")
    assert "1990" not in row.details
    assert "8490" not in booking.contact


async def test_asked_again_under_its_id_it_is_the_same_booking(house: Buyer) -> None:
    booking_id = new_id()
    assert await house.create(booking_id) == booking_id
    assert await house.create(booking_id) == booking_id
    await house.advance()
    assert await house.create(booking_id) == booking_id
    await house.advance()
    assert house.airline.books == 1


async def test_twenty_presses_at_once_are_one_booking(house: Buyer) -> None:
    await house.find_offer()
    ends = await asyncio.gather(*(house.create() for _ in range(20)), return_exceptions=True)
    made = [end for end in ends if isinstance(end, UUID)]
    assert len(made) == 1
    assert all(isinstance(end, AlreadyBooked) for end in ends if not isinstance(end, UUID))
    assert {end.extra["booking_id"] for end in ends if isinstance(end, AlreadyBooked)} == {str(made[0])}
    await house.advance()
    assert house.airline.books == 1


async def test_ended_booking_makes_room_for_another(house: Buyer) -> None:
    house.airline.before = [SoldOut("x")]
    first = await house.create()
    await house.advance()
    assert (await house.read(first)).phase == "failed"
    second = await house.create()
    await house.advance()
    assert (await house.read(second)).phase == "held"


async def test_dearer_offer_is_told_and_books_at_the_next_yes(house: Buyer) -> None:
    await house.find_offer()
    house.airline.offers = [hold_offer(120)]
    with pytest.raises(PriceChanged) as raised:
        await house.create()
    assert raised.value.extra["total_price"] == "120"
    booking_id = await house.create()
    await house.advance()
    assert (await house.read(booking_id)).amount_minor == 120


async def test_price_named_is_the_price_agreed_to_whoever_looked_since(house: Buyer) -> None:
    offer_id = await house.find_offer()
    house.airline.offers = [hold_offer(120)]
    await refresh_offer(house.transactions, house.parts.market, offer_id)  # somebody else's look
    with pytest.raises(PriceChanged) as raised:
        await house.create(agreed_price="100")
    assert (raised.value.extra["previous_price"], raised.value.extra["total_price"]) == ("100", "120")
    with pytest.raises(PriceUnreadable):
        await house.create(agreed_price="a hundred")
    await house.create(agreed_price="120")


async def test_risen_price_is_told_before_any_other_fault(house: Buyer) -> None:
    """Else whoever mends the fault and comes back would agree to a price they never heard of."""
    await house.find_offer()
    house.airline.offers = [hold_offer(120)]
    async with house.transactions() as session:
        (await session.get_one(Passenger, house.passenger_id)).dob = None
    with pytest.raises(PriceChanged) as raised:
        await house.create()
    assert (raised.value.extra["total_price"], "proposal_id" in raised.value.extra) == ("120", False)
    with pytest.raises(BirthDateMissing):
        await house.create()


async def test_offer_that_can_only_be_looked_at_is_not_booked(house: Buyer) -> None:
    house.airline.offers = [make_offer(100, name="x")]
    with pytest.raises(NotBookable):
        await house.create()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (SoldOut("x"), "sold_out"),
        (OfferGone("x"), "offer_gone"),
        (InvalidRequest("x"), "refused"),
        (ProviderPriceChanged(FoundOffer(make_offer(), {})), "price_changed"),
    ],
)
async def test_refused_booking_has_failed_and_says_why(house: Buyer, error: FlightProviderError, reason: str) -> None:
    house.airline.before = [error]
    booking_id = await house.create()
    await house.advance()
    booking = await house.read(booking_id)
    assert (booking.phase, booking.reason) == ("failed", reason)
    assert await house.calls(booking_id) == [("hold", "refused", reason)]


# silence


async def test_airline_that_is_away_is_asked_again_later(house: Buyer) -> None:
    house.airline.before = [ProviderDown("x"), ProviderDown("x")]
    booking_id = await house.create()
    await house.advance()
    assert (await house.read(booking_id)).phase == "holding"
    await house.advance()
    assert house.airline.books == 1, "not before it is due"
    for hours in (1, 2):
        await house.advance(after=hours * HOUR)
    assert (await house.read(booking_id)).phase == "held"
    assert house.airline.books == 3


async def test_airline_that_stays_away_fails_the_booking_in_the_end(house: Buyer) -> None:
    house.airline.before = [ProviderDown("x")] * 99
    booking_id = await house.create()
    for hours in range(MAX_ATTEMPTS + 1):
        await house.advance(after=hours * HOUR)
    booking = await house.read(booking_id)
    assert (booking.phase, booking.reason, house.airline.books) == ("failed", "unreachable", MAX_ATTEMPTS)


async def test_hold_without_an_answer_is_looked_up_and_never_made_twice(house: Buyer) -> None:
    house.airline.after = [OutcomeUnknown("x")]
    booking_id = await house.create()
    await house.advance()
    assert (await house.read(booking_id)).phase == "holding"
    await house.advance(after=HOUR)
    assert (await house.read(booking_id)).phase == "held"
    assert house.airline.books == 1
    assert await house.calls(booking_id) == [("hold", "done", "held")]


async def test_hold_that_was_never_made_is_looked_for_and_then_given_up(house: Buyer) -> None:
    house.airline.before = [OutcomeUnknown("x")]
    booking_id = await house.create()
    for hours in range(2):
        await house.advance(after=hours * HOUR)
    booking = await house.read(booking_id)
    assert (booking.phase, booking.reason, house.airline.books) == ("failed", "never_made", 1)


async def test_where_nothing_can_be_looked_up_a_person_has_to(house: Buyer) -> None:
    house.airline.capabilities = frozenset({"cancel"})
    house.airline.after = [OutcomeUnknown("x")]
    booking_id = await house.create()
    await house.advance()
    await house.advance(after=HOUR)
    booking = await house.read(booking_id)
    assert (booking.phase, booking.reason, house.airline.books) == ("needs_review", "outcome_unknown", 1)


class Killed(BaseException):
    """The process ends here: nothing after it runs."""


@pytest.mark.parametrize("is_made", [False, True])
async def test_process_killed_in_mid_call_loses_and_doubles_nothing(house: Buyer, is_made: bool) -> None:
    (house.airline.after if is_made else house.airline.before).append(Killed())  # type: ignore[arg-type]  # as a kill is
    booking_id = await house.create()
    with pytest.raises(Killed):
        await house.advance()
    await house.advance()
    assert house.airline.books == 1, "its lease holds"
    for round_ in range(2):
        await house.advance(after=timedelta(seconds=LEASE_SECONDS + 1) + round_ * HOUR)
    booking = await house.read(booking_id)
    assert booking.phase == ("held" if is_made else "failed")
    assert house.airline.books == 1
    assert len(house.airline.files) == is_made


async def test_worker_that_was_overtaken_writes_nothing(house: Buyer) -> None:
    """A stalled worker comes back with its answer after another has taken the booking over."""

    async def take_over() -> None:
        async with house.transactions() as session:
            booking = await session.scalar(select(Booking))
            assert booking
            booking.token += 1

    taken = asyncio.Event()

    class Stalled(HoldingAirline):
        async def book(self, found: FoundOffer, purchase: Purchase) -> Order:
            order = await super().book(found, purchase)
            await take_over()
            taken.set()
            return order

    house.airline.__class__ = Stalled
    booking_id = await house.create()
    await house.advance()
    assert taken.is_set()
    assert (await house.read(booking_id)).phase == "holding"
    assert await house.calls(booking_id) == [("hold", "calling", None)]


async def test_without_the_fence_the_stalled_worker_would_be_noticed(
    house: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from db.repositories.bookings import BookingRepository

    async def write_anyway(self: BookingRepository, booking: Booking, **values: Any) -> bool:
        row = await self._session.get(Booking, booking.id)
        assert row
        for name, value in values.items():
            setattr(row, name, value)
        return True

    monkeypatch.setattr(BookingRepository, "write", write_anyway)
    with pytest.raises(AssertionError):
        await test_worker_that_was_overtaken_writes_nothing(house)


async def test_order_for_another_sum_needs_a_look(house: Buyer) -> None:
    class Dear(HoldingAirline):
        async def book(self, found: FoundOffer, purchase: Purchase) -> Order:
            order = await super().book(found, purchase)
            return order.model_copy(update={"total": Money(amount_minor=999, currency="VND")})

    house.airline.__class__ = Dear
    booking_id = await house.create()
    await house.advance()
    booking = await house.read(booking_id)
    assert (booking.phase, booking.reason, booking.provider_order_id) == ("needs_review", "not_as_agreed", "ord_1")


# ending one


async def test_hold_is_given_up_at_the_airline_too(house: Buyer) -> None:
    booking_id = await held(house)
    await cancel_booking(house.consent, house.actor, booking_id=booking_id)
    await house.advance()
    assert (await house.read(booking_id)).phase == "cancelled"
    assert house.airline.files["ord_1"].order.status == "cancelled"
    with pytest.raises(BookingNotCancellable):
        await cancel_booking(house.consent, house.actor, booking_id=booking_id)


@pytest.mark.parametrize("has_effect", [False, True])
async def test_release_without_an_answer_is_looked_up(house: Buyer, has_effect: bool) -> None:
    booking_id = await held(house)
    (house.airline.after if has_effect else house.airline.before).append(OutcomeUnknown("x"))
    await cancel_booking(house.consent, house.actor, booking_id=booking_id)
    for hours in range(4):
        await house.advance(after=hours * HOUR)
    assert (await house.read(booking_id)).phase == "cancelled"
    assert house.airline.calls.asked["cancel"] == (1 if has_effect else 2)


async def test_release_the_airline_refuses_leaves_the_hold(house: Buyer) -> None:
    booking_id = await held(house)
    house.airline.before = [InvalidRequest("x")]
    await cancel_booking(house.consent, house.actor, booking_id=booking_id)
    await house.advance()
    booking = await house.read(booking_id)
    assert (booking.phase, booking.reason) == ("held", "not_released")


async def test_hold_nobody_paid_for_ends_at_its_time(house: Buyer) -> None:
    booking_id = await held(house)
    assert await expire_unpaid(house.transactions) == 0
    with clock.frozen(NOW + HOUR):
        assert sorted(await asyncio.gather(*(expire_unpaid(house.transactions) for _ in range(3)))) == [0, 0, 1]
    booking = await house.read(booking_id)
    assert (booking.phase, booking.reason) == ("expired", "not_paid")


async def test_stranger_finds_no_booking(house: Buyer) -> None:
    booking_id = await held(house)
    other = Buyer(house.transactions, house.keys, house.airline)
    await other.move_in()
    async with house.transactions() as session:
        with pytest.raises(BookingNotFound):
            await get_booking(session, other.actor, booking_id)
    with pytest.raises(BookingNotFound):
        await cancel_booking(other.consent, other.actor, booking_id=booking_id)


async def test_traveller_with_a_live_booking_is_known_as_such(house: Buyer) -> None:
    booking_id = await held(house)

    async def is_live(at: datetime = NOW) -> bool:
        async with house.transactions() as session:
            with clock.frozen(at):
                return await has_live_booking(session, house.passenger_id)

    assert await is_live()
    assert not await is_live(NOW + timedelta(days=60)), "after the last landing"
    await cancel_booking(house.consent, house.actor, booking_id=booking_id)
    await house.advance()
    assert not await is_live()


async def held(house: Buyer) -> UUID:
    booking_id = await house.create()
    await house.advance()
    assert (await house.read(booking_id)).phase == "held"
    return booking_id


async def test_who_waits_is_told_although_another_was_quicker_to_take_it_up(house: Buyer) -> None:
    booking_id = await house.create()
    taken = asyncio.Event()

    class Slow(HoldingAirline):
        async def book(self, found: FoundOffer, purchase: Purchase) -> Order:
            taken.set()
            await self.door.wait()
            return await super().book(found, purchase)

    house.airline.__class__ = Slow
    house.airline.door.clear()
    other = asyncio.create_task(house.advance())
    await taken.wait()
    waiting = asyncio.create_task(Desk(house.parts).advance(booking_id))
    await asyncio.sleep(0.15)
    assert not waiting.done()
    house.airline.door.set()
    await waiting
    assert (await house.read(booking_id)).phase == "held"
    await other
    assert house.airline.books == 1


async def test_hold_without_an_end_is_given_one(house: Buyer) -> None:
    class Endless(HoldingAirline):
        async def book(self, found: FoundOffer, purchase: Purchase) -> Order:
            return (await super().book(found, purchase)).model_copy(update={"pay_by": None})

    house.airline.__class__ = Endless
    assert (await house.read(await held(house))).pay_by == NOW + INSTANT_LIFE


async def test_trouble_at_the_desk_is_logged_by_us(house: Buyer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(_parts: object, *, booking_id: UUID) -> int:
        raise LookupError(booking_id)

    monkeypatch.setattr(desk, "advance_due", fail)
    booking_id = await house.create()
    with capture_logs() as logged:
        await Desk(house.parts).advance(booking_id)
    assert [(each["event"], each["booking_id"]) for each in logged] == [("booking.desk_failed", str(booking_id))]


async def test_bug_in_one_booking_keeps_no_other_waiting(house: Buyer, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await house.create()
    other = Buyer(house.transactions, house.keys, house.airline)
    await other.move_in()
    second = await other.create()
    opened = open_purchase

    async def fail_once(transactions: Transactions, keys: Keys, booking: Booking) -> Purchase:
        if booking.id == first:
            raise ZeroDivisionError
        return await opened(transactions, keys, booking)

    monkeypatch.setattr(holding, "open_purchase", fail_once)
    await house.advance()
    assert ((await house.read(first)).phase, (await other.read(second)).phase) == ("holding", "held")
