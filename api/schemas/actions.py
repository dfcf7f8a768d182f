"""What the record of a conversation gives."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from core.messages import Language, format_money, say
from db.models.proposals import ApprovalChannel, ProposalAction
from domain.money import Money
from services.conversations.actions import Action, ActionKind
from services.proposals.wording import ask_text

ANSWERS: tuple[ActionKind, ...] = ("approved", "declined")


class ActionRead(BaseModel):
    """Something that was asked, answered or done."""

    at: datetime
    kind: ActionKind
    action: ProposalAction
    """Of the card it is about, or rests on."""
    proposal_id: UUID
    booking_id: UUID | None
    """Of the booking it made or moved."""
    channel: ApprovalChannel | None
    """How the card was answered: by a click, in words, or by a program. Null for what is no answer."""
    words: str | None
    """The message that answered, with personal data replaced."""
    amount: Money | None
    """Of money that moved, or was to move."""
    text: str
    """All of it in one sentence, in the request's language."""


def describe_action(done: Action, language: Language) -> ActionRead:
    proposal = done.proposal
    return ActionRead.model_validate(
        {
            "at": done.at,
            "kind": done.kind,
            "action": proposal.action,
            "proposal_id": proposal.id,
            "booking_id": proposal.booking_id,
            "channel": proposal.channel if done.kind in ANSWERS else None,
            "words": done.words,
            "amount": done.amount,
            "text": _sentence(done, language),
        }
    )


def _sentence(done: Action, language: Language) -> str:
    amount = format_money(done.amount.amount, done.amount.currency, language) if done.amount else ""
    sentence = say(f"actions.{done.kind}", language, what=ask_text(done.proposal, language), amount=amount)
    if done.kind not in ANSWERS or done.proposal.channel is None:
        return sentence
    how = say(f"actions.by.{done.proposal.channel}", language, words=done.words or "…")
    return f"{sentence} ({how})"
