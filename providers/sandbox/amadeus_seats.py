"""Writing seat maps as Amadeus does: decks of seats at coordinates, each with a status for every traveler."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from domain.offers import Segment
from domain.seats import Deck, Seat, SeatCabin, SeatFeature, SeatMap, SeatPrice
from providers.sandbox.amadeus_asks import Traveler, in_purchase_order
from providers.sandbox.amadeus_errors import SEAT_TAKEN, Refusal
from providers.sandbox.amadeus_posted import OfferOnWire
from providers.sandbox.amadeus_wire import BOOKING_CLASSES, write_amounts, write_end, write_locations

_FEATURES: dict[SeatFeature, str] = {
    "window": "W",
    "middle": "9",
    "aisle": "A",
    "exit_row": "E",
    "extra_legroom": "L",
    "bulkhead": "K",
    "front": "1A_AQC_PREMIUM_SEAT",
    "no_infant": "1A",
}
_CHARACTERISTICS = {
    "W": "Window seat",
    "9": "Centre seat",
    "A": "Aisle seat",
    "E": "Exit row seat",
    "L": "Leg space seat",
    "K": "Bulkhead seat",
    "1A_AQC_PREMIUM_SEAT": "Premium seat",
    "1A": "Seat not allowed for infant",
    "CH": "Chargeable seat",
    "LS": "Left side of aircraft",
    "RS": "Right side of aircraft",
}


def write_seat_maps(shown: Sequence[tuple[OfferOnWire, Sequence[SeatMap]]]) -> dict[str, Any]:
    """The seat maps of offers, one after the other."""
    written = [_write_map(each, wired) for wired, maps in shown for each in maps]
    return {
        "meta": {"count": len(written)},
        "data": [{"id": str(n), **each} for n, each in enumerate(written, 1)],
        "dictionaries": {
            "locations": write_locations(slice_ for wired, _ in shown for slice_ in wired.found.offer.slices),
            "facilities": {},
            "seatCharacteristics": _CHARACTERISTICS,
        },
    }


def find_seats(maps: Sequence[SeatMap], wired: OfferOnWire) -> list[SeatPrice]:
    """What the world calls the seats chosen in an offer. Raises a Refusal for one that the traveler may not take."""
    positions = {traveler.id: n for n, traveler in enumerate(in_purchase_order(wired.party))}
    for_sale = {
        (wired.segment_ids[_place(each, wired)], seat.designator, price.traveller): price
        for each in maps
        for cabin in each.cabins
        for seat in cabin.seats
        for price in seat.prices
    }
    try:
        return [for_sale[seat.segment_id, seat.number, positions[seat.traveler_id]] for seat in wired.seats]
    except KeyError:
        raise Refusal(SEAT_TAKEN) from None


def _place(seat_map: SeatMap, wired: OfferOnWire) -> int:
    """The segment's position over all slices."""
    earlier = wired.found.offer.slices[: seat_map.slice_index]
    return sum(len(slice_.segments) for slice_ in earlier) + seat_map.segment_index


def _write_map(seat_map: SeatMap, wired: OfferOnWire) -> dict[str, Any]:
    slices = wired.found.offer.slices
    seated = [each for each in in_purchase_order(wired.party) if each.traveller_type != "infant"]
    decks: dict[Deck, list[SeatCabin]] = {}
    for cabin in seat_map.cabins:
        decks.setdefault(cabin.deck, []).append(cabin)
    return {
        "type": "seatmap",
        "flightOfferId": str(wired.number),
        "segmentId": wired.segment_ids[_place(seat_map, wired)],
        **_write_flight(slices[seat_map.slice_index].segments[seat_map.segment_index], seat_map),
        "decks": [_write_deck(deck, cabins, seated) for deck, cabins in decks.items()],
        "aircraftCabinAmenities": {},
        "availableSeatsCounters": [
            {"travelerId": traveler.id, "value": _count_available(seat_map, position)}
            for position, traveler in enumerate(seated)
        ],
    }


def _write_flight(segment: Segment, seat_map: SeatMap) -> dict[str, Any]:
    operating = {"operating": {"carrierCode": segment.operating_carrier}} if segment.operating_carrier else {}
    return {
        "carrierCode": segment.carrier,
        "number": segment.flight_number,
        "aircraft": {} if seat_map.aircraft is None else {"code": seat_map.aircraft},
        **operating,
        "class": BOOKING_CLASSES[segment.cabin],
        "departure": write_end(segment.origin, segment.departs),
        "arrival": write_end(segment.destination, segment.arrives),
    }


def _write_deck(deck: Deck, cabins: Sequence[SeatCabin], seated: Sequence[Traveler]) -> dict[str, Any]:
    rows = [seat.row for cabin in cabins for seat in cabin.seats]
    first, last = min(rows), max(rows)
    exits = {seat.row - first for cabin in cabins for seat in cabin.seats if "exit_row" in seat.features}
    return {
        "deckType": deck.upper(),
        "deckConfiguration": {
            "width": max(len(cabin.columns) for cabin in cabins),
            "length": last - first + 1,
            "startSeatRow": first,
            "endSeatRow": last,
            "exitRowsX": sorted(exits),
        },
        "facilities": [],
        "seats": [_write_seat(seat, cabin, first, seated) for cabin in cabins for seat in cabin.seats],
    }


def _write_seat(seat: Seat, cabin: SeatCabin, first_row: int, seated: Sequence[Traveler]) -> dict[str, Any]:
    column = cabin.columns.index(seat.column)
    codes = [_FEATURES[feature] for feature in seat.features]
    codes.append("LS" if column < len(cabin.columns) / 2 else "RS")
    if any(each.price.amount_minor for each in seat.prices):
        codes.append("CH")
    return {
        "cabin": cabin.cabin.upper(),
        "number": seat.designator,
        "characteristicsCodes": codes,
        "travelerPricing": [_write_status(seat, position, each.id) for position, each in enumerate(seated)],
        # along the aircraft and across it, where an aisle is a column without seats
        "coordinates": {"x": seat.row - first_row, "y": column},
    }


def _write_status(seat: Seat, position: int, traveler_id: str) -> dict[str, Any]:
    """Blocked means free, but not for this traveler."""
    price = next((each.price for each in seat.prices if each.traveller == position), None)
    if price is None:
        return {"travelerId": traveler_id, "seatAvailabilityStatus": "BLOCKED" if seat.prices else "OCCUPIED"}
    return {
        "travelerId": traveler_id,
        "seatAvailabilityStatus": "AVAILABLE",
        "price": {**write_amounts(base=price, total=price), "taxes": []},
    }


def _count_available(seat_map: SeatMap, position: int) -> int:
    seats = (seat for cabin in seat_map.cabins for seat in cabin.seats)
    return sum(price.traveller == position for seat in seats for price in seat.prices)
