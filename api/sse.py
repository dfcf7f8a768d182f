"""A run's log as server-sent events: a view that any connection may open, drop and open again."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from uuid import UUID

import anyio
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.types import Receive, Scope, Send

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


@contextmanager
def reserve_stream(parts: Parts) -> Iterator[None]:
    """Hold a reader's place; raises Overloaded. Taken before anything is written for the sake of a stream."""
    if parts.open_streams >= MAX_STREAMS:
        raise Overloaded
    with _counted(parts):
        yield


@contextmanager
def _counted(parts: Parts) -> Iterator[None]:
    parts.open_streams += 1
    STREAMS_OPEN.set(parts.open_streams)
    try:
        yield
    finally:
        parts.open_streams -= 1
        STREAMS_OPEN.set(parts.open_streams)


class RunStream(EventSourceResponse):
    """A stream that counts as open from its making to its end; made under `reserve_stream`."""

    def __init__(self, parts: Parts, run_id: UUID, *, after: int, headers: dict[str, str]) -> None:
        stopping = anyio.Event()
        super().__init__(
            _events(parts, run_id, after, stopping),
            ping=HEARTBEAT_SECONDS,
            send_timeout=SEND_SECONDS,
            sep="\n",
            headers={"Cache-Control": "no-store, no-transform", **headers},
            shutdown_event=stopping,
            shutdown_grace_period=FAREWELL_SECONDS + 1,
        )
        self._place = ExitStack()
        self._place.enter_context(_counted(parts))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._place:
            await super().__call__(scope, receive, send)


def stream_run(parts: Parts, run_id: UUID, *, after: int = 0, headers: dict[str, str] | None = None) -> RunStream:
    """The events of a run after a cursor, until its terminal one. The caller has checked whose run it is."""
    return RunStream(parts, run_id, after=after, headers=headers or {})


async def _events(parts: Parts, run_id: UUID, after: int, stopping: anyio.Event) -> AsyncIterator[ServerSentEvent]:
    stop_by: float | None = None
    yield ServerSentEvent(retry=1000)
    async for batch in follow(parts.transactions, parts.wakeups, run_id, after=after):
        for event in batch:
            yield ServerSentEvent(id=str(event.seq), data=json.dumps(event.data, ensure_ascii=False))
        if stopping.is_set():
            stop_by = stop_by or time.monotonic() + FAREWELL_SECONDS
            if time.monotonic() > stop_by:
                yield ServerSentEvent(retry=500)
                return
