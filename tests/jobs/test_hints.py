"""A hint exists exactly when the row it speaks of does, and never harms the transaction it is written in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

import db.hints
from core.ids import new_id
from db.hints import forget_stalled_hints, hint
from db.models import User
from db.session import Transactions
from tests.support.mail import count_jobs, put_user


async def hint_twice_and_go_on(transactions: Transactions) -> None:
    row_id = new_id()
    async with transactions() as session:
        await hint(session, "look", row_id=row_id)
        await hint(session, "look", row_id=row_id)
        await hint(session, "look", row_id=new_id())
        session.add(User(email="an@example.com"))


async def test_second_hint_is_one_and_leaves_the_transaction_whole(transactions: Transactions) -> None:
    await hint_twice_and_go_on(transactions)
    assert await count_jobs(transactions) == 2
    async with transactions() as session:
        assert await session.scalar(select(User.email)) == "an@example.com"


async def test_hint_without_a_savepoint_is_noticed(transactions: Transactions, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant of the test above: what the queue refuses takes the whole transaction with it."""

    @asynccontextmanager
    async def lend_for_good(session: AsyncSession) -> AsyncIterator[AsyncConnection]:
        connection = await session.connection()
        await connection.execute(text("SET LOCAL search_path TO jobs"))
        yield connection

    monkeypatch.setattr(db.hints, "_queue_schema", lend_for_good)
    with pytest.raises(DBAPIError):
        await hint_twice_and_go_on(transactions)
    assert await count_jobs(transactions) == 0


async def test_hint_before_any_statement_is_still_part_of_the_transaction(transactions: Transactions) -> None:
    async def hint_and_fail() -> None:
        async with transactions() as session:
            await hint(session, "look", row_id=new_id())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await hint_and_fail()
    assert await count_jobs(transactions) == 0


async def test_hints_of_dead_workers_are_forgotten_and_others_stay(transactions: Transactions) -> None:
    waiting, alive, dead = new_id(), new_id(), new_id()
    async with transactions() as session:
        for row_id in (waiting, alive, dead):
            await hint(session, "look", row_id=row_id)
        await session.execute(text("SET LOCAL search_path TO jobs"))
        for row_id, age in ((alive, "1 second"), (dead, "1 hour")):
            await session.execute(
                text(
                    """WITH worker AS (INSERT INTO procrastinate_workers (last_heartbeat)
                        VALUES (now() - CAST(:age AS interval)) RETURNING id)
                    UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM worker)
                    WHERE args ->> 'row_id' = :row_id"""
                ),
                {"age": age, "row_id": str(row_id)},
            )
    async with transactions() as session:
        assert await forget_stalled_hints(session) == 1
    async with transactions() as session:
        left = await session.scalars(text("SELECT args ->> 'row_id' FROM jobs.procrastinate_jobs ORDER BY id"))
        assert list(left) == [str(waiting), str(alive)]
    await put_user(transactions)  # the connection's search path is its own again
