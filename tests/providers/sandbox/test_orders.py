"""Buying from the simulated airlines: what an order becomes, and that no seat is sold twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.session import Transactions
from domain.money import Money
from domain.orders import Order
from providers.flights.base import (
    FlightProvider,
    FoundOffer,
    InvalidRequest,
    OfferGone,
    PriceChanged,
    SoldOut,
)
from providers.sandbox import orders
from providers.sandbox.faults import Faults
from providers.sandbox.flights import SandboxFlights
from tests.providers.sandbox.buying import FAMILY, MovingClock, buy, find, find_scarce, id_of, make_purchase, total_of
from tests.providers.sandbox.support import NOW, in_days, make_query


def test_it_fits_the_port(flights: SandboxFlights) -> None:
    provider: FlightProvider = flights
    assert (provider.name, provider.mode) == ("sandbox", "simulated")
    assert provider.booking_flows == {"hold", "instant"}


async def test_a_hold_is_paid_and_ticketed(flights: SandboxFlights) -> None:
    found = await find(flights, make_query(("HAN", "SGN", in_days(20)), travellers=FAMILY))
    held = await buy(flights, found)
    assert (held.status, held.tickets, held.total) == ("held", (), found.offer.total)
    assert held.pay_by == NOW + timedelta(hours=24)
    assert held.slices == found.offer.slices
    paid = await flights.pay(id_of(held), total_of(held))
    assert (paid.status, paid.pay_by) == ("ticketed", None)
    assert [ticket.traveller for ticket in paid.tickets] == [0, 1, 2, 3]
    assert len({ticket.number for ticket in paid.tickets}) == 4
    assert all(len(ticket.number) == 13 and ticket.number.startswith("738") for ticket in paid.tickets)
    assert await flights.get_order(id_of(held)) == paid
    assert paid.record_locator == held.record_locator


async def test_an_instant_purchase_is_ticketed_at_once(flights: SandboxFlights) -> None:
    order = await buy(flights, await find(flights), "instant")
    assert (order.status, order.pay_by, len(order.tickets)) == ("ticketed", None, 1)
    assert await flights.get_order(id_of(order)) == order


async def test_a_hold_ends_well_before_departure(flights: SandboxFlights, clock: MovingClock) -> None:
    found = await find(flights)
    clock.now = found.offer.slices[0].departs.instant - timedelta(hours=5)
    soon = await find(flights)
    order = await buy(flights, soon)
    assert order.pay_by == soon.offer.slices[0].departs.instant - timedelta(hours=2)


async def test_low_cost_carriers_hold_no_seats_on_the_last_day(flights: SandboxFlights, clock: MovingClock) -> None:
    found = await find(flights, carrier="VJ")
    assert found.offer.booking_flows == ("hold", "instant")
    clock.now = found.offer.slices[0].departs.instant - timedelta(hours=23, minutes=59)
    last_day = await find(flights, carrier="VJ")
    assert last_day.offer.booking_flows == ("instant",)
    with pytest.raises(InvalidRequest):
        await buy(flights, last_day)
    assert (await buy(flights, last_day, "instant")).status == "ticketed"


async def test_an_unpaid_hold_lapses(flights: SandboxFlights, clock: MovingClock) -> None:
    order = await buy(flights, await find(flights))
    clock.now = NOW + timedelta(hours=24)
    assert (await flights.get_order(id_of(order))).status == "cancelled"
    for attempt in (flights.pay(id_of(order), total_of(order)), flights.quote_cancellation(id_of(order))):
        with pytest.raises(OfferGone):
            await attempt


async def test_only_what_is_owed_can_be_paid_and_only_once(flights: SandboxFlights) -> None:
    order = await buy(flights, await find(flights))
    for _ in range(2):
        with pytest.raises(InvalidRequest):
            await flights.pay(id_of(order), total_of(order) + Money(amount_minor=1, currency="VND"))
        paid = await flights.pay(id_of(order), total_of(order))
        assert await flights.pay(id_of(order), total_of(order)) == paid, "it is answered as it is"


async def test_an_unknown_order_is_gone(flights: SandboxFlights) -> None:
    for attempt in (
        flights.get_order("ord_nothing"),
        flights.pay("ord_nothing", Money(amount_minor=1, currency="VND")),
        flights.quote_cancellation("ord_nothing"),
    ):
        with pytest.raises(OfferGone):
            await attempt


async def test_one_reference_may_have_two_orders_and_the_live_one_is_found(flights: SandboxFlights) -> None:
    found = await find(flights)
    first, second = await buy(flights, found), await buy(flights, found)
    assert id_of(first) != id_of(second)
    assert await flights.find_order("ours-1") == second
    cancelled = await flights.cancel(await flights.quote_cancellation(id_of(second)))
    assert await flights.find_order("ours-1") == first
    await flights.cancel(await flights.quote_cancellation(id_of(first)))
    assert await flights.find_order("ours-1") == cancelled
    assert await flights.find_order("ours-2") is None


async def test_the_price_is_the_same_within_the_hour_and_lives_on(flights: SandboxFlights, clock: MovingClock) -> None:
    found = await find(flights)
    clock.now = NOW + timedelta(minutes=15)
    priced = await flights.price(found)
    assert priced.offer.provider_offer_id == found.offer.provider_offer_id
    assert priced.offer.expires_at == found.offer.expires_at + timedelta(minutes=15)
    assert priced.offer.model_copy(update={"expires_at": found.offer.expires_at}) == found.offer


async def test_an_expired_offer_is_gone(flights: SandboxFlights, clock: MovingClock) -> None:
    found = await find(flights)
    clock.now = found.offer.expires_at
    for attempt in (flights.price(found), flights.fare_rules(found), flights.seat_map(found), buy(flights, found)):
        with pytest.raises(OfferGone):
            await attempt


async def test_a_flight_that_leaves_soon_is_gone(flights: SandboxFlights, clock: MovingClock) -> None:
    found = await find(flights)
    clock.now = found.offer.slices[0].departs.instant - timedelta(minutes=30)
    fresh = FoundOffer(found.offer.model_copy(update={"expires_at": clock.now + timedelta(minutes=9)}), found.raw)
    with pytest.raises(OfferGone):
        await flights.price(fresh)


async def test_another_price_than_agreed_buys_nothing(flights: SandboxFlights, clock: MovingClock) -> None:
    clock.now = NOW.replace(minute=55)
    found = await find(flights)
    clock.now = NOW.replace(minute=5) + timedelta(hours=1)
    with pytest.raises(PriceChanged) as caught:
        await buy(flights, found)
    assert caught.value.found.offer.total != found.offer.total
    assert await flights.find_order("ours-1") is None
    assert (await buy(flights, caught.value.found)).total == caught.value.found.offer.total


async def test_a_price_that_was_told_to_change_stays_changed(flights: SandboxFlights, faults: Faults) -> None:
    found = await find(flights)
    faults.arm("book", "price_change")
    with pytest.raises(PriceChanged) as caught:
        await buy(flights, found)
    risen = caught.value.found
    assert risen.offer.total.amount_minor == pytest.approx(found.offer.total.amount_minor * 1.1, abs=2000)
    assert (await flights.price(risen)).offer == risen.offer
    assert (await buy(flights, risen)).total == risen.offer.total


async def test_only_the_sum_that_was_agreed_is_charged(flights: SandboxFlights) -> None:
    found = await find(flights)
    bag = (await flights.services(found))[0]
    with pytest.raises(InvalidRequest):
        await buy(flights, found, services=[bag.service_id], extras=bag.price * 2)
    with pytest.raises(PriceChanged):
        await buy(flights, found, extras=bag.price)
    assert await flights.find_order("ours-1") is None
    assert (await buy(flights, found, services=[bag.service_id], extras=bag.price)).total == (
        found.offer.total + bag.price
    )


async def test_the_world_fails_on_request(flights: SandboxFlights, faults: Faults) -> None:
    found = await find(flights)
    faults.arm("price", "sold_out")
    faults.arm("book", "offer_gone")
    faults.arm("book", "timeout_before")  # of the wire, which is not met here
    with pytest.raises(SoldOut):
        await flights.price(found)
    with pytest.raises(OfferGone):
        await buy(flights, found)
    assert (await buy(flights, found)).status == "held"


async def test_the_party_must_be_the_offers(flights: SandboxFlights) -> None:
    found = await find(flights, make_query(("HAN", "SGN", in_days(20)), travellers=FAMILY))
    purchase = make_purchase(found.offer)
    for travellers in (purchase.travellers[:3], purchase.travellers[::-1]):
        with pytest.raises(InvalidRequest):
            await flights.book(found, purchase.model_copy(update={"travellers": travellers}))


async def test_nothing_of_a_traveller_is_kept(flights: SandboxFlights, transactions: Transactions) -> None:
    found = await find(flights)
    bag = (await flights.services(found))[0]
    await buy(flights, found, services=[bag.service_id], extras=bag.price)
    async with transactions() as session:
        tables = (await session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'sandbox'"))).all()
        rows = [
            row for table in tables for row in await session.scalars(text(f'SELECT t::text FROM sandbox."{table}" t'))
        ]
    kept = " ".join(rows)
    assert "ours-1" in kept
    for secret in ("Hoa", "Nguyen", "C1234567", "1990-05-17", "example.com", "901234567"):
        assert secret not in kept


async def buy_at_once(flights: SandboxFlights, found: FoundOffer, buyers: int) -> list[Order | BaseException]:
    return await asyncio.gather(
        *(buy(flights, found, "instant", reference=f"ours-{buyer}") for buyer in range(buyers)), return_exceptions=True
    )


async def test_twenty_at_once_get_no_more_than_the_last_seats(flights: SandboxFlights, clock: MovingClock) -> None:
    found = await find_scarce(flights, clock)
    outcomes = await buy_at_once(flights, found, 20)
    assert sum(isinstance(outcome, Order) for outcome in outcomes) == found.offer.seats_left
    assert {type(outcome) for outcome in outcomes} == {Order, SoldOut}
    with pytest.raises(SoldOut):
        await flights.price(found)
    later = await flights.search(
        make_query(("SGN", "DAD", found.offer.slices[0].departs.at_local.date()), cabin="business")
    )
    assert later
    assert all(found.raw["flights"][0][0] not in other.raw["flights"][0] for other in later)


async def test_buyers_who_do_not_wait_for_each_other_would_be_noticed(
    flights: SandboxFlights, clock: MovingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = asyncio.Barrier(20)

    async def meet_instead_of_locking(session: AsyncSession, keys: object) -> None:
        await everybody.wait()

    found = await find_scarce(flights, clock)
    monkeypatch.setattr(orders, "lock_flights", meet_instead_of_locking)
    outcomes = await buy_at_once(flights, found, 20)
    assert found.offer.seats_left is not None
    assert sum(isinstance(outcome, Order) for outcome in outcomes) > found.offer.seats_left


async def test_seats_come_back_when_an_order_ends(flights: SandboxFlights, clock: MovingClock) -> None:
    found = await find_scarce(flights, clock)
    left = found.offer.seats_left
    assert left is not None
    first = await buy(flights, found)
    assert (await flights.price(found)).offer.seats_left == left - 1
    await flights.cancel(await flights.quote_cancellation(id_of(first)))
    assert (await flights.price(found)).offer.seats_left == left


async def test_a_lapsed_hold_gives_its_seat_to_the_next(flights: SandboxFlights, clock: MovingClock) -> None:
    found = await find(flights)
    held = await buy(flights, found)
    async with flights._transactions() as session:
        keys = found.raw["flights"][0]
        assert held.pay_by is not None
        before = await orders.list_taken(session, keys, held.pay_by - timedelta(seconds=1))
        after = await orders.list_taken(session, keys, held.pay_by)
    assert before.sold == {(keys[0], "economy"): 1}
    assert after.sold == {}
