"""Reading Duffel's seat maps: rows of sections between aisles, and what each seat costs whom."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import Field

from domain.money import Money
from domain.offers import CabinClass, Slice
from domain.seats import Deck, Seat, SeatCabin, SeatFeature, SeatMap, SeatPrice
from providers.flights.duffel_offers import Text, Wire, WireID, WireOffer, parse, read_price
from providers.flights.unreadable import Unreadable

_DESIGNATOR = re.compile(r"0*([1-9][0-9]{0,2})([A-Z])")
_SEAT_TYPES = {"seat", "restricted_seat_general"}
_NAMED_FEATURES: tuple[tuple[re.Pattern[str], SeatFeature], ...] = (
    (re.compile(r"\bexit row\b"), "exit_row"),
    (re.compile(r"\bleg ?room\b"), "extra_legroom"),
    (re.compile(r"\bbulkhead\b"), "bulkhead"),
    (re.compile(r"\bfront\b"), "front"),
    (re.compile(r"\b(no|not)\b[^.]*\binfants?\b"), "no_infant"),
)
"""Duffel passes on the airline's own English words; these tell what a traveller asks for."""


class WireSeatService(Wire):
    id: WireID
    passenger_id: str
    total_amount: str
    total_currency: str


class WireElement(Wire):
    type: str
    designator: str | None = None
    name: Text | None = None
    disclosures: tuple[str, ...] | None = None
    available_services: tuple[WireSeatService, ...] | None = None


class WireSection(Wire):
    elements: tuple[WireElement, ...]


class WireRow(Wire):
    sections: tuple[WireSection, ...]


class WireCabin(Wire):
    deck: Annotated[int, Field(ge=-1, le=1)] = 0
    cabin_class: CabinClass
    rows: tuple[WireRow, ...]


class WireSeatMap(Wire):
    slice_id: WireID
    segment_id: WireID
    cabins: tuple[WireCabin, ...]


def read_seat_maps(raw: object, wire: WireOffer, slices: Sequence[Slice]) -> list[SeatMap]:
    """In the order of the flights; a map that makes no sense is left out. `slices` are the offer's, as we tell them."""
    places = {
        (slice_.id, segment.id): (i, j)
        for i, slice_ in enumerate(wire.slices)
        for j, segment in enumerate(slice_.segments)
    }
    travellers = {passenger.id: position for position, passenger in enumerate(wire.party)}
    maps = []
    for each in _parse_maps(raw):
        if (place := places.get((each.slice_id, each.segment_id))) is None:
            continue
        segment = slices[place[0]].segments[place[1]]
        cabins = tuple(_read_cabin(cabin, travellers) for cabin in each.cabins)
        maps.append(
            SeatMap(
                slice_index=place[0],
                segment_index=place[1],
                designator=segment.designator,
                aircraft=segment.aircraft,
                cabins=cabins,
            )
        )
    return sorted(maps, key=lambda seat_map: (seat_map.slice_index, seat_map.segment_index))


def _parse_maps(raw: object) -> Iterator[WireSeatMap]:
    for each in raw if isinstance(raw, list) else ():
        try:
            yield parse(WireSeatMap, each)
        except Unreadable:
            continue


def _read_cabin(wire: WireCabin, travellers: dict[str, int]) -> SeatCabin:
    columns = _columns(wire.rows)
    seats = []
    exit_before = False
    for row in wire.rows:
        elements = [element for section in row.sections for element in section.elements]
        for element in elements:
            if place := _place(element):
                features = _features(element, place[1], columns, behind_exit=exit_before)
                prices = tuple(_prices(element, travellers))
                seats.append(Seat(row=place[0], column=place[1], features=features, prices=prices))
        exit_before = any(element.type == "exit_row" for element in elements)
    deck: Deck = "upper" if wire.deck > 0 else "lower" if wire.deck < 0 else "main"
    return SeatCabin(cabin=wire.cabin_class, deck=deck, columns=columns, seats=tuple(seats))


def _place(element: WireElement) -> tuple[int, str] | None:
    """Row and letter of a seat; None for what is no seat."""
    found = _DESIGNATOR.fullmatch(element.designator or "") if element.type in _SEAT_TYPES else None
    return (int(found[1]), found[2]) if found else None


def _columns(rows: Sequence[WireRow]) -> tuple[str, ...]:
    """Letters run from left to right, so what single rows leave out falls into its place."""
    letters: list[set[str]] = [set() for _ in range(max((len(row.sections) for row in rows), default=0))]
    for row in rows:
        for section, known in zip(row.sections, letters, strict=False):
            places = (_place(element) for element in section.elements)
            known.update(place[1] for place in places if place and not any(place[1] in each for each in letters))
    columns: list[str] = []
    for known in filter(None, letters):
        columns += ([""] if columns else []) + sorted(known)
    return tuple(columns)


def _features(
    element: WireElement, letter: str, columns: tuple[str, ...], *, behind_exit: bool
) -> tuple[SeatFeature, ...]:
    words = " ".join([element.name or "", *(element.disclosures or ())]).lower()
    at = columns.index(letter)
    features: list[SeatFeature] = ["window"] if at in (0, len(columns) - 1) else []
    if "" in columns[max(0, at - 1) : at + 2]:
        features.append("aisle")
    if not features:
        features.append("middle")
    features += [feature for word, feature in _NAMED_FEATURES if word.search(words)]
    if behind_exit and "exit_row" not in features:
        features.append("exit_row")
    return tuple(features)


def _prices(element: WireElement, travellers: dict[str, int]) -> Iterator[SeatPrice]:
    for service in element.available_services or ():
        try:
            price = read_price(service.total_amount, service.total_currency)
        except Unreadable:
            continue
        if (traveller := travellers.get(service.passenger_id)) is not None:
            yield SeatPrice(traveller=traveller, price=price, service_id=service.id)


def seat_prices(maps: Sequence[SeatMap]) -> dict[str, Money]:
    """What each seat service costs."""
    return {
        offered.service_id: offered.price
        for seat_map in maps
        for cabin in seat_map.cabins
        for seat in cabin.seats
        for offered in seat.prices
    }
