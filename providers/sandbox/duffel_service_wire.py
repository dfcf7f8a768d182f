"""Writing what can be bought with an offer as Duffel writes it: bags, and seats on their maps.

What was shown is remembered with the offer, since a purchase names it and the price has to be paid.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from itertools import groupby

from domain.orders import Service
from domain.seats import Seat, SeatCabin, SeatMap
from providers.sandbox.duffel_state import OfferedService, SegmentPosition, ShownOffer
from providers.sandbox.duffel_wire import Json, id_body, write_money, write_segment_id

_SEAT_NAMES = {
    "exit_row": "Exit row seat",
    "extra_legroom": "Extra legroom seat",
    "bulkhead": "Bulkhead seat",
    "front": "Front seat",
}
_SEAT_DISCLOSURES = {
    "exit_row": "Do not seat children in exit row seats",
    "extra_legroom": "Seat with extra legroom",
    "no_infant": "Do not seat passengers with infants in this seat",
}


def write_bag(shown: ShownOffer, service: Service) -> Json:
    """A bag for sale under its name on the wire."""
    name = _write_service_id(service.service_id)
    offer = shown.found.offer
    offered = OfferedService(
        service_id=service.service_id,
        kind="baggage",
        passenger_id=shown.request.travellers[service.traveller].id,
        segments=tuple(
            SegmentPosition(index, position)
            for index in service.slices
            for position in range(len(offer.slices[index].segments))
        ),
        price=service.price,
        metadata={
            "type": "carry_on" if service.kind == "carry_on" else "checked",
            "maximum_weight_kg": service.bag.kg,
            "maximum_height_cm": None,
            "maximum_length_cm": None,
            "maximum_depth_cm": None,
        },
    )
    shown.services[name] = offered
    return {
        "id": name,
        "type": "baggage",
        "maximum_quantity": service.max_quantity,
        "passenger_ids": [offered.passenger_id],
        "segment_ids": [write_segment_id(id_body(shown.id), position) for position in offered.segments],
        "metadata": offered.metadata,
        **write_money("total", service.price),
    }


def write_seat_map(shown: ShownOffer, seat_map: SeatMap) -> Json:
    base_id = id_body(shown.id)
    position = SegmentPosition(seat_map.slice_index, seat_map.segment_index)
    return {
        "id": f"sea_{base_id}_{position.slice}_{position.segment}",
        "slice_id": f"sli_{base_id}_{position.slice}",
        "segment_id": write_segment_id(base_id, position),
        "cabins": [_write_cabin(shown, cabin, position) for cabin in seat_map.cabins],
    }


def _write_cabin(shown: ShownOffer, cabin: SeatCabin, position: SegmentPosition) -> Json:
    by_row = groupby(sorted(cabin.seats, key=lambda seat: seat.row), key=lambda seat: seat.row)
    rows = []
    for _, seats in by_row:
        by_column = {seat.column: seat for seat in seats}
        if any("exit_row" in seat.features for seat in by_column.values()):
            rows.append({"sections": [{"elements": [{"type": "exit_row"}]} for _ in _sections(cabin.columns)]})
        rows.append({"sections": _write_sections(shown, cabin.columns, by_column, position)})
    return {
        "cabin_class": cabin.cabin,
        "deck": 1 if cabin.deck == "upper" else 0,
        "aisles": cabin.columns.count(""),
        "wings": None,
        "rows": rows,
    }


def _write_sections(
    shown: ShownOffer, columns: Sequence[str], seats: dict[str, Seat], position: SegmentPosition
) -> list[Json]:
    return [
        {
            "elements": [
                _write_seat(shown, seats[letter], position) if letter in seats else {"type": "empty"}
                for letter in letters
            ]
        }
        for letters in _sections(columns)
    ]


def _sections(columns: Sequence[str]) -> list[list[str]]:
    """The letters between the aisles."""
    sections: list[list[str]] = [[]]
    for letter in columns:
        if letter:
            sections[-1].append(letter)
        else:
            sections.append([])
    return sections


def _write_seat(shown: ShownOffer, seat: Seat, position: SegmentPosition) -> Json:
    name = next((name for feature, name in _SEAT_NAMES.items() if feature in seat.features), "Standard seat")
    disclosures = [text for feature, text in _SEAT_DISCLOSURES.items() if feature in seat.features]
    services = []
    for price in seat.prices:
        service_name = _write_service_id(price.service_id)
        passenger_id = shown.request.travellers[price.traveller].id
        shown.services[service_name] = OfferedService(
            service_id=price.service_id,
            kind="seat",
            passenger_id=passenger_id,
            segments=(position,),
            price=price.price,
            metadata={"designator": seat.designator, "name": name, "disclosures": disclosures},
        )
        services.append({"id": service_name, "passenger_id": passenger_id, **write_money("total", price.price)})
    return {
        "type": "seat",
        "designator": seat.designator,
        "name": name,
        "disclosures": disclosures,
        "available_services": services,
    }


def _write_service_id(world_name: str) -> str:
    return f"ase_{base64.urlsafe_b64encode(world_name.encode()).decode().rstrip('=')}"
