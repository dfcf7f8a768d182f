"""Which seats of an offer's flights are free."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from langchain.tools import tool
from langgraph.types import Command

from core.messages import Language, say
from domain.airlines import airline_name
from domain.offers import FlightOffer
from domain.seats import Seat, SeatCabin, SeatFeature, SeatMap
from services.flights.offers import OfferSeats, get_seat_maps
from tools.cards import MAX_TEXT_LINES, Card, airport_place, start_card
from tools.context import ToolContext, Tooling, answer_call, show_card
from tools.shown import find_shown
from tools.wording import money_text

MAX_FLIGHTS = 6
"""Described to a model; the card has all."""
MAX_PRICES = 4
MAX_NAMED_SEATS = 6

WISHED: tuple[SeatFeature, ...] = ("window", "aisle", "exit_row", "extra_legroom")
"""What people ask for in a seat."""


@tool
async def seat_map(number: int, runtime: Tooling) -> Command[Any]:
    """Show which seats of an offer are free and what they cost. Answers questions about window or aisle seats too.

    Args:
        number: The offer's number on the screen, e.g. 2.
    """
    ctx: ToolContext = runtime.context
    language = ctx.language
    offer_id = find_shown(runtime.state.get("offers", []), number)
    seats = await get_seat_maps(ctx.transactions, ctx.market, offer_id)
    show_card(runtime, seat_map_card(seats, language))
    offer = seats.stored.offer
    answer = {
        "number": number,
        "airline": airline_name(offer.carriers[0]),
        "world": ctx.mode,
        "flights": [_describe_map(each, offer, language) for each in seats.maps[:MAX_FLIGHTS]],
    }
    return answer_call(runtime, answer, {"number": number})


def _describe_map(seats: SeatMap, offer: FlightOffer, language: Language) -> dict[str, Any]:
    segment = offer.slices[seats.slice_index].segments[seats.segment_index]
    return {
        "flight": seats.designator,
        "airports": f"{segment.origin}–{segment.destination}",
        "cabins": [_describe_cabin(cabin, language) for cabin in seats.cabins],
    }


def _describe_cabin(cabin: SeatCabin, language: Language) -> dict[str, Any]:
    free = [seat for seat in cabin.seats if seat.is_available]
    features = [name for name in WISHED if any(name in seat.features for seat in cabin.seats)]
    return {
        "cabin": cabin.cabin,
        "free": len(free),
        "seats": len(cabin.seats),
        "prices": [
            {"price": price, "free": len(seats), "rows": _rows_text(seats)}
            for price, seats in _by_price(free, language)[:MAX_PRICES]
        ],
        "features": [_describe_feature(name, free) for name in features],
    }


def _describe_feature(name: SeatFeature, free: Iterable[Seat]) -> dict[str, Any]:
    seats = [seat.designator for seat in free if name in seat.features]
    return {"feature": name, "free": len(seats), "named": _some(seats)}


def _by_price(free: Iterable[Seat], language: Language) -> list[tuple[str, list[Seat]]]:
    """Free seats by what one traveller pays, the cheapest first."""
    groups: dict[int, list[Seat]] = {}
    for seat in free:
        groups.setdefault(seat.prices[0].price.amount_minor, []).append(seat)
    return [(_price_text(groups[amount][0], language), groups[amount]) for amount in sorted(groups)]


def _price_text(seat: Seat, language: Language) -> str:
    price = seat.prices[0].price
    return money_text(price, language) if price.amount_minor else say("offers.rule_free", language)


def _rows_text(seats: Iterable[Seat]) -> str:
    """Rows as ranges: 1–3, 5."""
    ranges: list[tuple[int, int]] = []
    for row in sorted({seat.row for seat in seats}):
        if ranges and ranges[-1][1] == row - 1:
            ranges[-1] = (ranges[-1][0], row)
        else:
            ranges.append((row, row))
    shown = [f"{first}–{last}" if first < last else f"{first}" for first, last in ranges]
    return _some(shown)


def _some(names: Sequence[str]) -> str:
    return ", ".join([*names[:MAX_NAMED_SEATS], *["…"] * (len(names) > MAX_NAMED_SEATS)])


def seat_map_card(seats: OfferSeats, language: Language) -> Card:
    offer = seats.stored.offer
    return start_card("seat_map", _text_lines(seats, language), language, simulated=offer.simulated) | {
        "offer_id": str(seats.stored.id),
        "maps": [_map_row(each, offer, language) for each in seats.maps],
    }


def _text_lines(seats: OfferSeats, language: Language) -> list[str]:
    lines = []
    for each in seats.maps[:MAX_FLIGHTS]:
        for cabin in each.cabins:
            free = [seat for seat in cabin.seats if seat.is_available]
            lines.append(say("seats.free", language, flight=each.designator, count=len(free), seats=len(cabin.seats)))
            lines += [
                "- " + say("seats.price", language, price=price, count=len(group), rows=_rows_text(group))
                for price, group in _by_price(free, language)[:MAX_PRICES]
            ]
    return lines[:MAX_TEXT_LINES]


def _map_row(seats: SeatMap, offer: FlightOffer, language: Language) -> Card:
    segment = offer.slices[seats.slice_index].segments[seats.segment_index]
    return {
        "designator": seats.designator,
        "origin": airport_place(segment.origin, language),
        "destination": airport_place(segment.destination, language),
        "departs_at_local": segment.departs.at_local.isoformat(),
        "aircraft": seats.aircraft,
        "cabins": [_cabin_row(cabin) for cabin in seats.cabins],
    }


def _cabin_row(cabin: SeatCabin) -> Card:
    placed = {(seat.row, seat.column): seat for seat in cabin.seats}
    columns = [column for column in cabin.columns if column]
    return {
        "cabin": cabin.cabin,
        "deck": cabin.deck,
        "columns": list(cabin.columns),
        "rows": [
            {"row": row, "seats": [_seat_cell(placed.get((row, column))) for column in columns]}
            for row in sorted({seat.row for seat in cabin.seats})
        ],
    }


def _seat_cell(seat: Seat | None) -> Card | None:
    """None where there is no seat."""
    if seat is None:
        return None
    return {
        "designator": seat.designator,
        "column": seat.column,
        "is_available": seat.is_available,
        "price": seat.prices[0].price.model_dump() if seat.is_available else None,
        "features": list(seat.features),
    }
