"""Bookings as rows, put into any phase with what belongs to it there: an order at the airline, money that was taken."""

from __future__ import annotations

import json
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from core.clock import clock
from core.ids import new_id
from core.security import ACCOUNT_SCOPE, Actor, Keys
from db.models import (
    Booking,
    BookingCall,
    BookingChange,
    BookingPassenger,
    BookingTransition,
    Payment,
    Proposal,
    Refund,
    User,
)
from db.repositories.bookings import BookingRepository
from db.session import Transactions
from domain.bookings import FLOWN, UNPAID, Phase
from domain.offers import BookingFlow, FlightOffer
from domain.orders import ChangeQuote, Contact, Order, OrderTraveller, Purchase
from domain.payments import PaymentSubject
from providers.flights.base import FoundOffer
from services.bookings.advance import advance_due
from services.bookings.work import BookingParts
from services.flights.market import Market
from tests.support.airline import HOLD, Airline
from tests.support.offers import make_offer

PRICE = 1_890_000
CONTACT = Contact(email="lan@example.com", phone="+84901234567")
TRAVELLER = OrderTraveller(
    traveller_type="adult", given_name="LAN", family_name="NGUYEN", gender="female", born_on=date(1990, 5, 17)
)


class Trips:
    """A user, an airline, and the bookings between them."""

    def __init__(self, transactions: Transactions, keys: Keys, airline: Airline) -> None:
        self.transactions, self.keys, self.airline = transactions, keys, airline
        self.parts = BookingParts(transactions, Market((airline,)), keys)
        self.user_id = new_id()
        self.agreed: set[UUID] = set()
        """The proposals that were said yes to."""
        self.payments: list[Payment] = []
        """What was taken."""

    @property
    def actor(self) -> Actor:
        return Actor(kind="user", user_id=self.user_id, scopes=frozenset({ACCOUNT_SCOPE}))

    async def move_in(self) -> None:
        async with self.transactions() as session:
            session.add(User(id=self.user_id, email=f"{self.user_id.hex}@example.com", phone="+84901234567"))

    async def add(self, phase: Phase, *, flow: BookingFlow = "hold", offer: FlightOffer | None = None) -> UUID:
        """A booking of one adult; one that is no longer being held has its order, one that is paid for its money."""
        booking_id = new_id()
        agreed = offer or make_offer(PRICE, name=booking_id.hex)
        order = None
        if phase not in ("holding", "paying") and flow == "hold":
            order = await self._order(booking_id, agreed, is_paid=phase in (*FLOWN, "ticketing"))
        async with self.transactions() as session:
            session.add(consent := self._consent(booking_id))
            await session.flush()
            session.add(self._booking(booking_id, consent, agreed, phase, flow, order))
            await session.flush()
            session.add(self._passenger(booking_id))
            BookingRepository(session).add_slices(booking_id, agreed.slices)
            session.add(BookingTransition(booking_id=booking_id, phase_before=None, phase_after=phase, actor="system"))
            if phase not in (*UNPAID, "holding", "releasing"):
                session.add(self._payment("booking", booking_id, PRICE))
        return booking_id

    async def add_change(self, booking_id: UUID, quote: ChangeQuote) -> UUID:
        """A change agreed to and paid for, so that the airline is to be asked."""
        change_id = new_id()
        difference = quote.difference.amount_minor
        async with self.transactions() as session:
            session.add(consent := self._consent(booking_id, "change"))
            await session.flush()
            session.add(
                BookingChange(
                    id=change_id,
                    booking_id=booking_id,
                    proposal_id=consent.id,
                    status="under_way",
                    quote=quote.model_dump(mode="json"),
                    difference_minor=difference,
                    fee_minor=quote.fee.amount_minor,
                    currency=quote.fee.currency,
                    expires_at=quote.expires_at,
                )
            )
        if difference > 0:
            await self.take_money("booking_change", change_id, difference)
        return change_id

    async def take_money(self, subject: PaymentSubject, subject_id: UUID, amount_minor: int) -> None:
        """Money that was taken and is what its subject was paid with."""
        async with self.transactions() as session:
            session.add(self._payment(subject, subject_id, amount_minor))

    async def advance(self, *, after: timedelta = timedelta()) -> None:
        """Look at everything that is due some time from now."""
        with clock.frozen(clock.now() + after):
            await advance_due(self.parts)

    async def advance_for(self, hours: float) -> None:
        """Look at what is due as often as it becomes due."""
        minutes = 0
        while minutes <= hours * 60:
            await self.advance(after=timedelta(minutes=minutes))
            minutes += 5

    async def read(self, booking_id: UUID) -> Booking:
        async with self.transactions() as session:
            found = await session.get(Booking, booking_id)
        assert found
        return found

    async def calls(self, booking_id: UUID) -> list[tuple[str, str, str | None]]:
        async with self.transactions() as session:
            found = await session.scalars(
                select(BookingCall).where(BookingCall.booking_id == booking_id).order_by(BookingCall.created_at)
            )
            return [(call.step, call.state, call.outcome) for call in found]

    async def moves(self, booking_id: UUID) -> list[tuple[str | None, str]]:
        async with self.transactions() as session:
            found = await session.scalars(
                select(BookingTransition)
                .where(BookingTransition.booking_id == booking_id)
                .order_by(BookingTransition.created_at, BookingTransition.id)
            )
            return [(each.phase_before, each.phase_after) for each in found]

    async def owed(self) -> list[tuple[int, str]]:
        """What is to be given back, and why."""
        async with self.transactions() as session:
            found = await session.scalars(select(Refund).order_by(Refund.amount_minor))
            return [(each.amount_minor, each.reason) for each in found]

    async def _order(self, booking_id: UUID, agreed: FlightOffer, *, is_paid: bool) -> Order:
        purchase = Purchase(
            reference=_reference(booking_id), flow="hold", travellers=(TRAVELLER,), contact=CONTACT, total=agreed.total
        )
        order = await self.airline.book(FoundOffer(agreed, {}), purchase)
        if is_paid:
            order = await self.airline.pay(order.provider_order_id or "", agreed.total)
        self.airline.calls.asked.clear()
        self.airline.calls.done.clear()
        return order

    def _payment(self, subject: PaymentSubject, subject_id: UUID, amount_minor: int) -> Payment:
        payment_id = new_id()
        payment = Payment(
            id=payment_id,
            user_id=self.user_id,
            subject_type=subject,
            subject_id=subject_id,
            provider="vnpay",
            reference=payment_id.hex,
            amount_minor=amount_minor,
            currency="VND",
            status="captured",
            is_applied=True,
            external_id=payment_id.hex[:8],
            client_address="127.0.0.1",
            language="vi",
            simulated=True,
            lease_until=clock.lease_now(),
            due_at=clock.now(),
            expires_at=clock.now() + HOLD,
            paid_at=clock.now(),
            created_at=clock.now(),
        )
        self.payments.append(payment)
        return payment

    def _consent(self, booking_id: UUID, action: str = "book") -> Proposal:
        proposal_id = new_id()
        self.agreed.add(proposal_id)
        return Proposal(
            id=proposal_id,
            user_id=self.user_id,
            action=action,
            subject_id=booking_id,
            quote={"amount_minor": PRICE},
            quote_hash=new_id().hex,
            status="approved",
            channel="api",
            booking_id=booking_id,
            expires_at=clock.now() + HOLD,
            decided_at=clock.now(),
        )

    def _booking(
        self,
        booking_id: UUID,
        consent: Proposal,
        agreed: FlightOffer,
        phase: Phase,
        flow: BookingFlow,
        order: Order | None,
    ) -> Booking:
        contact = CONTACT.model_dump_json()
        return Booking(
            id=booking_id,
            user_id=self.user_id,
            offer_id=new_id(),
            quote_key=booking_id.hex,
            proposal_id=consent.id,
            flow=flow,
            phase=phase,
            provider=self.airline.name,
            reference=_reference(booking_id),
            provider_order_id=order.provider_order_id if order else None,
            booking_reference=order.record_locator if order else None,
            amount_minor=agreed.total.amount_minor,
            currency=agreed.total.currency,
            agreed_refund_minor=PRICE * 80 // 100 if phase == "cancelling" else None,
            offer=agreed.model_dump(mode="json"),
            raw={},
            contact=self.keys.vault.seal(contact, table="bookings", column="contact", row_id=booking_id),
            pay_by=None if phase == "holding" else clock.now() + HOLD,
            lease_until=clock.lease_now(),
            due_at=clock.now(),
        )

    def _passenger(self, booking_id: UUID) -> BookingPassenger:
        row_id = new_id()
        details = json.dumps(TRAVELLER.model_dump(mode="json"))
        return BookingPassenger(
            id=row_id,
            booking_id=booking_id,
            position=0,
            traveller_type="adult",
            given_name=TRAVELLER.given_name,
            family_name=TRAVELLER.family_name,
            details=self.keys.vault.seal(details, table="booking_passengers", column="details", row_id=row_id),
        )


def _reference(booking_id: UUID) -> str:
    return f"TA-{booking_id.hex}"
