"""Every route that names a row, called by somebody the row does not belong to: it does not exist for them.

The list of routes comes from the application, so that a new one cannot be forgotten: a path parameter, a body or field
this test does not know how to fill makes it fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import true

from db.repositories import conversations
from tests.api.test_bookings import LAN
from tests.api.test_flights import SEARCH
from tests.support.accounts import sign_up
from tests.support.google import Browser
from tests.support.talk import VIETNAMESE

Json = dict[str, Any]

BODIES: dict[str, Json] = {
    "POST /v1/chat/conversations/{conversation_id}/messages": {"message": VIETNAMESE},
    "PATCH /v1/users/me/passengers/{passenger_id}": {"first_name": "Mai"},
    "POST /v1/users/me/passengers/{passenger_id}/documents": {"kind": "passport", "number": "C7654321"},
    "PATCH /v1/users/me/passengers/{passenger_id}/documents/{document_id}": {"expires_on": "2031-01-01"},
    "PATCH /v1/admin/users/{user_id}": {"full_name": "Somebody Else"},
    "POST /v1/bookings/{booking_id}/payments": {},
    "POST /v1/users/me/bookings/{booking_id}/change": {"quote_id": str(uuid4()), "quote_hash": "0" * 64},
    "POST /v1/proposals/{proposal_id}/approve": {"quote_hash": "0" * 64},
}
"""What the owner sends, for the routes that want a body."""

QUERIES: dict[str, Json] = {"GET /v1/users/me/bookings/{booking_id}/change-quote": {"departs_on": "2026-12-23"}}

REFUSED_TO_OWNERS = {
    "GET /v1/users/me/bookings/{booking_id}/change-quote": "booking_not_changeable",
    "POST /v1/users/me/bookings/{booking_id}/change": "proposal_not_found",
    "POST /v1/proposals/{proposal_id}/approve": "quote_mismatch",
    "POST /v1/proposals/{proposal_id}/decline": "proposal_closed",
}
"""What the owner is told once the row is found, where it cannot be used as it stands here."""

NAMED_IN_BODIES: dict[str, tuple[Json, int]] = {
    "POST /v1/chat/messages conversation_id": ({"message": VIETNAMESE}, 404),
    "POST /v1/ag-ui threadId": (
        {
            "runId": str(uuid4()),
            "state": {},
            "messages": [{"id": "m", "role": "user", "content": VIETNAMESE}],
            "tools": [],
            "context": [],
            "forwardedProps": {},
        },
        404,
    ),
    "POST /v1/bookings passenger_id": ({}, 404),
    "PUT /v1/users/me/preferences default_passenger_id": ({}, 422),
    "PATCH /v1/users/me/preferences default_passenger_id": ({}, 422),
}
"""Fields of bodies that name a row, with the rest of the body and what a stranger is answered."""

NOT_ROWS = {"client_message_id", "user_id", "interrupt_id", "runId", "parentRunId", "calendar_id"}
"""Names a client makes up itself or that are Google's, and `user_id`, which is accepted and ignored."""

IN_THE_PATH = {
    "POST /v1/chat/conversations/{conversation_id}/messages conversation_id",
    "POST /v1/bookings/{booking_id}/payments booking_id",
}
"""Fields that say again what the path says, and are ignored."""

EVERYBODYS = {"offer_id"}
"""Rows that belong to nobody: an offer is a price in a shop window."""

OF_THE_ROW_IN_THE_PATH = {"POST /v1/users/me/bookings/{booking_id}/change quote_id"}
"""Rows that belong to the one in the path, or do not exist: tests/services/test_proposals.py."""

TRADED = {"POST /v1/auth/codes conversation_id", "POST /v1/auth/exchange conversation_id"}
"""A code may be made for any conversation and is worth nothing without its token: tests/api/test_exchange.py."""


@dataclass
class World:
    """Two users of one server, and what the first of them owns."""

    owner: httpx.AsyncClient
    stranger: httpx.AsyncClient
    ids: dict[str, str] = field(default_factory=dict)

    def fill(self, path: str, ids: dict[str, str]) -> str:
        return re.sub(r"{(\w+)}", lambda match: ids[match.group(1)], path)


def list_operations(app: FastAPI) -> Iterator[tuple[str, str, Json]]:
    """Method, path template and schema of each operation, as published."""
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            yield method.upper(), path, operation


def list_fields(app: FastAPI, operation: Json) -> set[str]:
    """The names of a JSON body's fields."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schemas = app.openapi()["components"]["schemas"]
    names: set[str] = set()
    pending = [content.get("schema", {})]
    while pending:
        schema = pending.pop()
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rpartition("/")[2]]
        names |= set(schema.get("properties", {}))
        pending += schema.get("allOf", []) + schema.get("anyOf", [])
    return names


@pytest.fixture
async def world(client: httpx.AsyncClient) -> World:
    transport = client._transport
    stranger = httpx.AsyncClient(transport=transport, base_url=client.base_url, timeout=30)
    owned = World(client, stranger)
    user = await sign_up(client, "owner@example.com")
    await sign_up(stranger, "stranger@example.com")
    reply = (await client.post("/v1/chat/messages", json={"message": VIETNAMESE})).json()
    passenger = LAN | {"passport_number": "C1234567"}
    made = (await client.post("/v1/users/me/passengers", json=passenger)).json()
    documents = (await client.get(f"/v1/users/me/passengers/{made['id']}/documents")).json()
    owned.ids = {
        "user_id": user["id"],
        "conversation_id": reply["conversation_id"],
        "run_id": reply["run_id"],
        "message_id": reply["message_id"],
        "passenger_id": made["id"],
        "document_id": documents[0]["id"],
    }
    booked = await client.post("/v1/bookings", json={"passenger_id": made["id"], "offer_id": await find_offer(client)})
    assert booked.status_code == 201, booked.text
    owned.ids["booking_id"] = booked.json()["id"]
    quoted = await client.get(f"/v1/users/me/bookings/{owned.ids['booking_id']}/cancellation-quote")
    assert quoted.status_code == 200, quoted.text
    owned.ids["proposal_id"] = quoted.json()["quote_id"]
    browser = Browser(client.app)  # type: ignore[attr-defined]
    async with browser.http:
        token = client.headers["Authorization"].removeprefix("Bearer ")
        assert (await browser.connect_calendar(token, email="owner@example.com")).status_code == 200
    return owned


async def test_no_route_lets_a_stranger_reach_a_row(client: httpx.AsyncClient, world: World) -> None:
    app = client.app  # type: ignore[attr-defined]
    named = [
        (method, path) for method, path, _ in list_operations(app) if set(re.findall(r"{(\w+)}", path)) - EVERYBODYS
    ]
    assert len(named) >= 15
    # a passenger with a live booking cannot be changed: it is given up before, once, and after all else is done with it
    cancel = ("POST", "/v1/users/me/bookings/{booking_id}/cancel")
    deletions_last = sorted(
        [route for route in named if route != ("PATCH", cancel[1])],
        key=lambda route: (
            route[0] == "DELETE",
            "{booking_id}" not in route[1],
            route == cancel,
            -route[1].count("/"),
        ),
    )
    made_up = {name: str(uuid4()) for name in world.ids}
    for method, path in deletions_last:
        body, query = BODIES.get(f"{method} {path}"), QUERIES.get(f"{method} {path}")
        theirs = await world.stranger.request(method, world.fill(path, world.ids), json=body, params=query)
        nobodys = await world.stranger.request(method, world.fill(path, made_up), json=body, params=query)
        own = await world.owner.request(method, world.fill(path, world.ids), json=body, params=query)
        assert theirs.status_code in (403, 404), (method, path, theirs.text)
        assert describe(theirs) == describe(nobodys), (method, path)
        if f"{method} {path}" in REFUSED_TO_OWNERS:
            assert own.json()["code"] == REFUSED_TO_OWNERS[f"{method} {path}"], (method, path, own.text)
            assert own.json()["code"] != theirs.json()["code"], (method, path)
        elif not path.startswith("/v1/admin/"):  # the case was reached: for its owner the row is there
            assert own.is_success, (method, path, own.text)


async def find_offer(client: httpx.AsyncClient, **changes: Any) -> str:
    answer = await client.post("/v1/flights/search", json=SEARCH | changes)
    return str(answer.json()["offers"][0]["offer_id"])


async def test_no_body_lets_a_stranger_reach_a_row(client: httpx.AsyncClient, world: World) -> None:
    app = client.app  # type: ignore[attr-defined]
    found = {
        f"{method} {path} {name}"
        for method, path, operation in list_operations(app)
        for name in list_fields(app, operation)
        if re.search(r"(_id|Id)$", name) and name not in NOT_ROWS | EVERYBODYS
    }
    assert found - IN_THE_PATH - OF_THE_ROW_IN_THE_PATH - TRADED == set(NAMED_IN_BODIES)
    ids = {
        "conversation_id": world.ids["conversation_id"],
        "threadId": world.ids["conversation_id"],
        "default_passenger_id": world.ids["passenger_id"],
        "passenger_id": world.ids["passenger_id"],
    }
    # another offer than the one that is booked
    NAMED_IN_BODIES["POST /v1/bookings passenger_id"][0]["offer_id"] = await find_offer(
        client, depart_date="2026-12-22"
    )
    for name, (body, status) in NAMED_IN_BODIES.items():
        method, path, key = name.split()
        theirs = await world.stranger.request(method, path, json={**body, key: ids[key]})
        own = await world.owner.request(method, path, json={**body, key: ids[key]})
        assert theirs.status_code == status, (name, theirs.text)
        assert own.is_success, (name, own.text)


def describe(answer: httpx.Response) -> tuple[int, Any, Any]:
    """What an answer tells about a row, without the id of the request."""
    return answer.status_code, answer.json()["detail"], answer.json()["code"]


async def test_without_the_filter_the_stranger_is_noticed(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant: everybody may read every conversation."""
    monkeypatch.setattr(conversations, "readable_by", lambda _: true())
    with pytest.raises(AssertionError, match="conversations"):
        await test_no_route_lets_a_stranger_reach_a_row(client, world)
