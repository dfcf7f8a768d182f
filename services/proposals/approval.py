"""The one way to say yes: every effect on a booking that costs somebody something rests on an answer taken here.

What was agreed to is compared with what the provider asks now, outside of any transaction; then the answer and its
effect are one transaction, and an answer counts once.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.ids import new_id
from core.security import BOOKINGS_SCOPE, Actor
from db.models import Proposal
from db.models.bookings import LIVE_QUOTE_INDEX
from db.models.proposals import ApprovalChannel
from db.repositories.bookings import BookingRepository
from db.repositories.proposals import ProposalRepository
from domain.money import Money
from services.accounts.sessions import get_account
from services.bookings.errors import AlreadyBooked, PriceChanged
from services.bookings.writing import make_quote_key
from services.proposals import effects
from services.proposals.effects import Compared, NotAsQuoted
from services.proposals.errors import (
    ProposalClosed,
    ProposalExpired,
    ProposalNotFound,
    QuoteMismatch,
    TermsChanged,
)
from services.proposals.proposing import ConsentParts, propose_booking, propose_cancellation
from services.proposals.quotes import hash_quote, read_passenger_ids, read_services


async def get_proposal(session: AsyncSession, actor: Actor, proposal_id: UUID) -> Proposal:
    """A card that was put before the caller; raises ProposalNotFound."""
    actor.require_user(BOOKINGS_SCOPE)
    proposal = await ProposalRepository(session).find_readable(actor, proposal_id)
    if proposal is None:
        raise ProposalNotFound
    return proposal


async def approve(
    parts: ConsentParts, actor: Actor, *, proposal_id: UUID, quote_hash: str, channel: ApprovalChannel
) -> UUID:
    """Agree to a card, and give the booking it made or moved; agreed to again, it is the same booking.

    Raises ProposalNotFound, QuoteMismatch, ProposalClosed, ProposalExpired; PriceChanged and TermsChanged with the
    card that takes this one's place; AlreadyBooked; BookingBusy, BookingNotCancellable, BookingNotChangeable; and what
    proposing it raises.
    """
    async with parts.transactions() as session:
        proposal = await get_proposal(session, actor, proposal_id)
    if not hmac.compare_digest(hash_quote(proposal.quote).encode(), quote_hash.encode()):
        raise QuoteMismatch
    if proposal.status == "approved" and proposal.booking_id is not None:
        return proposal.booking_id
    if proposal.status != "open":
        raise _closed(proposal)
    if proposal.expires_at <= clock.now():
        await _void(parts, proposal)
        raise ProposalExpired
    try:
        agreed = await effects.compare(parts, actor, proposal)
        async with parts.transactions() as session:
            return await approve_in(session, parts, actor, proposal=proposal, channel=channel, agreed=agreed)
    except NotAsQuoted as other:
        await _void(parts, proposal)
        raise await _ask_anew(parts, actor, proposal, dearer=other.is_dearer) from other
    except IntegrityError as error:
        party = read_passenger_ids(proposal.quote)
        raise await find_twin(parts, error, proposal.user_id, proposal.subject_id, party) from error


async def approve_in(
    session: AsyncSession,
    parts: ConsentParts,
    actor: Actor,
    *,
    proposal: Proposal,
    channel: ApprovalChannel,
    booking_id: UUID | None = None,
    agreed: Compared | None = None,
) -> UUID:
    """Agree in a transaction: in that which made the card, for whoever asked for just that.

    `booking_id` names the booking to be made; `agreed` is what the provider said again. Raises IntegrityError where
    these travellers have the offer booked; see `find_twin`.
    """
    # the user before everything of theirs, as everywhere
    await get_account(session, proposal.user_id, for_update=True)
    if proposal.expires_at <= clock.now():
        raise ProposalExpired
    # of several ways to fly otherwise one is taken, and no older card about the same thing
    await ProposalRepository(session).void_older(
        proposal.user_id, subject_id=proposal.subject_id, conversation_id=None, keep=[proposal.id], now=clock.now()
    )
    subject_id = (booking_id or new_id()) if proposal.action == "book" else proposal.subject_id
    is_first = await ProposalRepository(session).close(
        proposal.id, "approved", now=clock.now(), channel=channel, booking_id=subject_id
    )
    if not is_first:
        now = await get_proposal(session, actor, proposal.id)
        if now.status == "approved" and now.booking_id is not None:
            return now.booking_id
        raise _closed(now)
    if proposal.action == "book":
        await effects.book(session, parts.keys, actor, proposal, subject_id, agreed)
    elif proposal.action == "cancel":
        await effects.cancel(session, actor, proposal, agreed)
    else:
        await effects.change(session, actor, proposal)
    return subject_id


async def find_twin(
    parts: ConsentParts, error: IntegrityError, user_id: UUID, offer_id: UUID, passenger_ids: Sequence[UUID]
) -> AlreadyBooked:
    """The refusal of a second booking of the same, which names the first; raises the error where it is another.

    The index, and nothing looked up before, decides which of two at once is the booking.
    """
    if LIVE_QUOTE_INDEX not in str(error.orig):
        raise error
    async with parts.transactions() as session:
        live = await BookingRepository(session).find_live(make_quote_key(user_id, offer_id, passenger_ids))
    # one that has just ended names nothing; asked again, this is the booking
    return AlreadyBooked(extra={"booking_id": str(live)} if live else None)


async def decline(session: AsyncSession, actor: Actor, *, proposal_id: UUID, channel: ApprovalChannel) -> Proposal:
    """Say no to a card; said again, it stays at that. Raises ProposalNotFound and ProposalClosed."""
    proposal = await get_proposal(session, actor, proposal_id)
    await ProposalRepository(session).close(proposal.id, "declined", now=clock.now(), channel=channel)
    await session.refresh(proposal)
    if proposal.status != "declined":
        raise _closed(proposal)
    return proposal


async def _ask_anew(
    parts: ConsentParts, actor: Actor, proposal: Proposal, *, dearer: bool
) -> PriceChanged | TermsChanged:
    """The card as it would be now, in the words of a refusal."""
    conversation_id, quote = proposal.conversation_id, proposal.quote
    if proposal.action == "cancel":
        anew = await propose_cancellation(parts, actor, booking_id=proposal.subject_id, conversation_id=conversation_id)
        return TermsChanged(extra=describe_card(anew))
    anew = await propose_booking(
        parts,
        actor,
        offer_id=proposal.subject_id,
        passenger_ids=read_passenger_ids(quote),
        services=read_services(quote),
        conversation_id=conversation_id,
    )
    if not dearer:
        return TermsChanged(extra=describe_card(anew))
    total, previous = (
        Money(amount_minor=each["amount_minor"], currency=each["currency"]) for each in (anew.quote, quote)
    )
    return price_changed(anew.subject_id, total=total, previous=previous, card=anew)


def price_changed(offer_id: UUID, *, total: Money, previous: Money, card: Proposal | None) -> PriceChanged:
    """The refusal that tells the new price and the old one, and the card to agree to where there can be one."""
    return PriceChanged(
        extra={
            "offer_id": str(offer_id),
            "total_price": str(total.amount),
            "previous_price": str(previous.amount),
            "price_difference": str((total - previous).amount),
            "currency": total.currency,
            **(describe_card(card) if card else {}),
        }
    )


def describe_card(proposal: Proposal) -> dict[str, str]:
    """What a client needs to show and agree to a card."""
    return {"proposal_id": str(proposal.id), "quote_hash": proposal.quote_hash}


def _closed(proposal: Proposal) -> ProposalClosed:
    return ProposalClosed(extra={"status": proposal.status})


async def _void(parts: ConsentParts, proposal: Proposal) -> None:
    async with parts.transactions() as session:
        await ProposalRepository(session).close(proposal.id, "void", now=clock.now())
