"""What the booking endpoints take and give, in the field names of the API reference."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from api.schemas.fields import Line, Request, ThreeLetterCode
from api.schemas.flights import SegmentRead, read_segment
from api.schemas.proposals import QuoteHash, WarningRead, describe_warnings
from core.messages import Language, say
from db.models import BookingPassenger, Proposal
from domain.airports import city_airports
from domain.bookings import Phase, PublicStatus
from domain.money import Money
from domain.offers import Slice
from domain.orders import ChangeQuote
from domain.travellers import MAX_TRAVELLERS, TravellerType
from services.bookings.reading import BookingDetail
from services.bookings.terms import SliceChange


class ServiceChoose(Request):
    service_id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    quantity: int = Field(default=1, ge=1, le=9)


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
    services: list[ServiceChoose] = Field(default_factory=list, max_length=100)
    """Seats and bags of the offer's seat map and services, at the prices these have now."""
    total_price: Annotated[str, StringConstraints(max_length=40)] | None = None
    """What the caller agrees to pay for the offer, services not included, in its currency. Best told: without it the
    price counts that the offer had when anybody was last shown it."""

    @model_validator(mode="after")
    def _name_the_party_once(self) -> Self:
        if (self.passenger_id is None) == (self.passenger_ids is None):
            raise ValueError("give either passenger_id or passenger_ids")
        return self

    @property
    def party(self) -> list[UUID]:
        return self.passenger_ids or ([self.passenger_id] if self.passenger_id else [])


class BookingCancel(Request):
    quote_hash: QuoteHash | None = None
    """Of a cancellation quote; without one the booking is given up on the terms of the moment."""
    reason: Annotated[Line, StringConstraints(max_length=500)] | None = None
    """For the caller's own records; not kept."""


class BookingChangeRequest(Request):
    quote_id: UUID
    """Of a change quote."""
    quote_hash: QuoteHash


class ChangeQuery(Request):
    """Another day for a slice, and other places if they are given."""

    departs_on: date
    slice: int = Field(default=0, ge=0, le=9)
    """By its position in the trip."""
    origin: ThreeLetterCode | None = None
    destination: ThreeLetterCode | None = None

    def to_changes(self) -> dict[int, SliceChange]:
        change = SliceChange(
            departs_on=self.departs_on,
            origins=_list_airports(self.origin),
            destinations=_list_airports(self.destination),
        )
        return {self.slice: change}


def _list_airports(code: str | None) -> tuple[str, ...]:
    """Of a city or an airport; the code itself where nobody knows it, for the service to say so."""
    return city_airports(code) or (code,) if code else ()


class CancellationQuoteRead(BaseModel):
    """What giving a booking up brings now. Sent back by its `quote_hash`, or approved as the proposal it is."""

    quote_id: UUID
    quote_hash: str
    booking_id: UUID
    paid: str
    fee: str
    refund: str
    currency: str
    expires_at: datetime
    simulated: bool


class ChangeQuoteRead(BaseModel):
    """A way to fly otherwise. Sent back by its id and hash, or approved as the proposal it is."""

    quote_id: UUID
    quote_hash: str
    new_total: str
    difference: str
    """To pay, the fee included; negative where money comes back."""
    fee: str
    """All that buys no flight, also what the airline keeps where the new flights are cheaper."""
    currency: str
    flights: list[SegmentRead]
    """All of the trip, as it would be."""
    expires_at: datetime
    simulated: bool


class ChangeQuotesRead(BaseModel):
    booking_id: UUID
    options: list[ChangeQuoteRead]
    """Cheapest first; empty where there is no other way."""


class BookedPassengerRead(BaseModel):
    passenger_id: UUID | None
    """Null once the passenger was taken out of the address book."""
    traveller_type: TravellerType
    given_name: str
    family_name: str
    ticket_number: str | None
    """Once there are tickets."""


class BookedServiceRead(BaseModel):
    service_id: str
    quantity: int


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
    """Seats and bags included."""
    currency: str
    amount_due: str | None
    """What is to be paid now, for the booking or for a change of it; null where nothing is."""
    fees_kept: str
    """For changes and for giving it up, beside the price."""
    fare_brand: str
    pay_by: datetime | None
    """When what is due has to be paid by."""
    services: list[BookedServiceRead]
    """Seats and bags."""
    warnings: list[WarningRead]
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
        amount_due=str(detail.amount_due.amount) if detail.amount_due else None,
        fees_kept=str(detail.fees_kept.amount),
        fare_brand=offer.fare_brand,
        pay_by=detail.pay_by,
        services=[BookedServiceRead.model_validate(each) for each in booking.services],
        warnings=describe_warnings(list(detail.warnings), language),
        passengers=[_describe_passenger(each) for each in detail.passengers],
        flights=_read_flights(detail.slices),
        created_at=booking.created_at,
        confirmed_at=booking.confirmed_at,
    )


def describe_cancellation(proposal: Proposal) -> CancellationQuoteRead:
    quote = proposal.quote
    paid, fee, refund = (
        str(Money(amount_minor=quote[name], currency=quote["currency"]).amount)
        for name in ("paid_minor", "fee_minor", "refund_minor")
    )
    return CancellationQuoteRead(
        quote_id=proposal.id,
        quote_hash=proposal.quote_hash,
        booking_id=proposal.subject_id,
        paid=paid,
        fee=fee,
        refund=refund,
        currency=quote["currency"],
        expires_at=proposal.expires_at,
        simulated=quote["simulated"],
    )


def describe_changes(booking_id: UUID, proposals: Sequence[Proposal]) -> ChangeQuotesRead:
    return ChangeQuotesRead(booking_id=booking_id, options=[_describe_change(each) for each in proposals])


def _describe_change(proposal: Proposal) -> ChangeQuoteRead:
    quote = ChangeQuote.model_validate(proposal.quote["change"])
    return ChangeQuoteRead(
        quote_id=proposal.id,
        quote_hash=proposal.quote_hash,
        new_total=str(quote.new_total.amount),
        difference=str(quote.difference.amount),
        fee=str(Money(amount_minor=proposal.quote["fee_minor"], currency=quote.difference.currency).amount),
        currency=quote.difference.currency,
        flights=_read_flights(quote.slices),
        expires_at=proposal.expires_at,
        simulated=proposal.quote["simulated"],
    )


def _read_flights(slices: Sequence[Slice]) -> list[SegmentRead]:
    return [read_segment(segment) for slice_ in slices for segment in slice_.segments]


def _describe_passenger(passenger: BookingPassenger) -> BookedPassengerRead:
    return BookedPassengerRead.model_validate(passenger, from_attributes=True)
