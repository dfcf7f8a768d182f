"""Senders of mail that do what a test needs, and letters to send."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import text

from core.ids import new_id
from core.messages import Language
from core.security import Keys
from db.models import NotificationLog, User
from db.session import Transactions
from providers.messaging.base import Mail
from services.notifications.queueing import enqueue

ADDRESS = "nguyen.van.an@example.com"
CODE = "481516"


class RecordingSender:
    """Keeps what it is given; `fail` may raise instead, or do something on the way."""

    is_simulated = True

    def __init__(self, fail: Callable[[Mail], None] = lambda _mail: None) -> None:
        self.sent: list[Mail] = []
        self.fail = fail

    async def send(self, mail: Mail) -> None:
        await asyncio.sleep(0)  # lets another sender in, as a network does
        self.fail(mail)
        self.sent.append(mail)


class HeldSender(RecordingSender):
    """Stops in the middle of each mail until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.is_sending = asyncio.Event()
        self.may_go = asyncio.Event()

    async def send(self, mail: Mail) -> None:
        self.is_sending.set()
        await self.may_go.wait()
        await super().send(mail)


async def put_user(transactions: Transactions, email: str = ADDRESS) -> UUID:
    user_id = new_id()
    async with transactions() as session:
        session.add(User(id=user_id, email=email))
    return user_id


async def put_letter(
    transactions: Transactions,
    keys: Keys,
    user_id: UUID,
    *,
    letter_type: str = "verify_email",
    language: Language = "vi",
    address: str = ADDRESS,
    params: dict[str, str] | None = None,
) -> UUID:
    """A letter with a code, waiting to be sent."""
    async with transactions() as session:
        row = await enqueue(
            session,
            user_id=user_id,
            type=letter_type,
            language=language,
            address=address,
            params={"code": CODE, "minutes": "5"} if params is None else params,
            keys=keys,
        )
        return row.id


async def read_row(transactions: Transactions, notification_id: UUID) -> NotificationLog:
    async with transactions() as session:
        return await session.get_one(NotificationLog, notification_id)


async def read_outbox(transactions: Transactions) -> list[dict[str, Any]]:
    async with transactions() as session:
        rows = await session.execute(text("SELECT * FROM sandbox.outbox ORDER BY id"))
        return [dict(row) for row in rows.mappings()]


async def count_jobs(transactions: Transactions) -> int:
    async with transactions() as session:
        count: int = (await session.execute(text("SELECT count(*) FROM jobs.procrastinate_jobs"))).scalar_one()
        return count
