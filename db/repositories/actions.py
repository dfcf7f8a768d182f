"""Queries over what followed from the cards of a conversation."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import BookingChange, BookingTransition, CalendarEvent, ConversationMessage


class ActionRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def list_showings(self, conversation_id: UUID) -> Sequence[tuple[UUID, datetime]]:
        """Which proposals were put on the screen, and when."""
        shown = select(ConversationMessage.attachments, ConversationMessage.created_at).where(
            ConversationMessage.conversation_id == conversation_id,
            ConversationMessage.attachments.contains([{"type": "confirm"}]),
        )
        return [
            (UUID(card["proposal_id"]), at)
            for cards, at in await self._session.execute(shown.order_by(ConversationMessage.position))
            for card in cards
            if card["type"] == "confirm"
        ]

    async def read_words(self, message_ids: Collection[UUID]) -> Mapping[UUID, str]:
        """Messages as they are kept, without personal data."""
        said = select(ConversationMessage.id, ConversationMessage.content)
        rows = await self._session.execute(said.where(ConversationMessage.id.in_(message_ids)))
        return {row.id: row.content for row in rows}

    async def list_effects(self, proposal_ids: Collection[UUID]) -> Sequence[tuple[UUID, datetime]]:
        """When bookings were made, given up or changed upon these proposals; a change counts when the airline made it,
        which may have waited for its money."""
        moves = select(BookingTransition.proposal_id, BookingTransition.created_at).where(
            BookingTransition.proposal_id.in_(proposal_ids), BookingTransition.phase_after != "changing"
        )
        changes = select(BookingChange.proposal_id, BookingChange.updated_at).where(
            BookingChange.proposal_id.in_(proposal_ids), BookingChange.status == "done"
        )
        return [(id_, at) for id_, at in await self._session.execute(moves.union_all(changes)) if id_ is not None]

    async def read_written(self, proposal_ids: Collection[UUID]) -> Mapping[UUID, datetime]:
        """When what was added to a calendar stood there; its first event has the proposal's id."""
        written = select(CalendarEvent.id, CalendarEvent.synced_at).where(
            CalendarEvent.id.in_(proposal_ids), CalendarEvent.synced_at.is_not(None)
        )
        return {id_: at for id_, at in await self._session.execute(written) if at is not None}
