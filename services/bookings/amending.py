"""Giving a booking up or flying otherwise in one request, on terms that were shown or on those of the moment."""

from __future__ import annotations

from uuid import UUID

from core.security import Actor
from db.repositories.proposals import ProposalRepository
from services.bookings.errors import BookingBusy
from services.bookings.terms import find_own_booking, quote_cancellation
from services.proposals.approval import approve, approve_in, get_proposal
from services.proposals.effects import NotAsQuoted
from services.proposals.errors import ProposalNotFound, QuoteMismatch
from services.proposals.proposing import ConsentParts, write_cancellation_card


async def cancel_booking(parts: ConsentParts, actor: Actor, *, booking_id: UUID, quote_hash: str | None = None) -> None:
    """Give a booking up: on the terms of `quote_hash`, or without one on those of the moment.

    One that is being released already is left to it. Raises BookingNotFound, QuoteMismatch for terms that were never
    told, and what `quote_cancellation` and `approve` raise.
    """
    async with parts.transactions() as session:
        booking = await find_own_booking(session, actor, booking_id)
        told = (
            await ProposalRepository(session).find_by_hash(
                actor, subject_id=booking_id, action="cancel", quote_hash=quote_hash
            )
            if quote_hash is not None
            else None
        )
    if booking.phase == "releasing":
        return
    if quote_hash is None:
        await _cancel_now(parts, actor, booking_id)
    elif told is None:
        raise QuoteMismatch
    else:
        await approve(parts, actor, proposal_id=told.id, quote_hash=quote_hash, channel="api")


async def _cancel_now(parts: ConsentParts, actor: Actor, booking_id: UUID) -> None:
    terms = await quote_cancellation(parts.transactions, parts.market, actor, booking_id)
    try:
        async with parts.transactions() as session:
            card = await write_cancellation_card(session, actor, terms)
            await approve_in(session, parts, actor, proposal=card, channel="api")
    except NotAsQuoted as moved:
        raise BookingBusy from moved


async def change_booking(
    parts: ConsentParts, actor: Actor, *, booking_id: UUID, quote_id: UUID, quote_hash: str
) -> None:
    """Fly otherwise, as one of the quotes told; raises BookingNotFound, ProposalNotFound and what `approve` does."""
    async with parts.transactions() as session:
        await find_own_booking(session, actor, booking_id)
        proposal = await get_proposal(session, actor, quote_id)
    if (proposal.action, proposal.subject_id) != ("change", booking_id):
        raise ProposalNotFound
    await approve(parts, actor, proposal_id=quote_id, quote_hash=quote_hash, channel="api")
