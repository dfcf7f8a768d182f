"""Claims on repeated requests, and their answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.ids import new_id
from db.models import IdempotencyKey


class RequestKey(NamedTuple):
    """One caller's key for one request."""

    owner_id: UUID
    key_hash: bytes
    request_hash: bytes


class Claim(NamedTuple):
    """The right to answer a request. A later claim on it has a higher token and ends this one."""

    key: RequestKey
    id: UUID
    """What the sealed answer is bound to."""
    token: int


class IdempotencyRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def claim(self, key: RequestKey, *, lease_seconds: int) -> Claim | None:
        """Take a request nobody has answered or is answering; None when somebody has or is."""
        lease_until = clock.lease_now() + timedelta(seconds=lease_seconds)
        row = insert(IdempotencyKey).values(id=new_id(), token=1, lease_until=lease_until, **key._asdict())
        claim = row.on_conflict_do_update(
            index_elements=[IdempotencyKey.owner_id, IdempotencyKey.key_hash],
            set_={"token": IdempotencyKey.token + 1, "lease_until": row.excluded.lease_until},
            where=IdempotencyKey.status_code.is_(None)
            & (IdempotencyKey.lease_until < clock.lease_now())
            & (IdempotencyKey.request_hash == key.request_hash),
        ).returning(IdempotencyKey.id, IdempotencyKey.token)
        found = (await self._session.execute(claim)).one_or_none()
        return Claim(key, *found) if found else None

    async def find(self, key: RequestKey) -> IdempotencyKey | None:
        return await self._session.get(IdempotencyKey, (key.owner_id, key.key_hash))

    async def store(self, claim: Claim, *, status_code: int, answer: str) -> bool:
        """Answer the request; False when the claim is ours no longer."""
        stored = await self._session.execute(
            update(IdempotencyKey)
            .where(*self._is_held(claim))
            .values(status_code=status_code, answer=answer)
            .returning(IdempotencyKey.id)
        )
        return stored.one_or_none() is not None

    async def release(self, claim: Claim) -> None:
        """Forget a request that had no effect, so that it may come again."""
        await self._session.execute(delete(IdempotencyKey).where(*self._is_held(claim)))

    async def give_up(self, claim: Claim) -> None:
        """Let whoever comes next go on with a request that may have had its effect, under the same id."""
        given_up = update(IdempotencyKey).where(*self._is_held(claim))
        await self._session.execute(given_up.values(lease_until=clock.lease_now() - timedelta(seconds=1)))

    @staticmethod
    def _is_held(claim: Claim) -> tuple[ColumnElement[bool], ...]:
        return (
            IdempotencyKey.owner_id == claim.key.owner_id,
            IdempotencyKey.key_hash == claim.key.key_hash,
            IdempotencyKey.id == claim.id,
            IdempotencyKey.token == claim.token,
            IdempotencyKey.status_code.is_(None),
        )

    async def delete_older(self, before: datetime) -> None:
        await self._session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < before))
