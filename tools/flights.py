"""Finding flights and looking into one."""

from __future__ import annotations

import json
from datetime import date, time
from typing import Annotated, Any, TypedDict
from uuid import UUID

from langchain.tools import tool
from langchain_core.messages import ToolMessage
from langgraph.types import Command
from pydantic import Field

from core.messages import Language, format_day
from domain.airlines import airline_name
from domain.airlines import airlines as known_airlines
from domain.airports import city_airports, city_name
from domain.money import Money
from domain.offers import CabinClass, FlightQuery, SliceQuery
from domain.travellers import TravellerCounts
from services.flights import search as flights
from services.flights.errors import ReturnBeforeDeparture
from services.flights.selection import Filters, Selection, StoredOffer, select_offers
from tools.cards import (
    baggage_text,
    condition_text,
    day_text,
    flight_offers_card,
    money_text,
    slice_times,
    stops_text,
)
from tools.context import ToolContext, Tooling, show_card
from tools.errors import NotUnderstood, OfferNumberUnknown
from understanding.dates import resolve_date
from understanding.frame import Ambiguity, DateRange, PlaceRef, Problem, SortKey
from understanding.places import resolve_place
from understanding.restate import restate

MAX_OFFERS = 8
"""What one card and one answer to the model hold; more would not be read."""

Place = Annotated[str, Field(max_length=80)]
DatePhrase = Annotated[str, Field(max_length=60)]
ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class ShownOffer(TypedDict):
    """What the conversation remembers of an offer on the screen: enough to know which one "the cheapest" is."""

    id: str
    price: int
    duration: int
    departure: float
    arrival: float
    stops: int


@tool
async def search_flights(
    origin: Place,
    destination: Place,
    departs_on: DatePhrase,
    runtime: Tooling,
    returns_on: DatePhrase | None = None,
    adults: int = 1,
    children: int = 0,
    infants: int = 0,
    cabin: CabinClass = "economy",
    airlines: list[str] | None = None,
    max_stops: int | None = None,
    departs_from: ClockTime | None = None,
    departs_until: ClockTime | None = None,
    max_total: int | None = None,
    refundable: bool = False,
    checked_bag: bool = False,
    sort: SortKey = "price",
) -> Command[Any]:
    """Find flights with live prices and show them to the traveller as cards.

    Args:
        origin: Where the trip starts, as the traveller said it or as an IATA code, e.g. 'Sài Gòn' or 'SGN'.
        destination: Where it goes, e.g. 'Đà Nẵng' or 'BKK'.
        departs_on: The day, as the traveller said it or ISO, e.g. 'thứ sáu tuần sau' or '2026-12-20'.
        returns_on: The day of the way back, e.g. '2026-12-27'. Leave out for one way.
        adults: Travellers of 12 and over, e.g. 2.
        children: Travellers of 2 to 11, e.g. 1.
        infants: Under 2, on a lap, e.g. 0.
        cabin: e.g. 'economy'.
        airlines: Only these airlines, by IATA code, e.g. ['VN'].
        max_stops: 0 for nonstop only.
        departs_from: Earliest departure time of day, e.g. '06:00'.
        departs_until: Latest departure time of day, e.g. '12:00'.
        max_total: Most that the whole party will pay, in the currency of the facts, e.g. 5000000.
        refundable: Only fares that give money back.
        checked_bag: Only fares with a checked bag.
        sort: What comes first, e.g. 'price'.
    """
    ctx: ToolContext = runtime.context
    start, end = _resolve_place(origin, ctx.language), _resolve_place(destination, ctx.language)
    out_on = _resolve_day(departs_on, ctx)
    slices = [_slice(start, end, out_on)]
    if returns_on is not None:
        back_on = _resolve_day(returns_on, ctx, base=out_on)
        if back_on < out_on:
            raise ReturnBeforeDeparture(depart_on=out_on.isoformat(), return_on=back_on.isoformat())
        slices.append(_slice(end, start, back_on))
    query = FlightQuery(
        slices=tuple(slices),
        travellers=TravellerCounts(adults=max(adults, 0), children=max(children, 0), infants=max(infants, 0)),
        cabin=cabin,
        currency=ctx.currency,
    )
    filters = Filters(
        airlines=tuple(code for code in airlines or () if code in known_airlines()),
        max_stops=max_stops,
        departs_from=time.fromisoformat(departs_from) if departs_from else None,
        departs_until=time.fromisoformat(departs_until) if departs_until else None,
        max_total=Money.parse(str(max_total), ctx.currency) if max_total else None,
        refundable=refundable,
        checked_bag=checked_bag,
    )
    result = await flights.search(
        ctx.transactions,
        ctx.flights,
        ctx.actor,
        query=query,
        today=ctx.now.date(),
        conversation_id=ctx.conversation_id,
    )
    selection = select_offers(result.offers, filters, sort, MAX_OFFERS)
    if selection.offers:
        show_card(runtime, flight_offers_card(query, selection, ctx.language))
    cheapest_of_all = select_offers(result.offers, Filters(), "price", 1).offers
    answer = _describe_search(query, filters, selection, start, end, ctx) | {
        "cheapest_of_all": _offer_facts(cheapest_of_all[0], 0, (), ctx.language)
        if cheapest_of_all and not selection.offers
        else None,
    }
    message = ToolMessage(json.dumps(answer, ensure_ascii=False), tool_call_id=runtime.tool_call_id or "")
    update: dict[str, Any] = {"messages": [message]}
    if selection.offers:
        update["offers"] = [_remember(stored) for stored in selection.offers]
    return Command(update=update)


@tool
async def get_offer_details(number: int, runtime: Tooling) -> str:
    """Explain one of the offers shown last: its flights, connections, bags and fare rules.

    Args:
        number: The offer's number on the screen, e.g. 2.
    """
    ctx: ToolContext = runtime.context
    shown: list[ShownOffer] = runtime.state.get("offers", [])
    if not 1 <= number <= len(shown):
        raise OfferNumberUnknown(number=number, count=len(shown))
    stored = await flights.get_offer(ctx.transactions, UUID(shown[number - 1]["id"]))
    offer, language = stored.offer, ctx.language
    details = _offer_facts(stored, number, (), language) | {
        "simulated": offer.simulated,
        "slices": [
            {
                "date": day_text(slice_, language),
                "segments": [
                    {
                        "flight": segment.designator,
                        "airline": airline_name(segment.carrier),
                        "from": f"{city_name(segment.origin, language)} ({segment.origin})",
                        "to": f"{city_name(segment.destination, language)} ({segment.destination})",
                        "departs": f"{segment.departs.at_local:%H:%M}",
                        "arrives": f"{segment.arrives.at_local:%H:%M}",
                        "aircraft": segment.aircraft,
                    }
                    for segment in slice_.segments
                ],
            }
            for slice_ in offer.slices
        ],
        "baggage": baggage_text(offer, language),
        "refund": condition_text(offer.conditions.refund, language),
        "change": condition_text(offer.conditions.change, language),
        "per_adult": money_text(offer.per_adult, language),
    }
    return json.dumps(details, ensure_ascii=False)


def _remember(stored: StoredOffer) -> ShownOffer:
    first, last = stored.offer.slices[0], stored.offer.slices[-1]
    return ShownOffer(
        id=str(stored.id),
        price=stored.offer.total.amount_minor,
        duration=int(stored.offer.duration.total_seconds()),
        departure=first.departs.instant.timestamp(),
        arrival=last.arrives.instant.timestamp(),
        stops=stored.offer.stops,
    )


def _resolve_place(phrase: str, language: Language) -> PlaceRef:
    place = resolve_place(phrase, language=language)
    if isinstance(place, PlaceRef):
        return place
    raise _explain(place, "ambiguous_place", phrase, language)


def _resolve_day(phrase: str, ctx: ToolContext, base: date | None = None) -> date:
    day = resolve_date(phrase, now=ctx.now, base=base)
    if isinstance(day, date):
        return day
    raise _explain(day, "ambiguous_date", phrase, ctx.language)


def _explain(read: Ambiguity | DateRange | Problem, code: str, phrase: str, language: Language) -> NotUnderstood:
    """Why a phrase names no single thing, with its readings written out."""
    if isinstance(read, Problem):
        return NotUnderstood(read.code, read.params)
    if isinstance(read, DateRange):
        readings = " – ".join(restate(day.isoformat(), language) for day in (read.first, read.last))
    else:
        readings = ", ".join(restate(reading, language) for reading in read.readings)
    return NotUnderstood(code, {"phrase": phrase, "readings": readings})


def _slice(start: PlaceRef, end: PlaceRef, day: date) -> SliceQuery:
    return SliceQuery(origins=_airports(start), destinations=_airports(end), departs_on=day)


def _airports(place: PlaceRef) -> tuple[str, ...]:
    return city_airports(place.iata) if place.kind == "city" else (place.iata,)


def _describe_search(
    query: FlightQuery, filters: Filters, selection: Selection, start: PlaceRef, end: PlaceRef, ctx: ToolContext
) -> dict[str, Any]:
    """What the model reads: dates with their weekday and prices as we write them, so that it can repeat them."""
    language = ctx.language
    return {
        "from": city_name(start.iata, language),
        "to": city_name(end.iata, language),
        "dates": [format_day(slice_.departs_on, language) for slice_ in query.slices],
        "travellers": query.travellers.model_dump(),
        "cabin": query.cabin,
        "airlines": [airline_name(code) for code in filters.airlines],
        "max_stops": filters.max_stops,
        "simulated": ctx.simulated,
        "found": selection.found,
        "matching": selection.matching,
        "offers": [
            _offer_facts(stored, number, selection.badges.get(stored.id, ()), language)
            for number, stored in enumerate(selection.offers, start=1)
        ],
    }


def _offer_facts(stored: StoredOffer, number: int, badges: tuple[str, ...], language: Language) -> dict[str, Any]:
    offer = stored.offer
    return {
        "number": number,
        "airline": airline_name(offer.carriers[0]),
        "flights": [segment.designator for slice_ in offer.slices for segment in slice_.segments],
        "times": [slice_times(slice_) for slice_ in offer.slices],
        "stops": [stops_text(slice_, language) for slice_ in offer.slices],
        "fare": offer.fare_brand,
        "total": money_text(offer.total, language),
        "badges": list(badges),
    }
