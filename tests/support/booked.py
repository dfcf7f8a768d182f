"""Bookings as rows, wherever in their life a test wants them, and the money that was paid for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from core.clock import clock
from core.ids import new_id
from core.messages import Language
from core.security import ACCOUNT_SCOPE, Actor
from db.models import (
    Booking,
    BookingPassenger,
    NotificationLog,
    Payment,
    Proposal,
    Refund,
    User,
    UserPreference,
)
from db.repositories.bookings import BookingRepository
from db.session import Transactions
from domain.bookings import Phase
from domain.money import Money
from domain.offers import FlightOffer, LocalTime, Slice
from domain.payments import RefundReason, RefundStatus
from services.bookings.announcements import announce
from services.bookings.extras import ChosenService
from services.bookings.facts import BookingFacts, read_facts
from tests.support.offers import ONE_BAG, make_offer, make_slice

EMAIL = "lan@example.com"
PRICE = 1_890_000


@dataclass(frozen=True, slots=True)
class Booked:
    """A user's booking."""

    transactions: Transactions
    user_id: UUID
    id: UUID

    @property
    def actor(self) -> Actor:
        return Actor(kind="user", user_id=self.user_id, scopes=frozenset({ACCOUNT_SCOPE}))

    async def move(self, after: Phase, reason: str | None = None, **values: Any) -> None:
        """As a worker does who has just claimed it."""
        async with self.transactions() as session:
            booking = await session.get_one(Booking, self.id)
            session.expunge(booking)
            changed = {"phase": after, "reason": reason, "token": Booking.token + 1, **values}
            await session.execute(update(Booking).where(Booking.id == self.id).values(**changed))
            await announce(session, booking, after, reason)

    async def set(self, **values: Any) -> None:
        async with self.transactions() as session:
            await session.execute(update(Booking).where(Booking.id == self.id).values(**values))

    async def fly(self, *slices: Slice) -> None:
        """Have other slices flown from now on, in place of those there are."""
        async with self.transactions() as session:
            await BookingRepository(session).replace_slices(self.id, slices)

    async def pay(self, amount: int = PRICE, *, is_applied: bool = True) -> UUID:
        async with self.transactions() as session:
            payment = Payment(
                user_id=self.user_id,
                subject_type="booking",
                subject_id=self.id,
                provider="vnpay",
                reference=new_id().hex,
                amount_minor=amount,
                currency="VND",
                status="captured",
                is_applied=is_applied,
                client_address="127.0.0.1",
                language="vi",
                simulated=True,
                lease_until=clock.now(),
                due_at=clock.now(),
                expires_at=clock.now(),
                paid_at=clock.now(),
            )
            session.add(payment)
            await session.flush()
            return payment.id

    async def give_back(
        self, payment_id: UUID, amount: int, status: RefundStatus = "due", reason: RefundReason = "cancelled"
    ) -> UUID:
        async with self.transactions() as session:
            refund = Refund(
                payment_id=payment_id,
                reference=new_id().hex,
                amount_minor=amount,
                currency="VND",
                reason=reason,
                status=status,
                lease_until=clock.now(),
                due_at=clock.now(),
                done_at=clock.now() if status == "done" else None,
            )
            session.add(refund)
            await session.flush()
            return refund.id

    async def read_facts(self) -> BookingFacts:
        async with self.transactions() as session:
            return await read_facts(session, await session.get_one(Booking, self.id))

    async def list_letters(self) -> list[NotificationLog]:
        """Of its user, in the order they are due."""
        async with self.transactions() as session:
            rows = select(NotificationLog).where(NotificationLog.user_id == self.user_id)
            return list(await session.scalars(rows.order_by(NotificationLog.due_at, NotificationLog.id)))


async def put_booking(
    transactions: Transactions,
    phase: Phase = "held",
    *slices: Slice,
    language: Language | None = "vi",
    is_verified: bool = True,
    extras: tuple[ChosenService, ...] = (),
    email: str = EMAIL,
    **values: Any,
) -> Booked:
    """A booking for two, whose user has set a language unless it is None."""
    offer = make_offer(PRICE, *(slices or (make_slice(bag=True),)), brand="Eco")
    booking = make_booking(offer, phase, extras, **values)
    async with transactions() as session:
        user = User(email=email, email_verified_at=clock.now() if is_verified else None)
        session.add(user)
        await session.flush()
        if language:
            session.add(UserPreference(user_id=user.id, locale=language))
        consent = Proposal(
            id=booking.proposal_id,
            user_id=user.id,
            action="book",
            subject_id=booking.offer_id,
            quote={"services": [each.model_dump(mode="json") for each in extras]},
            quote_hash=booking.quote_key,
            status="approved",
            channel="api",
            expires_at=clock.now(),
        )
        booking.user_id = user.id
        session.add(consent)
        await session.flush()
        session.add(booking)
        await session.flush()
        BookingRepository(session).add_slices(booking.id, offer.slices)
        session.add_all(_make_people(booking.id))
        return Booked(transactions, user.id, booking.id)


def make_booking(offer: FlightOffer, phase: Phase, extras: tuple[ChosenService, ...], **values: Any) -> Booking:
    return Booking(
        **{
            "id": new_id(),
            "offer_id": new_id(),
            "proposal_id": new_id(),
            "quote_key": new_id().hex,
            "flow": "hold",
            "phase": phase,
            "provider": offer.provider,
            "reference": f"TA-{new_id().hex}",
            "booking_reference": "ABC123",
            "amount_minor": offer.total.amount_minor + sum(each.price.amount_minor for each in extras),
            "currency": "VND",
            "offer": offer.model_dump(mode="json"),
            "raw": {},
            "contact": "sealed",
            "pay_by": clock.now() + timedelta(hours=6),
            "lease_until": clock.now(),
            "due_at": clock.now(),
        }
        | values
    )


def _make_people(booking_id: UUID) -> list[BookingPassenger]:
    return [
        BookingPassenger(
            booking_id=booking_id,
            position=position,
            traveller_type=kind,
            given_name=given,
            family_name="NGUYEN",
            details="sealed",
            ticket_number=f"738-240000000{position}",
        )
        for position, (given, kind) in enumerate((("THI LAN", "adult"), ("MINH", "child")))
    ]


def make_london_slice(departs: datetime) -> Slice:
    """Hà Nội to London by way of Bangkok, with three clocks; `departs` is naive, in Hà Nội."""
    like = make_slice().segments[0].model_copy(update={"checked": ONE_BAG})
    legs = (
        ("HAN", "Asia/Ho_Chi_Minh", departs, "BKK", "Asia/Bangkok", departs + timedelta(hours=2)),
        ("BKK", "Asia/Bangkok", departs + timedelta(hours=5), "LHR", "Europe/London", departs + timedelta(hours=11)),
    )
    return Slice(
        segments=tuple(
            like.model_copy(
                update={
                    "origin": origin,
                    "destination": destination,
                    "departs": LocalTime(at_local=leaves, zone=zone),
                    "arrives": LocalTime(at_local=lands, zone=landing_zone),
                    "carrier": "TG",
                    "flight_number": str(560 + place),
                }
            )
            for place, (origin, zone, leaves, destination, landing_zone, lands) in enumerate(legs)
        )
    )


def make_extra(
    kind: str = "seat", *, price: int = 90_000, traveller: int = 0, seat: str | None = "VN100 12A"
) -> ChosenService:
    return ChosenService.model_validate(
        {
            "service_id": new_id().hex,
            "quantity": 1,
            "kind": kind,
            "traveller": traveller,
            "slices": (0,),
            "seat": seat,
            "each": Money(amount_minor=price, currency="VND"),
        }
    )
