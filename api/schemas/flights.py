"""What the flight endpoints give, in the field names of the API reference."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict

from domain.money import Money
from domain.offers import Baggage, Condition, FlightOffer, LocalTime, Segment, Slice
from domain.orders import FareNote, ServiceKind
from domain.seats import Deck, SeatFeature
from domain.travellers import TravellerType
from services.flights.calendar import DayPrice, DayState, PriceCalendar
from services.flights.offers import FreshOffer, OfferRules, OfferSeats, OfferServices
from services.flights.search import SearchResult, Source, SourceStatus
from services.flights.selection import Badge, Selection, StoredOffer


class AirportTime(BaseModel):
    at_local: str
    """What the boarding pass shows: 2026-12-20T10:50:00, without an offset."""
    zone: str
    """IANA."""


class SegmentRead(BaseModel):
    origin: str
    destination: str
    departs: AirportTime
    arrives: AirportTime
    airline_code: str
    flight_number: str
    operating_airline_code: str | None
    """Null where the provider does not say."""
    duration_minutes: int
    travel_class: str
    technical_stops: list[str]
    carry_on: Baggage | None
    """Null where the provider does not say, as with `checked`."""
    checked: Baggage | None


class SliceRead(BaseModel):
    origin: str
    destination: str
    duration_minutes: int
    stops: int
    segments: list[SegmentRead]


class PriceRead(BaseModel):
    """A part of the price: `count` travellers of a type, or with a null type what is not split by traveller."""

    traveller_type: TravellerType | None
    count: int
    base_each: str
    taxes_each: str


class ConditionsRead(BaseModel):
    refund: Condition
    change: Condition


class FlightOfferRead(BaseModel):
    """An offer. `duration_minutes` and `stops` are sums over the slices, which have their own."""

    offer_id: UUID
    total_price: str
    """For all travellers, taxes included; a decimal."""
    currency: str
    price_parts: list[PriceRead]
    duration_minutes: int
    stops: int
    fare_brand: str
    travel_class: str
    conditions: ConditionsRead
    seats_left: int | None
    expires_at: datetime
    provider: str
    simulated: bool
    """No real seat stands behind it."""
    slices: list[SliceRead]
    segments: list[SegmentRead]
    """Of all slices, in order."""


class FoundOfferRead(FlightOfferRead):
    badges: list[Badge]


class SourceRead(BaseModel):
    """What became of asking one provider."""

    provider: str
    status: SourceStatus
    """stale offers are shown while the provider is asked anew; late, down, busy and retired ones are missing."""
    age_seconds: int
    offers: int


class FlightSearchResponse(BaseModel):
    offers: list[FoundOfferRead]
    search_id: UUID | None
    """The search in the user's history; null for a visitor, who has none."""
    matching: int
    """How many offers the filters let through, of which at most `limit` are here."""
    found: int
    sources: list[SourceRead]


class FreshOfferRead(FlightOfferRead):
    """An offer at the price it has now."""

    previous_price: str
    price_difference: str
    """What it costs more now, negative when less; a decimal."""
    is_fresh: bool
    """False when its provider could not be asked now."""


class SeatPriceRead(BaseModel):
    """A seat for sale to one traveller."""

    model_config = ConfigDict(from_attributes=True)

    service_id: str
    """Sent back in `services` of a booking."""
    traveller: int
    """Position among the offer's travellers: adults first, then children."""
    price: Money


class SeatRead(BaseModel):
    designator: str
    row: int
    column: str
    is_available: bool
    price: Money | None
    """For the first traveller who may sit there."""
    prices: list[SeatPriceRead]
    """For each traveller who may; empty where the seat is taken."""
    features: list[SeatFeature]


class SeatCabinRead(BaseModel):
    travel_class: str
    deck: Deck
    columns: list[str]
    """From left to right as one faces forward; an empty string is an aisle."""
    seats: list[SeatRead]


class SeatMapRead(BaseModel):
    slice_index: int
    segment_index: int
    designator: str
    aircraft: str | None
    cabins: list[SeatCabinRead]


class SeatMapResponse(BaseModel):
    offer_id: UUID
    simulated: bool
    seat_maps: list[SeatMapRead]


class ServiceRead(BaseModel):
    """A bag that can be bought with an offer."""

    model_config = ConfigDict(from_attributes=True)

    service_id: str
    """Sent back in `services` of a booking."""
    kind: ServiceKind
    traveller: int
    """Position among the offer's travellers: adults first, then children, then infants."""
    slices: list[int]
    """Positions of the slices it is good for."""
    bag: Baggage
    price: Money
    """For one."""
    max_quantity: int


class ServicesResponse(BaseModel):
    offer_id: UUID
    simulated: bool
    services: list[ServiceRead]
    """Empty where the provider sells none."""


class FareRulesResponse(BaseModel):
    offer_id: UUID
    fare_brand: str
    simulated: bool
    refund: Condition
    change: Condition
    notes: list[FareNote]
    """In the carrier's words."""
    is_fresh: bool
    """False when the provider could not be asked now, and this is what it told with the offer."""


class DayRead(BaseModel):
    depart_date: date
    return_date: date | None
    state: DayState
    """none: nothing flies that suits; unknown: nobody answered in time."""
    total_price: str | None
    currency: str | None
    offer_id: UUID | None
    is_cheapest: bool


class CalendarResponse(BaseModel):
    days: list[DayRead]


class FlightSearchRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    origin: str
    destination: str
    depart_date: date
    return_date: date | None
    adults: int
    travel_class: Annotated[str, AfterValidator(str.upper)]
    created_at: datetime


def read_result(result: SearchResult, selection: Selection) -> FlightSearchResponse:
    return FlightSearchResponse(
        offers=[
            FoundOfferRead(**_read_offer(stored), badges=list(selection.badges.get(stored.id, ())))
            for stored in selection.offers
        ],
        search_id=result.search_id,
        matching=selection.matching,
        found=selection.found,
        sources=[_read_source(source) for source in result.sources],
    )


def read_fresh(fresh: FreshOffer) -> FreshOfferRead:
    return FreshOfferRead(
        **_read_offer(fresh.stored),
        previous_price=str(fresh.previous_total.amount),
        price_difference=str(fresh.difference.amount),
        is_fresh=fresh.is_fresh,
    )


def read_seats(seats: OfferSeats) -> SeatMapResponse:
    return SeatMapResponse(
        offer_id=seats.stored.id,
        simulated=seats.stored.offer.simulated,
        seat_maps=[
            SeatMapRead(
                slice_index=each.slice_index,
                segment_index=each.segment_index,
                designator=each.designator,
                aircraft=each.aircraft,
                cabins=[
                    SeatCabinRead(
                        travel_class=cabin.cabin.upper(),
                        deck=cabin.deck,
                        columns=list(cabin.columns),
                        seats=[
                            SeatRead(
                                designator=seat.designator,
                                row=seat.row,
                                column=seat.column,
                                is_available=seat.is_available,
                                price=seat.prices[0].price if seat.prices else None,
                                prices=[SeatPriceRead.model_validate(each) for each in seat.prices],
                                features=list(seat.features),
                            )
                            for seat in cabin.seats
                        ],
                    )
                    for cabin in each.cabins
                ],
            )
            for each in seats.maps
        ],
    )


def read_services(found: OfferServices) -> ServicesResponse:
    return ServicesResponse(
        offer_id=found.stored.id,
        simulated=found.stored.offer.simulated,
        services=[ServiceRead.model_validate(each) for each in found.services],
    )


def read_rules(found: OfferRules) -> FareRulesResponse:
    return FareRulesResponse(
        offer_id=found.stored.id,
        fare_brand=found.stored.offer.fare_brand,
        simulated=found.stored.offer.simulated,
        refund=found.rules.refund,
        change=found.rules.change,
        notes=list(found.rules.notes),
        is_fresh=found.is_fresh,
    )


def read_calendar(calendar: PriceCalendar) -> CalendarResponse:
    cheapest = calendar.cheapest
    return CalendarResponse(days=[_read_day(day, is_cheapest=day is cheapest) for day in calendar.days])


def _read_day(day: DayPrice, *, is_cheapest: bool) -> DayRead:
    total = day.cheapest.offer.total if day.cheapest else None
    return DayRead(
        depart_date=day.departs_on,
        return_date=day.returns_on,
        state=day.state,
        total_price=str(total.amount) if total else None,
        currency=total.currency if total else None,
        offer_id=day.cheapest.id if day.cheapest else None,
        is_cheapest=is_cheapest,
    )


def _read_source(source: Source) -> SourceRead:
    return SourceRead(
        provider=source.provider,
        status=source.status,
        age_seconds=source.age // timedelta(seconds=1),
        offers=source.offers,
    )


def _read_offer(stored: StoredOffer) -> dict[str, Any]:
    """The fields of a FlightOfferRead, which others add theirs to."""
    offer = stored.offer
    slices = [_read_slice(slice_) for slice_ in offer.slices]
    return {
        "offer_id": stored.id,
        "total_price": str(offer.total.amount),
        "currency": offer.total.currency,
        "price_parts": _read_parts(offer),
        "duration_minutes": sum(slice_.duration_minutes for slice_ in slices),
        "stops": offer.stops,
        "fare_brand": offer.fare_brand,
        "travel_class": offer.cabin.upper(),
        "conditions": ConditionsRead(refund=offer.conditions.refund, change=offer.conditions.change),
        "seats_left": offer.seats_left,
        "expires_at": offer.expires_at,
        "provider": offer.provider,
        "simulated": offer.simulated,
        "slices": slices,
        "segments": [segment for slice_ in slices for segment in slice_.segments],
    }


def _read_parts(offer: FlightOffer) -> list[PriceRead]:
    return [
        PriceRead(
            traveller_type=part.traveller_type,
            count=part.count,
            base_each=str(part.base_each.amount),
            taxes_each=str(part.taxes_each.amount),
        )
        for part in offer.price_parts
    ]


def _read_slice(slice_: Slice) -> SliceRead:
    return SliceRead(
        origin=slice_.origin,
        destination=slice_.destination,
        duration_minutes=int(slice_.duration.total_seconds()) // 60,
        stops=slice_.stops,
        segments=[read_segment(segment) for segment in slice_.segments],
    )


def read_segment(segment: Segment) -> SegmentRead:
    return SegmentRead(
        origin=segment.origin,
        destination=segment.destination,
        departs=_read_time(segment.departs),
        arrives=_read_time(segment.arrives),
        airline_code=segment.carrier,
        flight_number=segment.flight_number,
        operating_airline_code=segment.operating_carrier,
        duration_minutes=int(segment.duration.total_seconds()) // 60,
        travel_class=segment.cabin.upper(),
        technical_stops=list(segment.technical_stops),
        carry_on=segment.carry_on,
        checked=segment.checked,
    )


def _read_time(time: LocalTime) -> AirportTime:
    return AirportTime(at_local=time.at_local.isoformat(), zone=time.zone)
