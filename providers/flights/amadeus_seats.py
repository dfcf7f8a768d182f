"""Amadeus's seat maps read into ours, and a chosen seat written into the offer that is priced and booked.

A seat is bought by being written into the offer, under ids that count anew in each answer. Its service id therefore
names places in the offer, which stay.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from domain.money import Money
from domain.offers import CabinClass, FlightOffer
from domain.orders import ServiceChoice
from domain.seats import Deck, Seat, SeatCabin, SeatFeature, SeatMap, SeatPrice
from providers.flights.amadeus_wire import CABINS, Wire, WireAircraft, WireOffer, WirePrice
from providers.flights.base import InvalidRequest, ProviderDown

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
_SERVICE_ID = re.compile(r"([0-9])\.([0-9])\.([0-9]{1,2})\.([1-9][0-9]{0,2}[A-Z])")


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
    """Of the n-th slice its n-th segment, of the party its n-th traveller, each from 0."""

    slice: int
    segment: int
    traveller: int
    number: str

    @property
    def service_id(self) -> str:
        return f"{self.slice}.{self.segment}.{self.traveller}.{self.number}"

    @classmethod
    def read(cls, choice: ServiceChoice) -> _ChosenSeat:
        """Raises InvalidRequest."""
        read = _SERVICE_ID.fullmatch(choice.service_id)
        if read is None or choice.quantity != 1:
            raise InvalidRequest("no seat of ours")
        return cls(int(read[1]), int(read[2]), int(read[3]), read[4])


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


def choose_seats(raw: dict[str, Any], wire: WireOffer, choices: Sequence[ServiceChoice]) -> dict[str, Any]:
    """The offer with these seats in it. Raises InvalidRequest for a seat that the offer has no place for."""
    chosen = copy.deepcopy(raw)
    seats = [_ChosenSeat.read(choice) for choice in choices]
    if len({seat[:3] for seat in seats}) < len(seats):
        raise InvalidRequest("two seats for one traveller")
    for seat in seats:
        details = _find_details(chosen, wire, seat)
        details["additionalServices"] = {
            **(details.get("additionalServices") or {}),
            "chargeableSeatNumber": seat.number,
        }
    return chosen


def _find_details(raw: dict[str, Any], wire: WireOffer, seat: _ChosenSeat) -> dict[str, Any]:
    """What the traveller bought on the segment, as it stands in the offer."""
    try:
        segment_id = wire.itineraries[seat.slice].segments[seat.segment].id
        traveller_id = wire.list_travellers()[seat.traveller].traveler_id
    except IndexError:
        raise InvalidRequest("no seat of this offer") from None
    details: Iterator[dict[str, Any]] = (
        each
        for traveller in raw["travelerPricings"]
        if str(traveller.get("travelerId")) == traveller_id
        for each in traveller.get("fareDetailsBySegment") or []
        if str(each.get("segmentId")) == segment_id
    )
    found = next(details, None)
    if found is None:
        raise InvalidRequest("no seat of this offer")
    return found


def _read_map(
    wire: WireSeatMap, place: tuple[int, int], offer: FlightOffer, travellers: dict[str | None, int]
) -> SeatMap:
    slice_index, segment_index = place
    segment = offer.slices[slice_index].segments[segment_index]
    cabins = [_read_cabin(deck, segment.cabin, place, offer, travellers) for deck in wire.decks or []]
    return SeatMap(
        slice_index=slice_index,
        segment_index=segment_index,
        designator=segment.designator,
        aircraft=(wire.aircraft.code if wire.aircraft else None) or segment.aircraft,
        cabins=tuple(cabin for cabin in cabins if cabin.seats),
    )


def _read_cabin(
    wire: WireDeck, cabin: CabinClass, place: tuple[int, int], offer: FlightOffer, travellers: dict[str | None, int]
) -> SeatCabin:
    """Only the cabin the offer is for: nobody may sit in another."""
    mine = [seat for seat in wire.seats or [] if CABINS.get(seat.cabin or "", cabin) == cabin]
    seats = [_read_seat(seat, place, offer, travellers) for seat in mine]
    return SeatCabin(
        cabin=cabin,
        deck=DECKS.get(wire.deck_type or "", "main"),
        columns=_read_columns(mine),
        seats=tuple(sorted((seat for seat in seats if seat), key=lambda seat: (seat.row, seat.column))),
    )


def _read_seat(
    wire: WireSeat, place: tuple[int, int], offer: FlightOffer, travellers: dict[str | None, int]
) -> Seat | None:
    """None for one without a row and a letter."""
    designator = _DESIGNATOR.fullmatch(wire.number)
    if designator is None:
        return None
    prices = []
    for each in wire.traveler_pricing or []:
        price = _read_price(each.price, offer.total.currency)
        if each.seat_availability_status == "AVAILABLE" and each.traveler_id in travellers and price is not None:
            seat = _ChosenSeat(*place, travellers[each.traveler_id], wire.number)
            prices.append(SeatPrice(traveller=seat.traveller, price=price, service_id=seat.service_id))
    codes = wire.characteristics_codes or []
    return Seat(
        row=int(designator[1]),
        column=designator[2],
        features=tuple(dict.fromkeys(FEATURES[code] for code in codes if code in FEATURES)),
        prices=tuple(sorted(prices, key=lambda price: price.traveller)),
    )


def _read_price(wire: WirePrice | None, currency: str) -> Money | None:
    """Zero where none is named; None for one that cannot be read or is in other money."""
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
