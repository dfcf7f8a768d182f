"""Finding flights and looking into one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from langchain.tools import tool
from langgraph.types import Command
from pydantic import BaseModel, Field

from core.messages import Language, format_duration, say
from domain.airlines import airline_name
from domain.money import Money
from domain.offers import CabinClass, FlightQuery, SliceQuery
from services.flights.errors import ReturnBeforeDeparture
from services.flights.offers import FreshOffer, refresh_offer
from services.flights.search import SearchResult, search
from services.flights.selection import Filters, StoredOffer, select_offers
from tools.arguments import (
    Airline,
    Budget,
    ClockTime,
    Currency,
    DatePhrase,
    Place,
    count_party,
    describe_query,
    make_filters,
    make_slice,
    read_budget,
    read_day,
    read_place,
)
from tools.cards import flight_offers_card, minutes_of
from tools.context import ToolContext, Tooling, answer_call, show_card
from tools.errors import LegsAndReturn
from tools.shown import ShownOffer, find_shown, remember
from tools.wording import (
    baggage_text,
    condition_text,
    day_text,
    money_text,
    place_text,
    slice_times,
    stops_text,
    tell_difference,
    tell_missing,
)
from understanding.frame import SortKey

MAX_OFFERS = 8
"""What one card and one answer to the model hold; more would not be read."""


class FurtherLeg(BaseModel):
    """Another flight of the same trip."""

    origin: Place
    destination: Place
    departs_on: DatePhrase


FurtherLegs = Annotated[list[FurtherLeg], Field(max_length=4)]


@tool
async def search_flights(
    origin: Place,
    destination: Place,
    departs_on: DatePhrase,
    runtime: Tooling,
    returns_on: DatePhrase | None = None,
    further_legs: FurtherLegs | None = None,
    adults: int = 1,
    children: int = 0,
    infants: int = 0,
    cabin: CabinClass = "economy",
    airlines: list[Airline] | None = None,
    max_stops: int | None = None,
    departs_from: ClockTime | None = None,
    departs_until: ClockTime | None = None,
    max_total: Budget | None = None,
    budget_currency: Currency | None = None,
    refundable: bool = False,
    checked_bag: bool = False,
    nearby: bool = False,
    sort: SortKey = "price",
) -> Command[Any]:
    """Find flights with live prices and show them to the traveller as cards.

    Args:
        origin: Where the trip starts, as the traveller said it or as an IATA code, e.g. 'Sài Gòn' or 'SGN'.
        destination: Where it goes, e.g. 'Đà Nẵng' or 'BKK'.
        departs_on: The day, as the traveller said it or ISO, e.g. 'thứ sáu tuần sau' or '2026-12-20'.
        returns_on: The day of the way back, e.g. '2026-12-27'. Leave out for one way.
        further_legs: For a trip through several places, the flights after the first, in order; then no `returns_on`.
        adults: Travellers of 12 and over, e.g. 2.
        children: Travellers of 2 to 11, e.g. 1.
        infants: Under 2, on a lap, e.g. 0.
        cabin: e.g. 'economy'.
        airlines: Only these airlines, by IATA code, e.g. ['VN'].
        max_stops: 0 for nonstop only.
        departs_from: Earliest departure time of day, e.g. '06:00'.
        departs_until: Latest departure time of day, e.g. '12:00'.
        max_total: Most that the whole party will pay, e.g. 5000000.
        budget_currency: The currency of `max_total`, e.g. 'USD'. Leave out for that of the facts.
        refundable: Only fares that give money back.
        checked_bag: Only fares with a checked bag.
        nearby: Also between airports near both places, when the traveller asks for them or nothing was found.
        sort: What comes first, e.g. 'price'.
    """
    ctx: ToolContext = runtime.context
    first = FurtherLeg(origin=origin, destination=destination, departs_on=departs_on)
    query = FlightQuery(
        slices=_read_slices([first, *(further_legs or [])], returns_on, ctx, nearby=nearby),
        travellers=count_party(adults, children, infants),
        cabin=cabin,
        currency=ctx.currency,
    )
    filters = make_filters(
        airlines=airlines,
        max_stops=max_stops,
        departs_from=departs_from,
        departs_until=departs_until,
        max_total=read_budget(max_total, budget_currency or ctx.currency),
        refundable=refundable,
        checked_bag=checked_bag,
    )
    result = await search(
        ctx.transactions,
        ctx.market,
        ctx.actor,
        query=query,
        today=ctx.now.date(),
        conversation_id=ctx.conversation_id,
    )
    selection = select_offers(result.offers, filters, sort, MAX_OFFERS)
    update: dict[str, Any] = {}
    if selection.offers:
        show_card(runtime, flight_offers_card(result, selection, ctx.language))
        offers = [remember(stored) for stored in selection.offers]
        # "the second one" is said of what was listed last
        update = {"offers": offers, "number": None, "bookings": [], "ways": None}
    cheapest_of_all = select_offers(result.offers, Filters(), "price", 1).offers
    answer = describe_query(query, ctx.language) | {
        "airlines": [airline_name(code) for code in filters.airlines],
        "max_stops": filters.max_stops,
        "world": ctx.mode,
        "notes": _tell_sources(result, ctx.language) + _tell_budget(filters.max_total, selection.offers, ctx.language),
        "has_answered": any(source.has_answered for source in result.sources),
        "found": selection.found,
        "matching": selection.matching,
        "offers": [
            _offer_facts(stored, number, selection.badges.get(stored.id, ()), ctx.language)
            for number, stored in enumerate(selection.offers, start=1)
        ],
        "cheapest_of_all": _offer_facts(cheapest_of_all[0], 0, (), ctx.language)
        if cheapest_of_all and not selection.offers
        else None,
    }
    return answer_call(runtime, answer, update)


@tool
async def get_offer_details(number: int, runtime: Tooling) -> Command[Any]:
    """Explain one of the offers shown last: its flights, connections and bags, and its price as it is now.

    Args:
        number: The offer's number on the screen, e.g. 2.
    """
    ctx: ToolContext = runtime.context
    shown: list[ShownOffer] = runtime.state.get("offers", [])
    fresh = await refresh_offer(ctx.transactions, ctx.market, find_shown(shown, number))
    offer, language = fresh.stored.offer, ctx.language
    details = _offer_facts(fresh.stored, number, (), language) | {
        "world": ctx.mode,
        "price_note": _tell_price(fresh, shown[number - 1], language),
        "slices": [
            {
                "date": day_text(slice_, language),
                "segments": [
                    {
                        "flight": segment.designator,
                        "airline": airline_name(segment.carrier),
                        "from": place_text(segment.origin, language),
                        "to": place_text(segment.destination, language),
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
        "per_adult": money_text(offer.per_adult, language) if offer.per_adult else None,
    }
    repriced = [*shown[: number - 1], remember(fresh.stored), *shown[number:]]
    return answer_call(runtime, details, {"offers": repriced, "number": number})


def _read_slices(
    legs: list[FurtherLeg], returns_on: str | None, ctx: ToolContext, *, nearby: bool
) -> tuple[SliceQuery, ...]:
    if returns_on is not None and len(legs) > 1:
        raise LegsAndReturn
    slices: list[SliceQuery] = []
    for leg in legs:
        start, end = read_place(leg.origin, ctx.language), read_place(leg.destination, ctx.language)
        day = read_day(leg.departs_on, ctx, base=slices[-1].departs_on if slices else None)
        slices.append(make_slice(start, end, day, nearby=nearby))
    if returns_on is not None:
        back_on = read_day(returns_on, ctx, base=day)
        if back_on < day:
            raise ReturnBeforeDeparture(depart_on=day.isoformat(), return_on=back_on.isoformat())
        slices.append(make_slice(end, start, back_on, nearby=nearby))
    return tuple(slices)


def _tell_sources(result: SearchResult, language: Language) -> list[str]:
    """What a traveller should know of where the prices come from."""
    notes = []
    if minutes := minutes_of(result.age):
        notes.append(say("replies.updated", language, count=minutes))
    return notes + tell_missing(result.missing, language)


def _tell_budget(budget: Money | None, offers: Iterable[StoredOffer], language: Language) -> list[str]:
    """That a budget could not be held against prices in another currency."""
    if budget is None:
        return []
    others = sorted({stored.offer.total.currency for stored in offers} - {budget.currency})
    if not others:
        return []
    names = ", ".join(others)
    return [say("replies.budget_not_compared", language, currency=names, budget=money_text(budget, language))]


def _tell_price(fresh: FreshOffer, shown: ShownOffer, language: Language) -> str | None:
    """What became of the price since this traveller saw it; None when nothing did."""
    unconfirmed = None if fresh.is_fresh else say("replies.price_unconfirmed", language)
    previous = Money(amount_minor=shown["price"], currency=shown["currency"])
    moved = tell_difference(previous, fresh.stored.offer.total, language)
    return " ".join(filter(None, (unconfirmed, moved))) or None


def _offer_facts(stored: StoredOffer, number: int, badges: tuple[str, ...], language: Language) -> dict[str, Any]:
    offer = stored.offer
    return {
        "number": number,
        "airline": airline_name(offer.carriers[0]),
        "flights": [segment.designator for slice_ in offer.slices for segment in slice_.segments],
        "airports": [f"{slice_.origin}–{slice_.destination}" for slice_ in offer.slices],
        "times": [slice_times(slice_) for slice_ in offer.slices],
        "durations": [format_duration(slice_.duration, language) for slice_ in offer.slices],
        "stops": [stops_text(slice_, language) for slice_ in offer.slices],
        "fare": offer.fare_brand,
        "total": money_text(offer.total, language),
        "badges": list(badges),
    }
