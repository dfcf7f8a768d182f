"""Queries over passengers and their documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, delete, false, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.security import Actor
from db.models import IdentityDocument, Passenger


def readable_by(actor: Actor) -> ColumnElement[bool]:
    """Which passengers exist for a caller: those in their own address book."""
    return false() if actor.user_id is None else Passenger.user_id == actor.user_id


class PassengerRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find_readable(self, actor: Actor, passenger_id: UUID, *, for_update: bool = False) -> Passenger | None:
        """The passenger if they exist for this caller; locked until the transaction ends when `for_update`.

        The lock is held over everything that changes a passenger or a document of theirs.
        """
        statement = select(Passenger).where(Passenger.id == passenger_id, readable_by(actor))
        return await self._session.scalar(statement.with_for_update() if for_update else statement)

    async def keep_readable(self, actor: Actor, passenger_id: UUID) -> bool:
        """Whether the passenger exists for this caller, who will then stay until the transaction ends."""
        statement = select(Passenger.id).where(Passenger.id == passenger_id, readable_by(actor))
        return await self._session.scalar(statement.with_for_update(read=True, key_share=True)) is not None

    async def list_readable(self, actor: Actor, *, skip: int, limit: int) -> Sequence[Passenger]:
        """In the order they were entered."""
        statement = select(Passenger).where(readable_by(actor)).order_by(Passenger.created_at, Passenger.id)
        return list(await self._session.scalars(statement.offset(skip).limit(limit)))

    async def count_readable(self, actor: Actor) -> int:
        statement = select(func.count()).select_from(Passenger).where(readable_by(actor))
        return await self._session.scalar(statement) or 0

    async def list_documents(self, passenger_ids: Sequence[UUID]) -> Mapping[UUID, list[IdentityDocument]]:
        """Documents by passenger, in the order they were entered."""
        statement = (
            select(IdentityDocument)
            .where(IdentityDocument.passenger_id.in_(passenger_ids))
            .order_by(IdentityDocument.created_at, IdentityDocument.id)
        )
        found: dict[UUID, list[IdentityDocument]] = defaultdict(list)
        for document in await self._session.scalars(statement):
            found[document.passenger_id].append(document)
        return found

    async def delete(self, passenger_id: UUID) -> None:
        await self._session.execute(delete(Passenger).where(Passenger.id == passenger_id))
