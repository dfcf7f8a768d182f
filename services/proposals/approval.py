"""The one way to say yes: every effect that needs somebody's consent rests on an answer taken here.

What was agreed to is compared with what the provider asks now, outside of any transaction; then the answer and its
effect are one transaction, and an answer counts once.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast, get_args
from uuid import UUID

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.ids import new_id
from core.security import BOOKINGS_SCOPE, Actor
from db.models import Proposal
from db.models.bookings import LIVE_QUOTE_INDEX
from db.models.proposals import ApprovalChannel, BookingAction, ProposalAction
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
from services.proposals.personal import propose_calendar_entry, propose_document_deletion
from services.proposals.proposing import ConsentParts, propose_booking, propose_cancellation, rivals_of
from services.proposals.quotes import hash_quote, read_passenger_ids, read_services

log = structlog.get_logger()


async def get_proposal(session: AsyncSession, actor: Actor, proposal_id: UUID) -> Proposal:
    """A card that was put before the caller; raises ProposalNotFound."""
    actor.require_user(BOOKINGS_SCOPE)
    proposal = await ProposalRepository(session).find_readable(actor, proposal_id)
    if proposal is None:
        raise ProposalNotFound
    return proposal


@dataclass(frozen=True, slots=True)
class Approved:
    """What a yes did."""

    action: ProposalAction
    subject_id: UUID
    """As the proposal has it."""
    booking_id: UUID | None
    """Of the booking that was made or moved; None where a yes does something else."""


async def withdraw_cards(session: AsyncSession, actor: Actor, conversation_id: UUID) -> None:
    """Take back what the caller was asked in a conversation, as when they want something else now."""
    await ProposalRepository(session).void_in(actor, conversation_id, now=clock.now())


async def approve(
    parts: ConsentParts,
    actor: Actor,
    *,
    proposal_id: UUID,
    quote_hash: str,
    channel: ApprovalChannel,
    answered_in: UUID | None = None,
) -> Approved:
    """Agree to a card, and give what that did; agreed to again, it is the same, done once.

    `answered_in` is the message that says yes. Raises ProposalNotFound, QuoteMismatch, ProposalClosed, ProposalExpired;
    PriceChanged and TermsChanged with the card that takes this one's place; AlreadyBooked; BookingBusy,
    BookingNotCancellable, BookingNotChangeable; and what proposing it raises.
    """
    async with parts.transactions() as session:
        proposal = await get_proposal(session, actor, proposal_id)
    if not hmac.compare_digest(hash_quote(proposal.quote).encode(), quote_hash.encode()):
        raise QuoteMismatch
    if proposal.status == "approved":
        return _approved(proposal)
    if proposal.status != "open":
        raise _closed(proposal)
    if proposal.expires_at <= clock.now():
        await _void(parts, proposal)
        raise ProposalExpired
    try:
        agreed = await effects.compare(parts, actor, proposal)
        async with parts.transactions() as session:
            approved = await approve_in(
                session, parts, actor, proposal=proposal, channel=channel, agreed=agreed, answered_in=answered_in
            )
    except NotAsQuoted as other:
        await _void(parts, proposal)
        raise await _ask_anew(parts, actor, proposal, dearer=other.is_dearer) from other
    except IntegrityError as error:
        if proposal.action != "book":
            raise
        party = read_passenger_ids(proposal.quote)
        raise await find_twin(parts, error, proposal.user_id, proposal.subject_id, party) from error
    if proposal.action == "calendar":
        try:
            await effects.write_in_calendar(parts, actor, proposal)
        except Exception:  # an edge: the yes counts and the entry is planned, so the sweep writes it
            log.exception("calendar.not_written_yet", booking_id=str(proposal.subject_id))
    return approved


async def approve_in(
    session: AsyncSession,
    parts: ConsentParts,
    actor: Actor,
    *,
    proposal: Proposal,
    channel: ApprovalChannel,
    booking_id: UUID | None = None,
    agreed: Compared | None = None,
    answered_in: UUID | None = None,
) -> Approved:
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
        proposal.user_id,
        subject_id=proposal.subject_id,
        actions=rivals_of(proposal.action),
        conversation_id=None,
        keep=[proposal.id],
        now=clock.now(),
    )
    moved: UUID | None = None
    if proposal.action in get_args(BookingAction):
        moved = (booking_id or new_id()) if proposal.action == "book" else proposal.subject_id
    is_first = await ProposalRepository(session).close(
        proposal.id, "approved", now=clock.now(), channel=channel, booking_id=moved, answered_in=answered_in
    )
    if not is_first:
        now = await get_proposal(session, actor, proposal.id)
        if now.status == "approved":
            return _approved(now)
        raise _closed(now)
    await effects.execute(session, parts, actor, proposal, booking_id=moved, agreed=agreed)
    return Approved(cast("ProposalAction", proposal.action), proposal.subject_id, moved)


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


async def decline(
    session: AsyncSession,
    actor: Actor,
    *,
    proposal_id: UUID,
    channel: ApprovalChannel,
    answered_in: UUID | None = None,
) -> Proposal:
    """Say no to a card; said again, it stays at that. Raises ProposalNotFound and ProposalClosed."""
    proposal = await get_proposal(session, actor, proposal_id)
    await ProposalRepository(session).close(
        proposal.id, "declined", now=clock.now(), channel=channel, answered_in=answered_in
    )
    await session.refresh(proposal)
    if proposal.status != "declined":
        raise _closed(proposal)
    return proposal


async def _ask_anew(
    parts: ConsentParts, actor: Actor, proposal: Proposal, *, dearer: bool
) -> PriceChanged | TermsChanged:
    """The card as it would be now, in the words of a refusal."""
    quote = proposal.quote
    place: dict[str, Any] = {"conversation_id": proposal.conversation_id, "tool_call_id": proposal.tool_call_id}
    if proposal.action == "book":
        anew = await propose_booking(
            parts,
            actor,
            offer_id=proposal.subject_id,
            passenger_ids=read_passenger_ids(quote),
            services=read_services(quote),
            **place,
        )
    elif proposal.action == "cancel":
        anew = await propose_cancellation(parts, actor, booking_id=proposal.subject_id, **place)
    elif proposal.action == "calendar":
        anew = await propose_calendar_entry(
            parts, actor, booking_id=proposal.subject_id, language=quote["language"], **place
        )
    else:
        anew = await propose_document_deletion(
            parts,
            actor,
            passenger_id=UUID(quote["passenger_id"]),
            document_id=proposal.subject_id,
            **place,
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


def _approved(proposal: Proposal) -> Approved:
    return Approved(cast("ProposalAction", proposal.action), proposal.subject_id, proposal.booking_id)


def _closed(proposal: Proposal) -> ProposalClosed:
    return ProposalClosed(extra={"status": proposal.status})


async def _void(parts: ConsentParts, proposal: Proposal) -> None:
    async with parts.transactions() as session:
        await ProposalRepository(session).close(proposal.id, "void", now=clock.now())
