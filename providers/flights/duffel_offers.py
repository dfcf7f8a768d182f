"""Reading what Duffel offers: flights, their prices and conditions, and the bags sold with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NaiveDatetime, StringConstraints, ValidationError

from domain.airports import Airport, find_airport
from domain.money import Money
from domain.offers import (
    CABIN_CLASSES,
    Baggage,
    BookingFlow,
    CabinClass,
    Condition,
    Conditions,
    FlightOffer,
    LocalTime,
    PricePart,
    Segment,
    Slice,
)
from domain.orders import Service, ServiceKind
from domain.travellers import ADULT_AGE, CHILD_AGE, TravellerType
from providers.flights.base import FoundOffer
from providers.flights.unreadable import Unreadable

NAME = "duffel"

WireID = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Text = Annotated[str, StringConstraints(max_length=200)]

PARTY_ORDER: tuple[TravellerType, ...] = ("adult", "child", "infant")

_AMOUNT = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,4})?")
_CARRIER = re.compile(r"[A-Z0-9]{2}")
_TYPES: dict[str, TravellerType] = {"adult": "adult", "child": "child", "infant_without_seat": "infant"}
_KINDS: dict[str, ServiceKind] = {"checked": "checked_bag", "carry_on": "carry_on"}


class Wire(BaseModel):
    """Something in a Duffel answer; what we do not know of it is ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class WirePlace(Wire):
    iata_code: str


class WireCarrier(Wire):
    iata_code: str | None = None


class WireAircraft(Wire):
    name: Text | None = None


class WireBaggage(Wire):
    type: str
    quantity: Annotated[int, Field(ge=0, le=99)]


class WireSeatedPassenger(Wire):
    cabin_class: CabinClass | None = None
    baggages: tuple[WireBaggage, ...] | None = None


class WireStop(Wire):
    airport: WirePlace


class WireSegment(Wire):
    id: WireID
    origin: WirePlace
    destination: WirePlace
    departing_at: NaiveDatetime
    arriving_at: NaiveDatetime
    marketing_carrier: WireCarrier
    marketing_carrier_flight_number: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,4}$")]
    operating_carrier: WireCarrier | None = None
    aircraft: WireAircraft | None = None
    stops: tuple[WireStop, ...] | None = None
    passengers: tuple[WireSeatedPassenger, ...] | None = None


class WireSlice(Wire):
    id: WireID
    segments: Annotated[tuple[WireSegment, ...], Field(min_length=1)]
    fare_brand_name: Text | None = None


class WireCondition(Wire):
    allowed: bool | None = None
    penalty_amount: str | None = None
    penalty_currency: str | None = None


class WireConditions(Wire):
    refund_before_departure: WireCondition | None = None
    change_before_departure: WireCondition | None = None


class WirePassenger(Wire):
    id: WireID
    type: str | None = None
    age: int | None = None

    @property
    def traveller_type(self) -> TravellerType:
        if self.type in _TYPES or self.age is None:
            return _TYPES.get(self.type or "adult", "adult")
        return "adult" if self.age >= ADULT_AGE else "child" if self.age >= CHILD_AGE else "infant"


class WirePaymentRequirements(Wire):
    requires_instant_payment: bool = True


class WireOffer(Wire):
    id: WireID
    live_mode: bool
    expires_at: AwareDatetime
    total_amount: str
    total_currency: str
    base_amount: str | None = None
    base_currency: str | None = None
    tax_amount: str | None = None
    tax_currency: str | None = None
    slices: Annotated[tuple[WireSlice, ...], Field(min_length=1)]
    passengers: Annotated[tuple[WirePassenger, ...], Field(min_length=1)]
    conditions: WireConditions | None = None
    payment_requirements: WirePaymentRequirements | None = None
    supported_passenger_identity_document_types: tuple[str, ...] | None = None
    available_services: tuple[Any, ...] | None = None

    @property
    def party(self) -> list[WirePassenger]:
        """The passengers as we count them: adults, then children, then infants."""
        return in_party_order(self.passengers)


class WireBagMetadata(Wire):
    type: str
    maximum_weight_kg: Annotated[int, Field(gt=0, le=200)] | None = None


class WireBag(Wire):
    """A service of type baggage; others, and what is yet to come, do not fit."""

    id: WireID
    type: Literal["baggage"]
    metadata: WireBagMetadata
    passenger_ids: Annotated[tuple[str, ...], Field(min_length=1, max_length=1)]
    segment_ids: tuple[str, ...]
    total_amount: str
    total_currency: str
    maximum_quantity: Annotated[int, Field(ge=1, le=99)]


WireModel = TypeVar("WireModel", bound=Wire)


def parse(model: type[WireModel], raw: object) -> WireModel:
    """Raises Unreadable."""
    try:
        return model.model_validate(raw)
    except (ValidationError, RecursionError):
        raise Unreadable("unreadable") from None  # what it was read from names travellers


def read_money(amount: str, currency: str) -> Money:
    """Raises Unreadable."""
    try:
        if _AMOUNT.fullmatch(amount):
            return Money.parse(amount, currency)
    except ValueError:
        pass
    raise Unreadable("bad_price")


def read_price(amount: str, currency: str) -> Money:
    """What something costs, which may be nothing. Raises Unreadable."""
    price = read_money(amount, currency)
    if price.amount_minor < 0:
        raise Unreadable("bad_price")
    return price


def find_money(amount: str | None, currency: str | None) -> Money | None:
    """An amount that may be left out. Raises Unreadable."""
    return read_money(amount, currency) if amount is not None and currency is not None else None


def in_party_order(passengers: Sequence[WirePassenger]) -> list[WirePassenger]:
    return sorted(passengers, key=lambda passenger: PARTY_ORDER.index(passenger.traveller_type))


def read_offer(raw: object, *, cabin: CabinClass) -> FoundOffer:
    """`cabin` is for segments that do not tell theirs. Raises Unreadable."""
    wire = parse(WireOffer, raw)
    slices = tuple(read_slice(each, cabin) for each in wire.slices)
    offer = FlightOffer(
        provider=NAME,
        provider_offer_id=wire.id,
        slices=slices,
        fare_brand=_name_brand(wire, slices),
        cabin=_lowest_cabin(slices),
        price_parts=(_read_price(wire),),
        conditions=_read_conditions(wire.conditions or WireConditions()),
        seats_left=None,
        expires_at=wire.expires_at,
        simulated=not wire.live_mode,
        booking_flows=_read_flows(wire.payment_requirements),
    )
    return FoundOffer(offer, raw if isinstance(raw, dict) else {})


def read_slice(wire: WireSlice, cabin: CabinClass) -> Slice:
    """Raises Unreadable."""
    segments = tuple(_read_segment(each, cabin) for each in wire.segments)
    moments = [moment.instant for each in segments for moment in (each.departs, each.arrives)]
    if moments != sorted(moments) or any(each.arrives.instant <= each.departs.instant for each in segments):
        raise Unreadable("bad_times")
    return Slice(segments=segments)


def read_services(wire: WireOffer) -> list[Service]:
    """The bags among an offer's services."""
    positions = {passenger.id: position for position, passenger in enumerate(wire.party)}
    return [
        Service(
            service_id=bag.id,
            kind=_KINDS[bag.metadata.type],
            traveller=positions[bag.passenger_ids[0]],
            slices=tuple(
                position
                for position, slice_ in enumerate(wire.slices)
                if any(segment.id in bag.segment_ids for segment in slice_.segments)
            ),
            bag=Baggage(pieces=1, kg=bag.metadata.maximum_weight_kg),
            price=price,
            max_quantity=bag.maximum_quantity,
        )
        for bag, price in _read_bags(wire)
        if bag.metadata.type in _KINDS and bag.passenger_ids[0] in positions
    ]


def _read_bags(wire: WireOffer) -> Iterator[tuple[WireBag, Money]]:
    for raw in wire.available_services or ():
        try:
            bag = parse(WireBag, raw)
            yield bag, read_price(bag.total_amount, bag.total_currency)
        except Unreadable:
            continue


def _read_segment(wire: WireSegment, cabin: CabinClass) -> Segment:
    origin, destination = _airport(wire.origin), _airport(wire.destination)
    carrier = _carrier(wire.marketing_carrier)
    if carrier is None:
        raise Unreadable("unreadable")
    seated = wire.passengers[0] if wire.passengers else WireSeatedPassenger()
    return Segment(
        origin=origin.iata,
        destination=destination.iata,
        departs=LocalTime(at_local=wire.departing_at, zone=origin.zone),
        arrives=LocalTime(at_local=wire.arriving_at, zone=destination.zone),
        carrier=carrier,
        flight_number=wire.marketing_carrier_flight_number.lstrip("0") or "0",
        operating_carrier=_carrier(wire.operating_carrier),
        aircraft=wire.aircraft.name if wire.aircraft else None,
        cabin=seated.cabin_class or cabin,
        carry_on=_allowance(seated, "carry_on"),
        checked=_allowance(seated, "checked"),
        technical_stops=tuple(_airport(stop.airport).iata for stop in wire.stops or ()),
    )


def _airport(wire: WirePlace) -> Airport:
    airport = find_airport(wire.iata_code)
    if airport is None:
        raise Unreadable("unknown_airport")
    return airport


def _carrier(wire: WireCarrier | None) -> str | None:
    code = wire.iata_code if wire else None
    return code if code and _CARRIER.fullmatch(code) else None


def _allowance(seated: WireSeatedPassenger, kind: str) -> Baggage | None:
    """A kind of bag that is not listed is not told, which is something else than none."""
    pieces = [bag.quantity for bag in seated.baggages or () if bag.type == kind]
    return Baggage(pieces=sum(pieces)) if pieces else None


def _read_price(wire: WireOffer) -> PricePart:
    """Duffel prices the party; where all are of one type and it divides, each one's share is known."""
    base, taxes = _split_price(wire)
    count, types = len(wire.passengers), {passenger.traveller_type for passenger in wire.passengers}
    if len(types) > 1 or base.amount_minor % count or taxes.amount_minor % count:
        return PricePart(traveller_type=None, count=1, base_each=base, taxes_each=taxes)
    return PricePart(
        traveller_type=types.pop(), count=count, base_each=_share(base, count), taxes_each=_share(taxes, count)
    )


def _split_price(wire: WireOffer) -> tuple[Money, Money]:
    """Base and taxes, which are the total together; the part that is not told is what is left of it."""
    total = read_money(wire.total_amount, wire.total_currency)
    base, taxes = find_money(wire.base_amount, wire.base_currency), find_money(wire.tax_amount, wire.tax_currency)
    if any(part.currency != total.currency for part in (base, taxes) if part is not None):
        raise Unreadable("bad_price")
    if base is None:
        base = total if taxes is None else total - taxes
    if taxes is None:
        taxes = total - base
    if base + taxes != total or total.amount_minor <= 0 or base.amount_minor < 0 or taxes.amount_minor < 0:
        raise Unreadable("bad_price")
    return base, taxes


def _share(money: Money, count: int) -> Money:
    return Money(amount_minor=money.amount_minor // count, currency=money.currency)


def _read_conditions(wire: WireConditions) -> Conditions:
    return Conditions(
        refund=_read_condition(wire.refund_before_departure), change=_read_condition(wire.change_before_departure)
    )


def _read_condition(wire: WireCondition | None) -> Condition:
    if wire is None:
        return Condition(allowed=None)
    try:
        return Condition(allowed=wire.allowed, fee=find_money(wire.penalty_amount, wire.penalty_currency))
    except Unreadable:
        return Condition(allowed=wire.allowed)


def _read_flows(wire: WirePaymentRequirements | None) -> tuple[BookingFlow, ...]:
    return ("hold", "instant") if wire and not wire.requires_instant_payment else ("instant",)


def _name_brand(wire: WireOffer, slices: Sequence[Slice]) -> str:
    brands = dict.fromkeys(each.fare_brand_name for each in wire.slices if each.fare_brand_name)
    return " + ".join(brands) or _lowest_cabin(slices).replace("_", " ").title()


def _lowest_cabin(slices: Sequence[Slice]) -> CabinClass:
    """An offer is only as good as its plainest segment."""
    return min((segment.cabin for each in slices for segment in each.segments), key=CABIN_CLASSES.index)
