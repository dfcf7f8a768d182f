"""Limits as callers meet them: who is counted as whom, what a refusal says, and that nothing goes uncounted."""

from __future__ import annotations

import json
from ipaddress import ip_network

import httpx
import psycopg
import pytest
from sqlalchemy import select, update

import services.flights.search as searching
from api.limits import find_client_address
from core.clock import clock
from core.settings import Settings
from db.models import RateLimit
from db.session import Transactions
from services.rate_limits import SIGN_IN, Bucket
from tests.conftest import NOW, StartApp
from tests.services.test_rate_limits import without_counts
from tests.support.accounts import PASSWORD, sign_up
from tests.support.stored import find_stored
from tests.support.talk import Talk, results_of

EMAIL = "lan@example.com"
LOGIN = "/v1/auth/login"
CONVERSATIONS = "/v1/chat/conversations"
PROXIES = "10.0.0.0/8, fd00::/8"


async def guess(client: httpx.AsyncClient, email: str = EMAIL, password: str = "not this one", **headers: str) -> int:
    answer = await client.post(LOGIN, json={"email": email, "password": password}, headers=headers)
    return answer.status_code


async def exhaust(transactions: Transactions, bucket: str) -> None:
    """Leave nothing to whoever was counted in a bucket so far."""
    async with transactions() as session:
        counted = update(RateLimit).where(RateLimit.key.startswith(f"{bucket}/")).values(count=1_000_000)
        assert (await session.execute(counted.returning(RateLimit.key))).all()


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "192.0.2.66, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "192.0.2.66, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "192.0.2.66, unknown", "10.0.0.1"),
        ("10.0.0.1", "192.0.2.66, ", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("::ffff:198.51.100.1", "", "198.51.100.1"),
        ("2001:db8:1:2:aaaa::1", "", "2001:db8:1:2::/64"),
        ("fd00::1", "2001:db8:1:2:bbbb::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "", "fe80::/64"),
        ("", "198.51.100.1", ""),
    ],
)
def test_address_is_the_last_that_is_no_proxy_of_ours(peer: str, forwarded: str, address: str) -> None:
    trusted = [ip_network(entry) for entry in PROXIES.split(", ")]
    assert find_client_address(peer, forwarded, trusted) == address


async def test_guesses_at_an_account_run_out_and_come_back(client: httpx.AsyncClient) -> None:
    await sign_up(client, EMAIL)
    del client.headers["Authorization"]
    left = SIGN_IN.per_caller - 1  # signing up was one
    assert [await guess(client) for _ in range(left)] == [401] * left
    refused = await client.post(
        LOGIN, json={"email": f" {EMAIL.upper()} ", "password": PASSWORD}, headers={"Accept-Language": "vi"}
    )
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert refused.json()["code"] == "rate_limited"
    assert "60 giây" in refused.json()["detail"]
    assert await guess(client, "another@example.com") == 401
    with clock.frozen(NOW.replace(minute=1)):
        assert await guess(client, password=PASSWORD) == 200


async def test_header_of_a_stranger_makes_no_new_caller(client: httpx.AsyncClient) -> None:
    statuses = [await guess(client, **{"X-Forwarded-For": f"198.51.100.{number}"}) for number in range(11)]
    assert statuses == [401] * 10 + [429]


async def test_header_of_a_proxy_of_ours_tells_callers_apart(settings: Settings, start_app: StartApp) -> None:
    object.__setattr__(settings, "trusted_proxies", "127.0.0.0/8")
    async with start_app() as client:
        statuses = [await guess(client, **{"X-Forwarded-For": f"198.51.100.{number}"}) for number in range(11)]
    assert statuses == [401] * 11


@pytest.mark.parametrize("body", [{"email": EMAIL}, {"email": 7}, {"email": "\ud800@example.com"}, {}, [], None])
async def test_request_that_names_no_mailbox_is_counted_by_address(
    client: httpx.AsyncClient, transactions: Transactions, body: object
) -> None:
    content, headers = json.dumps(body), {"Content-Type": "application/json"}
    statuses = [(await client.post(LOGIN, content=content, headers=headers)).status_code]
    await exhaust(transactions, "sign-in-address")
    statuses.append((await client.post(LOGIN, content=content, headers=headers)).status_code)
    assert statuses == [422, 429]


@pytest.mark.parametrize("content", [b"[" * 5000, b"\xff", b"{"])
async def test_body_that_is_no_json_is_refused_as_such(client: httpx.AsyncClient, content: bytes) -> None:
    for kind in ("application/json", "text/plain"):
        answer = await client.post(LOGIN, content=content, headers={"Content-Type": kind})
        assert answer.status_code in (400, 422)


async def test_letters_to_a_mailbox_are_counted_wherever_they_are_asked_for(
    settings: Settings, start_app: StartApp
) -> None:
    object.__setattr__(settings, "trusted_proxies", "127.0.0.0/8")
    async with start_app() as client:
        statuses = [
            (
                await client.post(
                    "/v1/auth/password/forgot",
                    json={"email": EMAIL},
                    headers={"X-Forwarded-For": f"198.51.100.{number}"},
                )
            ).status_code
            for number in range(11)
        ]
    assert statuses == [202] * 10 + [429]


async def test_conversations_and_users_are_counted_apart(client: httpx.AsyncClient, transactions: Transactions) -> None:
    first = await Talk.open(client)
    assert (await first.post("xin chào")).status_code == 200
    await exhaust(transactions, "chat")
    assert (await first.post("xin chào")).status_code == 429
    second = await Talk.open(client)
    assert (await second.post("xin chào")).status_code == 200
    await sign_up(client)
    assert (await client.post("/v1/chat/messages", json={"message": "xin chào"})).status_code == 200
    await exhaust(transactions, "chat")
    for headers in ({}, {"X-Conversation-Token": "t" * 32}):
        answer = await client.post("/v1/chat/messages", json={"message": "xin chào"}, headers=headers)
        assert answer.status_code == 429


async def test_invented_token_makes_no_new_caller(client: httpx.AsyncClient, transactions: Transactions) -> None:
    async def open_with(token: str) -> int:
        return (await client.post(CONVERSATIONS, json={}, headers={"X-Conversation-Token": token})).status_code

    assert await open_with("a" * 32) == 201
    await exhaust(transactions, "opening-address")
    assert await open_with("b" * 32) == 429
    await sign_up(client)
    assert await open_with("b" * 32) == 201, "a user is no stranger, whatever the address did"


async def test_trouble_with_counting_closes_the_door_and_not_the_counter(
    client: httpx.AsyncClient, database_url: str
) -> None:
    await sign_up(client, EMAIL)
    with without_counts(database_url):
        refused = await client.post(LOGIN, json={"email": EMAIL, "password": PASSWORD})
        talk = await Talk.open(client)
        reply = await talk.post("xin chào")
        me = await client.get("/v1/users/me")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert (reply.status_code, me.status_code) == (200, 200)


async def test_traveller_who_searches_too_much_is_told(lone_talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "SEARCH", Bucket("search", per_caller=1))
    await lone_talk.say("Hà Nội đi Đà Nẵng 5/12, một chiều")
    events = await lone_talk.say("Hà Nội đi Huế 6/12, một chiều")
    (result,) = results_of(events)
    assert result["error"] == "rate_limited"
    assert "60 giây" in (await lone_talk.last_message())["content"]


async def test_counts_say_nothing_about_whom_they_count(client: httpx.AsyncClient, database_url: str) -> None:
    await sign_up(client, EMAIL)
    await guess(client)
    await (await Talk.open(client)).post("xin chào")
    with psycopg.connect(database_url) as connection:
        keys = [key for (key,) in connection.execute("SELECT key FROM rate_limits")]
    assert {key.split("/")[0] for key in keys} >= {"sign-in", "sign-in-address", "opening", "chat"}
    stored = find_stored(database_url, ["127.0.0.1", EMAIL])
    assert not {table for tables in stored.values() for table in tables} & {"public.rate_limits"}


async def test_every_endpoint_counts_its_callers(client: httpx.AsyncClient, transactions: Transactions) -> None:
    operations = [
        (method, path.replace("{", "0").replace("}", "0"))
        for path, methods in (await client.get("/v1/openapi.json")).json()["paths"].items()
        for method in methods
        if path.startswith("/v1/")
    ]
    assert len(operations) > 20
    uncounted = []
    for method, path in operations:
        async with transactions() as session:
            await session.execute(update(RateLimit).values(count=0))
        await client.request(method, path, json={})
        async with transactions() as session:
            if not await session.scalar(select(RateLimit.key).where(RateLimit.count > 0).limit(1)):
                uncounted.append((method, path))
    assert uncounted == []
