"""Counting calls in the database: the limit is exact whoever counts at once, and trouble closes only what guards."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from limits import RateLimitItemPerMinute
from limits.aio.strategies import FixedWindowRateLimiter
from sqlalchemy import event

import services.flights.search as searching
from core.clock import clock
from core.errors import Overloaded, RateLimited
from core.security import Actor
from db.models import RateLimit, User
from db.repositories.rate_limits import RateLimitStorage
from db.session import Transactions
from domain.offers import CabinClass
from services.rate_limits import SEARCH, SIGN_IN, Bucket, count_call
from tests.conftest import NOW
from tests.support.offers import QUERY, make_offer
from tests.support.providers import Shop, market_of

THREE = Bucket("test", per_caller=3, per_address=5)
AT_ONCE = 25


async def count_allowed(transactions: Transactions, times: int, bucket: Bucket = THREE, **keys: str) -> int:
    """How many of so many calls, one after the other, are let pass."""
    allowed = 0
    for _ in range(times):
        try:
            await count_call(transactions, bucket, **keys)
            allowed += 1
        except RateLimited:
            pass
    return allowed


async def test_window_lets_its_number_pass_and_the_next_one_too(transactions: Transactions) -> None:
    allowed = [await count_allowed(transactions, 5, caller="a")]
    for later in (59, 60):
        with clock.frozen(NOW + timedelta(seconds=later)):
            allowed.append(await count_allowed(transactions, 5, caller="a"))
    assert allowed == [3, 0, 3]


@pytest.mark.parametrize(("seconds", "retry_after"), [(0, 60), (20.5, 40), (59.9, 1)])
async def test_refusal_says_when_the_window_ends(transactions: Transactions, seconds: float, retry_after: int) -> None:
    await count_allowed(transactions, 3, caller="a")
    with clock.frozen(NOW + timedelta(seconds=seconds)), pytest.raises(RateLimited) as refused:
        await count_call(transactions, THREE, caller="a")
    assert refused.value.retry_after == retry_after


async def test_callers_addresses_and_buckets_are_counted_apart(transactions: Transactions) -> None:
    assert await count_allowed(transactions, 4, caller="a", address="x") == 3
    assert await count_allowed(transactions, 4, caller="b", address="x") == 2
    assert await count_allowed(transactions, 4, caller="c", address="y") == 3
    assert await count_allowed(transactions, 4, replace(THREE, name="other"), caller="a", address="x") == 3


class ReadThenWrite(RateLimitStorage):
    """What counting must not be: everybody looks before anybody writes."""

    def __init__(self, transactions: Transactions) -> None:
        super().__init__(transactions)
        self._looked = asyncio.Barrier(AT_ONCE)

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        count = await self.get(key) + amount
        await self._looked.wait()
        async with self._transactions() as session:
            await session.merge(RateLimit(key=key, count=count, expires_at=clock.now() + timedelta(seconds=expiry)))
        return count


@pytest.mark.parametrize(("storage", "expected"), [(RateLimitStorage, 10), (ReadThenWrite, AT_ONCE)])
async def test_of_many_at_once_exactly_the_limit_passes(
    transactions: Transactions, storage: type[RateLimitStorage], expected: int
) -> None:
    async with transactions() as session:  # so that the one that only looks has a row to write over
        session.add(RateLimit(key="x/a/10/1/minute", count=0, expires_at=clock.now() + timedelta(seconds=60)))
    limiter = FixedWindowRateLimiter(storage(transactions))
    ten = RateLimitItemPerMinute(10, namespace="x")
    passed = await asyncio.gather(*(limiter.hit(ten, "a") for _ in range(AT_ONCE)))
    assert sum(passed) == expected


async def test_first_calls_at_once_make_one_row(transactions: Transactions) -> None:
    storage = RateLimitStorage(transactions)
    counts = await asyncio.gather(*(storage.incr("a", 60) for _ in range(AT_ONCE)))
    assert sorted(counts) == list(range(1, AT_ONCE + 1))


async def test_counting_is_one_statement(transactions: Transactions) -> None:
    async with transactions() as session:
        engine = session.get_bind()
    statements: list[str] = []

    def note(*args: object) -> None:
        statements.append(str(args[2]))

    event.listen(engine, "before_cursor_execute", note)
    await count_call(transactions, THREE, caller="a")
    assert len(statements) == 1
    assert statements[0].startswith("INSERT INTO rate_limits")


async def test_storage_is_all_the_library_asks_for(transactions: Transactions) -> None:
    storage = RateLimitStorage(transactions)
    limiter, three = FixedWindowRateLimiter(storage), RateLimitItemPerMinute(3, namespace="x")
    assert await storage.check()
    assert await limiter.hit(three, "a", cost=2)
    stats = await limiter.get_window_stats(three, "a")
    assert (stats.remaining, stats.reset_time) == (1, (NOW + timedelta(seconds=60)).timestamp())
    await limiter.clear(three, "a")
    assert (await limiter.get_window_stats(three, "a")).remaining == 3
    await limiter.hit(three, "a")
    assert await storage.reset() == 1


@contextmanager
def without_counts(database_url: str) -> Iterator[None]:
    """The table that counts is away."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("ALTER TABLE rate_limits RENAME TO away")
    yield
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("ALTER TABLE away RENAME TO rate_limits")


async def test_what_cannot_be_counted_is_refused_only_before_a_secret(
    transactions: Transactions, database_url: str
) -> None:
    with without_counts(database_url):
        assert await count_allowed(transactions, 10, caller="a") == 10
        with pytest.raises(Overloaded):
            await count_call(transactions, SIGN_IN, caller="a")
    assert await count_allowed(transactions, 4, caller="a") == 3


async def test_searches_are_counted_where_the_provider_is_asked(
    transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "SEARCH", replace(SEARCH, per_caller=2))
    async with transactions() as session:
        session.add_all(users := [User(email=f"{name}@example.com") for name in ("an", "binh")])
    shop, (an, binh) = Shop(make_offer(100)), [Actor(kind="user", user_id=user.id) for user in users]

    async def search(actor: Actor, cabin: CabinClass) -> None:
        query = QUERY.model_copy(update={"cabin": cabin})
        await searching.search(transactions, market_of(shop), actor, query=query, today=NOW.date())

    await search(an, "economy")
    await search(an, "business")
    await search(an, "economy")  # from the cache
    await search(an, "business")
    with pytest.raises(RateLimited):
        await search(an, "first")
    await search(an, "economy")
    assert shop.asked == 2
    await search(binh, "first")
    assert shop.asked == 3
