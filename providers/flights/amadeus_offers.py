"""Amadeus's flight offers read into ours."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from domain.airports import find_airport
from domain.money import Money
from domain.offers import (
    Baggage,
    CabinClass,
    Condition,
    Conditions,
    FlightOffer,
    LocalTime,
    PricePart,
    Segment,
    Slice,
)
from domain.travellers import TravellerCounts, TravellerType
from providers.flights.amadeus_wire import (
    CABINS,
    TRAVELLER_TYPES,
    WireAmenity,
    WireBags,
    WireFareDetails,
    WireOffer,
    WirePoint,
    WirePrice,
    WireSegment,
    WireTraveller,
)
from providers.flights.unreadable import Unreadable

OFFER_LIFE = timedelta(minutes=20)
"""Amadeus sets no term of its own: prices are read again before they bind anybody."""
KG_PER_POUND = Decimal("0.45359237")


@dataclass(frozen=True, slots=True)
class Reading:
    """What an offer does not say itself, or has to say."""

    cabin: CabinClass
    """That of segments without one."""
    currency: str
    """Which was asked for."""
    party: TravellerCounts | None
    now: datetime
    is_simulated: bool


def read_offer(raw: object, reading: Reading) -> FlightOffer:
    """Raises Unreadable."""
    wire = parse_offer(raw)
    slices = read_slices(wire, reading.cabin)
    parts = _read_price(wire)
    if parts[0].base_each.currency != reading.currency:
        raise Unreadable("other_currency")
    first = wire.details_of(wire.itineraries[0].segments[0].id)
    cabin = _main_cabin(slices)
    brand = first.branded_fare_label or first.branded_fare or cabin.replace("_", " ")
    return FlightOffer(
        provider="amadeus",
        provider_offer_id=_name_offer(wire, slices, parts, reading.party),
        slices=slices,
        fare_brand=brand.title(),
        cabin=cabin,
        price_parts=parts,
        conditions=_read_conditions(wire, reading.currency),
        seats_left=wire.number_of_bookable_seats,
        expires_at=_read_expiry(wire, ZoneInfo(slices[0].departs.zone), reading.now),
        simulated=reading.is_simulated,
        booking_flows=("instant",),
    )


def parse_offer(raw: object) -> WireOffer:
    """Raises Unreadable."""
    try:
        return WireOffer.model_validate(raw)
    except ValidationError:
        raise Unreadable("unreadable") from None


def read_slices(wire: WireOffer, cabin: CabinClass) -> tuple[Slice, ...]:
    slices = tuple(
        Slice(segments=tuple(_read_segment(each, wire.details_of(each.id), cabin) for each in itinerary.segments))
        for itinerary in wire.itineraries
    )
    for slice_ in slices:
        waits = slice_.layovers
        if any(wait < timedelta() for wait in waits) or any(s.duration <= timedelta() for s in slice_.segments):
            raise Unreadable("bad_times")
    return slices


def read_total(price: WirePrice) -> Money:
    """With every fee. Raises Unreadable."""
    total = _read_money(price.grand_total or price.total, price.currency)
    if total.amount_minor <= 0:
        raise Unreadable("bad_price")
    return total


def _read_segment(wire: WireSegment, details: WireFareDetails, cabin: CabinClass) -> Segment:
    origin, departs = _read_point(wire.departure)
    destination, arrives = _read_point(wire.arrival)
    stops = [stop.iata_code for stop in wire.stops or []]
    unnamed = max(0, (wire.number_of_stops or 0) - len(stops))
    return Segment(
        origin=origin,
        destination=destination,
        departs=departs,
        arrives=arrives,
        carrier=wire.carrier_code,
        flight_number=wire.number.lstrip("0") or "0",
        operating_carrier=wire.operating.carrier_code if wire.operating else None,
        aircraft=wire.aircraft.code if wire.aircraft else None,
        cabin=CABINS.get(details.cabin or "", cabin),
        carry_on=_read_bags(details.included_cabin_bags),
        checked=_read_bags(details.included_checked_bags),
        technical_stops=(*stops, *["?"] * unnamed),
    )


def _read_point(wire: WirePoint) -> tuple[str, LocalTime]:
    airport = find_airport(wire.iata_code)
    if airport is None:
        raise Unreadable("unknown_airport")
    return airport.iata, LocalTime(at_local=wire.at, zone=airport.zone)


def _read_bags(wire: WireBags | None) -> Baggage | None:
    if wire is None or (wire.quantity is None and wire.weight is None):
        return None
    kg = None
    if wire.weight is not None:
        kg = round(wire.weight * KG_PER_POUND) if (wire.weight_unit or "").startswith("L") else round(wire.weight)
    pieces = wire.quantity if wire.quantity is not None else int(kg != 0)
    return Baggage(pieces=pieces, kg=kg or None)


def _main_cabin(slices: tuple[Slice, ...]) -> CabinClass:
    cabins = [segment.cabin for slice_ in slices for segment in slice_.segments]
    return max(cabins, key=cabins.count)


def _read_price(wire: WireOffer) -> tuple[PricePart, ...]:
    """In parts by traveller type; what the parts do not add up to is one of its own, a fee or a discount."""
    total = read_total(wire.price)
    parts = _read_parts(wire) or (_read_party(wire.price),)
    charged = sum((part.total for part in parts[1:]), start=parts[0].total)
    if charged == total:
        return parts
    nothing = Money(amount_minor=0, currency=total.currency)
    rest = PricePart(traveller_type=None, count=1, base_each=nothing, taxes_each=total - charged)
    return (*parts, rest)


def _read_parts(wire: WireOffer) -> tuple[PricePart, ...] | None:
    """None unless each traveller has a price, the same as the others of their type."""
    travellers = wire.list_travellers()
    if not travellers or len(travellers) != len(wire.traveler_pricings or []):
        return None
    by_type: dict[TravellerType, list[tuple[Money, Money]]] = {}
    for each in travellers:
        if each.price is None:
            return None
        amounts = _read_amounts(each.price, wire.price.currency)
        by_type.setdefault(TRAVELLER_TYPES[each.traveler_type or ""], []).append(amounts)
    if any(amounts != group[0] for group in by_type.values() for amounts in group):
        return None
    return tuple(
        PricePart(traveller_type=kind, count=len(group), base_each=group[0][0], taxes_each=group[0][1])
        for kind, group in by_type.items()
    )


def _read_party(price: WirePrice) -> PricePart:
    base, taxes = _read_amounts(price, price.currency)
    return PricePart(traveller_type=None, count=1, base_each=base, taxes_each=taxes)


def _read_amounts(price: WirePrice, currency: str | None) -> tuple[Money, Money]:
    """Base and taxes."""
    if price.currency not in (None, currency):
        raise Unreadable("other_currency")
    total = _read_money(price.total or price.grand_total, currency)
    base = total if price.base is None else _read_money(price.base, currency)
    if not 0 <= base.amount_minor <= total.amount_minor:
        raise Unreadable("bad_price")
    return base, total - base


def _read_money(amount: str | None, currency: str | None) -> Money:
    try:
        return Money.parse(amount or "", currency or "")
    except ValueError:
        raise Unreadable("bad_price") from None


def _read_conditions(wire: WireOffer, currency: str) -> Conditions:
    return Conditions(
        refund=_read_condition(wire, "REFUNDABLE TICKET", currency),
        change=_read_condition(wire, "CHANGEABLE TICKET", currency),
    )


def _read_condition(wire: WireOffer, amenity: str, currency: str) -> Condition:
    """Known only where every segment's fare tells it; how much a chargeable one takes is not told."""
    segments = [wire.details_of(each.id) for itinerary in wire.itineraries for each in itinerary.segments]
    told = [found for details in segments if (found := _find_amenity(details, amenity)) is not None]
    if len(told) < len(segments):
        return Condition(allowed=None)
    is_free = all(each.is_chargeable is False for each in told)
    return Condition(allowed=True, fee=Money(amount_minor=0, currency=currency) if is_free else None)


def _find_amenity(details: WireFareDetails, description: str) -> WireAmenity | None:
    amenities = details.amenities or []
    return next((each for each in amenities if (each.description or "").strip().upper() == description), None)


def _read_expiry(wire: WireOffer, zone: ZoneInfo, now: datetime) -> datetime:
    expires_at = now + OFFER_LIFE
    for text in (wire.last_ticketing_date_time, wire.last_ticketing_date):
        try:
            last = datetime.fromisoformat(text or "")
        except ValueError:
            continue
        if len(text or "") == len("2026-11-21"):  # a day, though it may be called a time; whose, is not said
            last = datetime.combine(last.date(), time.max)
            last = max(last.replace(tzinfo=zone), last.replace(tzinfo=UTC))
        elif last.tzinfo is None:
            last = last.replace(tzinfo=zone)
        if last <= now:
            raise Unreadable("expired")
        return min(expires_at, last)
    return expires_at


def _name_offer(
    wire: WireOffer, slices: tuple[Slice, ...], parts: tuple[PricePart, ...], party: TravellerCounts | None
) -> str:
    """The same seats for the same people keep their name at any price; Amadeus's own ids count anew in each answer."""
    flights = [
        [segment.designator, segment.origin, segment.destination, segment.departs.at_local.isoformat(), segment.cabin]
        for slice_ in slices
        for segment in slice_.segments
    ]
    fares = [
        [each.traveler_type, *(details.fare_basis or details.booking_class for details in _details(each))]
        for each in wire.list_travellers()
    ]
    counts = party.by_type() if party else {}
    text = json.dumps([flights, fares, counts, parts[0].base_each.currency])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _details(traveller: WireTraveller) -> list[WireFareDetails]:
    return traveller.fare_details_by_segment or []
