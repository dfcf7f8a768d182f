"""What flying costs on other days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from langchain.tools import tool
from langgraph.types import Command
from pydantic import Field

from core.messages import Language, format_day, say
from domain.airlines import airline_name
from domain.offers import SEARCH_WINDOW_DAYS, CabinClass, FlightQuery
from services.flights import calendar
from services.flights.calendar import DAYS_AROUND, MAX_DAYS, DayPrice, PriceCalendar
from tools.arguments import (
    Airline,
    ClockTime,
    DatePhrase,
    Place,
    count_party,
    describe_query,
    make_filters,
    make_slice,
    read_place,
    read_span,
)
from tools.cards import MAX_TEXT_LINES, Card, place, start_card
from tools.context import ToolContext, Tooling, answer_call, show_card
from tools.errors import SpanReversed, StayTooLong
from tools.shown import CheapestDay
from tools.wording import money_text, provider_name, tell_missing
from understanding.frame import DateRange

Nights = Annotated[int, Field(ge=0)]


@tool
async def price_calendar(
    origin: Place,
    destination: Place,
    runtime: Tooling,
    day: DatePhrase | None = None,
    last_day: DatePhrase | None = None,
    stay_nights: Nights | None = None,
    adults: int = 1,
    children: int = 0,
    infants: int = 0,
    cabin: CabinClass = "economy",
    airlines: list[Airline] | None = None,
    max_stops: int | None = None,
    departs_from: ClockTime | None = None,
    departs_until: ClockTime | None = None,
    refundable: bool = False,
    checked_bag: bool = False,
) -> Command[Any]:
    """Show the cheapest price of each day, when the traveller may leave on one of several.

    Args:
        origin: Where the trip starts, as the traveller said it or as an IATA code, e.g. 'Sài Gòn' or 'SGN'.
        destination: Where it goes, e.g. 'Đà Nẵng' or 'BKK'.
        day: A day, for three days on both sides of it too, e.g. '2026-12-20'; or a span as said, e.g. 'tháng 12'.
            Leave out for the coming month.
        last_day: The end of a span that begins on `day`, at most 30 days later, e.g. '2026-12-31'.
        stay_nights: Nights before the way back, e.g. 4; ask for them where they are not known. Leave out for one way.
        adults: Travellers of 12 and over, e.g. 2.
        children: Travellers of 2 to 11, e.g. 1.
        infants: Under 2, on a lap, e.g. 0.
        cabin: e.g. 'economy'.
        airlines: Only these airlines, by IATA code, e.g. ['VN'].
        max_stops: 0 for nonstop only.
        departs_from: Earliest departure time of day, e.g. '06:00'.
        departs_until: Latest departure time of day, e.g. '12:00'.
        refundable: Only fares that give money back.
        checked_bag: Only fares with a checked bag.
    """
    ctx: ToolContext = runtime.context
    language = ctx.language
    start, end = read_place(origin, language), read_place(destination, language)
    first, last = _read_days(day, last_day, ctx)
    slices = [make_slice(start, end, first)]
    if stay_nights is not None:
        if stay_nights > SEARCH_WINDOW_DAYS:
            raise StayTooLong(count=SEARCH_WINDOW_DAYS)
        slices.append(make_slice(end, start, first + timedelta(days=stay_nights)))
    prices = await calendar.price_calendar(
        ctx.transactions,
        ctx.market,
        ctx.actor,
        query=FlightQuery(
            slices=tuple(slices),
            travellers=count_party(adults, children, infants),
            cabin=cabin,
            currency=ctx.currency,
        ),
        first=first,
        last=last,
        filters=make_filters(
            airlines=airlines,
            max_stops=max_stops,
            departs_from=departs_from,
            departs_until=departs_until,
            refundable=refundable,
            checked_bag=checked_bag,
        ),
        today=ctx.now.date(),
        conversation_id=ctx.conversation_id,
    )
    show_card(runtime, price_calendar_card(prices, language))
    asked = describe_query(prices.query, language)
    del asked["dates"]
    cheapest = prices.cheapest
    answer = asked | {
        "stay_nights": stay_nights,
        "world": ctx.mode,
        "notes": tell_missing(prices.missing, language),
        "days": [_day_line(each, language) for each in prices.days],
        "unanswered_days": sum(each.state == "unknown" for each in prices.days),
        "cheapest_day": _describe_day(cheapest, language) if cheapest else None,
    }
    return answer_call(runtime, answer, {"cheapest_day": _remember_day(cheapest) if cheapest else None})


def _remember_day(day: DayPrice) -> CheapestDay:
    return CheapestDay(
        departs_on=day.departs_on.isoformat(), returns_on=day.returns_on.isoformat() if day.returns_on else None
    )


def _read_days(day: str | None, last_day: str | None, ctx: ToolContext) -> tuple[date, date]:
    """The first and the last day; those over or too far ahead are left out later."""
    if day is None:
        tomorrow = ctx.now.date() + timedelta(days=1)
        return tomorrow, tomorrow + timedelta(days=MAX_DAYS - 1)
    said = read_span(day, ctx)
    first, last = (said.first, said.last) if isinstance(said, DateRange) else (said, said)
    if last_day is not None:
        until = read_span(last_day, ctx)
        last = until.last if isinstance(until, DateRange) else until
        if last < first:
            raise SpanReversed(first=first.isoformat(), last=last.isoformat())
        return first, last
    around = timedelta(days=0 if isinstance(said, DateRange) else DAYS_AROUND)
    return first - around, last + around


def _describe_day(day: DayPrice, language: Language) -> dict[str, Any]:
    assert day.cheapest is not None
    offer = day.cheapest.offer
    return {
        "date": format_day(day.departs_on, language),
        "returns": format_day(day.returns_on, language) if day.returns_on else None,
        "total": money_text(offer.total, language),
        "airline": airline_name(offer.carriers[0]),
    }


def _day_line(day: DayPrice, language: Language) -> str:
    return f"{format_day(day.departs_on, language)}: {_price_text(day, language)}"


def _price_text(day: DayPrice, language: Language) -> str:
    if day.cheapest is not None:
        return money_text(day.cheapest.offer.total, language)
    return say(f"calendar.{day.state}", language)


def price_calendar_card(prices: PriceCalendar, language: Language) -> Card:
    query, cheapest = prices.query, prices.cheapest
    first, last = query.slices[0], query.slices[-1]
    offers = [day.cheapest.offer for day in prices.days if day.cheapest]
    card = start_card(
        "price_calendar",
        _fold_lines([_day_line(day, language) for day in prices.days]),
        language,
        simulated=any(offer.simulated for offer in offers),
    )
    return card | {
        "search": {
            "origin": place(first.origins[0], language),
            "destination": place(first.destinations[0], language),
            "travellers": query.travellers.model_dump(),
            "cabin": query.cabin,
            "stay_nights": (last.departs_on - first.departs_on).days if len(query.slices) > 1 else None,
            "missing": [provider_name(name) for name in prices.missing],
        },
        "days": [
            {
                "date": day.departs_on.isoformat(),
                "return_date": day.returns_on.isoformat() if day.returns_on else None,
                "state": day.state,
                "total": day.cheapest.offer.total.model_dump() if day.cheapest else None,
                "is_cheapest": day is cheapest,
            }
            for day in prices.days
        ],
    }


def _fold_lines(lines: list[str]) -> list[str]:
    """So many days a line that they fit a small screen."""
    per_line = -(-len(lines) // MAX_TEXT_LINES)
    return [" · ".join(lines[at : at + per_line]) for at in range(0, len(lines), per_line)]
