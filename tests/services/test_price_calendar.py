"""What flying costs on other days: every day that can be asked for, once, and what is not known is said."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest
from sqlalchemy import select

import services.flights.calendar as calendars
from core.errors import RateLimited
from core.security import Actor
from db.models import RateLimit, User
from db.session import Transactions
from domain.offers import FlightQuery, SliceQuery
from providers.flights.base import FoundOffer, ProviderDown
from services.flights.calendar import DAYS_AT_ONCE, MAX_DAYS, DayPrice, PriceCalendar, price_calendar
from services.flights.errors import CalendarTooLong, DateInPast, DateTooFar, ReturnBeforeDeparture
from services.flights.market import CALENDAR_SEARCHES_AT_ONCE
from services.flights.selection import Filters
from services.rate_limits import Bucket
from tests.conftest import NOW
from tests.support.offers import DAY, QUERY, make_offer, store
from tests.support.providers import Shop, market_of
from tests.support.shops import move
from tests.support.waiting import eventually

TODAY = NOW.date()


class DailyShop(Shop):
    """Sells one flight a day, which costs the day of the month; none on the 22nd, and is out of order on the 23rd."""

    async def search(self, query: FlightQuery) -> list[FoundOffer]:
        self.asked += 1
        day = query.slices[0].departs_on
        if day.day == 23:
            raise ProviderDown("x")
        return [] if day.day == 22 else [FoundOffer(move(make_offer(day.day), query), {})]


async def look(
    transactions: Transactions,
    shop: Shop,
    first: date,
    last: date,
    *,
    query: FlightQuery = QUERY,
    filters: Filters = Filters(),  # noqa: B008 - frozen
    actor: Actor = Actor(),  # noqa: B008 - frozen
) -> PriceCalendar:
    return await price_calendar(
        transactions, market_of(shop), actor, query=query, first=first, last=last, filters=filters, today=TODAY
    )


def tell(days: tuple[DayPrice, ...]) -> list[tuple[int, str, int | None]]:
    return [
        (day.departs_on.day, day.state, day.cheapest.offer.total.amount_minor if day.cheapest else None) for day in days
    ]


async def test_every_day_has_its_cheapest_or_says_why_not(transactions: Transactions) -> None:
    calendar = await look(transactions, DailyShop(), DAY, DAY + timedelta(days=4))
    assert tell(calendar.days) == [
        (20, "priced", 20),
        (21, "priced", 21),
        (22, "none", None),
        (23, "unknown", None),
        (24, "priced", 24),
    ]
    assert calendar.cheapest == calendar.days[0]


async def test_days_that_are_over_or_too_far_ahead_are_left_out(transactions: Transactions) -> None:
    shop = DailyShop()
    near = await look(transactions, shop, TODAY - timedelta(days=3), TODAY + timedelta(days=1))
    assert [day.departs_on for day in near.days] == [TODAY, TODAY + timedelta(days=1)]
    end = TODAY + timedelta(days=361)
    far = await look(transactions, shop, end, end + timedelta(days=3))
    assert [day.departs_on for day in far.days] == [end]


async def test_a_round_trip_keeps_its_length(transactions: Transactions) -> None:
    there, back = QUERY.slices[0], SliceQuery(origins=("DAD",), destinations=("HAN",), departs_on=DAY + timedelta(4))
    query = QUERY.model_copy(update={"slices": (there, back)})
    calendar = await look(transactions, DailyShop(), DAY, DAY + timedelta(days=1), query=query)
    assert [(day.departs_on.day, day.returns_on and day.returns_on.day) for day in calendar.days] == [
        (20, 24),
        (21, 25),
    ]
    assert {day.state for day in calendar.days} == {"priced"}


async def test_filters_decide_what_counts_as_a_flight(transactions: Transactions) -> None:
    calendar = await look(transactions, DailyShop(), DAY, DAY, filters=Filters(refundable=True))
    assert tell(calendar.days) == [(20, "none", None)]
    assert calendar.cheapest is None


async def test_second_look_asks_nobody(transactions: Transactions) -> None:
    shop = DailyShop()
    await look(transactions, shop, DAY, DAY + timedelta(days=1))
    await look(transactions, shop, DAY - timedelta(days=1), DAY + timedelta(days=1))
    assert shop.asked == 3


async def test_days_not_answered_in_time_are_unknown(
    transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendars, "CALENDAR_SECONDS", 0.1)
    shop = Shop(make_offer(1))
    shop.door.clear()
    calendar = await look(transactions, shop, DAY, DAY + timedelta(days=9))
    shop.door.set()
    assert {day.state for day in calendar.days} == {"unknown"}
    assert shop.asked <= calendars.DAYS_AT_ONCE


@pytest.mark.parametrize(
    ("first", "last", "reason"),
    [
        (DAY, DAY - timedelta(days=1), ReturnBeforeDeparture),
        (DAY, DAY + timedelta(days=MAX_DAYS), CalendarTooLong),
        (TODAY - timedelta(days=9), TODAY - timedelta(days=1), DateInPast),
        (TODAY + timedelta(days=362), TODAY + timedelta(days=370), DateTooFar),
    ],
)
async def test_days_that_cannot_be_compared_are_refused(
    transactions: Transactions, first: date, last: date, reason: type[Exception]
) -> None:
    shop = DailyShop()
    with pytest.raises(reason):
        await look(transactions, shop, first, last)
    assert shop.asked == 0


async def test_calendar_is_counted_as_one_and_leaves_searching_alone(
    transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendars, "CALENDAR", Bucket("calendar", per_caller=2))
    async with transactions() as session:
        session.add(user := User(email="an@example.com"))
    an, shop = Actor(kind="user", user_id=user.id), DailyShop()
    for start in (DAY, DAY + timedelta(days=4)):
        calendar = await look(transactions, shop, start, start + timedelta(days=3), actor=an)
        assert len(calendar.days) == 4
    with pytest.raises(RateLimited):
        await look(transactions, shop, DAY, DAY, actor=an)
    async with transactions() as session:
        counted = list(await session.scalars(select(RateLimit.key)))
    assert len(counted) == 1
    assert "search" not in counted[0]


async def test_calendars_together_ask_a_few_days_at_a_time(transactions: Transactions) -> None:
    shop = Shop(make_offer(1))
    market = market_of(shop)
    shop.door.clear()
    weeks = [DAY + timedelta(days=10 * week) for week in range(3)]
    looks = asyncio.gather(
        *(
            price_calendar(
                transactions,
                market,
                Actor(),
                query=QUERY,
                first=first,
                last=first + timedelta(days=5),
                filters=Filters(),
                today=TODAY,
            )
            for first in weeks
        )
    )

    async def all_wait() -> bool:
        return len(market._asking) == len(weeks) * DAYS_AT_ONCE and shop.asked >= CALENDAR_SEARCHES_AT_ONCE

    await eventually(all_wait)
    assert shop.asked == CALENDAR_SEARCHES_AT_ONCE
    shop.door.set()
    assert [len(calendar.days) for calendar in await looks] == [6, 6, 6]


@pytest.mark.parametrize(("asked", "cheapest"), [("VND", 0), ("USD", 2), ("EUR", 2)])
def test_cheapest_day_is_in_the_currency_asked_for_or_the_commonest(asked: str, cheapest: int) -> None:
    offers = [
        make_offer(1_900_000),
        make_offer(4200, currency="USD"),
        make_offer(4000, currency="USD"),
    ]
    days = tuple(DayPrice(DAY + timedelta(days=n), None, "priced", store(offer)) for n, offer in enumerate(offers))
    assert PriceCalendar(QUERY.model_copy(update={"currency": asked}), days).cheapest is days[cheapest]


async def test_day_without_flights_is_told_only_when_everybody_said_so(transactions: Transactions) -> None:
    silent = Shop(name="silent")
    silent.fault = ProviderDown("x")
    market = market_of(Shop(name="empty"), silent)
    calendar = await price_calendar(
        transactions, market, Actor(), query=QUERY, first=DAY, last=DAY, filters=Filters(), today=TODAY
    )
    assert tell(calendar.days) == [(20, "unknown", None)]
