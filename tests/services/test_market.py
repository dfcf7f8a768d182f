"""Several providers at once: what arrived in time is served, who was missing is said, nonsense is left out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

import services.flights.search as searching
from core.clock import clock
from core.metrics import OFFERS_DROPPED
from core.security import Actor
from db.models import Offer
from db.session import Transactions
from domain.money import Money
from domain.offers import FlightOffer, FlightQuery, LocalTime
from providers.flights.base import (
    FlightProviderError,
    FoundOffer,
    ProviderBusy,
    ProviderDown,
    ProviderRetired,
    QuotaSpent,
    UnsoldCurrency,
)
from services.flights.errors import CurrencyNotSold
from services.flights.market import Market
from services.flights.search import FRESH_FOR, SearchResult, search
from services.flights.selection import Filters, merge_offers, select_offers
from tests.conftest import NOW
from tests.support.offers import DAY, QUERY, make_offer, make_slice, store
from tests.support.providers import Shop, market_of
from tests.support.waiting import eventually


async def find(transactions: Transactions, market: Market) -> SearchResult:
    return await search(transactions, market, Actor(), query=QUERY, today=NOW.date())


def prices(result: SearchResult) -> list[tuple[str, int]]:
    return [(stored.offer.provider, stored.offer.total.amount_minor) for stored in result.offers]


def statuses(result: SearchResult) -> dict[str, str]:
    return {source.provider: source.status for source in result.sources}


async def test_offers_of_all_providers_are_one_list_by_price(transactions: Transactions) -> None:
    one, two = Shop(make_offer(100), make_offer(300), name="one"), Shop(make_offer(200), name="two")
    result = await find(transactions, market_of(one, two))
    assert prices(result) == [("one", 100), ("two", 200), ("one", 300)]
    assert statuses(result) == {"one": "fresh", "two": "fresh"}
    assert result.missing == ()


async def test_same_flights_in_the_same_brand_are_offered_once_at_the_lower_price(transactions: Transactions) -> None:
    one = Shop(make_offer(200, brand="Eco"), make_offer(250, brand="Flex"), name="one")
    two = Shop(make_offer(180, brand="ECO"), make_offer(260, make_slice("09:00"), brand="Eco"), name="two")
    assert prices(await find(transactions, market_of(one, two))) == [("two", 180), ("one", 250), ("two", 260)]


async def test_what_arrived_in_time_is_served_and_the_late_answer_serves_the_next(
    transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "SEARCH_SECONDS", 0.1)
    quick, slow = Shop(make_offer(200), name="quick"), Shop(make_offer(100), name="slow")
    market = market_of(quick, slow)
    slow.door.clear()
    first = await find(transactions, market)
    assert prices(first) == [("quick", 200)]
    assert statuses(first) == {"quick": "fresh", "slow": "late"}
    assert first.missing == ("slow",)
    slow.door.set()

    async def has_arrived() -> bool:
        async with transactions() as session:
            return (await session.scalar(select(func.count()).select_from(Offer)) or 0) == 2

    await eventually(has_arrived)
    second = await find(transactions, market)
    assert prices(second) == [("slow", 100), ("quick", 200)]
    assert statuses(second) == {"quick": "cached", "slow": "cached"}
    assert (quick.asked, slow.asked) == (1, 1)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (ProviderDown("x"), "down"),
        (ProviderBusy("x", retry_after=3), "busy"),
        (QuotaSpent("x"), "busy"),
        (ProviderRetired("x"), "retired"),
    ],
)
async def test_provider_that_fails_is_named_and_the_rest_served(
    transactions: Transactions, fault: FlightProviderError, status: str
) -> None:
    good, bad = Shop(make_offer(100), name="good"), Shop(name="bad")
    bad.fault = fault
    result = await find(transactions, market_of(good, bad))
    assert prices(result) == [("good", 100)]
    assert statuses(result) == {"good": "fresh", "bad": status}
    assert result.missing == ("bad",)


async def test_answer_of_which_nothing_makes_sense_is_an_outage(transactions: Transactions) -> None:
    result = await find(transactions, market_of(Shop(change_route(make_offer(100)))))
    assert (result.offers, statuses(result)) == ((), {"test": "down"})


async def test_when_nobody_answers_the_search_is_empty_and_says_so(transactions: Transactions) -> None:
    bad = Shop(name="bad")
    bad.fault = ProviderDown("x")
    result = await find(transactions, market_of(bad))
    assert (result.offers, result.missing) == ((), ("bad",))


async def test_bug_in_a_provider_is_no_outage(transactions: Transactions) -> None:
    class Broken(Shop):
        async def search(self, query: FlightQuery) -> list[FoundOffer]:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await find(transactions, market_of(Broken()))


async def test_old_answer_of_a_provider_that_is_down_is_still_shown_with_its_age(transactions: Transactions) -> None:
    shop = Shop(make_offer(100))
    market = market_of(shop)
    await find(transactions, market)
    shop.fault = ProviderDown("x")
    for minutes in (6, 12, 19):
        with clock.frozen(NOW + timedelta(minutes=minutes)):
            result = await find(transactions, market)
        assert prices(result) == [("test", 100)]
        assert result.age == timedelta(minutes=minutes)
    with clock.frozen(NOW + timedelta(minutes=20)):
        assert (await find(transactions, market)).missing == ("test",)


async def test_currency_is_refused_only_when_nobody_sells_in_it(transactions: Transactions) -> None:
    good, bad = Shop(make_offer(100), name="good"), Shop(name="bad")
    bad.fault = UnsoldCurrency("x")
    market = market_of(good, bad)
    for _ in range(2):  # asked, and then from what is known
        assert prices(await find(transactions, market)) == [("good", 100)]
    with pytest.raises(CurrencyNotSold):
        await find(transactions, market_of(bad))


@pytest.mark.parametrize("junk", ["\0", "half a pair: \ud83d", float("nan")])
async def test_offer_the_database_cannot_hold_is_left_out(transactions: Transactions, junk: object) -> None:
    class Junky(Shop):
        async def search(self, query: FlightQuery) -> list[FoundOffer]:
            first, *others = await super().search(query)
            return [FoundOffer(first.offer, {"words": {"of": [junk]}}), *others]

    result = await find(transactions, market_of(Junky(make_offer(50), make_offer(100))))
    assert [each.offer.total.amount_minor for each in result.offers] == [100]
    assert (await find(transactions, market_of(Shop()))).offers == result.offers


async def test_bug_met_in_the_background_is_told(transactions: Transactions) -> None:
    class Broken(Shop):
        async def search(self, query: FlightQuery) -> list[FoundOffer]:
            if self.fault is not None:
                raise ZeroDivisionError
            return await super().search(query)

    shop = Broken(make_offer(100))
    market = market_of(shop)
    await find(transactions, market)
    shop.fault = ProviderDown("x")
    with clock.frozen(NOW + FRESH_FOR), capture_logs() as logs:
        assert prices(await find(transactions, market)) == [("test", 100)]

        async def is_told() -> bool:
            return {"event": "search.failed", "error": "ZeroDivisionError", "log_level": "error"} in logs

        await eventually(is_told)


async def test_prices_in_another_currency_come_last_and_win_no_title(transactions: Transactions) -> None:
    dollars = make_offer(1, currency="USD")
    shop = Shop(dollars, make_offer(300), make_offer(200, make_slice("07:00", 80)), make_offer(2, currency="EUR"))
    result = await find(transactions, market_of(shop))
    assert [str(each.offer.total.currency) for each in result.offers] == ["VND", "VND", "EUR", "USD"]
    selection = select_offers(result.offers, Filters(), "price", 10)
    assert [each.offer.total.amount_minor for each in selection.offers] == [200, 300, 2, 1]
    assert set(selection.badges) == {selection.offers[0].id}


def test_list_begins_with_the_currency_asked_for_even_when_it_is_dearer() -> None:
    found = [store(make_offer(1, currency="AUD")), store(make_offer(900_000))]
    assert [each.offer.total.currency for each in merge_offers([found], currency="VND")] == ["VND", "AUD"]


def change_route(offer: FlightOffer) -> FlightOffer:
    (slice_,) = offer.slices
    segment = slice_.segments[0].model_copy(update={"destination": "HUI"})
    return offer.model_copy(update={"slices": (slice_.model_copy(update={"segments": (segment,)}),)})


def change_day(offer: FlightOffer) -> FlightOffer:
    (slice_,) = offer.slices
    segment = slice_.segments[0]
    moved = {
        name: LocalTime(at_local=time.at_local + timedelta(days=1), zone=time.zone)
        for name, time in (("departs", segment.departs), ("arrives", segment.arrives))
    }
    return offer.model_copy(
        update={"slices": (slice_.model_copy(update={"segments": (segment.model_copy(update=moved),)}),)}
    )


def arrive_before_leaving(offer: FlightOffer) -> FlightOffer:
    (slice_,) = offer.slices
    segment = slice_.segments[0].model_copy(update={"arrives": slice_.segments[0].departs})
    return offer.model_copy(update={"slices": (slice_.model_copy(update={"segments": (segment,)}),)})


def cost_nothing(offer: FlightOffer) -> FlightOffer:
    free = offer.price_parts[0].model_copy(update={"base_each": Money(amount_minor=0, currency="VND")})
    return offer.model_copy(update={"price_parts": (free,)})


def carry_two(offer: FlightOffer) -> FlightOffer:
    return offer.model_copy(update={"price_parts": (offer.price_parts[0].model_copy(update={"count": 2}),)})


def be_over(offer: FlightOffer) -> FlightOffer:
    return offer.model_copy(update={"expires_at": NOW})


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (change_route, "route"),
        (lambda offer: offer.model_copy(update={"slices": offer.slices * 2}), "route"),
        (change_day, "date"),
        (arrive_before_leaving, "times"),
        (cost_nothing, "price"),
        (carry_two, "travellers"),
        (be_over, "expired"),
    ],
)
async def test_offer_that_is_no_answer_is_left_out_and_counted(
    transactions: Transactions, spoil: object, reason: str
) -> None:
    assert callable(spoil)
    good = make_offer(100)
    counter = OFFERS_DROPPED.labels("test", reason)
    before = counter._value.get()
    result = await find(transactions, market_of(Shop(spoil(make_offer(50)), good)))
    assert [stored.offer for stored in result.offers] == [good]
    assert counter._value.get() == before + 1
    assert good.slices[0].departs.at_local.date() == DAY


async def test_closing_gives_up_what_is_under_way(transactions: Transactions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "SEARCH_SECONDS", 0.05)
    shop = Shop(make_offer(100))
    market = market_of(shop)
    shop.door.clear()
    assert statuses(await find(transactions, market)) == {"test": "late"}
    await market.close()
    shop.door.set()
    assert market._asking == {}
