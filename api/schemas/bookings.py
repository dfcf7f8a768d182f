"""What the booking endpoints take and give, in the field names of the API reference."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from api.schemas.fields import Line, Request
from api.schemas.flights import SegmentRead, read_segment
from core.messages import Language, say
from db.models import BookingPassenger
from domain.bookings import Phase, PublicStatus
from domain.travellers import MAX_TRAVELLERS, TravellerType
from services.bookings.reading import BookingDetail


class BookingCreate(Request):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "passenger_id": "01a1fe22-d7e5-7473-a32c-7c8fa14c844b",
                    "offer_id": "01a1fe22-d7e5-7473-a32c-7c8fa14c844c",
                }
            ]
        }
    )

    offer_id: UUID
    """Of a search; booked at the price it was last shown at."""
    passenger_id: UUID | None = None
    passenger_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=MAX_TRAVELLERS)
    """In place of `passenger_id`, for a party."""

    @model_validator(mode="after")
    def _name_the_party_once(self) -> Self:
        if (self.passenger_id is None) == (self.passenger_ids is None):
            raise ValueError("give either passenger_id or passenger_ids")
        return self

    @property
    def party(self) -> list[UUID]:
        return self.passenger_ids or ([self.passenger_id] if self.passenger_id else [])


class BookingCancel(Request):
    reason: Annotated[Line, StringConstraints(max_length=500)] | None = None
    """For the caller's own records; not kept."""


class BookedPassengerRead(BaseModel):
    passenger_id: UUID | None
    """Null once the passenger was taken out of the address book."""
    traveller_type: TravellerType
    given_name: str
    family_name: str


class BookingRead(BaseModel):
    """A booking. `id` and `booking_id` are the same, as are `passenger_id` and the first of `passengers`."""

    id: UUID
    booking_id: UUID
    user_id: UUID
    passenger_id: UUID | None
    offer_id: UUID
    status: PublicStatus
    phase: Phase
    reason: str | None
    """Why it failed or ended, in the caller's language."""
    provider: str
    simulated: bool
    """No real seat stands behind it."""
    booking_reference: str | None
    """The airline's PNR, once it has one."""
    total_price: str
    currency: str
    fare_brand: str
    pay_by: datetime | None
    """When a hold that nobody paid for ends."""
    passengers: list[BookedPassengerRead]
    flights: list[SegmentRead]
    created_at: datetime
    confirmed_at: datetime | None


def describe_booking(detail: BookingDetail, language: Language) -> BookingRead:
    booking, offer = detail.booking, detail.offer
    return BookingRead(
        id=booking.id,
        booking_id=booking.id,
        user_id=booking.user_id,
        passenger_id=detail.passengers[0].passenger_id,
        offer_id=booking.offer_id,
        status=detail.status,
        phase=detail.phase,
        reason=say(f"bookings.reason.{booking.reason}", language) if booking.reason else None,
        provider=booking.provider,
        simulated=offer.simulated,
        booking_reference=booking.booking_reference,
        total_price=str(detail.total.amount),
        currency=booking.currency,
        fare_brand=offer.fare_brand,
        pay_by=booking.pay_by,
        passengers=[_describe_passenger(each) for each in detail.passengers],
        flights=[read_segment(segment) for slice_ in offer.slices for segment in slice_.segments],
        created_at=booking.created_at,
        confirmed_at=booking.confirmed_at,
    )


def _describe_passenger(passenger: BookingPassenger) -> BookedPassengerRead:
    return BookedPassengerRead.model_validate(passenger, from_attributes=True)
