"""Queries over what the placeholders of conversations stand for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import VaultEntry


class ConversationVaultRepository:
    def __init__(self, session: AsyncSession, conversation_id: UUID) -> None:
        """Of a conversation that is the caller's."""
        self._session = session
        self._conversation_id = conversation_id

    async def find_by_hashes(self, hashes: Collection[bytes]) -> Mapping[bytes, str]:
        """The placeholders of values known by their hashes."""
        statement = select(VaultEntry.value_hash, VaultEntry.placeholder).where(
            VaultEntry.conversation_id == self._conversation_id, VaultEntry.value_hash.in_(hashes)
        )
        rows = await self._session.execute(statement)
        return {value_hash: placeholder for value_hash, placeholder in rows if value_hash is not None}

    async def count_by_kind(self) -> Mapping[str, int]:
        """How many placeholders of each kind there ever were."""
        statement = (
            select(VaultEntry.kind, func.count())
            .where(VaultEntry.conversation_id == self._conversation_id)
            .group_by(VaultEntry.kind)
        )
        return dict((await self._session.execute(statement)).all())

    async def list_named(self, placeholders: Collection[str]) -> Sequence[VaultEntry]:
        """By their placeholders; some may have lost their value."""
        statement = select(VaultEntry).where(
            VaultEntry.conversation_id == self._conversation_id, VaultEntry.placeholder.in_(placeholders)
        )
        return list(await self._session.scalars(statement))


async def forget_older(session: AsyncSession, before: datetime) -> None:
    """Drop the values put away before a time, of every conversation."""
    await session.execute(
        update(VaultEntry)
        .where(VaultEntry.created_at < before, VaultEntry.ciphertext.is_not(None))
        .values(ciphertext=None, value_hash=None)
    )
