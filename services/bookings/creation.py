"""Booking in one request: asking for an offer is consent to the price it was shown at."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from core.errors import AppError
from core.security import BOOKINGS_SCOPE, Actor
from db.models import Proposal
from db.repositories.bookings import BookingRepository
from domain.money import Money
from domain.orders import ServiceChoice
from services.bookings.errors import PriceChanged, PriceUnreadable
from services.flights.errors import FlightsUnreachable
from services.proposals.approval import approve_in, find_twin, price_changed
from services.proposals.effects import NotAsQuoted
from services.proposals.proposing import ConsentParts, PricedBooking, price_booking, write_booking_card


async def create_booking(
    parts: ConsentParts,
    actor: Actor,
    *,
    booking_id: UUID,
    offer_id: UUID,
    passenger_ids: Sequence[UUID],
    services: Sequence[ServiceChoice] = (),
    agreed_price: str | None = None,
) -> UUID:
    """Book an offer for passengers of the caller's at the price agreed, with seats and bags at today's.

    `agreed_price` is a decimal in the offer's currency; None for what the offer cost when it was last shown. Asked
    again with the same `booking_id` it is the same booking. Raises what `propose_booking` does; AlreadyBooked;
    PriceUnreadable; and PriceChanged, with the new price and the card to agree to, where the offer is dearer.
    """
    user_id = actor.require_user(BOOKINGS_SCOPE)
    if await _is_made(parts, actor, booking_id):
        return booking_id
    priced = await price_booking(parts, actor, offer_id=offer_id, services=services)
    rise = priced.offer.total - _read_price(agreed_price, priced.previous_fare)
    try:
        async with parts.transactions() as session:
            card = await write_booking_card(session, parts.keys, actor, priced, passenger_ids=passenger_ids)
            if rise.amount_minor <= 0:
                await approve_in(session, parts, actor, proposal=card, channel="api", booking_id=booking_id)
                return booking_id
    except AppError as fault:
        if rise.amount_minor <= 0:
            raise
        # the new price is kept already: who comes back with the fault mended must have heard of it
        raise _price_changed(priced, rise) from fault
    except NotAsQuoted as moved:
        # somebody else's look at the offer came between our look and the booking
        raise FlightsUnreachable from moved
    except IntegrityError as error:
        # perhaps of this very request, which was sent again while it was answered
        if await _is_made(parts, actor, booking_id):
            return booking_id
        raise await find_twin(parts, error, user_id, offer_id, passenger_ids) from error
    raise _price_changed(priced, rise, card)


def _price_changed(priced: PricedBooking, rise: Money, card: Proposal | None = None) -> PriceChanged:
    return price_changed(priced.offer_id, total=priced.total, previous=priced.total - rise, card=card)


def _read_price(agreed: str | None, shown: Money) -> Money:
    if agreed is None:
        return shown
    try:
        return Money.parse(agreed, shown.currency)
    except ValueError as error:
        raise PriceUnreadable from error


async def _is_made(parts: ConsentParts, actor: Actor, booking_id: UUID) -> bool:
    async with parts.transactions() as session:
        return await BookingRepository(session).find_readable(actor, booking_id) is not None
