"""A visitor who talks to the API, and a look behind it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import psycopg
from psycopg import sql

from tests.support.sse import Received, check_log, post_streamed, read_events

Json = dict[str, Any]

VIETNAMESE = "Tìm vé Hà Nội đi Đà Nẵng thứ sáu tuần sau cho 2 người lớn"
ENGLISH = "cheapest nonstop from Saigon to Bangkok on 20 December, one way"
VISITOR = {"Accept-Language": "en"}


class Talk:
    """One conversation of a visitor who holds its token."""

    def __init__(self, client: httpx.AsyncClient, conversation_id: str) -> None:
        self.client = client
        self.id = conversation_id
        self.path = f"/v1/chat/conversations/{conversation_id}"

    async def post(self, text: str, **fields: Any) -> httpx.Response:
        return await self.client.post(f"{self.path}/messages", json={"message": text, **fields})

    async def say(self, text: str, **fields: Any) -> Json:
        """The reply to a message that must be taken."""
        response = await self.post(text, **fields)
        assert response.status_code == 200, response.text
        return dict(response.json())

    async def stream(self, text: str, **fields: Any) -> list[Received]:
        """The events of the reply, checked for grammar."""
        return await post_streamed(self.client, f"{self.path}/messages", {"message": text, **fields})

    async def read(self, **params: Any) -> Json:
        response = await self.client.get(self.path, params=params)
        assert response.status_code == 200, response.text
        return dict(response.json())

    async def read_log(self, run_id: str, **params: Any) -> list[Received]:
        async with self.client.stream("GET", f"{self.path}/runs/{run_id}/events", params=params) as response:
            assert response.status_code == 200
            return await read_events(response.aiter_lines())

    async def read_whole_log(self, run_id: str) -> list[Received]:
        events = await self.read_log(run_id)
        check_log(events)
        return events

    async def wait_for_run(self) -> str:
        """The id of the run under way, as soon as there is one."""
        async with asyncio.timeout(10):
            while not (run := (await self.read(limit=1))["active_run"]):
                await asyncio.sleep(0)
        return str(run["id"])

    async def cancel(self, run_id: str) -> None:
        response = await self.client.post(f"{self.path}/runs/{run_id}/cancel")
        assert response.status_code == 202


async def open_talk(client: httpx.AsyncClient) -> Talk:
    """Another conversation, under the token the client sends."""
    made = await client.post("/v1/chat/conversations", json={})
    return Talk(client, made.json()["id"])


def offers_of(reply: Json) -> list[Json]:
    """The offers on a reply's only card."""
    (card,) = reply["attachments"]
    offers: list[Json] = card["offers"]
    return offers


def find_stored(database_url: str, needles: list[str]) -> dict[str, set[str]]:
    """For each text, the tables of any schema with a row that holds it: in a text, a JSON document or raw bytes."""
    found: dict[str, set[str]] = {needle: set() for needle in needles}
    with psycopg.connect(database_url) as connection:
        tables = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables"
            " WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for schema, table in tables:
            rows = connection.execute(
                sql.SQL("SELECT row::text FROM {}.{} row").format(*map(sql.Identifier, (schema, table)))
            )
            text = "\n".join(row for (row,) in rows)
            for needle in needles:
                # bytes come out in hexadecimal
                if needle in text or needle.encode().hex() in text:
                    found[needle].add(f"{schema}.{table}")
    return found
