"""An offer again: the price it has now, and what becomes of it when its provider has changed its mind or is away."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.clock import clock
from core.ids import new_id
from core.security import Actor
from db.session import Transactions
from domain.offers import Condition
from domain.orders import FareRules
from providers.flights.base import (
    FlightProviderError,
    InvalidRequest,
    OfferGone,
    ProviderBusy,
    ProviderDown,
    ProviderRetired,
    SoldOut,
)
from services.flights.errors import FlightsUnreachable, OfferExpired, OfferNotFound, OfferSoldOut, SeatMapUnavailable
from services.flights.offers import OfferRules, get_fare_rules, get_seat_maps, refresh_offer
from services.flights.search import search
from services.flights.selection import StoredOffer
from tests.conftest import NOW
from tests.support.offers import QUERY, make_offer
from tests.support.providers import Shop, market_of
from tests.support.shops import RULES, FullShop


async def buy_from(transactions: Transactions, shop: Shop) -> StoredOffer:
    result = await search(transactions, market_of(shop), Actor(), query=QUERY, today=NOW.date())
    return result.offers[0]


@pytest.mark.parametrize(("now", "difference"), [(120, 20), (100, 0), (70, -30)])
async def test_fresh_price_comes_with_its_difference_and_is_kept(
    transactions: Transactions, now: int, difference: int
) -> None:
    shop = Shop(make_offer(100, name="x"))
    stored = await buy_from(transactions, shop)
    shop.offers = [make_offer(now, name="x", expires_at=NOW + timedelta(minutes=40))]
    fresh = await refresh_offer(transactions, market_of(shop), stored.id)
    assert (fresh.is_fresh, fresh.previous_total.amount_minor, fresh.difference.amount_minor) == (True, 100, difference)
    assert fresh.stored == StoredOffer(stored.id, shop.offers[0])
    with clock.frozen(NOW + timedelta(minutes=39)):
        again = await refresh_offer(transactions, market_of(shop), stored.id)
    assert (again.stored, again.difference.amount_minor) == (fresh.stored, 0)


@pytest.mark.parametrize("fault", [ProviderDown("x"), ProviderBusy("x"), ProviderRetired("x")])
async def test_price_last_given_is_shown_as_such_while_the_provider_is_away(
    transactions: Transactions, fault: FlightProviderError
) -> None:
    shop = Shop(make_offer(100))
    stored = await buy_from(transactions, shop)
    shop.fault = fault
    fresh = await refresh_offer(transactions, market_of(shop), stored.id)
    assert (fresh.stored, fresh.is_fresh, fresh.difference.amount_minor) == (stored, False, 0)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(OfferGone("x"), OfferExpired), (InvalidRequest("x"), OfferExpired), (SoldOut("x"), OfferSoldOut)],
)
async def test_offer_that_is_gone_says_how(
    transactions: Transactions, fault: FlightProviderError, reason: type[Exception]
) -> None:
    shop = Shop(make_offer(100))
    stored = await buy_from(transactions, shop)
    shop.fault = fault
    with pytest.raises(reason):
        await refresh_offer(transactions, market_of(shop), stored.id)
    shop.fault, shop.offers = None, [make_offer(300)]
    assert (await buy_from(transactions, shop)).offer == shop.offers[0], "what is gone is not found again"


async def test_offer_is_looked_at_until_it_expires(transactions: Transactions) -> None:
    shop = Shop(make_offer(100))
    stored = await buy_from(transactions, shop)
    with clock.frozen(NOW + timedelta(minutes=20)), pytest.raises(OfferExpired):
        await refresh_offer(transactions, market_of(shop), stored.id)
    with pytest.raises(OfferNotFound):
        await refresh_offer(transactions, market_of(shop), new_id())


async def test_offer_of_another_world_has_expired(transactions: Transactions) -> None:
    shop = Shop(make_offer(100))
    stored = await buy_from(transactions, shop)
    shop.mode = "live"
    with pytest.raises(OfferExpired):
        await refresh_offer(transactions, market_of(shop), stored.id)


async def test_price_in_another_currency_is_another_offer(transactions: Transactions) -> None:
    shop = Shop(make_offer(100, name="x"))
    stored = await buy_from(transactions, shop)
    shop.offers = [make_offer(100, name="x", currency="USD")]
    with pytest.raises(OfferExpired):
        await refresh_offer(transactions, market_of(shop), stored.id)


async def test_offer_of_a_provider_nobody_asks_any_more_has_expired(transactions: Transactions) -> None:
    stored = await buy_from(transactions, Shop(make_offer(100)))
    with pytest.raises(OfferExpired):
        await refresh_offer(transactions, market_of(Shop(name="other")), stored.id)


async def test_rules_are_the_providers_or_those_told_with_the_offer(transactions: Transactions) -> None:
    shop = FullShop(make_offer(100, refund=True))
    stored = await buy_from(transactions, shop)
    assert await get_fare_rules(transactions, market_of(shop), stored.id) == OfferRules(stored, RULES, is_fresh=True)
    told = FareRules(refund=Condition(allowed=True), change=Condition(allowed=None), notes=())
    shop.fault = ProviderDown("x")
    assert await get_fare_rules(transactions, market_of(shop), stored.id) == OfferRules(stored, told, is_fresh=False)
    assert await get_fare_rules(transactions, market_of(Shop()), stored.id) == OfferRules(stored, told, is_fresh=True)


async def test_seats_are_shown_or_it_is_said_why_not(transactions: Transactions) -> None:
    shop = FullShop(make_offer(100))
    stored = await buy_from(transactions, shop)
    assert (await get_seat_maps(transactions, market_of(shop), stored.id)).maps == shop.maps
    shop.maps = ()
    with pytest.raises(SeatMapUnavailable):
        await get_seat_maps(transactions, market_of(shop), stored.id)
    with pytest.raises(SeatMapUnavailable):
        await get_seat_maps(transactions, market_of(Shop()), stored.id)
    shop.fault = ProviderDown("x")
    with pytest.raises(FlightsUnreachable):
        await get_seat_maps(transactions, market_of(shop), stored.id)
