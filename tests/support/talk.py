"""A visitor's conversation over HTTP: say, drop the connection, come back with a cursor, look at what is stored."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any, Literal

import httpx

from tests.support.sse import Received, check_log, iterate_events

PATIENCE_SECONDS = 15
SEARCH = "Hà Nội đi Đà Nẵng thứ sáu tuần sau"
"""A complete search: code calls the tool, a model only words the answer."""

Cursor = Literal["header", "query"]
Until = Callable[[list[Received]], bool]


class Talk:
    """One anonymous conversation; `client` may change, the conversation stays."""

    def __init__(self, client: httpx.AsyncClient, conversation_id: str, token: str) -> None:
        self.client, self.id, self.token = client, conversation_id, token
        self.path = f"/v1/chat/conversations/{conversation_id}"
        self.headers = {"X-Conversation-Token": token}

    @classmethod
    async def open(cls, client: httpx.AsyncClient) -> Talk:
        made = (await client.post("/v1/chat/conversations", json={})).json()
        return cls(client, made["id"], made["conversation_token"])

    def over(self, client: httpx.AsyncClient) -> Talk:
        """The same conversation through another server."""
        return Talk(client, self.id, self.token)

    async def stream(self, message: str, until: Until | None = None) -> list[Received]:
        """Send and read until the end of the run, or drop the connection when `until` says so."""
        headers = self.headers | {"Accept": "text/event-stream"}
        return await self._read("POST", f"{self.path}/messages", until, headers=headers, json={"message": message})

    async def say(self, message: str) -> list[Received]:
        """Send and read the whole run, checked."""
        events = await self.stream(message)
        check_log(events)
        return events

    async def ask(self, message: str) -> dict[str, Any]:
        """Send and wait for the reply as JSON."""
        answer = await self.client.post(f"{self.path}/messages", json={"message": message}, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def resume(
        self, run_id: str, *, after: int = 0, cursor: Cursor = "header", until: Until | None = None
    ) -> list[Received]:
        """Read a run on from a cursor, to its end or until the connection is dropped."""
        headers = self.headers | ({"Last-Event-ID": str(after)} if cursor == "header" else {})
        params = {"after": after} if cursor == "query" else {}
        return await self._read("GET", f"{self.path}/runs/{run_id}/events", until, headers=headers, params=params)

    async def _read(self, method: str, path: str, until: Until | None, **request: Any) -> list[Received]:
        received: list[Received] = []
        async with asyncio.timeout(PATIENCE_SECONDS), AsyncExitStack() as connection:
            response = await connection.enter_async_context(self.client.stream(method, path, **request))
            assert response.status_code == 200, await response.aread()
            events = aiter(iterate_events(response.aiter_lines()))
            while not (until and until(received)):
                event = await anext(events, None)
                if event is None:
                    return received
                received.append(event)
        return received

    async def detail(self) -> dict[str, Any]:
        answer = await self.client.get(self.path, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def last_message(self) -> dict[str, Any]:
        return dict((await self.detail())["messages"][-1])

    async def cancel(self, run_id: str) -> httpx.Response:
        return await self.client.post(f"{self.path}/runs/{run_id}/cancel", headers=self.headers)

    async def wait_for_rest(self) -> dict[str, Any]:
        """The conversation once no run is under way."""
        async for detail in self._watch():
            if detail["active_run"] is None:
                return detail
        raise AssertionError

    async def _watch(self) -> AsyncIterator[dict[str, Any]]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                yield await self.detail()
                await asyncio.sleep(0.05)


def after_events(count: int) -> Until:
    return lambda received: len(received) >= count


def after_text(received: list[Received]) -> bool:
    """As soon as some of the reply has been shown."""
    return any(event.data["type"] == "TEXT_MESSAGE_CONTENT" for event in received)


def run_of(events: list[Received]) -> str:
    return str(events[0].data["runId"])


def terminals_of(events: list[Received]) -> list[str]:
    return [event.data["type"] for event in events if event.data["type"] in ("RUN_FINISHED", "RUN_ERROR")]


def types_of(events: list[Received]) -> list[str]:
    return [event.data["type"] for event in events]


def results_of(events: list[Received]) -> list[dict[str, Any]]:
    """What the tools answered, in order."""
    return [json.loads(event.data["content"]) for event in events if event.data["type"] == "TOOL_CALL_RESULT"]
