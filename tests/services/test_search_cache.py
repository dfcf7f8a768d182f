"""A search is answered from what was found while that is fresh, asked again after, and safe to make twice at once."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from core.clock import clock
from core.ids import new_id
from core.security import Actor
from db.models import FlightOfferCache, FlightSearch, Offer
from db.session import Transactions
from domain.offers import FlightQuery, SliceQuery
from domain.travellers import TravellerCounts
from services.flights.errors import (
    DateInPast,
    DateTooFar,
    InfantsExceedAdults,
    NoTravellers,
    OfferExpired,
    OfferNotFound,
    ReturnBeforeDeparture,
    SamePlace,
    TooManyTravellers,
    UnknownPlace,
)
from services.flights.rules import ensure_searchable
from services.flights.search import SearchResult, get_offer, search, search_key
from tests.conftest import NOW
from tests.support.offers import DAY, QUERY, Shop, make_offer

TODAY = NOW.date()
LATER = timedelta(minutes=21)


async def find(transactions: Transactions, shop: Shop, query: FlightQuery = QUERY) -> SearchResult:
    return await search(transactions, shop, Actor(), query=query, today=TODAY)


async def count(transactions: Transactions, table: type[Offer] | type[FlightOfferCache] | type[FlightSearch]) -> int:
    async with transactions() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


def ids_of(result: SearchResult) -> list[UUID]:
    return [stored.id for stored in result.offers]


async def test_fresh_answer_is_used_again(transactions: Transactions) -> None:
    shop = Shop(make_offer(100), make_offer(200))
    first, second = await find(transactions, shop), await find(transactions, shop)
    assert shop.asked == 1
    assert first.offers == second.offers
    assert [stored.offer for stored in first.offers] == shop.offers
    assert first.search_id is second.search_id is None, "a visitor without a conversation has no history"
    assert await count(transactions, FlightSearch) == 0


async def test_expired_answer_is_asked_for_again_and_replaced(transactions: Transactions) -> None:
    shop = Shop(make_offer(100, name="same"), make_offer(200, name="gone"))
    first = await find(transactions, shop)
    with clock.frozen(NOW + LATER):
        shop.offers = [make_offer(50, name="new"), make_offer(120, name="same")]
        second, third = await find(transactions, shop), await find(transactions, shop)
    assert shop.asked == 2
    assert [stored.offer.total.amount_minor for stored in second.offers] == [50, 120]
    assert second.offers == third.offers
    assert ids_of(second)[1] == ids_of(first)[0], "an offer the provider named before keeps its id"
    assert await count(transactions, FlightOfferCache) == 2
    assert await count(transactions, Offer) == 3


async def test_answer_is_as_fresh_as_its_first_offer_to_expire(transactions: Transactions) -> None:
    shop = Shop(make_offer(100), make_offer(200, expires_at=NOW + timedelta(minutes=5)))
    await find(transactions, shop)
    with clock.frozen(NOW + timedelta(minutes=4, seconds=59)):
        await find(transactions, shop)
        assert shop.asked == 1
    with clock.frozen(NOW + timedelta(minutes=5)):
        await find(transactions, shop)
        assert shop.asked == 2


async def test_no_flights_is_not_remembered(transactions: Transactions) -> None:
    shop = Shop()
    assert (await find(transactions, shop)).offers == ()
    shop.offers = [make_offer()]
    assert len((await find(transactions, shop)).offers) == 1


async def test_equal_searches_at_once_break_nothing(transactions: Transactions) -> None:
    shop = Shop(*[make_offer(price, name=str(price)) for price in range(100, 110)])
    results = await asyncio.gather(*(find(transactions, shop) for _ in range(8)))
    assert len({tuple(ids_of(result)) for result in results}) == 1
    assert await count(transactions, FlightOfferCache) == await count(transactions, Offer) == 10
    asked = shop.asked
    assert ids_of(await find(transactions, shop)) == ids_of(results[0])
    assert shop.asked == asked


@pytest.mark.parametrize(
    "other",
    [
        QUERY.model_copy(update={"cabin": "business"}),
        QUERY.model_copy(update={"currency": "USD"}),
        QUERY.model_copy(update={"travellers": TravellerCounts(adults=2)}),
        QUERY.model_copy(update={"slices": (*QUERY.slices, *QUERY.slices)}),
        QUERY.model_copy(
            update={
                "slices": (SliceQuery(origins=("HAN",), destinations=("DAD",), departs_on=DAY + timedelta(days=1)),)
            }
        ),
    ],
)
def test_everything_asked_for_is_in_the_key(other: FlightQuery) -> None:
    assert search_key(other, "test") != search_key(QUERY, "test")
    assert search_key(QUERY, "other") != search_key(QUERY, "test")


async def test_stored_offer_can_be_fetched_until_it_expires(transactions: Transactions) -> None:
    (stored,) = (await find(transactions, Shop(make_offer()))).offers
    assert await get_offer(transactions, stored.id) == stored
    with clock.frozen(NOW + timedelta(minutes=20)), pytest.raises(OfferExpired):
        await get_offer(transactions, stored.id)
    with pytest.raises(OfferNotFound):
        await get_offer(transactions, new_id())


def ask(*, on: date = DAY, back: date | None = None, to: str = "DAD", **travellers: int) -> FlightQuery:
    slices = [SliceQuery(origins=("HAN",), destinations=(to,), departs_on=on)]
    if back:
        slices.append(SliceQuery(origins=(to,), destinations=("HAN",), departs_on=back))
    return QUERY.model_copy(
        update={"slices": tuple(slices), "travellers": TravellerCounts(**({"adults": 1} | travellers))}
    )


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (ask(adults=0), NoTravellers),
        (ask(adults=0, infants=1), NoTravellers),
        (ask(adults=9, children=1), TooManyTravellers),
        (ask(adults=1, infants=2), InfantsExceedAdults),
        (ask(to="HAN"), SamePlace),
        (ask(to="QQQ"), UnknownPlace),
        (ask(on=TODAY - timedelta(days=1)), DateInPast),
        (ask(on=TODAY + timedelta(days=362)), DateTooFar),
        (ask(back=DAY - timedelta(days=1)), ReturnBeforeDeparture),
    ],
)
def test_impossible_search_is_refused(query: FlightQuery, reason: type[Exception]) -> None:
    with pytest.raises(reason):
        ensure_searchable(query, today=TODAY)


@pytest.mark.parametrize(
    "query", [ask(on=TODAY), ask(on=TODAY + timedelta(days=361)), ask(back=DAY), ask(adults=9), ask(infants=1)]
)
def test_search_at_the_edge_of_the_possible_is_allowed(query: FlightQuery) -> None:
    ensure_searchable(query, today=TODAY)


async def test_refused_search_asks_nobody_and_leaves_no_trace(transactions: Transactions) -> None:
    shop = Shop(make_offer())
    with pytest.raises(DateInPast):
        await find(transactions, shop, ask(on=TODAY - timedelta(days=1)))
    assert shop.asked == 0
    assert await count(transactions, FlightSearch) == 0
