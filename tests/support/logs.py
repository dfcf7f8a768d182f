"""What the database holds of runs, read directly; and runs put there as a dead process leaves them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.clock import clock
from core.ids import new_id
from db.models import Conversation, ConversationMessage, Run, RunEvent
from db.session import Transactions
from services.conversations.events import EventData, run_started
from tests.support.sse import Received

LEASE_OVER = timedelta(minutes=-1)
LEASE_RUNNING = timedelta(minutes=1)


async def read_log(transactions: Transactions, run_id: str | UUID) -> list[Received]:
    async with transactions() as session:
        rows = await session.scalars(
            select(RunEvent).where(RunEvent.run_id == UUID(str(run_id))).order_by(RunEvent.seq)
        )
        return [Received(row.seq, row.data) for row in rows]


async def read_run(transactions: Transactions, run_id: str | UUID) -> Run:
    async with transactions() as session:
        return await session.get_one(Run, UUID(str(run_id)))


async def read_replies(transactions: Transactions, run_id: str | UUID) -> Sequence[ConversationMessage]:
    async with transactions() as session:
        statement = select(ConversationMessage).where(
            ConversationMessage.run_id == UUID(str(run_id)), ConversationMessage.role == "assistant"
        )
        return list(await session.scalars(statement))


async def put_conversation(transactions: Transactions, token_hash: bytes | None = None) -> UUID:
    conversation_id = new_id()
    async with transactions() as session:
        session.add(
            Conversation(
                id=conversation_id,
                token_hash=token_hash,
                channel="web",
                time_zone="Asia/Ho_Chi_Minh",
                state={},
                context={},
            )
        )
    return conversation_id


async def put_run(
    transactions: Transactions,
    conversation_id: str | UUID,
    events: Sequence[EventData] = (),
    *,
    lease: timedelta = LEASE_OVER,
) -> UUID:
    """A run under way with its message and the events it had stored; `lease` is how long it still holds."""
    run_id, thread_id, now = new_id(), UUID(str(conversation_id)), clock.now()
    log = [run_started(thread_id, run_id), *events]
    async with transactions() as session:
        session.add(_make_run(run_id, thread_id, now + lease, last_seq=len(log)))
        await session.flush()
        session.add(
            ConversationMessage(
                conversation_id=thread_id, run_id=run_id, role="user", content="một câu hỏi", language="vi"
            )
        )
        session.add_all(
            RunEvent(run_id=run_id, seq=seq, type=event["type"], data=event) for seq, event in enumerate(log, start=1)
        )
    return run_id


def _make_run(run_id: UUID, conversation_id: UUID, lease_until: datetime, *, last_seq: int) -> Run:
    return Run(
        id=run_id,
        conversation_id=conversation_id,
        status="running",
        language="vi",
        lease_until=lease_until,
        last_seq=last_seq,
        code_version="test",
        usage={},
    )


def open_step(name: str = "flight") -> EventData:
    return {"type": "STEP_STARTED", "stepName": name}


def open_text(*deltas: str, message_id: str = "text") -> list[EventData]:
    content: list[dict[str, Any]] = [
        {"type": "TEXT_MESSAGE_CONTENT", "messageId": message_id, "delta": delta} for delta in deltas
    ]
    return [{"type": "TEXT_MESSAGE_START", "messageId": message_id, "role": "assistant"}, *content]


def open_tool_call(call_id: str = "call") -> list[EventData]:
    return [
        {"type": "TOOL_CALL_START", "toolCallId": call_id, "toolCallName": "search_flights"},
        {"type": "TOOL_CALL_ARGS", "toolCallId": call_id, "delta": '{"origin": "H'},
    ]
