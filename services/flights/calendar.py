"""What flying costs on other days."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from core.security import Actor
from db.session import Transactions
from domain.offers import SEARCH_WINDOW_DAYS, FlightQuery
from services.flights.errors import CalendarTooLong, DateInPast, DateTooFar, ReturnBeforeDeparture
from services.flights.market import Market
from services.flights.rules import ensure_searchable
from services.flights.search import find_offers
from services.flights.selection import Filters, StoredOffer, select_offers
from services.rate_limits import CALENDAR, count_call

MAX_DAYS = 31
DAYS_AROUND = 3
"""Before and after a day, for those who name one."""
CALENDAR_SECONDS = 15
"""For all days together; those not answered by then stay unknown."""
DAYS_AT_ONCE = 4

DayState = Literal["priced", "none", "unknown"]


@dataclass(frozen=True, slots=True)
class DayPrice:
    """A day one might leave on."""

    departs_on: date
    returns_on: date | None
    state: DayState
    """none: nothing flies that suits; unknown: nobody answered in time."""
    cheapest: StoredOffer | None
    missing: tuple[str, ...] = ()
    """Providers without an answer for the day; none are named where time was up for all."""


@dataclass(frozen=True, slots=True)
class PriceCalendar:
    query: FlightQuery
    """As it was asked; each day moves all its slices by as much."""
    days: tuple[DayPrice, ...]
    """In order, without those that are over or too far ahead."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Providers without an answer for one of the days or more."""
        return tuple(dict.fromkeys(name for day in self.days for name in day.missing))

    @property
    def cheapest(self) -> DayPrice | None:
        """The first of the cheapest days: of those priced in the currency asked for, else in the commonest."""
        priced = [(day, day.cheapest.offer.total) for day in self.days if day.cheapest is not None]
        currencies = Counter(total.currency for _, total in priced)
        if not currencies:
            return None
        currency = self.query.currency if self.query.currency in currencies else currencies.most_common(1)[0][0]
        comparable = [(day, total) for day, total in priced if total.currency == currency]
        return min(comparable, key=lambda each: each[1].amount_minor)[0]


async def price_calendar(
    transactions: Transactions,
    market: Market,
    actor: Actor,
    *,
    query: FlightQuery,
    first: date,
    last: date,
    filters: Filters,
    today: date,
    conversation_id: UUID | None = None,
) -> PriceCalendar:
    """The cheapest offer that suits for every day from `first` to `last`, the trip staying as long as in the query.

    Raises CalendarTooLong, the InvalidInput that `rules` finds when no day can be searched, CurrencyNotSold, and
    RateLimited to the user or conversation that asks for too many calendars; other visitors are counted at the door.
    """
    if last < first:
        raise ReturnBeforeDeparture(depart_on=first.isoformat(), return_on=last.isoformat())
    if (last - first).days >= MAX_DAYS:
        raise CalendarTooLong(count=MAX_DAYS)
    queries = _list_queries(query, first, last, today)
    asker = actor.user_id or conversation_id
    await count_call(transactions, CALENDAR, caller=str(asker) if asker else None)
    gate = asyncio.Semaphore(DAYS_AT_ONCE)

    async def look(moved: FlightQuery) -> DayPrice:
        async with gate:
            return await _look(transactions, market, moved, filters)

    looking = [asyncio.create_task(look(moved)) for moved in queries]
    try:
        await asyncio.wait(looking, timeout=CALENDAR_SECONDS)
    finally:
        for task in looking:
            task.cancel()
        ends = await asyncio.gather(*looking, return_exceptions=True)
    return PriceCalendar(query, tuple(_read_day(moved, end) for moved, end in zip(queries, ends, strict=True)))


def _list_queries(query: FlightQuery, first: date, last: date, today: date) -> list[FlightQuery]:
    """The query moved to every day that can be searched; raises what is wrong with it where that is none."""
    length = query.slices[-1].departs_on - query.slices[0].departs_on
    earliest = max(first, today)
    latest = min(last, today + timedelta(days=SEARCH_WINDOW_DAYS) - length)
    if last < today:
        raise DateInPast(date=last.isoformat())
    if latest < earliest:
        raise DateTooFar(date=first.isoformat())
    queries = [_move(query, earliest + timedelta(days=day)) for day in range((latest - earliest).days + 1)]
    ensure_searchable(queries[0], today=today)
    return queries


def _move(query: FlightQuery, to: date) -> FlightQuery:
    by = to - query.slices[0].departs_on
    slices = tuple(slice_.model_copy(update={"departs_on": slice_.departs_on + by}) for slice_ in query.slices)
    return query.model_copy(update={"slices": slices})


async def _look(transactions: Transactions, market: Market, query: FlightQuery, filters: Filters) -> DayPrice:
    offers, sources = await find_offers(transactions, market, query, gate=market.calendar_gate)
    suiting = select_offers(offers, filters, "price", 1).offers
    missing = tuple(source.provider for source in sources if not source.has_answered)
    if suiting:
        return _day(query, "priced", suiting[0], missing)
    return _day(query, "unknown" if missing else "none", missing=missing)


def _read_day(query: FlightQuery, end: DayPrice | BaseException) -> DayPrice:
    if isinstance(end, DayPrice):
        return end
    if isinstance(end, asyncio.CancelledError):
        return _day(query, "unknown")
    raise end


def _day(
    query: FlightQuery, state: DayState, cheapest: StoredOffer | None = None, missing: tuple[str, ...] = ()
) -> DayPrice:
    returns_on = query.slices[-1].departs_on if len(query.slices) > 1 else None
    return DayPrice(query.slices[0].departs_on, returns_on, state, cheapest, missing)
