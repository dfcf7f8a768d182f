"""Everything a paper about a booking is written from: one reading for letters, receipts and calendar files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.security import Actor
from db.models import Booking, BookingPassenger, Payment, Proposal, Refund
from db.repositories.bookings import BookingRepository
from db.repositories.payments import PaymentRepository, RefundRepository
from domain.airports import find_airport
from domain.bookings import Phase
from domain.money import Money
from domain.offers import FlightOffer, Segment, Slice
from services.bookings.errors import BookingNotFound
from services.bookings.extras import ChosenService


@dataclass(frozen=True, slots=True)
class BookingFacts:
    booking: Booking
    slices: tuple[Slice, ...]
    """As they are flown now."""
    passengers: tuple[BookingPassenger, ...]
    extras: tuple[ChosenService, ...]
    """Seats and bags, as they were agreed to."""
    payments: tuple[Payment, ...]
    """Money taken, whether it is what the booking was paid with or came too often."""
    refunds: tuple[Refund, ...]

    @property
    def phase(self) -> Phase:
        return cast("Phase", self.booking.phase)

    @property
    def offer(self) -> FlightOffer:
        """As it was agreed."""
        return FlightOffer.model_validate(self.booking.offer)

    @property
    def segments(self) -> tuple[Segment, ...]:
        return tuple(segment for slice_ in self.slices for segment in slice_.segments)

    @property
    def home_zone_segment(self) -> Segment:
        """Where the trip begins: by its clock deadlines are told."""
        return self.slices[0].segments[0]

    @property
    def total(self) -> Money:
        return self.money(self.booking.amount_minor)

    @property
    def paid(self) -> Money:
        """What it was paid with; other money taken is not counted."""
        return self.money(sum(each.amount_minor for each in self.payments if each.is_applied))

    @property
    def refunded(self) -> Money:
        """What comes back of that, or has, because the trip is off; what changes of it gave back is not counted."""
        return self.money(sum(each.amount_minor for each in self._own_refunds() if each.reason != "changed"))

    @property
    def kept(self) -> Money:
        """What does not come back."""
        return self.paid - self.money(sum(each.amount_minor for each in self._own_refunds()))

    @property
    def is_refund_done(self) -> bool:
        return all(each.status == "done" for each in self._own_refunds())

    @property
    def is_simulated(self) -> bool:
        """No real seat, or no real money, stands behind it."""
        return self.offer.simulated or any(each.simulated for each in self.payments)

    def money(self, amount_minor: int) -> Money:
        return Money(amount_minor=amount_minor, currency=self.booking.currency)

    def _own_refunds(self) -> Iterable[Refund]:
        applied = {each.id for each in self.payments if each.is_applied}
        return [each for each in self.refunds if each.payment_id in applied]


async def read_own_facts(session: AsyncSession, actor: Actor, booking_id: UUID) -> BookingFacts:
    """Of a booking of the caller's; raises BookingNotFound."""
    actor.require_user()
    booking = await BookingRepository(session).find_readable(actor, booking_id)
    if booking is None:
        raise BookingNotFound
    return await read_facts(session, booking)


async def read_facts(session: AsyncSession, booking: Booking) -> BookingFacts:
    bookings = BookingRepository(session)
    items = await bookings.list_items([booking.id])
    # the gateways' answers in the order they came
    payments = [each for each in await PaymentRepository(session).list_for(booking.id) if each.status == "captured"]
    payments.sort(key=lambda each: (each.paid_at or each.created_at, each.id))
    consent = await session.get_one(Proposal, booking.proposal_id)
    return BookingFacts(
        booking=booking,
        slices=tuple(Slice.model_validate(item.payload) for item in items if item.kind == "flight_slice"),
        passengers=tuple(await bookings.list_passengers([booking.id])),
        extras=tuple(ChosenService.model_validate(each) for each in consent.quote.get("services", ())),
        payments=tuple(payments),
        refunds=tuple(await RefundRepository(session).list_for([payment.id for payment in payments])),
    )


def crosses_border(slice_: Slice) -> bool:
    """Whether a slice leaves the country it begins in."""
    airports = [find_airport(code) for segment in slice_.segments for code in (segment.origin, segment.destination)]
    return len({airport.country for airport in airports if airport is not None}) > 1
