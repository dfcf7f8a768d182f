"""What a provider tells by itself: a reason to read the order, however often and in whatever sequence it is told."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from core.clock import clock
from core.settings import Settings
from db.models import Booking, NotificationLog, ProviderEvent
from db.repositories.bookings import BookingRepository
from db.repositories.provider_events import ProviderEventRepository
from db.session import Transactions
from domain.bookings import Phase
from domain.offers import Slice
from domain.orders import Order
from providers.flights.base import FoundOffer, ProviderDown
from providers.flights.guard import GuardedProvider
from providers.sandbox import orders
from services.bookings.advance import advance_due
from services.bookings.errors import SignatureInvalid
from services.bookings.looking import look_due
from services.bookings.moves import move
from services.bookings.provider_events import Verdict, receive
from services.bookings.work import BookingParts
from services.flights.market import Market
from services.housekeeping import EVENT_KEPT, tidy
from tests.support.airline import Airline
from tests.support.box import open_box
from tests.support.duffel_talk import SIGNATURE, Ears, tell
from tests.support.offers import make_offer, make_slice
from tests.support.purchases import ask, buy
from tests.support.trips import Trips

LATER = make_slice("11:00")


class Wavering(Airline):
    """Does not answer questions while it is `away`; something may happen while one is asked."""

    is_away = False

    async def get_order(self, provider_order_id: str) -> Order:
        if self.is_away:
            raise ProviderDown("away")
        order = await super().get_order(provider_order_id)
        self.meanwhile()
        return order

    def become(self, order_id: str, **values: object) -> None:
        self._update(order_id, **values)


class Ward:
    """A user's trips with an airline that talks."""

    def __init__(self, trips: Trips, airline: Wavering) -> None:
        self.trips, self.airline = trips, airline
        self.ears = Ears(airline.name)

    async def hear(self, order_id: str | None, **event: object) -> Verdict:
        body, headers = tell(order_id, **event)  # type: ignore[arg-type]  # passed on as they come
        return await receive(self.trips.transactions, self.ears, body=body, signature=headers[SIGNATURE], is_live=False)

    async def look(self, *, after: timedelta = timedelta()) -> int:
        with clock.frozen(clock.now() + after):
            return await look_due(self.trips.parts)

    async def set(self, booking_id: UUID, **values: object) -> None:
        async with self.trips.transactions() as session:
            await session.execute(update(Booking).where(Booking.id == booking_id).values(**values))

    async def events(self) -> list[ProviderEvent]:
        async with self.trips.transactions() as session:
            return list(await session.scalars(select(ProviderEvent).order_by(ProviderEvent.event_key)))

    async def letters(self) -> list[str]:
        async with self.trips.transactions() as session:
            found = await session.scalars(select(NotificationLog).where(NotificationLog.user_id == self.trips.user_id))
            return sorted(each.type for each in found if each.type not in ("check_in_opens", "departure_soon"))

    async def slices(self, booking_id: UUID) -> list[Slice]:
        async with self.trips.transactions() as session:
            items = await BookingRepository(session).list_items([booking_id])
            return [Slice.model_validate(item.payload) for item in items]


@pytest.fixture
async def ward(transactions: Transactions, settings: Settings) -> Ward:
    airline = Wavering()
    trips = Trips(transactions, settings.keys, airline)
    await trips.move_in()
    return Ward(trips, airline)


async def test_a_moved_flight_is_flown_at_its_new_time_and_told_once(ward: Ward) -> None:
    booking_id = await ward.trips.add("ticketed")
    ward.airline.become("ord_1", slices=(LATER,))
    assert await ward.hear("ord_1") == "accepted"
    assert await ward.look() == 1
    assert await ward.slices(booking_id) == [LATER]
    assert await ward.letters() == ["schedule_changed"]
    assert (await ward.trips.read(booking_id)).phase == "ticketed"
    assert await ward.look() == 0


async def test_an_event_told_twice_is_one(ward: Ward) -> None:
    await ward.trips.add("ticketed")
    ward.airline.become("ord_1", slices=(LATER,))
    assert [await ward.hear("ord_1") for _ in range(3)] == ["accepted", "repeated", "repeated"]
    assert await ward.look() == 1
    assert await ward.hear("ord_1") == "repeated"
    assert await ward.look() == 0
    assert await ward.letters() == ["schedule_changed"]


async def test_a_trip_that_did_not_move_is_left_alone(ward: Ward) -> None:
    booking_id = await ward.trips.add("ticketed")
    before = await ward.slices(booking_id)
    await ward.hear("ord_1")
    assert await ward.look() == 1
    assert await ward.slices(booking_id) == before
    assert await ward.letters() == []


@pytest.mark.parametrize("order", list(itertools.permutations(["created", "moved", "cancelled"])))
async def test_in_whatever_order_things_are_told_they_end_the_same(ward: Ward, order: tuple[str, ...]) -> None:
    booking_id = await ward.trips.add("ticketed")
    ward.airline.become("ord_1", slices=(LATER,), status="cancelled")
    for happening in order:
        await ward.hear("ord_1", happening=happening)
        await ward.look()
    booking = await ward.trips.read(booking_id)
    assert (booking.phase, booking.reason) == ("needs_review", "given_up_by_airline")
    assert await ward.trips.moves(booking_id) == [(None, "ticketed"), ("ticketed", "needs_review")]
    assert await ward.letters() == ["booking_needs_review"]
    assert [each.due_at for each in await ward.events()] == [None] * 3


async def test_an_order_nobody_knows_any_more_is_for_a_person(ward: Ward) -> None:
    booking_id = await ward.trips.add("ticketed")
    del ward.airline.files["ord_1"]
    await ward.hear("ord_1")
    await ward.look()
    assert (await ward.trips.read(booking_id)).reason == "not_as_agreed"


async def test_forged_and_stale_events_change_nothing(ward: Ward) -> None:
    await ward.trips.add("ticketed")
    ward.airline.become("ord_1", slices=(LATER,))
    for doubtful in ({"secret": "another"}, {"age": timedelta(minutes=6)}, {"age": timedelta(minutes=-6)}):
        with pytest.raises(SignatureInvalid):
            await ward.hear("ord_1", **doubtful)
    assert await ward.events() == []
    assert await ward.look() == 0


async def test_events_of_another_world_or_about_others_orders_are_left_alone(ward: Ward) -> None:
    await ward.trips.add("ticketed")
    assert await ward.hear("ord_1", is_live=True) == "other_world"
    assert await ward.hear("ord_9") == "unknown_order"
    await ward.trips.add("holding")
    assert await ward.hear(None) == "unknown_order", "no name is not the name of what has none yet"
    assert await ward.events() == []
    assert await ward.look() == 0


async def test_another_providers_order_of_the_same_name_is_not_meant(ward: Ward) -> None:
    await ward.trips.add("ticketed")
    ward.ears = Ears("somebody")
    assert await ward.hear("ord_1") == "unknown_order"


@pytest.mark.parametrize("key", ["a" * 201, "\x00", "é", ""])
async def test_names_a_database_would_stumble_over_are_unreadable(ward: Ward, key: str) -> None:
    await ward.trips.add("ticketed")
    assert await ward.hear("ord_1", kind=key) == "unreadable"


async def test_work_under_way_is_taken_up_at_once(ward: Ward) -> None:
    ward.airline.is_slow_to_ticket = True
    booking_id = await ward.trips.add("paid")
    await ward.trips.advance()
    await ward.trips.advance()
    assert (await ward.trips.read(booking_id)).due_at > clock.now()
    ward.airline.issue()
    await ward.hear("ord_1")
    await advance_due(ward.trips.parts)
    assert (await ward.trips.read(booking_id)).phase == "ticketed"


async def test_what_was_told_before_a_booking_came_to_rest_is_looked_at_when_it_has(ward: Ward) -> None:
    booking_id = await ward.trips.add("paid")
    ward.airline.become("ord_1", slices=(LATER,))
    await ward.hear("ord_1")
    assert await ward.look() == 0
    await ward.trips.advance()
    assert await ward.look() == 1
    assert await ward.slices(booking_id) == [LATER]


async def test_what_is_over_is_not_looked_at(ward: Ward) -> None:
    await ward.trips.add("refunding")
    assert await ward.hear("ord_1") == "accepted"
    assert await ward.look() == 0


async def test_a_provider_that_is_away_is_asked_again(ward: Ward) -> None:
    booking_id = await ward.trips.add("ticketed")
    ward.airline.become("ord_1", slices=(LATER,))
    await ward.hear("ord_1")
    ward.airline.is_away = True
    assert await ward.look() == 1
    assert await ward.look() == 0
    ward.airline.is_away = False
    assert await ward.look(after=timedelta(minutes=1)) == 1
    assert await ward.slices(booking_id) == [LATER]


async def test_whoever_is_overtaken_while_looking_writes_nothing(ward: Ward) -> None:
    booking_id = await ward.trips.add("ticketed")
    before = await ward.slices(booking_id)
    ward.airline.become("ord_1", slices=(LATER,))
    await ward.hear("ord_1")
    token = (await ward.trips.read(booking_id)).token
    claimed: list[Booking] = []

    class Overtaking(Wavering):
        async def get_order(self, provider_order_id: str) -> Order:
            await ward.set(booking_id, phase="cancelling", token=token + 2)
            claimed.append(await ward.trips.read(booking_id))
            return await super().get_order(provider_order_id)

    overtaking = Overtaking()
    overtaking.files = ward.airline.files
    await look_due(BookingParts(ward.trips.transactions, Market([overtaking]), ward.trips.keys))
    assert claimed
    assert await ward.slices(booking_id) == before
    assert await ward.letters() == []
    assert [each.due_at is None for each in await ward.events()] == [False]


async def test_a_write_without_its_token_would_overwrite_and_is_noticed(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def write_anyhow(self: BookingRepository, booking: Booking, **values: object) -> bool:
        await self._session.execute(update(Booking).where(Booking.id == booking.id).values(**values))
        return True

    monkeypatch.setattr(BookingRepository, "write", write_anyhow)
    with pytest.raises(AssertionError):
        await test_whoever_is_overtaken_while_looking_writes_nothing(ward)


async def test_two_who_look_at_once_look_once(ward: Ward) -> None:
    await ward.trips.add("ticketed")
    await ward.hear("ord_1")
    looks: list[int] = []

    class Slow(Wavering):
        async def get_order(self, provider_order_id: str) -> Order:
            looks.append(await look_due(ward.trips.parts))
            return await super().get_order(provider_order_id)

    slow = Slow()
    slow.files = ward.airline.files
    assert await look_due(BookingParts(ward.trips.transactions, Market([slow]), ward.trips.keys)) == 1
    assert looks == [0]


async def test_what_is_told_while_somebody_looks_is_looked_at_afterwards(ward: Ward) -> None:
    booking_id = await ward.trips.add("ticketed")
    await ward.hear("ord_1", happening="1")

    class Chatty(Wavering):
        async def get_order(self, provider_order_id: str) -> Order:
            order = await super().get_order(provider_order_id)
            if order.slices != (LATER,):
                self.become("ord_1", slices=(LATER,))
                await ward.hear("ord_1", happening="2")
            return order

    chatty = Chatty()
    chatty.files = ward.airline.files
    parts = BookingParts(ward.trips.transactions, Market([chatty]), ward.trips.keys)
    assert await look_due(parts) == 2
    assert await ward.slices(booking_id) == [LATER]


async def test_settling_everything_told_would_lose_that_and_is_noticed(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def settle_all(self: ProviderEventRepository, _events: object) -> None:
        await self._session.execute(update(ProviderEvent).values(due_at=None))

    monkeypatch.setattr(ProviderEventRepository, "settle", settle_all)
    with pytest.raises(AssertionError):
        await test_what_is_told_while_somebody_looks_is_looked_at_afterwards(ward)


async def doubt(ward: Ward, before: Phase, *, flow: str = "hold") -> UUID:
    """A booking nobody knew the outcome of, whose provider made an order of it."""
    booking_id = await ward.trips.add(before)
    booking = await ward.trips.read(booking_id)
    offer = make_offer(booking.amount_minor)
    purchase = buy(ask(), offer.total, "hold" if flow == "hold" else "instant", reference=booking.reference)
    if not ward.airline.files:
        await ward.airline.book(FoundOffer(offer, {}), purchase)
    async with ward.trips.transactions() as session:
        row = await session.get_one(Booking, booking_id)
        assert await move(session, row, "needs_review", reason="outcome_unknown", provider_order_id=None)
    await ward.set(booking_id, flow=flow, booking_reference=None)
    return booking_id


async def test_a_hold_nobody_knew_of_is_ours_when_the_provider_tells_of_it(ward: Ward) -> None:
    booking_id = await doubt(ward, "holding")
    reference = (await ward.trips.read(booking_id)).reference
    await ward.hear("ord_1", reference=reference, kind="order.created")
    await ward.look()
    booking = await ward.trips.read(booking_id)
    assert (booking.phase, booking.provider_order_id, booking.booking_reference) == ("held", "ord_1", "PNR001")
    assert booking.pay_by is not None


async def test_a_purchase_nobody_knew_of_is_ours_when_it_was_paid_for(ward: Ward) -> None:
    booking_id = await doubt(ward, "paid", flow="instant")
    ward.airline._settle("ord_1", make_offer((await ward.trips.read(booking_id)).amount_minor).total)
    await ward.hear("ord_1", reference=(await ward.trips.read(booking_id)).reference)
    await ward.look()
    booking = await ward.trips.read(booking_id)
    assert (booking.phase, booking.confirmed_at) == ("ticketed", clock.now())
    assert "booking_confirmed" in await ward.letters()


async def test_tickets_without_money_are_for_a_person(ward: Ward) -> None:
    booking_id = await doubt(ward, "holding")
    ward.airline._settle("ord_1", make_offer((await ward.trips.read(booking_id)).amount_minor).total)
    await ward.hear("ord_1", reference=(await ward.trips.read(booking_id)).reference)
    await ward.look()
    assert (await ward.trips.read(booking_id)).phase == "needs_review"


async def test_seats_at_another_price_are_for_a_person(ward: Ward) -> None:
    booking_id = await doubt(ward, "holding")
    ward.airline.become("ord_1", total=make_offer(1).total)
    await ward.hear("ord_1", reference=(await ward.trips.read(booking_id)).reference)
    await ward.look()
    assert (await ward.trips.read(booking_id)).phase == "needs_review"


async def test_what_else_a_person_looks_into_is_theirs(ward: Ward) -> None:
    booking_id = await doubt(ward, "holding")
    await ward.set(booking_id, reason="stuck")
    await ward.hear("ord_1", reference=(await ward.trips.read(booking_id)).reference)
    await ward.look()
    assert (await ward.trips.read(booking_id)).phase == "needs_review"


async def test_old_events_are_thrown_away(ward: Ward) -> None:
    await ward.trips.add("ticketed")
    await ward.hear("ord_1")
    with clock.frozen(clock.now() + EVENT_KEPT + timedelta(days=1)):
        async with ward.trips.transactions() as session:
            await tidy(session)
    assert await ward.events() == []


async def test_an_order_of_the_imitated_duffel_is_followed_to_its_end(
    transactions: Transactions, settings: Settings
) -> None:
    """Flown at another hour, then given up, behind our back and over the wire."""
    trips = Trips(transactions, settings.keys, Airline())
    await trips.move_in()
    async with open_box(transactions) as box:
        duffel = box.providers["duffel"]
        query = ask()
        found = (await duffel.search(query))[0]
        booking_id = await trips.add("ticketed", offer=found.offer)
        reference = (await trips.read(booking_id)).reference
        order = await duffel.book(found, buy(query, found.offer.total, reference=reference))
        ward = Ward(trips, Wavering())
        ward.ears = Ears("duffel")
        await ward.set(booking_id, provider="duffel", provider_order_id=order.provider_order_id)
        parts = BookingParts(transactions, Market([GuardedProvider(duffel)]), settings.keys)

        assert await ward.hear(order.provider_order_id, reference=reference, kind="order.created") == "accepted"
        await look_due(parts)
        assert await ward.letters() == []

        flown = found.offer.slices[0].departs
        later = next(each for each in await box.world.search(query) if each.offer.slices[0].departs != flown)
        assert order.provider_order_id
        await move_order(box.transactions, order.provider_order_id, later)
        assert await ward.hear(order.provider_order_id, reference=reference, happening="2") == "accepted"
        await look_due(parts)
        assert await ward.letters() == ["schedule_changed"]
        assert [each.departs for each in await ward.slices(booking_id)] == [later.offer.slices[0].departs]

        await duffel.cancel(await duffel.quote_cancellation(order.provider_order_id))
        await ward.hear(order.provider_order_id, reference=reference, happening="3")
        await look_due(parts)
        assert (await trips.read(booking_id)).reason == "given_up_by_airline"


async def move_order(transactions: Transactions, order_id: str, found: FoundOffer) -> None:
    """The airline flies its order otherwise."""
    async with transactions() as session:
        stored = await orders.lock_order(session, order_id.removeprefix("ord_"))
        assert stored
        await orders.save_order(session, replace(stored, found=found, version=stored.version + 1))
