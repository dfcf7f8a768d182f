"""Writing offers, seat maps and what belongs to them as Duffel writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.airlines import airline_name
from domain.airports import Airport, city_airports, city_code_of, city_name, distance_km, find_airport
from domain.money import Money
from domain.offers import Condition, Conditions, FlightOffer, Segment, Slice
from domain.travellers import TravellerType
from providers.sandbox import rules
from providers.sandbox.duffel_requests import SliceSent
from providers.sandbox.duffel_state import (
    OfferRequest,
    Passenger,
    SegmentPosition,
    ShownOffer,
)

"""A hold ends so long before departure."""
KG_OF_CO2_PER_KM = 0.09

Json = dict[str, Any]

_PASSENGER_TYPES: dict[TravellerType, str] = {
    "adult": "adult",
    "child": "child",
    "infant": "infant_without_seat",
}


def write_instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def write_instant_or_none(at: datetime | None) -> str | None:
    return write_instant(at) if at is not None else None


def write_money(field: str, money: Money | None) -> dict[str, str | None]:
    """The two fields of an amount: `total` gives total_amount and total_currency."""
    return {
        f"{field}_amount": str(money.amount) if money else None,
        f"{field}_currency": money.currency if money else None,
    }


def write_offer_request(request: OfferRequest) -> Json:
    """Without its offers."""
    return {
        "id": request.id,
        "live_mode": False,
        "created_at": write_instant(request.created_at),
        "cabin_class": request.cabin,
        "slices": [write_slice_request(sent) for sent in request.slices],
        "passengers": [_write_passenger(passenger) for passenger in request.passengers],
    }


def write_slice_request(sent: SliceSent) -> Json:
    return {
        "departure_date": sent.departure_date.isoformat(),
        **_write_end("origin", sent.origin),
        **_write_end("destination", sent.destination),
    }


def write_offer(shown: ShownOffer, *, services: list[Json] | None = None) -> Json:
    """`services` are the bags that can be bought with it; None where nobody asked for them."""
    offer, request = shown.found.offer, shown.request
    base, tax = split_price(offer)
    base_id = id_body(shown.id)
    return {
        "id": shown.id,
        "live_mode": False,
        "partial": False,
        "created_at": write_instant(request.created_at),
        "updated_at": write_instant(request.created_at),
        "expires_at": write_instant(offer.expires_at),
        "owner": write_airline(offer.carriers[0]),
        **write_money("total", offer.total),
        **write_money("base", base),
        **write_money("tax", tax),
        "total_emissions_kg": str(_emissions_kg(offer, len(request.passengers))),
        "slices": [
            write_slice(slice_, index, base_id, offer.conditions, request.passengers)
            | {"fare_brand_name": offer.fare_brand}
            for index, slice_ in enumerate(offer.slices)
        ],
        "passengers": [_write_passenger(passenger) for passenger in request.passengers],
        "conditions": write_conditions(offer.conditions),
        "payment_requirements": _write_payment_requirements(offer, request.created_at),
        "passenger_identity_documents_required": False,
        "supported_passenger_identity_document_types": ["passport"],
        "supported_loyalty_programmes": [],
        "private_fares": [],
        "available_services": services,
    }


def write_slice(
    slice_: Slice, index: int, base_id: str, conditions: Conditions | None, passengers: Sequence[Passenger]
) -> Json:
    return {
        "id": f"sli_{base_id}_{index}",
        **_write_end("origin", slice_.origin, "airport"),
        **_write_end("destination", slice_.destination, "airport"),
        "duration": write_duration(slice_.duration),
        "conditions": {"change_before_departure": write_condition(conditions.change) if conditions else None},
        "segments": [
            _write_segment(segment, write_segment_id(base_id, SegmentPosition(index, position)), passengers)
            for position, segment in enumerate(slice_.segments)
        ],
    }


def write_segment_id(base_id: str, position: SegmentPosition) -> str:
    return f"seg_{base_id}_{position.slice}_{position.segment}"


def write_airline(code: str) -> Json:
    return {
        "id": f"arl_{code.lower()}",
        "iata_code": code,
        "name": airline_name(code),
        "logo_symbol_url": None,
        "logo_lockup_url": None,
        "conditions_of_carriage_url": None,
    }


def write_airport(code: str) -> Json:
    airport = _get_airport(code)
    return {
        "type": "airport",
        "id": f"arp_{airport.iata.lower()}_{airport.country.lower()}",
        "iata_code": airport.iata,
        "iata_city_code": city_code_of(airport.iata),
        "iata_country_code": airport.country,
        "icao_code": None,
        "name": airport.name,
        "city_name": city_name(airport.iata, "en"),
        "latitude": airport.latitude,
        "longitude": airport.longitude,
        "time_zone": airport.zone,
        "city": None,
    }


def write_conditions(conditions: Conditions | None) -> Json:
    return {
        "refund_before_departure": write_condition(conditions.refund) if conditions else None,
        "change_before_departure": write_condition(conditions.change) if conditions else None,
    }


def write_condition(condition: Condition) -> Json | None:
    """None where the airline does not say."""
    if condition.allowed is None:
        return None
    return {"allowed": condition.allowed, **write_money("penalty", condition.fee)}


def write_duration(duration: timedelta) -> str:
    minutes = int(duration.total_seconds()) // 60
    days, hours = divmod(minutes // 60, 24)
    return f"P{f'{days}D' if days else ''}T{hours:02}H{minutes % 60:02}M"


def split_price(offer: FlightOffer) -> tuple[Money, Money]:
    """Base and taxes of the whole party."""
    parts = offer.price_parts
    zero = Money(amount_minor=0, currency=offer.total.currency)
    base = sum((part.base_each * part.count for part in parts), start=zero)
    return base, sum((part.taxes_each * part.count for part in parts), start=zero)


def id_body(wire_id: str) -> str:
    """What comes after the prefix."""
    return wire_id.partition("_")[2]


def _write_end(field: str, code: str, kind: str | None = None) -> Json:
    """An end of a slice and its type: a city where the code asked for stands for several airports."""
    airports = (code,) if kind == "airport" else city_airports(code)
    if len(airports) == 1:
        return {field: write_airport(airports[0]) | {"airports": None}, f"{field}_type": "airport"}
    return {field: _write_city(code, airports), f"{field}_type": "city"}


def _write_city(code: str, airports: Sequence[str]) -> Json:
    country = _get_airport(airports[0]).country
    return {
        "type": "city",
        "id": f"cit_{code.lower()}_{country.lower()}",
        "iata_code": code,
        "iata_city_code": code,
        "iata_country_code": country,
        "icao_code": None,
        "name": city_name(code, "en"),
        "city_name": None,
        "latitude": None,
        "longitude": None,
        "time_zone": None,
        "city": None,
        "airports": [write_airport(airport) for airport in airports],
    }


def _write_segment(segment: Segment, segment_id: str, passengers: Sequence[Passenger]) -> Json:
    distance = distance_km(_get_airport(segment.origin), _get_airport(segment.destination))
    return {
        "id": segment_id,
        "origin": write_airport(segment.origin),
        "destination": write_airport(segment.destination),
        "origin_terminal": None,
        "destination_terminal": None,
        "departing_at": segment.departs.at_local.isoformat(),
        "arriving_at": segment.arrives.at_local.isoformat(),
        "duration": write_duration(segment.duration),
        "distance": f"{distance:.1f}",
        "marketing_carrier": write_airline(segment.carrier),
        "marketing_carrier_flight_number": segment.flight_number,
        "operating_carrier": write_airline(segment.operating_carrier) if segment.operating_carrier else None,
        "operating_carrier_flight_number": None,
        "aircraft": _write_aircraft(segment.aircraft) if segment.aircraft else None,
        "stops": [_write_stop(code, segment_id) for code in segment.technical_stops],
        "passengers": [_write_segment_passenger(segment, passenger) for passenger in passengers],
    }


def _write_segment_passenger(segment: Segment, passenger: Passenger) -> Json:
    stated = (("checked", segment.checked), ("carry_on", segment.carry_on))
    return {
        "passenger_id": passenger.id,
        "cabin_class": segment.cabin,
        "cabin_class_marketing_name": segment.cabin.replace("_", " ").title(),
        "fare_basis_code": None,
        "baggages": [{"type": kind, "quantity": bag.pieces} for kind, bag in stated if bag is not None],
        "seat": None,
    }


def _write_stop(code: str, segment_id: str) -> Json:
    """The world knows where an aircraft lands on the way, not when."""
    return {
        "id": f"sto_{id_body(segment_id)}_{code.lower()}",
        "airport": write_airport(code),
        "departing_at": None,
        "arriving_at": None,
        "duration": None,
    }


def _write_aircraft(code: str) -> Json:
    return {"id": f"arc_{code.lower()}", "iata_code": code, "name": code}


def _write_passenger(passenger: Passenger) -> Json:
    return {
        "id": passenger.id,
        "type": write_passenger_type(passenger.traveller_type),
        "age": passenger.age,
        "given_name": None,
        "family_name": None,
        "loyalty_programme_accounts": [],
    }


def write_passenger_type(traveller_type: TravellerType) -> str:
    return _PASSENGER_TYPES[traveller_type]


def _write_payment_requirements(offer: FlightOffer, now: datetime) -> Json:
    if "hold" not in offer.booking_flows:
        pay_by = None
    else:
        pay_by = write_instant(rules.pay_by(offer.slices[0].departs.instant, now))
    return {
        "requires_instant_payment": pay_by is None,
        "payment_required_by": pay_by,
        "price_guarantee_expires_at": pay_by,
    }


def _emissions_kg(offer: FlightOffer, party: int) -> int:
    segments = [segment for slice_ in offer.slices for segment in slice_.segments]
    km = sum(distance_km(_get_airport(each.origin), _get_airport(each.destination)) for each in segments)
    return round(km * KG_OF_CO2_PER_KM * party)


def _get_airport(code: str) -> Airport:
    airport = find_airport(code)
    assert airport is not None, "the world flies between known airports"
    return airport
