"""What every provider promises, asked of the sandbox and, over their wire formats, of the adapters of both vendors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import get_args
from uuid import uuid4

import pytest

from domain.offers import FlightOffer, Segment, Slice
from domain.orders import ChangeRequest, ServiceChoice
from domain.seats import SeatMap
from providers.flights.base import (
    Capability,
    FoundOffer,
    InvalidRequest,
    OfferGone,
    PriceChanged,
    SoldOut,
    Unsupported,
)
from tests.support.purchases import World, ask, buy, name

UNSUPPORTED: dict[str, set[str]] = {
    "sandbox": set(),
    "duffel": {"fare_rules"},
    "amadeus": {"services", "find_order", "change"},
}
"""What the worlds cannot do: every test that needs it is skipped there, and this is the whole list."""
QUERIES = {
    "one way": ask(),
    "round trip": ask(("SGN", "SIN", 0), ("SIN", "SGN", 5), adults=2),
    "family": ask(("HAN", "SGN", 1), adults=2, children=1, infants=1),
    "with a change": ask(("DLI", "NRT HND", 2), adults=1, children=2),
    "three slices": ask(("SGN", "SIN", 0), ("SIN", "KUL", 3), ("KUL", "SGN", 6)),
}


def need(world: World, *capabilities: Capability) -> None:
    missing = set(capabilities) - world.provider.capabilities
    if missing:
        pytest.skip(f"{world.provider.name} cannot do {', '.join(sorted(missing))}")


def need_hold(world: World) -> None:
    if "hold" not in world.provider.booking_flows:
        pytest.skip(f"{world.provider.name} holds no seats")


def test_capabilities_are_those_the_skips_go_by(world: World) -> None:
    assert set(get_args(Capability)) - world.provider.capabilities == UNSUPPORTED[world.provider.name]
    flows = {"instant"} if world.provider.name == "amadeus" else {"hold", "instant"}
    assert world.provider.booking_flows == flows


def times(offer: FlightOffer) -> list[list[tuple[object, ...]]]:
    return [
        [
            (s.origin, s.destination, s.departs, s.arrives, s.designator, s.cabin, s.duration, s.technical_stops)
            for s in slice_.segments
        ]
        for slice_ in offer.slices
    ]


@pytest.mark.parametrize("kind", QUERIES)
async def test_offers_come_through_the_wire_with_times_prices_and_travellers(world: World, kind: str) -> None:
    query = QUERIES[kind]
    sold = {name(each): each.offer for each in await world.box.world.search(query)}
    found = await world.provider.search(query)
    assert len(found) == len(sold) > 3
    totals = [each.offer.total.amount_minor for each in found]
    assert totals == sorted(totals)
    for each in found:
        original = sold[name(each)]
        assert times(each.offer) == times(original)
        assert each.offer.total == original.total
        assert each.offer.duration == original.duration
        assert each.offer.travellers in (None, query.travellers)
        assert each.offer.total == sum(
            (part.total for part in each.offer.price_parts[1:]), start=each.offer.price_parts[0].total
        )
        assert each.offer.simulated
        assert each.offer.provider == world.provider.name
        for segment, its_original in zip(segments(each.offer), segments(original), strict=True):
            for bag, its_bag in ((segment.carry_on, its_original.carry_on), (segment.checked, its_original.checked)):
                assert bag is None or its_bag is None or bag.pieces == its_bag.pieces
    assert len({each.offer.provider_offer_id for each in found}) == len(found)


def segments(offer: FlightOffer) -> list[Segment]:
    return [segment for slice_ in offer.slices for segment in slice_.segments]


async def test_no_such_flight_is_an_empty_list(world: World) -> None:
    assert await world.provider.search(ask(("HAN", "DAD", 400))) == []


async def test_price_is_the_offer_under_the_same_name(world: World) -> None:
    found = await world.find()
    priced = await world.provider.price(found)
    assert priced.offer.provider_offer_id == found.offer.provider_offer_id
    assert priced.offer.total == found.offer.total
    assert times(priced.offer) == times(found.offer)


async def test_price_that_rose_is_told(world: World) -> None:
    found = await world.find()
    world.box.faults.arm("price", "price_change")
    priced = await world.provider.price(found)
    assert priced.offer.total > found.offer.total
    assert priced.offer.provider_offer_id == found.offer.provider_offer_id


async def test_seats_name_their_prices_and_can_be_bought(world: World) -> None:
    need(world, "seat_map")
    query = ask(adults=2)
    found = await world.find(query)
    maps = await world.provider.seat_map(found)
    originals = await world.box.world.seat_map((await world.box.world.search(query))[0])
    assert [each.designator for each in maps] == [each.designator for each in originals]
    for one, other in zip(maps, originals, strict=True):
        assert layout(one) == layout(other)
    free = [seat for seat in maps[0].cabins[0].seats if seat.is_available]
    assert all({price.traveller for price in seat.prices} <= {0, 1} for seat in free)
    seat = next(price for seat in free for price in seat.prices if price.traveller == 1)
    total = found.offer.total + seat.price
    order = await world.provider.book(found, buy(query, total, services=(ServiceChoice(service_id=seat.service_id),)))
    assert order.total == total


def layout(seat_map: SeatMap) -> list[tuple[object, ...]]:
    return [
        (cabin.cabin, tuple(letter for letter in cabin.columns if letter), seat.designator, seat.is_available)
        for cabin in seat_map.cabins
        for seat in cabin.seats
    ]


async def test_rules_are_told_in_words(world: World) -> None:
    need(world, "fare_rules")
    found = await world.find()
    rules = await world.provider.fare_rules(found)
    assert rules.notes
    assert all(note.title and note.text for note in rules.notes)


async def test_bags_and_seats_are_part_of_what_is_paid(world: World) -> None:
    need(world, "services")
    query = ask(("SGN", "BKK DMK", 3))
    found = await world.find(query)
    bag = (await world.provider.services(found))[0]
    seat = next(seat for seat in (await world.provider.seat_map(found))[0].cabins[0].seats if seat.is_available)
    chosen = (ServiceChoice(service_id=bag.service_id), ServiceChoice(service_id=seat.prices[0].service_id))
    total = found.offer.total + bag.price + seat.prices[0].price
    with pytest.raises(InvalidRequest):
        await world.provider.book(found, buy(query, total + bag.price, services=chosen))
    order = await world.provider.book(found, buy(query, total, services=chosen))
    assert order.total == total
    assert order.status == "ticketed"


async def test_instant_purchase_is_an_order_that_can_be_read(world: World) -> None:
    query = QUERIES["family"]
    found = await world.find(query)
    purchase = buy(query, found.offer.total)
    order = await world.provider.book(found, purchase)
    assert order.provider_order_id
    assert order.record_locator
    assert len(order.record_locator) == 6
    assert order.total == found.offer.total
    assert order.status in ("booked", "ticketed")
    again = await world.provider.get_order(order.provider_order_id)
    assert again.status == "ticketed"
    assert {ticket.traveller for ticket in again.tickets} == {0, 1, 2, 3}
    assert (again.record_locator, again.total) == (order.record_locator, order.total)
    assert [times_of(slice_) for slice_ in again.slices] == [times_of(slice_) for slice_ in found.offer.slices]
    assert again.simulated
    if "find_order" in world.provider.capabilities:
        assert await world.provider.find_order(purchase.reference) == again
        assert await world.provider.find_order("nobody's") is None


def times_of(slice_: Slice) -> list[tuple[object, ...]]:
    return [(s.origin, s.destination, s.departs, s.arrives, s.designator) for s in slice_.segments]


async def test_seats_are_held_and_paid_for_later(world: World) -> None:
    need_hold(world)
    found = await world.find()
    order = await world.provider.book(found, buy(ask(), found.offer.total, "hold"))
    assert (order.status, order.tickets) == ("held", ())
    assert order.pay_by is not None
    assert order.provider_order_id
    assert order.total is not None
    with pytest.raises(InvalidRequest):
        await world.provider.pay(order.provider_order_id, order.total + order.total)
    paid = await world.provider.pay(order.provider_order_id, order.total)
    assert paid.status == "ticketed"
    assert len(paid.tickets) == 1


async def test_order_is_given_up_on_the_terms_quoted(world: World) -> None:
    need(world, "cancel")
    query = ask(("HAN", "SGN", 6))
    found = await world.find_refundable(query) if "hold" in world.provider.booking_flows else await world.find(query)
    order = await world.provider.book(found, buy(query, found.offer.total))
    assert order.provider_order_id
    if world.provider.name == "amadeus":
        with pytest.raises(InvalidRequest):  # the simulated order is ticketed at once, and this API undoes no ticket
            await world.provider.quote_cancellation(order.provider_order_id)
        return
    quote = await world.provider.quote_cancellation(order.provider_order_id)
    assert quote.fee.amount_minor > 0
    assert quote.refund + quote.fee == order.total
    assert (await world.provider.cancel(quote)).status == "cancelled"
    assert (await world.provider.cancel(quote)).status == "cancelled", "giving up twice is giving up once"
    assert (await world.provider.get_order(order.provider_order_id)).status == "cancelled"


async def test_unticketed_amadeus_order_is_deleted(world: World) -> None:
    if world.provider.name != "amadeus":
        pytest.skip("the others give up orders on a quote")
    found = await world.find()
    # the simulated airline issues no ticket under such a remark
    purchase = buy(ask(), found.offer.total, reference=f"unticketed {uuid4().hex}")
    order = await world.provider.book(found, purchase)
    assert order.provider_order_id
    quote = await world.provider.quote_cancellation(order.provider_order_id)
    assert (quote.refund, quote.fee.amount_minor) == (order.total, 0)
    assert (await world.provider.cancel(quote)).status == "cancelled"
    assert (await world.provider.cancel(quote)).status == "cancelled"


async def test_order_is_changed_on_the_terms_quoted(world: World) -> None:
    need(world, "change")
    query = ask(("HAN", "SGN", 8))
    found = await world.find_refundable(query)
    order = await world.provider.book(found, buy(query, found.offer.total))
    assert order.provider_order_id
    later = ask(("HAN", "SGN", 10)).slices[0]
    quotes = await world.provider.quote_change(order.provider_order_id, ChangeRequest(slices={0: later}))
    assert quotes
    assert [quote.difference.amount_minor for quote in quotes] == sorted(q.difference.amount_minor for q in quotes)
    assert all(quote.slices[0].departs.at_local.date() == later.departs_on for quote in quotes)
    changed = await world.provider.change(quotes[0])
    assert changed.provider_order_id == order.provider_order_id
    assert changed.slices[0].departs.at_local.date() == later.departs_on


async def test_sum_that_was_not_agreed_buys_nothing(world: World) -> None:
    found = await world.find()
    purchase = buy(ask(), found.offer.total + found.offer.total)
    with pytest.raises(PriceChanged) as raised:
        await world.provider.book(found, purchase)
    assert raised.value.found.offer.total == found.offer.total
    assert await world.box.world.find_order(purchase.reference) is None


async def test_paid_order_is_answered_as_it_is(world: World) -> None:
    need_hold(world)
    found = await world.find()
    order = await world.provider.book(found, buy(ask(), found.offer.total, "hold"))
    assert order.provider_order_id
    paid = [await world.provider.pay(order.provider_order_id, found.offer.total) for _ in range(2)]
    assert paid[0] == paid[1]
    assert paid[0].status == "ticketed"


@pytest.mark.parametrize("operation", ["get_order", "quote_cancellation"])
async def test_order_nobody_made_is_gone(world: World, operation: str) -> None:
    with pytest.raises(OfferGone):
        await getattr(world.provider, operation)("ord_0000000000000000000000000000ffff")


async def test_offer_nobody_made_is_gone_or_refused(world: World) -> None:
    found = await world.find()
    other = await world.find(ask(("SGN", "HAN", 4)))
    stranger = FoundOffer(found.offer.model_copy(update={"provider_offer_id": "off_none"}), mangle(found.raw))
    with pytest.raises((OfferGone, InvalidRequest)):
        await world.provider.price(stranger)
    assert (await world.provider.price(other)).offer.total == other.offer.total


def mangle(raw: dict[str, object]) -> dict[str, object]:
    """The raw offer with every name in it spoiled."""
    text = {key: value for key, value in raw.items() if key not in ("id", "sandboxOffer", "flights")}
    return text | {"id": "off_none", "flights": [["XX1-2026-12-31"]], "sandboxOffer": "spoiled"}


@pytest.mark.parametrize(
    ("fault", "error"), [("price_change", PriceChanged), ("sold_out", SoldOut), ("offer_gone", OfferGone)]
)
async def test_purchase_that_cannot_be_says_what_to_do(world: World, fault: str, error: type[Exception]) -> None:
    found = await world.find()
    world.box.faults.arm("book", fault)  # type: ignore[arg-type]  # from the list above
    with pytest.raises(error) as raised:
        await world.provider.book(found, buy(ask(), found.offer.total))
    if isinstance(raised.value, PriceChanged):
        assert raised.value.found.offer.provider_offer_id == found.offer.provider_offer_id


async def test_what_a_provider_cannot_do_it_says_so(world: World) -> None:
    found = await world.find()
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "fare_rules": lambda: world.provider.fare_rules(found),
        "seat_map": lambda: world.provider.seat_map(found),
        "services": lambda: world.provider.services(found),
        "find_order": lambda: world.provider.find_order("x"),
        "change": lambda: world.provider.quote_change("x", ChangeRequest(slices={0: ask().slices[0]})),
        "cancel": lambda: world.provider.quote_cancellation("x"),
    }
    missing = set(get_args(Capability)) - world.provider.capabilities
    assert set(calls) == set(get_args(Capability))
    for capability in missing:
        with pytest.raises(Unsupported):
            await calls[capability]()
