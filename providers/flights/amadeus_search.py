"""What is asked of Amadeus about offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from domain.airports import city_code
from domain.offers import FlightQuery, SliceQuery
from domain.travellers import TravellerCounts, TravellerType
from providers.flights.amadeus_wire import TRAVELLER_TYPES

MAX_OFFERS = 100
MAX_ALTERNATIVE_PLACES = 2

_WIRE_TYPES: dict[TravellerType, str] = {kind: name for name, kind in TRAVELLER_TYPES.items()}


def write_search(query: FlightQuery) -> dict[str, Any]:
    slices = [_write_slice(each, position) for position, each in enumerate(query.slices, start=1)]
    restriction = {
        "cabin": query.cabin.upper(),
        "coverage": "MOST_SEGMENTS",
        "originDestinationIds": [each["id"] for each in slices],
    }
    return {
        "currencyCode": query.currency,
        "originDestinations": slices,
        "travelers": _write_party(query.travellers),
        "sources": ["GDS"],
        "searchCriteria": {
            "maxFlightOffers": MAX_OFFERS,
            "flightFilters": {"cabinRestrictions": [restriction]},
        },
    }


def write_pricing(raw: dict[str, Any]) -> dict[str, Any]:
    return {"data": {"type": "flight-offers-pricing", "flightOffers": [raw]}}


def _write_slice(query: SliceQuery, position: int) -> dict[str, Any]:
    origin, other_origins = _write_places(query.origins)
    destination, other_destinations = _write_places(query.destinations)
    return {
        "id": str(position),
        "originLocationCode": origin,
        "destinationLocationCode": destination,
        "departureDateTimeRange": {"date": query.departs_on.isoformat()},
        **({"alternativeOriginsCodes": other_origins} if other_origins else {}),
        **({"alternativeDestinationsCodes": other_destinations} if other_destinations else {}),
    }


def _write_places(airports: Sequence[str]) -> tuple[str, list[str]]:
    """A city where these are all its airports; else the first, and as many others as may be named."""
    if city := city_code(airports):
        return city, []
    first, *others = airports
    return first, others[:MAX_ALTERNATIVE_PLACES]


def _write_party(travellers: TravellerCounts) -> list[dict[str, str]]:
    party = []
    for position, kind in enumerate(travellers.list_types(), start=1):
        traveller = {"id": str(position), "travelerType": _WIRE_TYPES[kind]}
        if kind == "infant":  # the n-th with the n-th adult
            traveller["associatedAdultId"] = str(position - travellers.seats)
        party.append(traveller)
    return party
