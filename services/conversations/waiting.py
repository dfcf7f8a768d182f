"""The cards of a conversation that wait for their traveller, told the same in a stream, a reply and after a reload."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.security import Actor
from db.repositories.conversations import ConversationRepository
from db.repositories.proposals import ProposalRepository

Interrupt = dict[str, Any]

CONFIRMATION = "confirmation"


def describe_waiting(card: Mapping[str, Any], *, reason: str, call_id: str | None) -> Interrupt:
    """A card as an interrupt. One that asks for a yes is named by its proposal, any other by itself."""
    expires = card.get("expires_at")
    return {
        "id": card.get("proposal_id") or card["id"],
        "reason": reason,
        "message": card["text"],
        "tool_call_id": call_id,
        "expires_at": expires,
        "quote_hash": card.get("quote_hash"),
        "action": card.get("action"),
        "card": dict(card),
    }


async def keep_waiting(session: AsyncSession, actor: Actor, interrupts: Sequence[Interrupt]) -> list[Interrupt]:
    """Those that can still be answered."""
    kept = []
    for each in interrupts:
        if each["reason"] == CONFIRMATION:
            proposal = await ProposalRepository(session).find_readable(actor, UUID(each["id"]))
            if proposal is None or proposal.status != "open" or proposal.expires_at <= clock.now():
                continue
        kept.append(each)
    return kept


async def list_waiting(session: AsyncSession, actor: Actor, conversation_id: UUID) -> list[Interrupt]:
    """What waits in a conversation of the caller's: every run that can tell tells again what it leaves waiting."""
    told = await ConversationRepository(session).read_interrupts(conversation_id)
    return await keep_waiting(session, actor, told)
