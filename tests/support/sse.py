"""Reads server-sent events the way a client does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable
from typing import Any, NamedTuple

import httpx

from tests.support.agui import check_run


class Received(NamedTuple):
    seq: int
    data: dict[str, Any]


async def read_events(lines: AsyncIterable[str]) -> list[Received]:
    """Every event of a stream, up to its end."""
    return [event async for event in iterate_events(lines)]


async def iterate_events(lines: AsyncIterable[str]) -> AsyncIterable[Received]:
    seq = 0
    async for line in lines:
        if line.startswith("id:"):
            seq = int(line[3:])
        elif line.startswith("data:"):
            yield Received(seq, json.loads(line[5:]))


async def post_streamed(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> list[Received]:
    """Send a message as an SSE client and read its whole run, checked: grammatical, and dense from 1."""
    async with client.stream("POST", path, json=body, headers={"Accept": "text/event-stream"}) as response:
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")
        events = await read_events(response.aiter_lines())
    check_log(events)
    return events


def check_log(events: list[Received]) -> None:
    check_run([event.data for event in events])
    assert [event.seq for event in events] == list(range(1, len(events) + 1))


def text_of(events: list[Received]) -> str:
    return "".join(event.data["delta"] for event in events if event.data["type"] == "TEXT_MESSAGE_CONTENT")


def cards_of(events: list[Received]) -> list[dict[str, Any]]:
    return [event.data["content"] for event in events if event.data["type"] == "ACTIVITY_SNAPSHOT"]
