"""A run's log as server-sent events: a view that any connection may open, drop and open again."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from uuid import UUID

import anyio
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.deps import Parts
from core.errors import Overloaded
from core.metrics import STREAMS_OPEN
from services.conversations.following import follow

MAX_STREAMS = 150
"""In one process; the next one is refused at once rather than served late."""

HEARTBEAT_SECONDS = 15
SEND_SECONDS = 30
"""A client that takes no bytes for so long is dropped; it resumes by its cursor."""

FAREWELL_SECONDS = 5
"""How long streams go on once the process is asked to stop."""


def stream_run(
    parts: Parts, run_id: UUID, *, after: int = 0, headers: dict[str, str] | None = None
) -> EventSourceResponse:
    """The events of a run after a cursor, until its terminal one. The caller has checked whose run it is."""
    if parts.open_streams >= MAX_STREAMS:
        raise Overloaded
    stopping = anyio.Event()
    return EventSourceResponse(
        _events(parts, run_id, after, stopping),
        ping=HEARTBEAT_SECONDS,
        send_timeout=SEND_SECONDS,
        sep="\n",
        headers={"Cache-Control": "no-store, no-transform", **(headers or {})},
        shutdown_event=stopping,
        shutdown_grace_period=FAREWELL_SECONDS + 1,
    )


async def _events(parts: Parts, run_id: UUID, after: int, stopping: anyio.Event) -> AsyncIterator[ServerSentEvent]:
    parts.open_streams += 1
    STREAMS_OPEN.set(parts.open_streams)
    stop_by: float | None = None
    try:
        yield ServerSentEvent(retry=1000)
        async for batch in follow(parts.transactions, parts.wakeups, run_id, after=after):
            for event in batch:
                yield ServerSentEvent(id=str(event.seq), data=json.dumps(event.data, ensure_ascii=False))
            if stopping.is_set():
                stop_by = stop_by or time.monotonic() + FAREWELL_SECONDS
                if time.monotonic() > stop_by:
                    yield ServerSentEvent(retry=500)
                    return
    finally:
        parts.open_streams -= 1
        STREAMS_OPEN.set(parts.open_streams)
