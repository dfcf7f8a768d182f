"""What users booked: where it stands, what is in it, who travels, and every move and call it took."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CreatedAt, PrimaryKey, SealedText, UpdatedAt, one_of
from domain.bookings import OVER, PHASES, UNPAID, WORKED_ON
from domain.offers import BookingFlow

CallStep = Literal["hold", "release", "buy", "cancel", "change"]
CallState = Literal["calling", "done", "refused", "orphaned"]
"""calling: sent, or about to be; whether it arrived is not known until an answer or a look-up tells. orphaned: it
counted as never made, and had its effect after all, or may have: somebody has to look at the provider."""
ChangeStatus = Literal["agreed", "under_way", "done", "failed"]
"""agreed: waits for its money; under_way: the airline is being asked, and the booking is `changing`."""


LIVE_QUOTE_INDEX = "uq_bookings_live_quote_key"


class Booking(Base):
    """A purchase, under way or made. Ends with its user; its phase moves as domain/bookings.py allows."""

    __tablename__ = "bookings"
    __table_args__ = (
        CheckConstraint(one_of("phase", PHASES), name="phase"),
        CheckConstraint(one_of("flow", get_args(BookingFlow)), name="flow"),
        Index(
            LIVE_QUOTE_INDEX,
            "quote_key",
            unique=True,
            postgresql_where=text(f"NOT {one_of('phase', OVER)}"),
        ),
        Index(None, "user_id", "created_at"),
        Index("ix_bookings_due_at", "due_at", postgresql_where=text(one_of("phase", (*WORKED_ON, *UNPAID)))),
        Index("ix_bookings_pay_by", "pay_by", postgresql_where=text(one_of("phase", UNPAID))),
    )

    id: Mapped[PrimaryKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    offer_id: Mapped[UUID]
    """Of the offer as it was found; the row may be gone."""
    quote_key: Mapped[str]
    """SHA-256 of user, offer and travellers: one live booking for each."""
    proposal_id: Mapped[UUID] = mapped_column(ForeignKey("proposals.id"))
    """The consent it rests on."""
    flow: Mapped[str]
    """`hold`: seats first, money next; `instant`: the carrier wants the money first."""
    phase: Mapped[str]
    reason: Mapped[str | None]
    """Why it failed, ended or needs a look: a code with words under bookings.reason."""
    provider: Mapped[str]
    reference: Mapped[str] = mapped_column(unique=True)
    """Ours at the provider."""
    provider_order_id: Mapped[str | None] = mapped_column(index=True)
    booking_reference: Mapped[str | None]
    """The airline's PNR."""
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    """What the trip costs as it now is, seats and bags included; grows and shrinks with changes."""
    currency: Mapped[str]
    fees_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    """What was kept for changing and giving up, beside `amount_minor`."""
    agreed_refund_minor: Mapped[int | None] = mapped_column(BigInteger)
    """What its owner was promised back when they gave it up."""
    offer: Mapped[dict[str, Any]]
    """A domain.offers.FlightOffer at the price agreed; what is flown now stands in the items."""
    services: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """domain.orders.ServiceChoice: seats and bags bought with it."""
    raw: Mapped[dict[str, Any]]
    """The provider's own words for it."""
    contact: Mapped[SealedText]
    """JSON of a domain.orders.Contact."""
    pay_by: Mapped[datetime | None]
    """When it ends unless its price is paid."""
    token: Mapped[int] = mapped_column(default=0)
    """Grows with each claim; a worker with an older one may no longer write."""
    attempts: Mapped[int] = mapped_column(default=0)
    """Of the step under way."""
    lease_until: Mapped[datetime]
    due_at: Mapped[datetime]
    """When somebody should look at it again."""
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]
    confirmed_at: Mapped[datetime | None]


class BookingItem(Base):
    """A thing booked: a slice of flights today; other kinds have their own."""

    __tablename__ = "booking_items"
    __table_args__ = (UniqueConstraint("booking_id", "position"),)

    id: Mapped[PrimaryKey]
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id", ondelete="CASCADE"))
    position: Mapped[int]
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]
    """A domain.offers.Slice for kind `flight_slice`."""
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class BookingPassenger(Base):
    """A traveller as the ticket names them, whatever their entry in the address book says later."""

    __tablename__ = "booking_passengers"
    __table_args__ = (UniqueConstraint("booking_id", "position"),)

    id: Mapped[PrimaryKey]
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id", ondelete="CASCADE"))
    passenger_id: Mapped[UUID | None] = mapped_column(ForeignKey("passengers.id", ondelete="SET NULL"), index=True)
    position: Mapped[int]
    traveller_type: Mapped[str]
    given_name: Mapped[str]
    family_name: Mapped[str]
    details: Mapped[SealedText]
    """JSON of a domain.orders.OrderTraveller: birth date and document."""
    ticket_number: Mapped[str | None]
    created_at: Mapped[CreatedAt]


class BookingTransition(Base):
    """A move of a booking. Rows are only ever added."""

    __tablename__ = "booking_transitions"
    __table_args__ = (Index(None, "booking_id", "created_at"),)

    id: Mapped[PrimaryKey]
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id", ondelete="CASCADE"))
    phase_before: Mapped[str | None]
    phase_after: Mapped[str]
    actor: Mapped[str]
    """`user`, `provider` (an airline by itself), `gateway` (a payment), `operator` (a person of ours) or `system`."""
    reason: Mapped[str | None]
    proposal_id: Mapped[UUID | None] = mapped_column(ForeignKey("proposals.id"))
    """The consent, where the move rests on one."""
    created_at: Mapped[CreatedAt]


class BookingCall(Base):
    """A call with an effect, written down before it is made, so that a crash leaves no doubt that it may have been."""

    __tablename__ = "booking_calls"
    __table_args__ = (
        CheckConstraint(one_of("step", get_args(CallStep)), name="step"),
        CheckConstraint(one_of("state", get_args(CallState)), name="state"),
        Index("uq_booking_calls_open", "booking_id", unique=True, postgresql_where=text("state = 'calling'")),
        Index(None, "booking_id"),
    )

    id: Mapped[PrimaryKey]
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id", ondelete="CASCADE"))
    step: Mapped[str]
    state: Mapped[str] = mapped_column(default="calling")
    outcome: Mapped[str | None]
    """The port's word for how it ended."""
    created_at: Mapped[CreatedAt]
    ended_at: Mapped[datetime | None]


class BookingChange(Base):
    """Another way to fly that the owner agreed to. One at a time for each booking."""

    __tablename__ = "booking_changes"
    __table_args__ = (
        CheckConstraint(one_of("status", get_args(ChangeStatus)), name="status"),
        Index(
            "uq_booking_changes_open",
            "booking_id",
            unique=True,
            postgresql_where=text("status IN ('agreed', 'under_way')"),
        ),
        Index(None, "booking_id"),
    )

    id: Mapped[PrimaryKey]
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id", ondelete="CASCADE"))
    proposal_id: Mapped[UUID] = mapped_column(ForeignKey("proposals.id"))
    status: Mapped[str] = mapped_column(default="agreed")
    quote: Mapped[dict[str, Any]]
    """A domain.orders.ChangeQuote."""
    difference_minor: Mapped[int] = mapped_column(BigInteger)
    """To pay, the fee included; negative where money comes back."""
    fee_minor: Mapped[int] = mapped_column(BigInteger)
    """What of the old price and of the difference buys no flight."""
    currency: Mapped[str]
    expires_at: Mapped[datetime]
    """Unless it is paid by then."""
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]
