"""Queries over support tickets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import SupportTicket


class SupportTicketRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find_latest(self, conversation_id: UUID, *, since: datetime) -> SupportTicket | None:
        """The newest ticket of a conversation that was opened at `since` or later."""
        statement = select(SupportTicket).where(
            SupportTicket.conversation_id == conversation_id, SupportTicket.created_at >= since
        )
        return await self._session.scalar(statement.order_by(SupportTicket.created_at.desc()).limit(1))

    async def list_open(self) -> Sequence[SupportTicket]:
        """The longest waiting first."""
        statement = select(SupportTicket).where(SupportTicket.status == "open")
        return (await self._session.scalars(statement.order_by(SupportTicket.number))).all()

    async def close(self, number: int) -> bool:
        """False where none of this number is open."""
        statement = (
            update(SupportTicket)
            .where(SupportTicket.number == number, SupportTicket.status == "open")
            .values(status="closed")
            .returning(SupportTicket.id)
        )
        return await self._session.scalar(statement) is not None
