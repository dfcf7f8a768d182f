"""Writing flight offers as Amadeus does, whose live answers leave out now this field, now that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from babel.numbers import get_currency_name

from domain.airlines import airline_name
from domain.airports import city_code_of, find_airport
from domain.money import Money
from domain.offers import Baggage, CabinClass, Condition, FlightOffer, LocalTime, PricePart, Segment, Slice
from domain.travellers import TravellerType
from providers.sandbox.amadeus_asks import Traveler

BOOKING_CLASSES: dict[CabinClass, str] = {"economy": "Y", "premium_economy": "W", "business": "C", "first": "F"}

_MISSING_IN_EVERY = {
    "itinerary.duration": 4,
    "segment.duration": 6,
    "operating": 8,
    "operating.carrierCode": 7,
    "terminal": 4,
    "blacklistedInEU": 6,
    "grandTotal": 5,
    "numberOfBookableSeats": 3,
    "oneWay": 3,
    "nonHomogeneous": 5,
    "isUpsellOffer": 4,
    "lastTicketingDate": 8,
    "lastTicketingDateTime": 2,
    "cabin": 9,
    "includedCheckedBags": 5,
    "includedCabinBags": 2,
    "brandedFare": 7,
    "brandedFareLabel": 3,
    "amenities": 3,
}
"""The n-th offer of an answer lacks the fields whose number divides n: the first is whole, and ten have every gap."""


class SegmentNumbers:
    """Segment ids of one answer: a flight that several offers share has one id."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str, LocalTime], str] = {}

    def of(self, offer: FlightOffer) -> list[str]:
        return [self._number(segment) for slice_ in offer.slices for segment in slice_.segments]

    def _number(self, segment: Segment) -> str:
        key = (segment.designator, segment.origin, segment.departs)
        return self._numbers.setdefault(key, str(len(self._numbers) + 1))


@dataclass(frozen=True, slots=True)
class OfferWriter:
    """Writes one offer. It has to price every type of traveller in the party."""

    offer: FlightOffer
    number: int
    """From 1; its id in the answer."""
    party: Sequence[Traveler]
    segment_ids: Sequence[str]
    is_priced: bool = False
    """Whether it comes from pricing, which alone tells taxes."""
    seats_cost: Money | None = None
    """What the chosen seats cost together; on top of the total, and in the grand total."""

    def write(self) -> dict[str, Any]:
        offer, itineraries = self.offer, self._write_itineraries()
        lasts_until = offer.expires_at.date().isoformat()
        return {
            "type": "flight-offer",
            "id": str(self.number),
            "source": "GDS",
            "instantTicketingRequired": False,
            **self._maybe("nonHomogeneous", False),
            **self._maybe("oneWay", False),
            **self._maybe("isUpsellOffer", False),
            **self._maybe("lastTicketingDate", lasts_until),
            # the specification says date-time, the service sends a date
            **self._maybe("lastTicketingDateTime", lasts_until),
            **self._maybe("numberOfBookableSeats", offer.seats_left),
            "itineraries": itineraries,
            "price": self._write_price(),
            "pricingOptions": {
                "fareType": ["PUBLISHED"],
                "includedCheckedBagsOnly": all(s.checked is not None and s.checked.pieces > 0 for s in self._segments),
            },
            "validatingAirlineCodes": [offer.carriers[0]],
            "travelerPricings": [self._write_traveler(traveler) for traveler in self.party],
        }

    @property
    def _segments(self) -> list[Segment]:
        return [segment for slice_ in self.offer.slices for segment in slice_.segments]

    def _maybe(self, field: str, value: Any) -> dict[str, Any]:
        """The field, unless this offer lacks it or there is nothing to say."""
        return {} if value is None or self._lacks(field) else {field.rpartition(".")[2]: value}

    def _lacks(self, field: str) -> bool:
        return self.number % _MISSING_IN_EVERY[field] == 0

    def _write_itineraries(self) -> list[dict[str, Any]]:
        ids = iter(self.segment_ids)
        return [
            {
                **self._maybe("itinerary.duration", write_duration(slice_.duration)),
                "segments": [self._write_segment(segment, next(ids)) for segment in slice_.segments],
            }
            for slice_ in self.offer.slices
        ]

    def _write_segment(self, segment: Segment, segment_id: str) -> dict[str, Any]:
        return {
            "departure": self._write_end(segment.origin, segment.departs),
            "arrival": self._write_end(segment.destination, segment.arrives),
            "carrierCode": segment.carrier,
            "number": segment.flight_number,
            "aircraft": {} if segment.aircraft is None else {"code": segment.aircraft},
            **self._maybe("operating", self._maybe("operating.carrierCode", segment.operating_carrier)),
            **self._maybe("segment.duration", write_duration(segment.duration)),
            "id": segment_id,
            "numberOfStops": len(segment.technical_stops),
            **({"stops": [{"iataCode": code} for code in segment.technical_stops]} if segment.technical_stops else {}),
            **self._maybe("blacklistedInEU", False),
        }

    def _write_end(self, airport: str, time: LocalTime) -> dict[str, Any]:
        # the world has no terminals: one that holds for the airport
        return {**write_end(airport, time), **self._maybe("terminal", str(1 + ord(airport[0]) % 2))}

    def _write_price(self) -> dict[str, Any]:
        parts = self.offer.price_parts
        base = sum((part.base_each * part.count for part in parts[1:]), start=parts[0].base_each * parts[0].count)
        nothing = str((base - base).amount)
        return {
            **write_amounts(base=base, total=self.offer.total),
            "fees": [{"amount": nothing, "type": kind} for kind in ("SUPPLIER", "TICKETING")],
            **self._write_grand_total(),
            **({"billingCurrency": base.currency} if self.is_priced else {}),
        }

    def _write_grand_total(self) -> dict[str, Any]:
        total, seats = self.offer.total, self.seats_cost
        if seats is None:
            return self._maybe("grandTotal", str(total.amount))
        extra = {"amount": str(seats.amount), "type": "SEATS"}
        return {"grandTotal": str((total + seats).amount), "additionalServices": [extra]}

    def _write_traveler(self, traveler: Traveler) -> dict[str, Any]:
        part = parts_by_type(self.offer)[traveler.traveller_type]
        taxes = {"taxes": [{"amount": str(part.taxes_each.amount), "code": "XT"}]} if self.is_priced else {}
        with_adult = {} if traveler.associated_adult_id is None else {"associatedAdultId": traveler.associated_adult_id}
        return {
            "travelerId": traveler.id,
            "fareOption": "STANDARD",
            "travelerType": traveler.traveler_type,
            **with_adult,
            "price": {**write_amounts(base=part.base_each, total=part.each), **taxes},
            "fareDetailsBySegment": [
                self._write_fare(segment, segment_id)
                for segment, segment_id in zip(self._segments, self.segment_ids, strict=True)
            ],
        }

    def _write_fare(self, segment: Segment, segment_id: str) -> dict[str, Any]:
        label = self.offer.fare_brand.upper()
        return {
            "segmentId": segment_id,
            **self._maybe("cabin", segment.cabin.upper()),
            "fareBasis": fare_basis(self.offer, segment.cabin),
            **self._maybe("brandedFare", label.replace(" ", "")),
            **self._maybe("brandedFareLabel", label),
            "class": BOOKING_CLASSES[segment.cabin],
            **self._maybe("includedCheckedBags", self._write_bags(segment.checked)),
            **self._maybe("includedCabinBags", self._write_bags(segment.carry_on)),
            **self._maybe("amenities", self._write_amenities() or None),
        }

    def _write_bags(self, bags: Baggage | None) -> dict[str, Any] | None:
        """By weight in every other offer, where that says as much as the number of pieces."""
        if bags is None:
            return None
        if bags.pieces == 1 and bags.kg is not None and self.number % 2:
            return {"weight": bags.kg, "weightUnit": "KG"}
        return {"quantity": bags.pieces}

    def _write_amenities(self) -> list[dict[str, Any]]:
        """What may be done with the ticket; what may not is not mentioned."""
        conditions = {
            "REFUNDABLE TICKET": self.offer.conditions.refund,
            "CHANGEABLE TICKET": self.offer.conditions.change,
        }
        return [
            {
                "description": description,
                "isChargeable": _has_fee(condition),
                "amenityType": "BRANDED_FARES",
                "amenityProvider": {"name": "BrandedFare"},
            }
            for description, condition in conditions.items()
            if condition.allowed
        ]


def parts_by_type(offer: FlightOffer) -> Mapping[TravellerType | None, PricePart]:
    return {part.traveller_type: part for part in offer.price_parts}


def fare_basis(offer: FlightOffer, cabin: CabinClass) -> str:
    """The same for the same brand, another for another."""
    return BOOKING_CLASSES[cabin] + sha256(offer.fare_brand.encode()).hexdigest()[:6].upper()


def write_end(airport: str, time: LocalTime) -> dict[str, Any]:
    """A departure or an arrival; its time is the airport's own, without an offset."""
    return {"iataCode": airport, "at": time.at_local.isoformat(timespec="seconds")}


def write_amounts(*, base: Money, total: Money) -> dict[str, str]:
    return {"currency": total.currency, "total": str(total.amount), "base": str(base.amount)}


def write_duration(duration: timedelta) -> str:
    """ISO 8601 in hours and minutes: `PT26H5M`."""
    hours, minutes = divmod(int(duration.total_seconds()) // 60, 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes or not hours else "")


def write_dictionaries(offers: Iterable[FlightOffer]) -> dict[str, Any]:
    """The names of the codes that occur."""
    offers = list(offers)
    segments = [segment for offer in offers for slice_ in offer.slices for segment in slice_.segments]
    carriers = {s.carrier for s in segments} | {s.operating_carrier for s in segments if s.operating_carrier}
    return {
        "locations": write_locations([slice_ for offer in offers for slice_ in offer.slices]),
        "aircraft": {code: f"AIRCRAFT {code}" for code in sorted({s.aircraft for s in segments if s.aircraft})},
        "currencies": {
            code: get_currency_name(code, locale="en").upper() for code in {offer.total.currency for offer in offers}
        },
        "carriers": {code: airline_name(code).upper() for code in sorted(carriers)},
    }


def write_locations(slices: Iterable[Slice]) -> dict[str, dict[str, str]]:
    segments = [segment for slice_ in slices for segment in slice_.segments]
    airports = {code for s in segments for code in (s.origin, s.destination, *s.technical_stops)}
    return {code: _write_location(code) for code in sorted(airports)}


def _write_location(code: str) -> dict[str, str]:
    airport = find_airport(code)
    return {"cityCode": city_code_of(code), **({"countryCode": airport.country} if airport else {})}


def _has_fee(condition: Condition) -> bool:
    return condition.fee is not None and condition.fee.amount_minor > 0
