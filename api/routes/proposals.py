"""Cards for clients without a chat: what is asked, and the answer."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from api.deps import BookingHolder, ConsentDep, DeskDep, LanguageDep, Session
from api.errors import describe_errors
from api.schemas.bookings import BookingRead, describe_booking
from api.schemas.proposals import (
    AccountProposalRead,
    AnyProposalRead,
    ProposalApprove,
    ProposalRead,
    describe_account_proposal,
    describe_proposal,
)
from services.bookings import reading
from services.proposals import approval

router = APIRouter(prefix="/proposals", tags=["proposals"])


@router.get("/{proposal_id}", response_model=AnyProposalRead, responses=describe_errors(401, 403, 404))
async def get_proposal(
    proposal_id: UUID, actor: BookingHolder, session: Session, language: LanguageDep
) -> ProposalRead | AccountProposalRead:
    """A card as it stands."""
    return describe_proposal(await approval.get_proposal(session, actor, proposal_id), language)


@router.post(
    "/{proposal_id}/approve",
    response_model=BookingRead | AccountProposalRead,
    responses=describe_errors(401, 403, 404, 409, 424),
)
async def approve_proposal(
    proposal_id: UUID,
    body: ProposalApprove,
    actor: BookingHolder,
    consent: ConsentDep,
    desk: DeskDep,
    language: LanguageDep,
) -> BookingRead | AccountProposalRead:
    """Say yes to exactly this card. Said twice, it counts once.

    For `book`, `cancel` and `change` the answer is the booking it made or moved; for any other action it is the card,
    `approved`. 409 `price_changed` or `terms_changed` where the provider asks more by now: the body names the new card.
    """
    approved = await approval.approve(
        consent, actor, proposal_id=proposal_id, quote_hash=body.quote_hash, channel="card"
    )
    if approved.booking_id is None:
        async with consent.transactions() as session:
            return describe_account_proposal(await approval.get_proposal(session, actor, proposal_id), language)
    await desk.advance(approved.booking_id)
    async with consent.transactions() as session:
        return describe_booking(await reading.get_booking(session, actor, approved.booking_id), language)


@router.post("/{proposal_id}/decline", response_model=AnyProposalRead, responses=describe_errors(401, 403, 404, 409))
async def decline_proposal(
    proposal_id: UUID, actor: BookingHolder, session: Session, language: LanguageDep
) -> ProposalRead | AccountProposalRead:
    """Say no."""
    declined = await approval.decline(session, actor, proposal_id=proposal_id, channel="card")
    return describe_proposal(declined, language)
