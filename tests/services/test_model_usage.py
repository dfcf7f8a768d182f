"""What a traveller may use in a day, counted in the database."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import sqlalchemy
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from core.clock import clock
from core.security import Actor
from core.settings import Settings
from db.models import RateLimit
from db.session import Transactions
from services.model_usage import ModelLimits, count_tokens, find_tokens_left, read_limits

LIMITS = ModelLimits(run_calls=5, run_tokens=9_000, run_seconds=45, user_tokens=1_000, address_tokens=3_000)
LAN = Actor("user", UUID(int=1))
MINH = Actor("user", UUID(int=2))
VISITOR = Actor()


async def test_a_user_is_counted_wherever_they_come_from(transactions: Transactions, settings: Settings) -> None:
    for tokens in (700, 400):
        await count_tokens(transactions, settings.keys, LAN, client_address="192.0.2.1", tokens=tokens)

    async def left(actor: Actor, address: str) -> int | None:
        return await find_tokens_left(transactions, settings.keys, LIMITS, actor, client_address=address)

    assert await left(LAN, "198.51.100.7") == -100
    assert await left(MINH, "192.0.2.1") == 1_000
    assert await left(VISITOR, "192.0.2.1") == 3_000
    with clock.frozen(clock.now() + timedelta(hours=23)):
        assert await left(LAN, "192.0.2.1") == -100
    with clock.frozen(clock.now() + timedelta(hours=25)):
        assert await left(LAN, "192.0.2.1") == 1_000


async def test_anonymous_visitors_are_counted_by_address(transactions: Transactions, settings: Settings) -> None:
    await count_tokens(transactions, settings.keys, VISITOR, client_address="192.0.2.1", tokens=2_500)
    told = [
        await find_tokens_left(transactions, settings.keys, LIMITS, VISITOR, client_address=address)
        for address in ("192.0.2.1", "192.0.2.2")
    ]
    assert told == [500, 3_000]


async def test_a_count_says_nothing_about_whom_it_counts(transactions: Transactions, settings: Settings) -> None:
    await count_tokens(transactions, settings.keys, VISITOR, client_address="192.0.2.1", tokens=1)
    await count_tokens(transactions, settings.keys, LAN, client_address="192.0.2.1", tokens=1)
    await count_tokens(transactions, settings.keys, MINH, client_address="192.0.2.1", tokens=0)
    async with transactions() as session:
        keys = (await session.scalars(sqlalchemy.select(RateLimit.key))).all()
    assert len(keys) == 2
    assert not any("192.0.2.1" in key or str(LAN.user_id) in key for key in keys)


async def test_what_cannot_be_counted_is_let_pass(settings: Settings) -> None:
    def away() -> None:
        raise OperationalError("SELECT", {}, Exception("away"))

    with capture_logs() as logged:
        left = await find_tokens_left(away, settings.keys, LIMITS, LAN, client_address="")  # type: ignore[arg-type]
        await count_tokens(away, settings.keys, LAN, client_address="", tokens=1)  # type: ignore[arg-type]
    assert left is None
    assert [each["event"] for each in logged] == ["model_usage.uncounted"] * 2


def test_limits_come_from_the_settings(settings: Settings) -> None:
    limits = read_limits(settings.model_copy(update={"model_run_calls": 2, "model_day_tokens_per_user": 7}))
    assert (limits.open_budget().calls, limits.user_tokens) == (2, 7)
    assert limits.open_budget().tokens_today is None
