"""A booking's first rows: what was agreed to, sealed where it has to be, and everything else follows from them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.ids import new_id
from core.security import Keys
from db.hints import hint
from db.models import Booking, BookingPassenger, BookingTransition, Offer, User
from db.repositories.bookings import BookingRepository
from domain.bookings import Phase
from domain.money import Money
from domain.offers import BookingFlow, FlightOffer
from domain.orders import ServiceChoice
from services.bookings.party import Member, find_contact

ADVANCE_TASK = "advance_booking"
INSTANT_LIFE = timedelta(minutes=20)
"""For paying what no carrier holds, or holds without saying until when."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What somebody said yes to."""

    proposal_id: UUID
    offer: FlightOffer
    flow: BookingFlow
    services: tuple[ServiceChoice, ...]
    total: Money
    """The offer and every service."""


async def write_booking(
    session: AsyncSession,
    keys: Keys,
    *,
    booking_id: UUID,
    user: User,
    row: Offer,
    agreed: Agreement,
    members: Sequence[Member],
) -> None:
    """Raises ContactMissing, and IntegrityError where these travellers have the offer booked."""
    phase: Phase = "holding" if agreed.flow == "hold" else "paying"
    contact = find_contact(user, members).model_dump_json()
    pay_by = None if agreed.flow == "hold" else min(agreed.offer.expires_at, clock.now() + INSTANT_LIFE)
    session.add(
        Booking(
            id=booking_id,
            user_id=user.id,
            offer_id=row.id,
            quote_key=make_quote_key(user.id, row.id, [member.passenger.id for member in members]),
            proposal_id=agreed.proposal_id,
            flow=agreed.flow,
            phase=phase,
            provider=agreed.offer.provider,
            reference=f"TA-{booking_id.hex}",
            amount_minor=agreed.total.amount_minor,
            currency=agreed.total.currency,
            offer=row.payload,
            services=[each.model_dump(mode="json") for each in agreed.services],
            raw=row.raw,
            contact=keys.vault.seal(contact, table="bookings", column="contact", row_id=booking_id),
            pay_by=pay_by,
            lease_until=clock.lease_now(),
            due_at=clock.now(),
        )
    )
    await session.flush()
    BookingRepository(session).add_slices(booking_id, agreed.offer.slices)
    session.add_all(_make_passenger(keys, booking_id, position, member) for position, member in enumerate(members))
    session.add(
        BookingTransition(
            booking_id=booking_id,
            phase_before=None,
            phase_after=phase,
            actor="user",
            reason=None,
            proposal_id=agreed.proposal_id,
        )
    )
    if phase == "holding":
        await hint(session, ADVANCE_TASK, booking_id=booking_id)


def make_quote_key(user_id: UUID, offer_id: UUID, passenger_ids: Sequence[UUID]) -> str:
    """The same for the same user, offer and travellers: at most one booking of it is live."""
    party = ",".join(sorted(str(each) for each in passenger_ids))
    return hashlib.sha256(f"{user_id}|{offer_id}|{party}".encode()).hexdigest()


def _make_passenger(keys: Keys, booking_id: UUID, position: int, member: Member) -> BookingPassenger:
    row_id = new_id()
    traveller = member.traveller
    details = traveller.model_dump(mode="json")
    if traveller.document is not None:
        details["document"]["number"] = traveller.document.number.get_secret_value()
    return BookingPassenger(
        id=row_id,
        booking_id=booking_id,
        passenger_id=member.passenger.id,
        position=position,
        traveller_type=traveller.traveller_type,
        given_name=traveller.given_name,
        family_name=traveller.family_name,
        details=keys.vault.seal(json.dumps(details), table="booking_passengers", column="details", row_id=row_id),
    )
