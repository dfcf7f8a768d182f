"""Sessions. An edge opens a transaction; leaving it commits, an exception rolls back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import sqlalchemy
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

Transactions = Callable[[], AbstractAsyncContextManager[AsyncSession]]
"""Opens a short transaction that commits on exit: `async with transactions() as session: ...`."""

POOL_WAIT_SECONDS = 5


def to_sqlalchemy_url(database_url: str) -> str:
    """The same database for SQLAlchemy, which wants its driver named: postgresql+psycopg://…"""
    url = sqlalchemy.make_url(database_url)
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def create_engine(database_url: str) -> AsyncEngine:
    return create_async_engine(
        to_sqlalchemy_url(database_url),
        pool_size=20,
        max_overflow=10,
        pool_timeout=POOL_WAIT_SECONDS,
        # a server that restarted leaves dead connections in the pool
        pool_pre_ping=True,
        # an error would quote what travellers wrote
        hide_parameters=True,
        # a transaction-mode pooler gives each transaction another connection, so nothing may stay prepared
        connect_args={"prepare_threshold": None},
    )


def open_transactions(engine: AsyncEngine) -> Transactions:
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    @asynccontextmanager
    async def transactions() -> AsyncIterator[AsyncSession]:
        async with sessions.begin() as session:
            yield session

    return transactions
