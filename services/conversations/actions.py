"""The record of a conversation: what was asked, what its owner answered and in which words, and what followed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.security import Actor
from db.models import Payment, Proposal, Refund
from db.repositories.actions import ActionRepository
from db.repositories.payments import PaymentRepository, RefundRepository
from db.repositories.proposals import ProposalRepository
from domain.money import Money
from services.conversations.threads import get

ActionKind = Literal[
    "proposed",
    "shown",
    "approved",
    "declined",
    "voided",
    "expired",
    "executed",
    "payment_started",
    "paid",
    "refund_owed",
    "refunded",
]
"""voided: a newer card took its place, or its owner wanted something else. In the order they happen in, where the clock
does not tell."""

_ORDER: tuple[ActionKind, ...] = get_args(ActionKind)
_ANSWERS: Mapping[str, ActionKind] = {"approved": "approved", "declined": "declined", "void": "voided"}


@dataclass(frozen=True, slots=True)
class Action:
    at: datetime
    kind: ActionKind
    proposal: Proposal
    """What it is about, or the consent it rests on."""
    words: str | None = None
    """The message that answered, without personal data; None for an answer from elsewhere."""
    amount: Money | None = None
    """Of money that moved, or was to move."""


async def list_actions(session: AsyncSession, actor: Actor, conversation_id: UUID) -> list[Action]:
    """Everything that was asked in a conversation of the caller's and what came of it, in order.

    Raises ConversationNotFound.
    """
    await get(session, actor, conversation_id)
    proposals = await ProposalRepository(session).list_asked_in(actor, conversation_id)
    by_id = {proposal.id: proposal for proposal in proposals}
    record = ActionRepository(session)
    words = await record.read_words({each.answered_in for each in proposals if each.answered_in})
    written = await record.read_written(by_id.keys())
    actions = [action for each in proposals for action in _tell_answer(each, words, written)]
    shown = await record.list_showings(conversation_id)
    actions += [Action(at, "shown", by_id[id_]) for id_, at in shown if id_ in by_id]
    actions += [Action(at, "executed", by_id[id_]) for id_, at in await record.list_effects(by_id.keys())]
    # the booking's first consent of this conversation stands for its money
    bookings = {each.booking_id: each for each in reversed(proposals) if each.booking_id}
    for booking_id, proposal in bookings.items():
        payments = await PaymentRepository(session).list_for(booking_id)
        refunds = await RefundRepository(session).list_for([each.id for each in payments])
        actions += _tell_money(proposal, payments, refunds)
    return sorted(actions, key=lambda action: (action.at, _ORDER.index(action.kind)))


def _tell_answer(proposal: Proposal, words: Mapping[UUID, str], written: Mapping[UUID, datetime]) -> Iterator[Action]:
    yield Action(proposal.created_at, "proposed", proposal)
    # what is closed later, by a late answer or a newer card, had run out before
    if proposal.status in ("open", "void") and proposal.expires_at <= (proposal.decided_at or clock.now()):
        yield Action(proposal.expires_at, "expired", proposal)
        return
    if proposal.decided_at is None:
        return
    said = words.get(proposal.answered_in) if proposal.answered_in else None
    yield Action(proposal.decided_at, _ANSWERS[proposal.status], proposal, words=said)
    if proposal.status == "approved" and proposal.booking_id is None:
        # done in the transaction of the yes, but for what somebody else's calendar takes its time over
        done_at = written.get(proposal.id) if proposal.action == "calendar" else proposal.decided_at
        if done_at is not None:
            yield Action(done_at, "executed", proposal)


def _tell_money(proposal: Proposal, payments: Sequence[Payment], refunds: Sequence[Refund]) -> Iterator[Action]:
    for payment in payments:
        amount = Money(amount_minor=payment.amount_minor, currency=payment.currency)
        yield Action(payment.created_at, "payment_started", proposal, amount=amount)
        if payment.paid_at is not None:
            yield Action(payment.paid_at, "paid", proposal, amount=amount)
    for refund in refunds:
        amount = Money(amount_minor=refund.amount_minor, currency=refund.currency)
        yield Action(refund.created_at, "refund_owed", proposal, amount=amount)
        if refund.done_at is not None:
            yield Action(refund.done_at, "refunded", proposal, amount=amount)
