"""A visitor's conversation over HTTP: say, drop the connection, come back with a cursor, look at what is stored."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, Literal

import httpx

from tests.support.sse import Received, check_log, iterate_events
from tests.support.waiting import eventually

PATIENCE_SECONDS = 15
VIETNAMESE = "Tìm vé Hà Nội đi Đà Nẵng thứ sáu tuần sau cho 2 người lớn"
ENGLISH = "cheapest nonstop from Saigon to Bangkok on 20 December, one way"
SEARCH = "Hà Nội đi Đà Nẵng thứ sáu tuần sau"
"""A complete search: code calls the tool, a model only words the answer."""

Json = dict[str, Any]
Cursor = Literal["header", "query"]
Until = Callable[[list[Received]], bool]


class Talk:
    """One conversation of a visitor; `client` may change, the conversation stays."""

    def __init__(self, client: httpx.AsyncClient, conversation_id: str, token: str | None = None) -> None:
        """Without a token, the client already sends one that opens the conversation."""
        self.client, self.id, self.token = client, conversation_id, token
        self.patience_seconds = PATIENCE_SECONDS
        self.path = f"/v1/chat/conversations/{conversation_id}"
        self.headers = {"X-Conversation-Token": token} if token else {}

    @classmethod
    async def open(cls, client: httpx.AsyncClient) -> Talk:
        """Another conversation, under the token the client sends, or else under one of its own."""
        made = (await client.post("/v1/chat/conversations", json={})).json()
        return cls(client, made["id"], made["conversation_token"])

    def over(self, client: httpx.AsyncClient) -> Talk:
        """The same conversation through another server."""
        return Talk(client, self.id, self.token)

    async def post(self, message: str, **fields: Any) -> httpx.Response:
        """Send and wait for whatever the answer is."""
        body = {"message": message, **fields}
        return await self.client.post(f"{self.path}/messages", json=body, headers=self.headers)

    async def ask(self, message: str, **fields: Any) -> Json:
        """Send and wait for the reply as JSON."""
        answer = await self.post(message, **fields)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def stream(self, message: str, until: Until | None = None, **fields: Any) -> list[Received]:
        """Send and read until the end of the run, or drop the connection when `until` says so."""
        headers, body = self.headers | {"Accept": "text/event-stream"}, {"message": message, **fields}
        return await self._read("POST", f"{self.path}/messages", until, headers=headers, json=body)

    async def say(self, message: str, **fields: Any) -> list[Received]:
        """Send and read the whole run, checked."""
        events = await self.stream(message, **fields)
        check_log(events)
        return events

    async def resume(
        self, run_id: str, *, after: int = 0, cursor: Cursor = "header", until: Until | None = None
    ) -> list[Received]:
        """Read a run on from a cursor, to its end or until the connection is dropped."""
        headers = self.headers | ({"Last-Event-ID": str(after)} if cursor == "header" else {})
        params = {"after": after} if cursor == "query" else {}
        return await self._read("GET", f"{self.path}/runs/{run_id}/events", until, headers=headers, params=params)

    async def read_log(self, run_id: str) -> list[Received]:
        """The whole of a run, checked."""
        events = await self.resume(run_id)
        check_log(events)
        return events

    async def _read(self, method: str, path: str, until: Until | None, **request: Any) -> list[Received]:
        received: list[Received] = []
        async with asyncio.timeout(self.patience_seconds), AsyncExitStack() as connection:
            response = await connection.enter_async_context(self.client.stream(method, path, **request))
            assert response.status_code == 200, await response.aread()
            assert response.headers["content-type"].startswith("text/event-stream")
            events = aiter(iterate_events(response.aiter_lines()))
            while not (until and until(received)):
                event = await anext(events, None)
                if event is None:
                    return received
                received.append(event)
        return received

    async def detail(self, **params: Any) -> Json:
        answer = await self.client.get(self.path, params=params, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def last_message(self) -> Json:
        return dict((await self.detail())["messages"][-1])

    async def cancel(self, run_id: str) -> None:
        answer = await self.client.post(f"{self.path}/runs/{run_id}/cancel", headers=self.headers)
        assert answer.status_code == 202, answer.text

    async def wait_for_rest(self) -> Json:
        """The conversation once no run is under way."""

        async def look() -> Json | None:
            detail = await self.detail()
            return detail if detail["active_run"] is None else None

        detail = await eventually(look)
        assert detail is not None
        return detail

    async def wait_for_run(self, *, events: int = 1) -> str:
        """The id of the run under way, once it has stored so many events."""

        async def look() -> str | None:
            active = (await self.detail())["active_run"]
            return active["id"] if active and active["last_seq"] >= events else None

        return str(await eventually(look))


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


def results_of(events: list[Received]) -> list[Json]:
    """What the tools answered, in order."""
    return [json.loads(event.data["content"]) for event in events if event.data["type"] == "TOOL_CALL_RESULT"]


def offers_of(reply: Json) -> list[Json]:
    """The offers on a reply's only card."""
    (card,) = reply["attachments"]
    offers: list[Json] = card["offers"]
    return offers
