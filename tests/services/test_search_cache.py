"""A search is answered from what was found while that is fresh, asked again after, and safe to make twice at once."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from core.clock import clock
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
    ReturnBeforeDeparture,
    SamePlace,
    TooManyTravellers,
    UnknownPlace,
)
from services.flights.market import Market
from services.flights.offers import refresh_offer
from services.flights.rules import ensure_searchable
from services.flights.search import FRESH_FOR, SearchResult, Source, search, search_key
from tests.conftest import NOW
from tests.support.offers import DAY, QUERY, make_offer
from tests.support.providers import Shop, market_of
from tests.support.waiting import eventually

TODAY = NOW.date()
LATER = timedelta(minutes=21)


async def find(transactions: Transactions, market: Market, query: FlightQuery = QUERY) -> SearchResult:
    return await search(transactions, market, Actor(), query=query, today=TODAY)


async def settled(market: Market) -> None:
    """Until nobody is being asked."""

    async def is_quiet() -> bool:
        return not market._asking

    await eventually(is_quiet)


async def count(transactions: Transactions, table: type[Offer] | type[FlightOfferCache] | type[FlightSearch]) -> int:
    async with transactions() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


def ids_of(result: SearchResult) -> list[UUID]:
    return [stored.id for stored in result.offers]


async def test_fresh_answer_is_used_again(transactions: Transactions) -> None:
    shop = Shop(make_offer(100), make_offer(200))
    market = market_of(shop)
    first, second = await find(transactions, market), await find(transactions, market)
    assert shop.asked == 1
    assert first.offers == second.offers
    assert [stored.offer for stored in first.offers] == shop.offers
    assert first.search_id is second.search_id is None, "a visitor without a conversation has no history"
    assert await count(transactions, FlightSearch) == 0


async def test_old_answer_is_shown_with_its_age_while_the_provider_is_asked_anew(transactions: Transactions) -> None:
    shop = Shop(make_offer(100, name="same"), make_offer(200, name="gone"))
    market = market_of(shop)
    first = await find(transactions, market)
    shop.offers = [make_offer(50, name="new"), make_offer(120, name="same")]
    with clock.frozen(NOW + FRESH_FOR - timedelta(seconds=1)):
        assert [source.status for source in (await find(transactions, market)).sources] == ["cached"]
    with clock.frozen(NOW + FRESH_FOR):
        shop.door.clear()
        second = await find(transactions, market)
        assert ids_of(second) == ids_of(first)
        assert second.sources == (Source("test", "stale", FRESH_FOR, 2),)
        assert second.age == FRESH_FOR
        shop.door.set()
        await settled(market)
        third = await find(transactions, market)
    assert shop.asked == 2
    assert [stored.offer.total.amount_minor for stored in third.offers] == [50, 120]
    assert third.sources == (Source("test", "cached", timedelta(), 2),)
    assert ids_of(third)[1] == ids_of(first)[0], "an offer the provider named before keeps its id"
    assert await count(transactions, FlightOfferCache) == 2
    assert await count(transactions, Offer) == 3


async def test_expired_answer_is_waited_for_again(transactions: Transactions) -> None:
    shop = Shop(make_offer(100, name="same"))
    await find(transactions, market_of(shop))
    with clock.frozen(NOW + LATER):
        shop.offers = [make_offer(120, name="same")]
        again = await find(transactions, market_of(shop))
    assert [stored.offer.total.amount_minor for stored in again.offers] == [120]
    assert again.sources == (Source("test", "fresh", timedelta(), 1),)


async def test_each_offer_is_shown_until_it_expires_itself(transactions: Transactions) -> None:
    soon = NOW + timedelta(minutes=3)
    shop = Shop(make_offer(100, expires_at=soon), make_offer(200))
    market = market_of(shop)
    assert len((await find(transactions, market)).offers) == 2
    with clock.frozen(soon):
        assert [stored.offer.total.amount_minor for stored in (await find(transactions, market)).offers] == [200]
    assert shop.asked == 1


async def test_offer_that_was_priced_again_lives_and_ends_by_its_new_term(transactions: Transactions) -> None:
    soon = NOW + timedelta(minutes=2)
    shop = Shop(make_offer(100, name="same"))
    market = market_of(shop)
    (stored,) = (await find(transactions, market)).offers
    shop.offers = [make_offer(100, name="same", expires_at=soon)]
    await refresh_offer(transactions, market, stored.id)
    shop.offers = [make_offer(90, name="new")]
    with clock.frozen(soon):
        assert [each.offer.provider_offer_id for each in (await find(transactions, market)).offers] == ["new"]


async def test_answer_that_nothing_is_left_takes_the_place_of_an_old_one(transactions: Transactions) -> None:
    shop = Shop(make_offer(100))
    market = market_of(shop)
    await find(transactions, market)
    shop.offers = []
    with clock.frozen(NOW + FRESH_FOR):
        assert len((await find(transactions, market)).offers) == 1
        await settled(market)
        assert (await find(transactions, market)).offers == ()


async def test_no_flights_is_not_remembered(transactions: Transactions) -> None:
    shop = Shop()
    assert (await find(transactions, market_of(shop))).offers == ()
    shop.offers = [make_offer()]
    assert len((await find(transactions, market_of(shop))).offers) == 1


async def test_a_hundred_equal_searches_at_once_ask_the_provider_once(transactions: Transactions) -> None:
    shop = Shop(*[make_offer(price, name=str(price)) for price in range(100, 110)])
    market = market_of(shop)
    results = await asyncio.gather(*(find(transactions, market) for _ in range(100)))
    assert shop.asked == 1
    assert {tuple(ids_of(result)) for result in results} == {tuple(ids_of(results[0]))}
    assert await count(transactions, FlightOfferCache) == await count(transactions, Offer) == 10


async def test_without_asking_together_each_search_would_ask(transactions: Transactions) -> None:
    """What the test above would see if equal questions were not one."""
    shop = Shop(make_offer(100))
    shop.door.clear()
    searches = [asyncio.create_task(find(transactions, market_of(shop))) for _ in range(5)]

    async def all_have_asked() -> bool:
        return shop.asked == 5

    await eventually(all_have_asked)
    shop.door.set()
    assert {len(result.offers) for result in await asyncio.gather(*searches)} == {1}


async def test_searches_of_two_processes_for_the_same_break_nothing(transactions: Transactions) -> None:
    shop = Shop(*[make_offer(price, name=str(price)) for price in range(100, 110)])
    results = await asyncio.gather(*(find(transactions, market_of(shop)) for _ in range(8)))
    assert len({tuple(ids_of(result)) for result in results}) == 1
    assert await count(transactions, FlightOfferCache) == await count(transactions, Offer) == 10


async def test_whoever_gives_up_waiting_leaves_the_question_under_way(transactions: Transactions) -> None:
    shop = Shop(make_offer(100))
    market = market_of(shop)
    shop.door.clear()
    impatient = asyncio.create_task(find(transactions, market))
    patient = asyncio.create_task(find(transactions, market))

    async def is_asking() -> bool:
        return shop.asked == 1 and len(market._asking) == 1

    await eventually(is_asking)
    impatient.cancel()
    shop.door.set()
    assert len((await patient).offers) == 1
    assert impatient.cancelled()


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
    shop, real = Shop(), Shop()
    real.mode = "live"
    assert search_key(other, shop) != search_key(QUERY, shop)
    assert search_key(QUERY, Shop(name="other")) != search_key(QUERY, shop)
    assert search_key(QUERY, real) != search_key(QUERY, shop), "a vendor's test offers are not its live ones"


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
        await find(transactions, market_of(shop), ask(on=TODAY - timedelta(days=1)))
    assert shop.asked == 0
    assert await count(transactions, FlightSearch) == 0
