"""Making a booking: what was agreed becomes rows, and everything else follows from them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.ids import new_id
from core.security import Actor, Keys
from db.hints import hint
from db.models import Booking, BookingItem, BookingPassenger, BookingTransition, Offer, Proposal, User
from db.repositories.bookings import BookingRepository
from db.repositories.offers import OfferRepository
from db.session import Transactions
from domain.offers import FlightOffer
from services.accounts.sessions import get_account
from services.bookings.errors import AlreadyBooked, NoHold, PriceChanged
from services.bookings.party import Member, find_contact, gather_party
from services.flights.errors import FlightsUnreachable, OfferNotFound
from services.flights.market import Market
from services.flights.offers import refresh_offer
from services.flights.selection import StoredOffer

ADVANCE_TASK = "advance_booking"


async def create_booking(
    transactions: Transactions,
    market: Market,
    actor: Actor,
    keys: Keys,
    *,
    booking_id: UUID,
    offer_id: UUID,
    passenger_ids: Sequence[UUID],
) -> UUID:
    """Book an offer for passengers of the caller's at the price it was last shown at, holding its seats.

    Asked again with the same `booking_id` it is the same booking. Raises what keeps the offer from being priced
    (OfferNotFound, OfferExpired, OfferSoldOut, FlightsUnreachable), PriceChanged, NoHold, AlreadyBooked, and what
    `party` finds.
    """
    user_id = actor.require_user()
    async with transactions() as session:
        if await BookingRepository(session).find_readable(actor, booking_id) is not None:
            return booking_id
    fresh = await refresh_offer(transactions, market, offer_id)
    if not fresh.is_fresh:
        raise FlightsUnreachable
    if fresh.difference.amount_minor > 0:
        raise _price_changed(fresh.stored)
    if "hold" not in fresh.stored.offer.booking_flows:
        raise NoHold
    quote_key = _quote_key(user_id, offer_id, passenger_ids)
    try:
        async with transactions() as session:
            await _write(session, actor, keys, booking_id, fresh.stored, passenger_ids, quote_key)
    except IntegrityError as error:
        # the index, and nothing looked up before, decides which of two at once is the booking
        async with transactions() as session:
            live = await BookingRepository(session).find_live(quote_key)
        raise AlreadyBooked(extra={"booking_id": str(live)} if live else None) from error
    return booking_id


async def _write(
    session: AsyncSession,
    actor: Actor,
    keys: Keys,
    booking_id: UUID,
    agreed: StoredOffer,
    passenger_ids: Sequence[UUID],
    quote_key: str,
) -> None:
    # the user before the passengers, as everywhere
    user = await get_account(session, actor.require_user(), for_update=True)
    row = await OfferRepository(session).find(agreed.id)
    if row is None:
        raise OfferNotFound
    # the price and the provider's words for it are of one moment: somebody else may have looked at the offer since
    offer = FlightOffer.model_validate(row.payload)
    if offer.total != agreed.offer.total:
        raise _price_changed(StoredOffer(row.id, offer))
    members = await gather_party(session, actor, keys, offer=offer, passenger_ids=passenger_ids)
    # asking for it is consent to the price it was shown at
    consent = Proposal(
        id=new_id(),
        user_id=user.id,
        action="book",
        subject_id=agreed.id,
        quote={"offer_id": str(agreed.id), "passenger_ids": [str(each) for each in passenger_ids]},
        quote_hash=quote_key,
        status="approved",
        channel="api",
        booking_id=booking_id,
        expires_at=offer.expires_at,
        decided_at=clock.now(),
    )
    session.add(consent)
    await session.flush()
    session.add(_make_booking(user, keys, booking_id, consent.id, row, offer, members, quote_key))
    await session.flush()
    for position, slice_ in enumerate(offer.slices):
        session.add(
            BookingItem(
                booking_id=booking_id,
                position=position,
                kind="flight_slice",
                payload=slice_.model_dump(mode="json"),
                starts_at=slice_.departs.instant,
                ends_at=slice_.arrives.instant,
            )
        )
    for position, member in enumerate(members):
        session.add(_make_passenger(keys, booking_id, position, member))
    session.add(
        BookingTransition(booking_id=booking_id, phase_before=None, phase_after="holding", actor="user", reason=None)
    )
    await hint(session, ADVANCE_TASK, booking_id=booking_id)


def _make_booking(
    user: User,
    keys: Keys,
    booking_id: UUID,
    proposal_id: UUID,
    row: Offer,
    offer: FlightOffer,
    members: Sequence[Member],
    quote_key: str,
) -> Booking:
    contact = find_contact(user, members).model_dump_json()
    return Booking(
        id=booking_id,
        user_id=user.id,
        offer_id=row.id,
        quote_key=quote_key,
        proposal_id=proposal_id,
        flow="hold",
        phase="holding",
        provider=offer.provider,
        reference=f"TA-{booking_id.hex}",
        amount_minor=offer.total.amount_minor,
        currency=offer.total.currency,
        offer=row.payload,
        raw=row.raw,
        contact=keys.vault.seal(contact, table="bookings", column="contact", row_id=booking_id),
        lease_until=clock.lease_now(),
        due_at=clock.now(),
    )


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


def _quote_key(user_id: UUID, offer_id: UUID, passenger_ids: Sequence[UUID]) -> str:
    party = ",".join(sorted(str(each) for each in passenger_ids))
    return hashlib.sha256(f"{user_id}|{offer_id}|{party}".encode()).hexdigest()


def _price_changed(now: StoredOffer) -> PriceChanged:
    total = now.offer.total
    return PriceChanged(extra={"offer_id": str(now.id), "total_price": str(total.amount), "currency": total.currency})
