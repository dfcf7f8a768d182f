"""Holding seats: made once, found again after every kind of silence, given up, and ended when nobody pays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

import services.bookings.desk as desk
import services.bookings.holding as holding
from core.clock import clock
from core.ids import new_id
from core.security import ACCOUNT_SCOPE, Actor, Keys
from core.settings import Settings
from db.models import Booking, BookingCall, BookingPassenger, BookingTransition, Passenger, User
from db.session import Transactions
from domain.bookings import MOVES, PHASES, PUBLIC_STATUSES, IllegalMove, ensure_legal
from domain.money import Money
from domain.offers import BookingFlow, FlightOffer
from domain.orders import CancellationQuote, Order, Purchase
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
from services.bookings.advance import LEASE_SECONDS, advance_due, expire_unpaid
from services.bookings.amending import cancel_booking
from services.bookings.creation import create_booking
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
from services.bookings.work import BookingParts
from services.bookings.writing import INSTANT_LIFE
from services.flights.market import Market
from services.flights.offers import refresh_offer
from services.flights.search import search
from services.passengers.live_bookings import has_live_booking
from services.payments.gateways import Gateways
from services.proposals.proposing import ConsentParts
from tests.conftest import NOW
from tests.support.offers import QUERY, make_offer
from tests.support.providers import Shop, market_of
from tests.support.till import Till

HOUR = timedelta(hours=1)


class Airline(Shop):
    """Holds seats, and can be told how to answer next: with an error before or after the effect."""

    capabilities: frozenset[Capability] = frozenset({"find_order", "cancel"})
    booking_flows: frozenset[BookingFlow] = frozenset({"hold"})

    def __init__(self, *offers: FlightOffer) -> None:
        super().__init__(*offers)
        self.orders: dict[str, Order] = {}
        self.books = 0
        self.cancels = 0
        self.before: list[Exception] = []
        """Raised by the next calls with an effect, without it."""
        self.after: list[Exception] = []
        """Raised by the next calls with an effect, after it."""
        self.meanwhile: Callable[[], Any] = lambda: None

    async def book(self, found: FoundOffer, purchase: Purchase) -> Order:
        self.books += 1
        self.meanwhile()
        if self.before:
            raise self.before.pop(0)
        order = Order(
            provider=self.name,
            provider_order_id=f"ord_{self.books}",
            reference=purchase.reference,
            record_locator="ABC123",
            status="held",
            slices=found.offer.slices,
            total=purchase.total,
            pay_by=clock.now() + HOUR,
            tickets=(),
            simulated=True,
        )
        self.orders[f"ord_{self.books}"] = order
        if self.after:
            raise self.after.pop(0)
        return order

    async def find_order(self, reference: str) -> Order | None:
        return next((order for order in self.orders.values() if order.reference == reference), None)

    async def get_order(self, provider_order_id: str) -> Order:
        if provider_order_id not in self.orders:
            raise OfferGone("x")
        return self.orders[provider_order_id]

    async def quote_cancellation(self, provider_order_id: str) -> CancellationQuote:
        total = (await self.get_order(provider_order_id)).total
        assert total
        return CancellationQuote(
            quote_id="q", provider_order_id=provider_order_id, refund=total * 0, fee=total * 0, expires_at=None
        )

    async def cancel(self, quote: CancellationQuote) -> Order:
        self.cancels += 1
        if self.before:
            raise self.before.pop(0)
        order = self.orders[quote.provider_order_id].model_copy(update={"status": "cancelled"})
        self.orders[quote.provider_order_id] = order
        if self.after:
            raise self.after.pop(0)
        return order


class House:
    """A user with a traveller, an airline with an offer, and what is done with them."""

    def __init__(self, transactions: Transactions, keys: Keys, airline: Airline) -> None:
        self.transactions, self.keys, self.airline = transactions, keys, airline
        self.market: Market = market_of(airline)
        self.parts = BookingParts(transactions, self.market, keys)
        self.consent = ConsentParts(transactions, self.market, keys, Gateways((Till(),), "http://test"))
        self.actor = Actor()
        self.passenger_id = new_id()

    async def move_in(self) -> None:
        async with self.transactions() as session:
            session.add(user := User(email=f"{new_id().hex}@example.com", phone="+84901234567"))
            await session.flush()
            passenger = Passenger(
                id=self.passenger_id,
                user_id=user.id,
                first_name="Lan",
                last_name="Nguyễn",
                gender="female",
                dob=date(1990, 5, 17),
                nationality="VN",
            )
            session.add(passenger)
        self.actor = Actor(kind="user", user_id=user.id, scopes=frozenset({ACCOUNT_SCOPE}))

    async def find_offer(self) -> UUID:
        result = await search(self.transactions, self.market, Actor(), query=QUERY, today=NOW.date())
        return result.offers[0].id

    async def make(self, booking_id: UUID | None = None, agreed_price: str | None = None) -> UUID:
        return await create_booking(
            self.consent,
            self.actor,
            booking_id=booking_id or new_id(),
            offer_id=await self.find_offer(),
            passenger_ids=[self.passenger_id],
            agreed_price=agreed_price,
        )

    async def advance(self, *, until: timedelta = timedelta()) -> None:
        """Look at everything that is due, as often as it becomes due, up to some time from now."""
        with clock.frozen(clock.now() + until):
            await advance_due(self.parts)

    async def read(self, booking_id: UUID) -> Booking:
        async with self.transactions() as session:
            return (await get_booking(session, self.actor, booking_id)).booking

    async def calls(self) -> list[tuple[str, str, str | None]]:
        async with self.transactions() as session:
            found = await session.scalars(select(BookingCall).order_by(BookingCall.created_at, BookingCall.id))
            return [(call.step, call.state, call.outcome) for call in found]

    async def moves(self, booking_id: UUID) -> list[tuple[str | None, str]]:
        async with self.transactions() as session:
            found = await session.scalars(
                select(BookingTransition)
                .where(BookingTransition.booking_id == booking_id)
                .order_by(BookingTransition.created_at, BookingTransition.id)
            )
            return [(each.phase_before, each.phase_after) for each in found]


def hold_offer(price: int = 100, *, name: str = "x") -> FlightOffer:
    return make_offer(price, name=name, expires_at=NOW + 3 * HOUR).model_copy(update={"booking_flows": ("hold",)})


@pytest.fixture
async def house(transactions: Transactions, settings: Settings) -> House:
    made = House(transactions, settings.keys, Airline(hold_offer()))
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


async def test_booking_is_held_at_the_airline(house: House) -> None:
    booking_id = await house.make()
    await house.advance()
    booking = await house.read(booking_id)
    assert (booking.phase, booking.booking_reference, booking.provider_order_id) == ("held", "ABC123", "ord_1")
    assert booking.pay_by == NOW + HOUR
    assert await house.calls() == [("hold", "done", "held")]
    assert await house.moves(booking_id) == [(None, "holding"), ("holding", "held")]


async def test_nothing_of_a_document_or_a_birth_date_is_readable_in_its_rows(house: House) -> None:
    await house.make()
    async with house.transactions() as session:
        row = await session.scalar(select(BookingPassenger))
        booking = await session.scalar(select(Booking))
    assert row
    assert booking
    assert (row.given_name, row.family_name) == ("LAN", "NGUYEN")
    assert "1990" not in row.details
    assert "8490" not in booking.contact


async def test_asked_again_under_its_id_it_is_the_same_booking(house: House) -> None:
    booking_id = new_id()
    assert await house.make(booking_id) == booking_id
    assert await house.make(booking_id) == booking_id
    await house.advance()
    assert await house.make(booking_id) == booking_id
    await house.advance()
    assert house.airline.books == 1


async def test_twenty_presses_at_once_are_one_booking(house: House) -> None:
    await house.find_offer()
    ends = await asyncio.gather(*(house.make() for _ in range(20)), return_exceptions=True)
    made = [end for end in ends if isinstance(end, UUID)]
    assert len(made) == 1
    assert all(isinstance(end, AlreadyBooked) for end in ends if not isinstance(end, UUID))
    assert {end.extra["booking_id"] for end in ends if isinstance(end, AlreadyBooked)} == {str(made[0])}
    await house.advance()
    assert house.airline.books == 1


async def test_ended_booking_makes_room_for_another(house: House) -> None:
    house.airline.before = [SoldOut("x")]
    first = await house.make()
    await house.advance()
    assert (await house.read(first)).phase == "failed"
    second = await house.make()
    await house.advance()
    assert (await house.read(second)).phase == "held"


async def test_dearer_offer_is_told_and_books_at_the_next_yes(house: House) -> None:
    await house.find_offer()
    house.airline.offers = [hold_offer(120)]
    with pytest.raises(PriceChanged) as raised:
        await house.make()
    assert raised.value.extra["total_price"] == "120"
    booking_id = await house.make()
    await house.advance()
    assert (await house.read(booking_id)).amount_minor == 120


async def test_price_named_is_the_price_agreed_to_whoever_looked_since(house: House) -> None:
    offer_id = await house.find_offer()
    house.airline.offers = [hold_offer(120)]
    await refresh_offer(house.transactions, house.market, offer_id)  # somebody else's look
    with pytest.raises(PriceChanged) as raised:
        await house.make(agreed_price="100")
    assert (raised.value.extra["previous_price"], raised.value.extra["total_price"]) == ("100", "120")
    with pytest.raises(PriceUnreadable):
        await house.make(agreed_price="a hundred")
    await house.make(agreed_price="120")


async def test_risen_price_is_told_before_any_other_fault(house: House) -> None:
    """Else whoever mends the fault and comes back would agree to a price they never heard of."""
    await house.find_offer()
    house.airline.offers = [hold_offer(120)]
    async with house.transactions() as session:
        (await session.get_one(Passenger, house.passenger_id)).dob = None
    with pytest.raises(PriceChanged) as raised:
        await house.make()
    assert (raised.value.extra["total_price"], "proposal_id" in raised.value.extra) == ("120", False)
    with pytest.raises(BirthDateMissing):
        await house.make()


async def test_offer_that_can_only_be_looked_at_is_not_booked(house: House) -> None:
    house.airline.offers = [make_offer(100, name="x")]
    with pytest.raises(NotBookable):
        await house.make()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (SoldOut("x"), "sold_out"),
        (OfferGone("x"), "offer_gone"),
        (InvalidRequest("x"), "refused"),
        (ProviderPriceChanged(FoundOffer(make_offer(), {})), "price_changed"),
    ],
)
async def test_refused_booking_has_failed_and_says_why(house: House, error: FlightProviderError, reason: str) -> None:
    house.airline.before = [error]
    booking_id = await house.make()
    await house.advance()
    booking = await house.read(booking_id)
    assert (booking.phase, booking.reason) == ("failed", reason)
    assert await house.calls() == [("hold", "refused", reason)]


# silence


async def test_airline_that_is_away_is_asked_again_later(house: House) -> None:
    house.airline.before = [ProviderDown("x"), ProviderDown("x")]
    booking_id = await house.make()
    await house.advance()
    assert (await house.read(booking_id)).phase == "holding"
    await house.advance()
    assert house.airline.books == 1, "not before it is due"
    for hours in (1, 2):
        await house.advance(until=hours * HOUR)
    assert (await house.read(booking_id)).phase == "held"
    assert house.airline.books == 3


async def test_airline_that_stays_away_fails_the_booking_in_the_end(house: House) -> None:
    house.airline.before = [ProviderDown("x")] * 99
    booking_id = await house.make()
    for hours in range(MAX_ATTEMPTS + 1):
        await house.advance(until=hours * HOUR)
    booking = await house.read(booking_id)
    assert (booking.phase, booking.reason, house.airline.books) == ("failed", "unreachable", MAX_ATTEMPTS)


async def test_hold_without_an_answer_is_looked_up_and_never_made_twice(house: House) -> None:
    house.airline.after = [OutcomeUnknown("x")]
    booking_id = await house.make()
    await house.advance()
    assert (await house.read(booking_id)).phase == "holding"
    await house.advance(until=HOUR)
    assert (await house.read(booking_id)).phase == "held"
    assert house.airline.books == 1
    assert await house.calls() == [("hold", "done", "held")]


async def test_hold_that_was_never_made_is_looked_for_and_then_given_up(house: House) -> None:
    house.airline.before = [OutcomeUnknown("x")]
    booking_id = await house.make()
    for hours in range(2):
        await house.advance(until=hours * HOUR)
    booking = await house.read(booking_id)
    assert (booking.phase, booking.reason, house.airline.books) == ("failed", "never_made", 1)


async def test_where_nothing_can_be_looked_up_a_person_has_to(house: House) -> None:
    house.airline.capabilities = frozenset({"cancel"})
    house.airline.after = [OutcomeUnknown("x")]
    booking_id = await house.make()
    await house.advance()
    await house.advance(until=HOUR)
    booking = await house.read(booking_id)
    assert (booking.phase, booking.reason, house.airline.books) == ("needs_review", "outcome_unknown", 1)


class Killed(BaseException):
    """The process ends here: nothing after it runs."""


@pytest.mark.parametrize("is_made", [False, True])
async def test_process_killed_in_mid_call_loses_and_doubles_nothing(house: House, is_made: bool) -> None:
    (house.airline.after if is_made else house.airline.before).append(Killed())  # type: ignore[arg-type]  # as a kill is
    booking_id = await house.make()
    with pytest.raises(Killed):
        await house.advance()
    await house.advance()
    assert house.airline.books == 1, "its lease holds"
    for round_ in range(2):
        await house.advance(until=timedelta(seconds=LEASE_SECONDS + 1) + round_ * HOUR)
    booking = await house.read(booking_id)
    assert booking.phase == ("held" if is_made else "failed")
    assert house.airline.books == 1
    assert len(house.airline.orders) == is_made


async def test_worker_that_was_overtaken_writes_nothing(house: House) -> None:
    """A stalled worker comes back with its answer after another has taken the booking over."""

    async def take_over() -> None:
        async with house.transactions() as session:
            booking = await session.scalar(select(Booking))
            assert booking
            booking.token += 1

    taken = asyncio.Event()

    class Stalled(Airline):
        async def book(self, found: FoundOffer, purchase: Purchase) -> Order:
            order = await super().book(found, purchase)
            await take_over()
            taken.set()
            return order

    house.airline.__class__ = Stalled
    booking_id = await house.make()
    await house.advance()
    assert taken.is_set()
    assert (await house.read(booking_id)).phase == "holding"
    assert await house.calls() == [("hold", "calling", None)]


async def test_without_the_fence_the_stalled_worker_would_be_noticed(
    house: House, monkeypatch: pytest.MonkeyPatch
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


async def test_order_for_another_sum_needs_a_look(house: House) -> None:
    class Dear(Airline):
        async def book(self, found: FoundOffer, purchase: Purchase) -> Order:
            order = await super().book(found, purchase)
            return order.model_copy(update={"total": Money(amount_minor=999, currency="VND")})

    house.airline.__class__ = Dear
    booking_id = await house.make()
    await house.advance()
    booking = await house.read(booking_id)
    assert (booking.phase, booking.reason, booking.provider_order_id) == ("needs_review", "not_as_agreed", "ord_1")


# ending one


async def test_hold_is_given_up_at_the_airline_too(house: House) -> None:
    booking_id = await held(house)
    await cancel_booking(house.consent, house.actor, booking_id=booking_id)
    await house.advance()
    assert (await house.read(booking_id)).phase == "cancelled"
    assert house.airline.orders["ord_1"].status == "cancelled"
    with pytest.raises(BookingNotCancellable):
        await cancel_booking(house.consent, house.actor, booking_id=booking_id)


@pytest.mark.parametrize("has_effect", [False, True])
async def test_release_without_an_answer_is_looked_up(house: House, has_effect: bool) -> None:
    booking_id = await held(house)
    (house.airline.after if has_effect else house.airline.before).append(OutcomeUnknown("x"))
    await cancel_booking(house.consent, house.actor, booking_id=booking_id)
    for hours in range(4):
        await house.advance(until=hours * HOUR)
    assert (await house.read(booking_id)).phase == "cancelled"
    assert house.airline.cancels == (1 if has_effect else 2)


async def test_release_the_airline_refuses_leaves_the_hold(house: House) -> None:
    booking_id = await held(house)
    house.airline.before = [InvalidRequest("x")]
    await cancel_booking(house.consent, house.actor, booking_id=booking_id)
    await house.advance()
    booking = await house.read(booking_id)
    assert (booking.phase, booking.reason) == ("held", "not_released")


async def test_hold_nobody_paid_for_ends_at_its_time(house: House) -> None:
    booking_id = await held(house)
    assert await expire_unpaid(house.transactions) == 0
    with clock.frozen(NOW + HOUR):
        assert sorted(await asyncio.gather(*(expire_unpaid(house.transactions) for _ in range(3)))) == [0, 0, 1]
    booking = await house.read(booking_id)
    assert (booking.phase, booking.reason) == ("expired", "not_paid")


async def test_stranger_finds_no_booking(house: House) -> None:
    booking_id = await held(house)
    other = House(house.transactions, house.keys, house.airline)
    await other.move_in()
    async with house.transactions() as session:
        with pytest.raises(BookingNotFound):
            await get_booking(session, other.actor, booking_id)
    with pytest.raises(BookingNotFound):
        await cancel_booking(other.consent, other.actor, booking_id=booking_id)


async def test_traveller_with_a_live_booking_is_known_as_such(house: House) -> None:
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


async def held(house: House) -> UUID:
    booking_id = await house.make()
    await house.advance()
    assert (await house.read(booking_id)).phase == "held"
    return booking_id


async def test_who_waits_is_told_although_another_was_quicker_to_take_it_up(house: House) -> None:
    booking_id = await house.make()
    taken = asyncio.Event()

    class Slow(Airline):
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


async def test_hold_without_an_end_is_given_one(house: House) -> None:
    class Endless(Airline):
        async def book(self, found: FoundOffer, purchase: Purchase) -> Order:
            return (await super().book(found, purchase)).model_copy(update={"pay_by": None})

    house.airline.__class__ = Endless
    assert (await house.read(await held(house))).pay_by == NOW + INSTANT_LIFE


async def test_trouble_at_the_desk_is_logged_by_us(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(_parts: object, *, booking_id: UUID) -> int:
        raise LookupError(booking_id)

    monkeypatch.setattr(desk, "advance_due", fail)
    booking_id = await house.make()
    with capture_logs() as logged:
        await Desk(house.parts).advance(booking_id)
    assert [(each["event"], each["booking_id"]) for each in logged] == [("booking.desk_failed", str(booking_id))]


async def test_bug_in_one_booking_keeps_no_other_waiting(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await house.make()
    other = House(house.transactions, house.keys, house.airline)
    await other.move_in()
    second = await other.make()
    opened = open_purchase

    async def fail_once(transactions: Transactions, keys: Keys, booking: Booking) -> Purchase:
        if booking.id == first:
            raise ZeroDivisionError
        return await opened(transactions, keys, booking)

    monkeypatch.setattr(holding, "open_purchase", fail_once)
    await house.advance()
    assert ((await house.read(first)).phase, (await other.read(second)).phase) == ("holding", "held")
