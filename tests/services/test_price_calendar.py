"""What flying costs on other days: every day that can be asked for, once, and what is not known is said."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

import services.flights.calendar as calendars
import services.flights.search as searching
from core.errors import RateLimited
from core.security import Actor
from db.models import User
from db.session import Transactions
from domain.offers import FlightOffer, FlightQuery, LocalTime, SliceQuery
from providers.flights.base import FoundOffer, ProviderDown
from services.flights.calendar import MAX_DAYS, DayPrice, PriceCalendar, price_calendar
from services.flights.errors import CalendarTooLong, DateInPast, DateTooFar, ReturnBeforeDeparture
from services.flights.selection import Filters
from services.rate_limits import Bucket
from tests.conftest import NOW
from tests.support.offers import DAY, QUERY, make_offer
from tests.support.providers import Shop, market_of

TODAY = NOW.date()


class DailyShop(Shop):
    """Sells one flight a day, which costs the day of the month; none on the 22nd, and is out of order on the 23rd."""

    async def search(self, query: FlightQuery) -> list[FoundOffer]:
        self.asked += 1
        day = query.slices[0].departs_on
        if day.day == 23:
            raise ProviderDown("x")
        return [] if day.day == 22 else [FoundOffer(move(make_offer(day.day), query), {})]


def move(offer: FlightOffer, query: FlightQuery) -> FlightOffer:
    """An offer for the days of a query."""

    def fly(slice_: SliceQuery) -> dict[str, object]:
        at = datetime.combine(slice_.departs_on, time(8))
        zone = "Asia/Ho_Chi_Minh"
        return {
            "origin": slice_.origins[0],
            "destination": slice_.destinations[0],
            "departs": LocalTime(at_local=at, zone=zone),
            "arrives": LocalTime(at_local=at + timedelta(hours=1), zone=zone),
        }

    (like,) = offer.slices
    slices = tuple(
        like.model_copy(update={"segments": (like.segments[0].model_copy(update=fly(slice_)),)})
        for slice_ in query.slices
    )
    return offer.model_copy(update={"slices": slices})


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


async def test_calendar_counts_as_many_searches_as_it_asks(
    transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "SEARCH", Bucket("search", per_caller=2))
    async with transactions() as session:
        session.add(user := User(email="an@example.com"))
    an, shop = Actor(kind="user", user_id=user.id), DailyShop()
    calendar = await look(transactions, shop, DAY, DAY + timedelta(days=1), actor=an)
    assert {day.state for day in calendar.days} == {"priced"}
    mixed = await look(transactions, shop, DAY, DAY + timedelta(days=4), actor=an)
    assert [day.state for day in mixed.days] == ["priced", "priced", "unknown", "unknown", "unknown"]
    with pytest.raises(RateLimited):
        await look(transactions, shop, DAY + timedelta(days=5), DAY + timedelta(days=6), actor=an)
