"""Amadeus's seat maps read into ours, and a chosen seat written into the offer that is priced and booked.

A seat is bought by its name in the offer. Its service id therefore carries all of it, its price included, so that a
purchase can be held to the price that was shown.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from domain.money import Money
from domain.offers import CabinClass, FlightOffer
from domain.orders import ServiceChoice
from domain.seats import Deck, Seat, SeatCabin, SeatFeature, SeatMap, SeatPrice
from providers.flights.amadeus_wire import CABINS, Wire, WireAircraft, WireOffer, WirePrice
from providers.flights.base import FoundOffer, InvalidRequest, ProviderDown

FEATURES: dict[str, SeatFeature] = {
    "W": "window",
    "9": "middle",
    "A": "aisle",
    "E": "exit_row",
    "L": "extra_legroom",
    "K": "bulkhead",
    "1A": "no_infant",
    "1A_AQC_PREMIUM_SEAT": "front",
}
DECKS: dict[str, Deck] = {"MAIN": "main", "UPPER": "upper", "LOWER": "lower"}
_DESIGNATOR = re.compile(r"([1-9][0-9]{0,2})([A-Z])")


class WireCoordinates(Wire):
    """`x` counts along the aircraft, `y` across it."""

    y: int


class WireSeatTraveller(Wire):
    traveler_id: str | None = None
    seat_availability_status: str | None = None
    price: WirePrice | None = None


class WireSeat(Wire):
    cabin: str | None = None
    number: str
    characteristics_codes: list[str] | None = None
    traveler_pricing: list[WireSeatTraveller] | None = None
    coordinates: WireCoordinates | None = None


class WireDeck(Wire):
    deck_type: str | None = None
    seats: list[WireSeat] | None = None


class WireSeatMap(Wire):
    segment_id: str
    aircraft: WireAircraft | None = None
    decks: list[WireDeck] | None = None


class WireSeatMaps(Wire):
    data: list[WireSeatMap]


class _ChosenSeat(NamedTuple):
    segment_id: str
    traveller_id: str
    number: str
    price: Money

    @property
    def service_id(self) -> str:
        return "|".join([self.segment_id, self.traveller_id, self.number, str(self.price.amount), self.price.currency])

    @classmethod
    def read(cls, service_id: str) -> _ChosenSeat:
        """Raises InvalidRequest."""
        try:
            segment_id, traveller_id, number, amount, currency = service_id.split("|")
            return cls(segment_id, traveller_id, number, Money.parse(amount, currency))
        except ValueError:
            raise InvalidRequest("no seat of ours") from None


def read_seat_maps(answer: dict[str, Any], wire: WireOffer, offer: FlightOffer) -> list[SeatMap]:
    """Raises ProviderDown for an answer that makes no sense."""
    try:
        maps = WireSeatMaps.model_validate(answer).data
    except ValidationError:
        raise ProviderDown("unreadable seat maps") from None
    places = {
        segment.id: (s, n)
        for s, itinerary in enumerate(wire.itineraries)
        for n, segment in enumerate(itinerary.segments)
    }
    travellers = {each.traveler_id: position for position, each in enumerate(wire.list_travellers())}
    found = [_read_map(each, places[each.segment_id], offer, travellers) for each in maps if each.segment_id in places]
    return [each for each in found if each.cabins]


def choose_seats(found: FoundOffer, choices: Sequence[ServiceChoice]) -> tuple[dict[str, Any], Money]:
    """The offer with these seats in it, and what it costs with them. Raises InvalidRequest for a seat of another."""
    chosen, total = copy.deepcopy(found.raw), found.offer.total
    seats = [_ChosenSeat.read(choice.service_id) for choice in choices]
    for seat in seats:
        details = [
            each
            for traveller in chosen.get("travelerPricings") or []
            if str(traveller.get("travelerId")) == seat.traveller_id
            for each in traveller.get("fareDetailsBySegment") or []
            if str(each.get("segmentId")) == seat.segment_id
        ]
        if not details or seat.price.currency != total.currency:
            raise InvalidRequest("no seat of this offer")
        chosen_before = details[0].get("additionalServices") or {}
        details[0]["additionalServices"] = {**chosen_before, "chargeableSeatNumber": seat.number}
        total += seat.price
    return chosen, total


def _read_map(
    wire: WireSeatMap, place: tuple[int, int], offer: FlightOffer, travellers: dict[str | None, int]
) -> SeatMap:
    slice_index, segment_index = place
    segment = offer.slices[slice_index].segments[segment_index]
    cabins = [_read_cabin(deck, segment.cabin, wire.segment_id, offer, travellers) for deck in wire.decks or []]
    return SeatMap(
        slice_index=slice_index,
        segment_index=segment_index,
        designator=segment.designator,
        aircraft=(wire.aircraft.code if wire.aircraft else None) or segment.aircraft,
        cabins=tuple(cabin for cabin in cabins if cabin.seats),
    )


def _read_cabin(
    wire: WireDeck, cabin: CabinClass, segment_id: str, offer: FlightOffer, travellers: dict[str | None, int]
) -> SeatCabin:
    """Only the cabin the offer is for: nobody may sit in another."""
    mine = [seat for seat in wire.seats or [] if CABINS.get(seat.cabin or "", cabin) == cabin]
    seats = [_read_seat(seat, segment_id, offer, travellers) for seat in mine]
    return SeatCabin(
        cabin=cabin,
        deck=DECKS.get(wire.deck_type or "", "main"),
        columns=_read_columns(mine),
        seats=tuple(sorted((seat for seat in seats if seat), key=lambda seat: (seat.row, seat.column))),
    )


def _read_seat(wire: WireSeat, segment_id: str, offer: FlightOffer, travellers: dict[str | None, int]) -> Seat | None:
    """None for one without a row and a letter."""
    designator = _DESIGNATOR.fullmatch(wire.number)
    if designator is None:
        return None
    prices = []
    for each in wire.traveler_pricing or []:
        price = _read_price(each.price, offer.total.currency)
        if each.seat_availability_status == "AVAILABLE" and each.traveler_id in travellers and price is not None:
            seat = _ChosenSeat(segment_id, each.traveler_id or "", wire.number, price)
            prices.append(SeatPrice(traveller=travellers[each.traveler_id], price=price, service_id=seat.service_id))
    codes = wire.characteristics_codes or []
    return Seat(
        row=int(designator[1]),
        column=designator[2],
        features=tuple(dict.fromkeys(FEATURES[code] for code in codes if code in FEATURES)),
        prices=tuple(sorted(prices, key=lambda price: price.traveller)),
    )


def _read_price(wire: WirePrice | None, currency: str) -> Money | None:
    """Zero where none is named; None for one that cannot be read or is in other money, as it could not be held to."""
    if wire is None or wire.total is None:
        return Money(amount_minor=0, currency=currency)
    try:
        price = Money.parse(wire.total, wire.currency or currency)
    except ValueError:
        return None
    return price if price.currency == currency and price.amount_minor >= 0 else None


def _read_columns(seats: Sequence[WireSeat]) -> tuple[str, ...]:
    """Letters by their place across the aircraft, with an aisle where no seat of the cabin stands."""
    letters: dict[int, str] = {}
    for seat in seats:
        designator = _DESIGNATOR.fullmatch(seat.number)
        if designator and seat.coordinates and designator[2] not in letters.values():
            letters.setdefault(seat.coordinates.y, designator[2])
    named = {match[2] for seat in seats if (match := _DESIGNATOR.fullmatch(seat.number))}
    if named != set(letters.values()):  # places are missing or contradict each other
        return tuple(sorted(named))
    columns: list[str] = []
    for place in sorted(letters):
        if columns and place - 1 not in letters:
            columns.append("")
        columns.append(letters[place])
    return tuple(columns)
