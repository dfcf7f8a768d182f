"""Queries over conversations and their messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, false, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.security import Actor
from db.models import Conversation, ConversationMessage


def readable_by(actor: Actor) -> ColumnElement[bool]:
    """Which conversations exist for a caller: their own, or the anonymous ones made with their token."""
    if actor.user_id is not None:
        return Conversation.user_id == actor.user_id
    if actor.conversation_token_hash is not None:
        return Conversation.user_id.is_(None) & (Conversation.token_hash == actor.conversation_token_hash)
    return false()


class ConversationRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find_readable(
        self, actor: Actor, conversation_id: UUID, *, for_update: bool = False
    ) -> Conversation | None:
        """The conversation if it exists for this caller; locked until the transaction ends when `for_update`."""
        statement = select(Conversation).where(Conversation.id == conversation_id, readable_by(actor))
        if for_update:
            statement = statement.with_for_update()
        return await self._session.scalar(statement)

    async def find(self, conversation_id: UUID) -> Conversation | None:
        """The conversation whoever it belongs to: for what was permitted before."""
        return await self._session.get(Conversation, conversation_id)

    async def list_readable(self, actor: Actor, *, skip: int, limit: int) -> Sequence[tuple[Conversation, int]]:
        """Newest first, each with its number of messages."""
        count = (
            select(func.count())
            .where(ConversationMessage.conversation_id == Conversation.id)
            .correlate(Conversation)
            .scalar_subquery()
        )
        statement = (
            select(Conversation, count)
            .where(readable_by(actor))
            .order_by(Conversation.updated_at.desc(), Conversation.id)
            .offset(skip)
            .limit(limit)
        )
        return [(conversation, total) for conversation, total in await self._session.execute(statement)]

    async def count_messages(self, conversation_id: UUID) -> int:
        statement = select(func.count()).where(ConversationMessage.conversation_id == conversation_id)
        return await self._session.scalar(statement) or 0

    async def list_messages(
        self, conversation_id: UUID, *, limit: int, before: UUID | None, after: UUID | None
    ) -> list[ConversationMessage]:
        """A page in order of time: the newest, or those just before or just after a message of the same thread."""
        statement = select(ConversationMessage).where(ConversationMessage.conversation_id == conversation_id)
        position = ConversationMessage.position
        if before is not None:
            statement = statement.where(position < self._position_of(conversation_id, before))
        if after is not None:
            statement = statement.where(position > self._position_of(conversation_id, after))
            return list(await self._session.scalars(statement.order_by(position).limit(limit)))
        newest_first = await self._session.scalars(statement.order_by(position.desc()).limit(limit))
        return list(newest_first)[::-1]

    async def find_message(self, conversation_id: UUID, message_id: UUID) -> ConversationMessage | None:
        return await self._session.scalar(
            select(ConversationMessage).where(
                ConversationMessage.conversation_id == conversation_id, ConversationMessage.id == message_id
            )
        )

    async def find_by_client_id(self, conversation_id: UUID, client_message_id: UUID) -> ConversationMessage | None:
        return await self._session.scalar(
            select(ConversationMessage).where(
                ConversationMessage.conversation_id == conversation_id,
                ConversationMessage.client_message_id == client_message_id,
            )
        )

    async def get_message_of_run(self, run_id: UUID, role: str) -> ConversationMessage:
        return (
            await self._session.scalars(
                select(ConversationMessage).where(
                    ConversationMessage.run_id == run_id, ConversationMessage.role == role
                )
            )
        ).one()

    async def read_interrupts(self, conversation_id: UUID) -> list[dict[str, Any]]:
        """What waited for the traveller, as the newest reply has it that tells."""
        told = ConversationMessage.metadata_["interrupts"]
        statement = select(told).where(
            ConversationMessage.conversation_id == conversation_id,
            ConversationMessage.metadata_.has_key("interrupts"),
        )
        return await self._session.scalar(statement.order_by(ConversationMessage.position.desc()).limit(1)) or []

    async def delete(self, conversation_id: UUID) -> None:
        await self._session.execute(delete(Conversation).where(Conversation.id == conversation_id))

    @staticmethod
    def _position_of(conversation_id: UUID, message_id: UUID) -> ColumnElement[int]:
        return (
            select(ConversationMessage.position)
            .where(ConversationMessage.conversation_id == conversation_id, ConversationMessage.id == message_id)
            .scalar_subquery()
        )
