"""What a model may say of a trip, and what code makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Annotated, Any

from pydantic import Field

from core.messages import Language, format_day
from domain.airlines import airlines as known_airlines
from domain.airports import city_airports, city_name
from domain.money import Money
from domain.offers import FlightQuery, SliceQuery
from domain.travellers import TravellerCounts
from services.flights.nearby import widen
from services.flights.selection import Filters
from tools.context import ToolContext
from tools.errors import NotUnderstood
from understanding.dates import resolve_date
from understanding.frame import Ambiguity, DateRange, PlaceRef, Problem
from understanding.places import resolve_place
from understanding.restate import restate

Place = Annotated[str, Field(max_length=80)]
DatePhrase = Annotated[str, Field(max_length=60)]
ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Airline = Annotated[str, Field(max_length=40)]
Currency = Annotated[str, Field(max_length=3)]

MAX_BUDGET = 10**12
"""In the currency's largest unit: more than any trip costs, in any currency."""
Budget = Annotated[int, Field(ge=0, le=MAX_BUDGET)]

NEARBY_KM = 150
"""What people will drive to catch a cheaper flight."""


def read_place(phrase: str, language: Language) -> PlaceRef:
    """Raises NotUnderstood."""
    place = resolve_place(phrase, language=language)
    if isinstance(place, PlaceRef):
        return place
    raise _explain(place, "ambiguous_place", phrase, language)


def read_day(phrase: str, ctx: ToolContext, base: date | None = None) -> date:
    """A day; `base` is the one before it in the trip. Raises NotUnderstood."""
    day = resolve_date(phrase, now=ctx.now, base=base)
    if isinstance(day, date):
        return day
    raise _explain(day, "ambiguous_date", phrase, ctx.language)


def read_span(phrase: str, ctx: ToolContext) -> date | DateRange:
    """A day or a span of days, such as "tháng 12". Raises NotUnderstood."""
    days = resolve_date(phrase, now=ctx.now)
    if isinstance(days, date | DateRange):
        return days
    raise _explain(days, "ambiguous_date", phrase, ctx.language)


def _explain(read: Ambiguity | DateRange | Problem, code: str, phrase: str, language: Language) -> NotUnderstood:
    """Why a phrase names no single thing, with its readings written out."""
    if isinstance(read, Problem):
        return NotUnderstood(read.code, read.params)
    if isinstance(read, DateRange):
        readings = " – ".join(restate(day.isoformat(), language) for day in (read.first, read.last))
    else:
        readings = ", ".join(restate(reading, language) for reading in read.readings)
    return NotUnderstood(code, {"phrase": phrase, "readings": readings})


def make_slice(start: PlaceRef, end: PlaceRef, day: date, *, nearby: bool = False) -> SliceQuery:
    """One direction; with `nearby` also between airports around both ends, none of which serves both."""
    slice_ = SliceQuery(origins=list_airports(start), destinations=list_airports(end), departs_on=day)
    return widen(slice_, NEARBY_KM) if nearby else slice_


def list_airports(place: PlaceRef) -> tuple[str, ...]:
    return city_airports(place.iata) if place.kind == "city" else (place.iata,)


def count_party(adults: int, children: int, infants: int) -> TravellerCounts:
    return TravellerCounts(adults=max(adults, 0), children=max(children, 0), infants=max(infants, 0))


def make_filters(
    *,
    airlines: list[Airline] | None,
    max_stops: int | None,
    departs_from: str | None,
    departs_until: str | None,
    refundable: bool,
    checked_bag: bool,
    max_total: Money | None = None,
) -> Filters:
    """Raises NotUnderstood for an airline that does not exist."""
    return Filters(
        airlines=tuple(_read_airline(code) for code in airlines or ()),
        max_stops=max_stops,
        departs_from=time.fromisoformat(departs_from) if departs_from else None,
        departs_until=time.fromisoformat(departs_until) if departs_until else None,
        max_total=max_total,
        refundable=refundable,
        checked_bag=checked_bag,
    )


def _read_airline(code: str) -> str:
    if code.upper() not in known_airlines():
        raise NotUnderstood("unknown_airline", {"phrase": code})
    return code.upper()


def read_budget(amount: int | None, currency: str) -> Money | None:
    """The most the party will pay; 0 is no wish. Raises NotUnderstood for a currency that does not exist."""
    try:
        return Money.parse(str(amount), currency.upper()) if amount else None
    except ValueError as error:
        raise NotUnderstood("currency_unknown", {}) from error


def describe_query(query: FlightQuery, language: Language) -> dict[str, Any]:
    """What was asked, with weekdays and names, so that a model can repeat it and a traveller notice a mistake."""
    return {
        "route": _route_text(query.slices, language),
        "dates": [format_day(slice_.departs_on, language) for slice_ in query.slices],
        "travellers": query.travellers.model_dump(),
        "cabin": query.cabin,
    }


def _route_text(slices: Sequence[SliceQuery], language: Language) -> str:
    """The cities in order, without the way back."""
    first, last = slices[0], slices[-1]
    is_round_trip = len(slices) == 2 and (last.origins, last.destinations) == (first.destinations, first.origins)
    text, at = city_name(first.origins[0], language), first.origins
    for slice_ in slices[:1] if is_round_trip else slices:
        if slice_.origins != at:
            text += f", {city_name(slice_.origins[0], language)}"
        text += f" → {city_name(slice_.destinations[0], language)}"
        at = slice_.destinations
    return text
