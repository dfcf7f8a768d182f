"""Writes a run's log: what the graph does, as AG-UI events, stored in small batches before anyone sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from ag_ui.core import (
    ActivitySnapshotEvent,
    BaseEvent,
    CustomEvent,
    StepFinishedEvent,
    StepStartedEvent,
    TextMessageContentEvent,
    TextMessageEndEvent,
    TextMessageStartEvent,
    ToolCallArgsEvent,
    ToolCallEndEvent,
    ToolCallResultEvent,
    ToolCallStartEvent,
)
from sqlalchemy.exc import SQLAlchemyError

from core.ids import new_id
from db.repositories.runs import BatchStored
from db.session import Transactions
from services.conversations.blocks import parse_markdown
from services.conversations.events import EventData, as_data, run_started
from services.conversations.runs import append_events

log = structlog.get_logger()

STORE_PAUSES = (0.2, 0.5, 1, 2, 3)
"""Seconds between tries to store a batch, well within a lease."""

BATCH_SECONDS = 0.04
"""How long words are gathered before they are stored together: invisible to the eye, and several times fewer rows."""


class RunLog:
    """The log of one run. Methods add events in order; `write_out` stores them as time goes by."""

    def __init__(self, transactions: Transactions, conversation_id: UUID, run_id: UUID, reply_id: UUID) -> None:
        self._transactions = transactions
        self._run_id = run_id
        self._grown = asyncio.Event()
        self._is_closing = False
        self._stored = 0
        self.seq = 0
        """Of the last event known to be stored."""
        self._next_text_id = reply_id
        self._open_text: tuple[str, list[str]] | None = None
        self._open_step: str | None = None
        self.events: list[EventData] = [run_started(conversation_id, run_id)]
        self._grown.set()

    def start_step(self, name: str) -> None:
        """An agent takes over."""
        self.end_text()
        self.end_step()
        self._open_step = name
        self._add(StepStartedEvent(step_name=name))

    def end_step(self) -> None:
        if self._open_step is not None:
            self._add(StepFinishedEvent(step_name=self._open_step))
            self._open_step = None

    def add_text(self, delta: str) -> None:
        if self._open_text is None:
            # the first text of a run has the id of its stored reply; another after a tool call gets its own
            self._open_text = (str(self._next_text_id), [])
            self._next_text_id = new_id()
            self._add(TextMessageStartEvent(message_id=self._open_text[0], role="assistant"))
        message_id, parts = self._open_text
        parts.append(delta)
        self._add(TextMessageContentEvent(message_id=message_id, delta=delta))

    def end_text(self) -> None:
        """Close the text with its block tree, which clients show instead of the streamed words."""
        if self._open_text is not None:
            message_id, parts = self._open_text
            blocks = parse_markdown("".join(parts))
            self._add(TextMessageEndEvent(message_id=message_id, metadata={"blocks": blocks}))
            self._open_text = None

    def add_tool_call(self, call_id: str, name: str, arguments: str) -> None:
        self.end_text()
        self._add(ToolCallStartEvent(tool_call_id=call_id, tool_call_name=name))
        self._add(ToolCallArgsEvent(tool_call_id=call_id, delta=arguments))
        self._add(ToolCallEndEvent(tool_call_id=call_id))

    def add_tool_result(self, call_id: str, content: str) -> None:
        self._add(ToolCallResultEvent(message_id=str(new_id()), tool_call_id=call_id, content=content, role="tool"))

    def add_card(self, card: dict[str, Any]) -> None:
        self._add(ActivitySnapshotEvent(message_id=card["id"], activity_type=card["type"], content=card, replace=True))

    def add_custom(self, name: str, value: object) -> None:
        self._add(CustomEvent(name=name, value=value))

    def _add(self, event: BaseEvent) -> None:
        self.events.append(as_data(event))
        self._grown.set()

    async def write_out(self) -> None:
        """Store events as they come, until `close`; returns early when the run's cancellation was asked for.

        A database that is away for a moment is waited for. Raises RunLost.
        """
        while not self._is_closing:
            await self._grown.wait()
            if not self._is_closing:
                await asyncio.sleep(BATCH_SECONDS)
            self._grown.clear()
            batch, upto = self.pending, len(self.events)
            is_cancel_requested = bool(batch) and await self._store(batch)
            self._stored = upto
            if is_cancel_requested:
                return

    async def _store(self, batch: Sequence[EventData]) -> bool:
        """Store a batch once, however often that takes; whether cancellation was asked for."""
        pauses = iter(STORE_PAUSES)
        while True:
            try:
                async with self._transactions() as session:
                    advance = await append_events(session, self._run_id, batch, after=self.seq)
                self.seq = advance.last_seq
                return advance.is_cancel_requested
            except BatchStored:
                self.seq += len(batch)
                return False
            except SQLAlchemyError as error:
                pause = next(pauses, None)
                if pause is None:
                    raise
                log.warning("events.retried", run_id=str(self._run_id), error=type(error).__name__)
                await asyncio.sleep(pause)

    def close(self) -> None:
        """Let `write_out` end after what it is storing."""
        self.end_text()
        self.end_step()
        self._is_closing = True
        self._grown.set()

    @property
    def pending(self) -> list[EventData]:
        """What is not stored yet; after `write_out` has ended, the terminal transaction stores it."""
        return join_deltas(self.events[self._stored :])


def join_deltas(events: Sequence[EventData]) -> list[EventData]:
    """The same events with neighbouring pieces of one text joined."""
    joined: list[EventData] = []
    for event in events:
        last = joined[-1] if joined else None
        if (
            last is not None
            and event["type"] == last["type"] == "TEXT_MESSAGE_CONTENT"
            and event["messageId"] == last["messageId"]
        ):
            joined[-1] = last | {"delta": last["delta"] + event["delta"]}
        else:
            joined.append(event)
    return joined
