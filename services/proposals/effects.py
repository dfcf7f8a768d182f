"""What a yes does: to bookings, and to the calendar, preferences, papers and address of its user.

Only approval.py calls this.
"""

from __future__ import annotations

import hmac
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.security import Actor, Keys
from db.hints import hint
from db.models import BookingChange, Proposal
from db.models.bookings import ChangeStatus
from db.repositories.bookings import BookingRepository
from db.repositories.offers import OfferRepository
from domain.bookings import Phase
from domain.money import Money
from domain.offers import FlightOffer
from domain.orders import ChangeQuote
from services.accounts.codes import request_email_change
from services.accounts.sessions import get_account
from services.bookings.errors import BookingBusy
from services.bookings.extras import price_services
from services.bookings.moves import move
from services.bookings.party import gather_party
from services.bookings.policy import find_lateness
from services.bookings.reading import get_booking
from services.bookings.terms import ensure_cancellable, ensure_changeable, find_own_booking, quote_cancellation
from services.bookings.writing import ADVANCE_TASK, Agreement, write_booking
from services.calendar.events import add_booking, plan_booking
from services.flights.errors import FlightsUnreachable, OfferNotFound
from services.flights.offers import refresh_offer
from services.passengers.documents import remove_document
from services.preferences.kinds import change_of
from services.preferences.preferences import find_preference, update_preference
from services.proposals.errors import AddressUnclear
from services.proposals.personal import find_address, find_deletable, hash_address
from services.proposals.proposing import ConsentParts
from services.proposals.quotes import (
    Quote,
    document_version,
    is_same_party,
    is_same_trip,
    read_passenger_ids,
    read_services,
    write_slices,
)
from services.rate_limits import MAIL, count_call, hash_caller

GIVEN_UP: dict[str, Phase] = {"held": "releasing", "paying": "cancelled", "ticketed": "cancelling"}


Compared = Money
"""What was read again: the price of seats and bags for a booking, what comes back for one given up."""


class NotAsQuoted(Exception):
    """The offer, its travellers or the terms are not what was agreed to."""

    def __init__(self, *, is_dearer: bool = False) -> None:
        super().__init__()
        self.is_dearer = is_dearer


async def compare(parts: ConsentParts, actor: Actor, proposal: Proposal) -> Compared | None:
    """Ask the provider again; None for what nobody else has to say something about.

    Raises NotAsQuoted, FlightsUnreachable, what keeps an offer, a service or a cancellation from being priced, and
    RateLimited for a mailbox that was written to too often.
    """
    if proposal.action == "book":
        return await _compare_booking(parts, proposal)
    if proposal.action == "cancel":
        return await _compare_cancellation(parts, actor, proposal)
    if proposal.action == "change_email":
        await _count_letter(parts, actor, proposal)
    return None


async def execute(
    session: AsyncSession,
    parts: ConsentParts,
    actor: Actor,
    proposal: Proposal,
    *,
    booking_id: UUID | None,
    agreed: Compared | None,
) -> None:
    """In the transaction of the yes. Raises NotAsQuoted, and what keeps it from being done."""
    match proposal.action:
        case "book" if booking_id is not None:
            await _book(session, parts.keys, actor, proposal, booking_id, agreed)
        case "cancel":
            await _cancel(session, actor, proposal, agreed)
        case "change":
            await _change(session, actor, proposal)
        case "calendar":
            await _plan_calendar_entry(session, parts, actor, proposal)
        case "remember":
            await _remember(session, actor, proposal.quote)
        case "forget_document":
            await _forget_document(session, parts.keys, actor, proposal.quote)
        case "change_email":
            await _start_email_change(session, parts.keys, actor, proposal)
        case action:
            raise AssertionError(f"a yes to {action} does nothing")


async def _compare_booking(parts: ConsentParts, proposal: Proposal) -> Money:
    fresh = await refresh_offer(parts.transactions, parts.market, proposal.subject_id)
    if not fresh.is_fresh:
        raise FlightsUnreachable
    offer = fresh.stored.offer
    chosen = await price_services(parts.transactions, parts.market, proposal.subject_id, read_services(proposal.quote))
    extras = sum((each.price for each in chosen), start=offer.total * 0)
    _ensure_as_quoted(proposal.quote, offer, extras)
    return extras


async def _compare_cancellation(parts: ConsentParts, actor: Actor, proposal: Proposal) -> Money:
    terms = await quote_cancellation(parts.transactions, parts.market, actor, proposal.subject_id)
    quote = proposal.quote
    if terms.refund.amount_minor < quote["refund_minor"] or terms.paid.amount_minor != quote["paid_minor"]:
        raise NotAsQuoted
    return terms.refund


async def _book(
    session: AsyncSession, keys: Keys, actor: Actor, proposal: Proposal, booking_id: UUID, extras: Compared | None
) -> None:
    """`extras` is what the seats and bags cost; None for as much as was quoted. A cheaper offer is booked at less."""
    quote = proposal.quote
    user = await get_account(session, proposal.user_id)
    row = await OfferRepository(session).find(proposal.subject_id)
    if row is None:
        raise OfferNotFound
    # the price and the provider's words for it are of one moment: somebody else may have looked at the offer since
    offer = FlightOffer.model_validate(row.payload)
    if extras is None:
        quoted = quote["amount_minor"] - quote["fare_minor"]
        extras = Money(amount_minor=quoted, currency=quote["currency"])
    _ensure_as_quoted(quote, offer, extras)
    for fault in find_lateness(offer.slices, now=clock.now()):
        raise fault
    members = await gather_party(session, actor, keys, offer=offer, passenger_ids=read_passenger_ids(quote))
    if not is_same_party(quote, [member.passenger for member in members]):
        raise NotAsQuoted
    agreed = Agreement(
        proposal_id=proposal.id,
        offer=offer,
        flow=quote["flow"],
        services=read_services(quote),
        total=offer.total + extras,
    )
    await write_booking(session, keys, booking_id=booking_id, user=user, row=row, agreed=agreed, members=members)


async def _cancel(session: AsyncSession, actor: Actor, proposal: Proposal, refund: Compared | None) -> None:
    """`refund` is what is promised; None for as much as was quoted."""
    booking = await find_own_booking(session, actor, proposal.subject_id, for_update=True)
    ensure_cancellable(booking)
    is_ticketed = booking.phase == "ticketed"
    paid = booking.amount_minor + booking.fees_minor if is_ticketed else 0
    if paid != proposal.quote["paid_minor"]:
        raise NotAsQuoted
    await _drop_agreed_change(session, booking.id)
    values: dict[str, Any] = {}
    if is_ticketed:
        values["agreed_refund_minor"] = refund.amount_minor if refund else proposal.quote["refund_minor"]
    after = GIVEN_UP[booking.phase]
    if not await move(session, booking, after, by="user", proposal_id=proposal.id, **values):
        raise BookingBusy
    await hint(session, ADVANCE_TASK, booking_id=booking.id)


async def _change(session: AsyncSession, actor: Actor, proposal: Proposal) -> None:
    """Where something is to be paid, the airline is asked once it is."""
    booking = await find_own_booking(session, actor, proposal.subject_id, for_update=True)
    ensure_changeable(booking)
    await _drop_agreed_change(session, booking.id)
    quote = ChangeQuote.model_validate(proposal.quote["change"])
    status: ChangeStatus = "agreed" if quote.difference.amount_minor > 0 else "under_way"
    session.add(
        BookingChange(
            booking_id=booking.id,
            proposal_id=proposal.id,
            status=status,
            quote=proposal.quote["change"],
            difference_minor=quote.difference.amount_minor,
            fee_minor=proposal.quote["fee_minor"],
            currency=quote.difference.currency,
            expires_at=quote.expires_at,
        )
    )
    await session.flush()
    if status == "under_way":
        if not await move(session, booking, "changing", by="user", proposal_id=proposal.id):
            raise BookingBusy
        await hint(session, ADVANCE_TASK, booking_id=booking.id)


async def _drop_agreed_change(session: AsyncSession, booking_id: UUID) -> None:
    """What was agreed to before and never paid for gives way; money that comes for it yet goes back."""
    bookings = BookingRepository(session)
    agreed = await bookings.find_open_change(booking_id, for_update=True)
    if agreed is not None:
        await bookings.end_change(agreed.id, "failed")


def _ensure_as_quoted(quote: Quote, offer: FlightOffer, extras: Money) -> None:
    total = offer.total + extras
    if total.currency != quote["currency"] or not is_same_trip(quote, offer):
        raise NotAsQuoted
    if total.amount_minor > quote["amount_minor"]:
        raise NotAsQuoted(is_dearer=True)


async def _plan_calendar_entry(session: AsyncSession, parts: ConsentParts, actor: Actor, proposal: Proposal) -> None:
    parts.calendar_parts.require_calendar()
    detail = await get_booking(session, actor, proposal.subject_id)
    if write_slices(detail.slices) != proposal.quote["slices"]:
        raise NotAsQuoted
    await plan_booking(
        session,
        actor,
        event_id=proposal.id,
        booking_id=proposal.subject_id,
        language=proposal.quote["language"],
    )


async def write_in_calendar(parts: ConsentParts, actor: Actor, proposal: Proposal) -> None:
    """Have what was planned written now, as far as the vendor answers; the sweep does the rest."""
    await add_booking(
        parts.calendar_parts,
        actor,
        event_id=proposal.id,
        booking_id=proposal.subject_id,
        language=proposal.quote["language"],
    )


async def _remember(session: AsyncSession, actor: Actor, quote: Quote) -> None:
    now = await find_preference(session, actor)
    await update_preference(session, actor, changes=change_of(quote["kind"], quote["value"], now))


async def _forget_document(session: AsyncSession, keys: Keys, actor: Actor, quote: Quote) -> None:
    passenger_id, document_id = UUID(quote["passenger_id"]), UUID(quote["document_id"])
    document = await find_deletable(session, actor, passenger_id=passenger_id, document_id=document_id, for_update=True)
    if document_version(document) != quote["as_of"]:
        raise NotAsQuoted
    await remove_document(session, actor, passenger_id=passenger_id, document_id=document_id, keys=keys)


async def _count_letter(parts: ConsentParts, actor: Actor, proposal: Proposal) -> None:
    """Under the mailbox, as for every other letter that somebody may ask for to an address that is not theirs."""
    async with parts.transactions() as session:
        address = await find_address(
            session, parts.keys, actor, proposal.conversation_id, proposal.quote["placeholder"]
        )
    await count_call(parts.transactions, MAIL, caller=hash_caller(parts.keys, address))


async def _start_email_change(session: AsyncSession, keys: Keys, actor: Actor, proposal: Proposal) -> None:
    quote = proposal.quote
    address = await find_address(session, keys, actor, proposal.conversation_id, quote["placeholder"])
    if not hmac.compare_digest(hash_address(keys, address), quote["address_hash"]):
        raise AddressUnclear
    await request_email_change(session, actor, email=address, language=quote["language"], keys=keys)
