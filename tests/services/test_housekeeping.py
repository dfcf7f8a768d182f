from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import delete, func, select, text

from core.clock import clock
from db.models import Conversation, UserSession, VerificationCode
from db.session import Transactions
from services.housekeeping import tidy
from tests.conftest import NOW
from tests.support.accounts import sign_up


async def count_checkpoints(transactions: Transactions) -> int:
    async with transactions() as session:
        return await session.scalar(text("SELECT count(*) FROM checkpoints.checkpoints")) or 0


async def test_state_of_a_deleted_conversation_does_not_outlive_a_crash(
    client: httpx.AsyncClient, transactions: Transactions, conversation: dict[str, Any]
) -> None:
    await client.post(f"/v1/chat/conversations/{conversation['id']}/messages", json={"message": "Hà Nội đi Huế mai"})
    async with transactions() as session:
        await tidy(session)
    assert await count_checkpoints(transactions) > 0
    async with transactions() as session:  # what a process leaves that dies before it deletes the checkpoints
        await session.execute(delete(Conversation))
    async with transactions() as session:
        await tidy(session)
    assert await count_checkpoints(transactions) == 0


async def test_sessions_and_codes_go_when_their_time_is_over(
    client: httpx.AsyncClient, transactions: Transactions
) -> None:
    await sign_up(client)
    left = []
    for later in (timedelta(), timedelta(minutes=66), timedelta(days=31)):
        with clock.frozen(NOW + later):
            async with transactions() as session:
                await tidy(session)
                left.append(
                    [
                        await session.scalar(select(func.count()).select_from(each))
                        for each in (UserSession, VerificationCode)
                    ]
                )
    assert left == [[1, 1], [1, 0], [0, 0]]
