"""Counts of calls, for `limits`: in the database, so that every process counts the same caller together."""

from __future__ import annotations

from datetime import timedelta

from limits.aio.storage import Storage
from sqlalchemy import case, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from core.clock import clock
from db.models import RateLimit
from db.session import Transactions


class RateLimitStorage(Storage):
    """Fixed windows, one row a key; trouble with the database comes out as limits.errors.StorageError."""

    STORAGE_SCHEME = None

    def __init__(self, transactions: Transactions) -> None:
        super().__init__(wrap_exceptions=True)
        self._transactions = transactions

    @property
    def base_exceptions(self) -> type[Exception]:
        return SQLAlchemyError

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count, in the window under way or in a new one of `expiry` seconds; gives the count in it. One statement."""
        now = clock.lease_now()
        is_over = RateLimit.expires_at <= now
        fresh = insert(RateLimit).values(key=key, count=amount, expires_at=now + timedelta(seconds=expiry))
        counted = fresh.on_conflict_do_update(
            index_elements=[RateLimit.key],
            set_={
                "count": case((is_over, amount), else_=RateLimit.count + amount),
                "expires_at": case((is_over, fresh.excluded.expires_at), else_=RateLimit.expires_at),
            },
        )
        async with self._transactions() as session:
            return (await session.execute(counted.returning(RateLimit.count))).scalar_one()

    async def get(self, key: str) -> int:
        """The count in the window under way."""
        counts = select(RateLimit.count).where(RateLimit.key == key, RateLimit.expires_at > clock.lease_now())
        async with self._transactions() as session:
            return await session.scalar(counts) or 0

    async def get_expiry(self, key: str) -> float:
        """When the key's window ends, or ended, in seconds since 1970; now, for a key that never came."""
        async with self._transactions() as session:
            ends_at = await session.scalar(select(RateLimit.expires_at).where(RateLimit.key == key))
        return (ends_at or clock.now()).timestamp()

    async def check(self) -> bool:
        async with self._transactions() as session:
            return await session.scalar(select(1)) == 1

    async def reset(self) -> int | None:
        async with self._transactions() as session:
            return len((await session.execute(delete(RateLimit).returning(RateLimit.key))).all())

    async def clear(self, key: str) -> None:
        async with self._transactions() as session:
            await session.execute(delete(RateLimit).where(RateLimit.key == key))
