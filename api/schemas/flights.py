"""What the flight endpoints take and give, in the field names of the API reference."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from api.schemas.fields import Request, ThreeLetterCode, to_lower
from domain.airports import city_airports
from domain.offers import Baggage, CabinClass, FlightQuery, LocalTime, Segment, Slice, SliceQuery
from domain.travellers import TravellerCounts
from services.flights.selection import StoredOffer

TravelClass = Annotated[CabinClass, BeforeValidator(to_lower)]


class FlightSearchRequest(Request):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"origin": "HAN", "destination": "DAD", "depart_date": "2026-12-20", "adults": 2},
                {
                    "origin": "SGN",
                    "destination": "BKK",
                    "depart_date": "2026-12-20",
                    "return_date": "2026-12-27",
                    "travel_class": "BUSINESS",
                    "currency": "USD",
                },
            ]
        }
    )

    origin: ThreeLetterCode
    """IATA, of an airport or of a city with several."""
    destination: ThreeLetterCode
    depart_date: date
    return_date: date | None = None
    adults: int = Field(default=1, ge=0, le=99)
    children: int = Field(default=0, ge=0, le=99)
    infants: int = Field(default=0, ge=0, le=99)
    travel_class: TravelClass = "economy"
    currency: ThreeLetterCode = "VND"

    def to_query(self) -> FlightQuery:
        """The search in our own words; a code nobody knows stays as it is, for the rules to refuse."""
        there, back = (city_airports(code) or (code,) for code in (self.origin, self.destination))
        slices = [SliceQuery(origins=there, destinations=back, departs_on=self.depart_date)]
        if self.return_date is not None:
            slices.append(SliceQuery(origins=back, destinations=there, departs_on=self.return_date))
        return FlightQuery(
            slices=tuple(slices),
            travellers=TravellerCounts(adults=self.adults, children=self.children, infants=self.infants),
            cabin=self.travel_class,
            currency=self.currency,
        )


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
    operating_airline_code: str
    duration_minutes: int
    travel_class: str
    carry_on: Baggage
    checked: Baggage


class SliceRead(BaseModel):
    origin: str
    destination: str
    duration_minutes: int
    stops: int
    segments: list[SegmentRead]


class FlightOfferRead(BaseModel):
    """An offer. `duration_minutes` and `stops` are sums over the slices, which have their own."""

    offer_id: UUID
    total_price: str
    """For all travellers, taxes included; a decimal."""
    currency: str
    duration_minutes: int
    stops: int
    fare_brand: str
    travel_class: str
    seats_left: int | None
    expires_at: datetime
    simulated: bool
    """No real seat stands behind it."""
    slices: list[SliceRead]
    segments: list[SegmentRead]
    """Of all slices, in order."""


class FlightSearchResponse(BaseModel):
    offers: list[FlightOfferRead]
    search_id: UUID | None
    """The search in the user's history; null for a visitor, who has none."""


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


def read_offer(stored: StoredOffer) -> FlightOfferRead:
    offer = stored.offer
    slices = [_read_slice(slice_) for slice_ in offer.slices]
    return FlightOfferRead(
        offer_id=stored.id,
        total_price=str(offer.total.amount),
        currency=offer.total.currency,
        duration_minutes=sum(slice_.duration_minutes for slice_ in slices),
        stops=offer.stops,
        fare_brand=offer.fare_brand,
        travel_class=offer.cabin.upper(),
        seats_left=offer.seats_left,
        expires_at=offer.expires_at,
        simulated=offer.simulated,
        slices=slices,
        segments=[segment for slice_ in slices for segment in slice_.segments],
    )


def _read_slice(slice_: Slice) -> SliceRead:
    return SliceRead(
        origin=slice_.origin,
        destination=slice_.destination,
        duration_minutes=int(slice_.duration.total_seconds()) // 60,
        stops=slice_.stops,
        segments=[_read_segment(segment) for segment in slice_.segments],
    )


def _read_segment(segment: Segment) -> SegmentRead:
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
        carry_on=segment.carry_on,
        checked=segment.checked,
    )


def _read_time(time: LocalTime) -> AirportTime:
    return AirportTime(at_local=time.at_local.isoformat(), zone=time.zone)
