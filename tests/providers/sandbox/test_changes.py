"""Giving up and changing orders of the simulated airlines."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from domain.money import Money
from domain.offers import SliceQuery
from domain.orders import ChangeRequest
from providers.flights.base import InvalidRequest, OfferGone
from providers.sandbox.flights import SandboxFlights
from tests.providers.sandbox.buying import MovingClock, buy, find, find_scarce, id_of, total_of
from tests.providers.sandbox.support import NOW, in_days, make_query

NO_MONEY = Money(amount_minor=0, currency="VND")
RETURN = make_query(("SGN", "SIN", in_days(40)), ("SIN", "SGN", in_days(45)))


def to_day(days: int, origin: str = "HAN", destination: str = "SGN", place: int = 0) -> ChangeRequest:
    wanted = SliceQuery(origins=(origin,), destinations=(destination,), departs_on=in_days(days))
    return ChangeRequest(slices={place: wanted})


async def test_an_unpaid_hold_is_given_up_for_nothing(flights: SandboxFlights) -> None:
    order = await buy(flights, await find(flights))
    quote = await flights.quote_cancellation(id_of(order))
    assert (quote.refund, quote.fee) == (NO_MONEY, NO_MONEY)
    assert (await flights.cancel(quote)).status == "cancelled"


@pytest.mark.parametrize("brand", ["Economy Lite", "Economy Classic"])
async def test_a_ticket_brings_back_what_its_fare_allows(flights: SandboxFlights, brand: str) -> None:
    found = await find(flights, brand=brand)
    order = await buy(flights, found, "instant")
    quote = await flights.quote_cancellation(id_of(order))
    fee = found.offer.conditions.refund.fee
    expected = NO_MONEY if fee is None else found.offer.total - fee
    assert (quote.refund, quote.refund + quote.fee) == (expected, order.total)
    assert (expected == NO_MONEY) == (brand == "Economy Lite")


async def test_cancelling_twice_is_cancelling_once(flights: SandboxFlights, clock: MovingClock) -> None:
    order = await buy(flights, await find(flights), "instant")
    quote = await flights.quote_cancellation(id_of(order))
    cancelled = await flights.cancel(quote)
    clock.now = NOW + timedelta(hours=1)
    assert await flights.cancel(quote) == cancelled
    with pytest.raises(OfferGone):
        await flights.quote_cancellation(id_of(order))


async def test_a_cancellation_happens_on_current_terms_only(flights: SandboxFlights, clock: MovingClock) -> None:
    order = await buy(flights, await find(flights, brand="Economy Classic"))
    as_a_hold = await flights.quote_cancellation(id_of(order))
    await flights.pay(id_of(order), total_of(order))
    quote = await flights.quote_cancellation(id_of(order))
    for stale in (as_a_hold, quote.model_copy(update={"refund": order.total, "fee": NO_MONEY})):
        with pytest.raises(OfferGone):
            await flights.cancel(stale)
    clock.now = NOW + timedelta(minutes=30)
    with pytest.raises(OfferGone):
        await flights.cancel(quote)
    assert (await flights.get_order(id_of(order))).status == "ticketed"


async def test_a_trip_that_has_begun_is_neither_given_up_nor_changed(
    flights: SandboxFlights, clock: MovingClock
) -> None:
    order = await buy(flights, await find(flights, brand="Economy Flex"), "instant")
    clock.now = order.slices[0].departs.instant
    with pytest.raises(InvalidRequest):
        await flights.quote_cancellation(id_of(order))
    with pytest.raises(InvalidRequest):
        await flights.quote_change(id_of(order), to_day(25))


async def test_a_change_keeps_carrier_brand_and_party_and_moves_the_seats(flights: SandboxFlights) -> None:
    found = await find(flights, brand="Economy Classic")
    order = await buy(flights, found, "instant")
    quotes = await flights.quote_change(id_of(order), to_day(25))
    assert 1 < len(quotes) <= 10
    assert all(before.difference <= after.difference for before, after in pairwise(quotes))
    for quote in quotes:
        assert {segment.carrier for segment in quote.slices[0].segments} == {"VN"}
        assert quote.slices[0].departs.at_local.date() == in_days(25)
        assert quote.fee == found.offer.conditions.change.fee
        assert quote.difference == max(quote.fee, quote.new_total - total_of(order) + quote.fee)
    changed = await flights.change(quotes[0])
    assert (changed.status, changed.slices, changed.total) == ("ticketed", quotes[0].slices, quotes[0].new_total)
    assert changed.record_locator == order.record_locator
    assert changed.tickets != order.tickets
    assert await flights.get_order(id_of(order)) == changed


async def test_what_was_paid_for_a_change_counts_when_the_order_is_given_up(flights: SandboxFlights) -> None:
    order = await buy(flights, await find(flights, brand="Economy Classic"), "instant")
    change = (await flights.quote_change(id_of(order), to_day(25)))[0]
    changed = await flights.change(change)
    quote = await flights.quote_cancellation(id_of(order))
    assert quote.refund + quote.fee == total_of(order) + change.difference
    assert quote.refund < total_of(changed)


async def test_a_change_frees_the_seats_of_the_flights_it_leaves(flights: SandboxFlights, clock: MovingClock) -> None:
    found = await find_scarce(flights, clock)
    order = await buy(flights, found, "instant")
    quote = (await flights.quote_change(id_of(order), to_day(30, "SGN", "DAD")))[0]
    await flights.change(quote)
    assert (await flights.price(found)).offer.seats_left == found.offer.seats_left


async def test_one_slice_of_a_return_may_change(flights: SandboxFlights) -> None:
    order = await buy(flights, await find(flights, RETURN, carrier="SQ", brand="Economy Classic"), "instant")
    quotes = await flights.quote_change(id_of(order), to_day(48, "SIN", "SGN", place=1))
    assert quotes
    for quote in quotes:
        assert quote.slices[0] == order.slices[0]
        assert quote.slices[1].departs.at_local.date() == in_days(48)
    assert await flights.quote_change(id_of(order), to_day(39, "SIN", "SGN", place=1)) == []


async def test_what_may_not_be_changed_says_so(flights: SandboxFlights) -> None:
    held = await buy(flights, await find(flights))
    fixed = await buy(flights, await find(flights, make_query(("JFK", "LAX", in_days(20))), carrier="AA"), "instant")
    order = await buy(flights, await find(flights), "instant")
    for order_id, change in (
        (id_of(held), to_day(25)),
        (id_of(fixed), to_day(25, "JFK", "LAX")),
        (id_of(order), to_day(25, place=1)),
    ):
        with pytest.raises(InvalidRequest):
            await flights.quote_change(order_id, change)


async def test_a_change_happens_on_quoted_terms_only(flights: SandboxFlights, clock: MovingClock) -> None:
    order = await buy(flights, await find(flights), "instant")
    clock.now = NOW.replace(minute=55)
    cheapest, dearer, *_ = await flights.quote_change(id_of(order), to_day(25))
    cheaper = {"difference": NO_MONEY, "fee": NO_MONEY}
    for forged in (
        cheapest.model_copy(update=cheaper),
        dearer.model_copy(update={"quote_id": cheapest.quote_id}),
        cheapest.model_copy(update={"quote_id": "nonsense"}),
    ):
        with pytest.raises(OfferGone):
            await flights.change(forged)
    clock.now = NOW.replace(minute=5) + timedelta(hours=1)  # prices have moved on, the quote has not
    await flights.change(cheapest)
    with pytest.raises(OfferGone):
        await flights.change(dearer)


async def test_a_quote_for_a_change_expires(flights: SandboxFlights, clock: MovingClock) -> None:
    order = await buy(flights, await find(flights), "instant")
    quote = (await flights.quote_change(id_of(order), to_day(25)))[0]
    clock.now = quote.expires_at
    with pytest.raises(OfferGone):
        await flights.change(quote)
