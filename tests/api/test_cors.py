"""Site keys, and what pages of other origins may read: the chat of a website with a key, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from api.cors import ALLOWED_HEADERS, EXPOSED_HEADERS, ORIGINS_KEPT
from api.deps import CurrentActor
from core.clock import clock
from core.origins import ensure_private, normalise_origin
from core.settings import Settings
from db.models import ApiClient, AuditEvent
from db.session import Transactions
from services.accounts.clients import create_site, revoke_site
from tests.api.test_rate_limits import exhaust
from tests.conftest import NOW
from tests.support.accounts import sign_up
from tests.support.stored import find_stored
from tests.support.talk import Talk

SHOP = "https://shop.example"
STRANGER = "https://evil.example"
CONVERSATIONS = "/v1/chat/conversations"
OPEN = ("/v1/chat/", "/v1/ag-ui", "/v1/auth/exchange")
ALLOW = "Access-Control-Allow-Origin"


@pytest.fixture
async def site_key(transactions: Transactions, settings: Settings) -> str:
    """The key of a shop's website."""
    async with transactions() as session:
        return await create_site(session, name="Shop", origins=[SHOP, "http://localhost:3000"], keys=settings.keys)


def preflight(origin: str, method: str = "POST") -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type,x-conversation-token",
    }


@pytest.mark.parametrize("origin", [SHOP, "http://localhost:3000"])
async def test_page_of_a_website_may_read_the_chat(client: httpx.AsyncClient, site_key: str, origin: str) -> None:
    answer = await client.post(CONVERSATIONS, json={}, headers={"Origin": origin})
    assert answer.headers[ALLOW] == origin
    assert "Origin" in answer.headers["Vary"].split(", ")
    assert answer.headers["Access-Control-Expose-Headers"] == EXPOSED_HEADERS
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert answer.headers["X-Request-ID"]


@pytest.mark.parametrize(
    "origin", [STRANGER, "null", "", "*", "http://shop.example", f"{SHOP}:8443", "https://shop.example.evil.example"]
)
async def test_other_pages_may_not(client: httpx.AsyncClient, site_key: str, origin: str) -> None:
    for answer in (
        await client.post(CONVERSATIONS, json={}, headers={"Origin": origin}),
        await client.options(CONVERSATIONS, headers=preflight(origin)),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert answer.headers["Vary"] == "Origin"


async def test_answer_without_an_origin_varies_by_it_all_the_same(client: httpx.AsyncClient) -> None:
    answer = await client.get(CONVERSATIONS)
    assert (answer.status_code, answer.headers["Vary"], ALLOW in answer.headers) == (200, "Origin", False)


async def test_browser_that_asks_first_is_told_what_may_be_sent(client: httpx.AsyncClient, site_key: str) -> None:
    for path in (CONVERSATIONS, f"{CONVERSATIONS}/{uuid4()}/messages", "/v1/ag-ui", "/v1/auth/exchange"):
        answer = await client.options(path, headers=preflight(SHOP))
        assert (answer.status_code, answer.content, answer.headers[ALLOW]) == (204, b"", SHOP)
        assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST, DELETE"
        assert answer.headers["Access-Control-Allow-Headers"] == ALLOWED_HEADERS
        assert answer.headers["Access-Control-Max-Age"] == "600"
        assert {"X-Conversation-Token", "X-Site-Key", "Authorization", "Last-Event-ID"} < set(
            ALLOWED_HEADERS.split(", ")
        )


async def test_everything_else_is_out_of_a_foreign_pages_reach(client: httpx.AsyncClient, site_key: str) -> None:
    await sign_up(client)
    description = (await client.get("/v1/openapi.json")).json()
    paths = {*description["paths"], "/", "/docs", "/v1/openapi.json", "/page.css", "/v1/chat"}
    closed = [*sorted(path for path in paths if not path.startswith(OPEN)), "/v1/auth/exchange/"]
    assert len(closed) > 15
    for path in closed:
        url = path.replace("{", "0").replace("}", "0")
        for answer in (
            await client.get(url, headers={"Origin": SHOP}),
            await client.post(url, headers={"Origin": SHOP}, json={}),
            await client.options(url, headers=preflight(SHOP)),
        ):
            assert not [name for name in answer.headers if name.startswith("access-control-")], path


async def test_errors_can_be_read_too(
    client: httpx.AsyncClient, site_key: str, transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"Origin": SHOP}
    answers = [
        await client.get("/v1/chat/nowhere", headers=headers),
        await client.get(f"{CONVERSATIONS}/{uuid4()}", headers=headers),
        await client.get(CONVERSATIONS, headers=headers | {"Authorization": "Bearer forged"}),
        await client.post(CONVERSATIONS, content=b"{", headers=headers | {"Content-Type": "application/json"}),
        await client.post(CONVERSATIONS, content=b"x" * 70_000, headers=headers),
    ]
    await client.post(CONVERSATIONS, json={})
    await exhaust(transactions, "opening-address")
    answers.append(await client.post(CONVERSATIONS, json={}, headers=headers))

    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("services.conversations.threads.list_conversations", fail)
    answers.append(await client.get(CONVERSATIONS, headers=headers))
    assert [answer.status_code for answer in answers] == [404, 404, 401, 422, 413, 429, 500]
    assert {answer.headers[ALLOW] for answer in answers} == {SHOP}
    assert {answer.headers["Vary"] for answer in answers} == {"Origin"}


async def test_stream_can_be_read(client: httpx.AsyncClient, site_key: str) -> None:
    talk = await Talk.open(client)
    headers = talk.headers | {"Accept": "text/event-stream", "Origin": SHOP}
    answer = await client.post(f"{talk.path}/messages", json={"message": "xin chào"}, headers=headers)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.headers[ALLOW] == SHOP
    assert "RUN_FINISHED" in answer.text


async def test_sites_come_and_go_within_seconds(
    client: httpx.AsyncClient, transactions: Transactions, settings: Settings
) -> None:
    async def may_read(later: timedelta) -> bool:
        with clock.frozen(NOW + later):
            return ALLOW in (await client.get(CONVERSATIONS, headers={"Origin": SHOP})).headers

    assert not await may_read(timedelta())
    async with transactions() as session:
        key = await create_site(session, name="Shop", origins=[SHOP], keys=settings.keys)
    assert not await may_read(timedelta(seconds=1)), "as this process last saw it"
    assert await may_read(ORIGINS_KEPT)
    async with transactions() as session:
        await revoke_site(session, site_key=key, keys=settings.keys)
    assert not await may_read(2 * ORIGINS_KEPT)


async def test_trouble_with_looking_up_sites_keeps_what_was_seen(
    client: httpx.AsyncClient, site_key: str, database_url: str
) -> None:
    assert ALLOW in (await client.get(CONVERSATIONS, headers={"Origin": SHOP})).headers
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("ALTER TABLE api_clients RENAME TO away")
    with clock.frozen(NOW + ORIGINS_KEPT):
        answer = await client.get(CONVERSATIONS, headers={"Origin": SHOP})
    assert (answer.status_code, answer.headers[ALLOW]) == (200, SHOP)


@pytest.fixture
async def probe(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """The server with an endpoint that tells which client it was asked by."""
    app: FastAPI = client.app  # type: ignore[attr-defined]  # set by start_app

    @app.get("/test/client")
    async def tell(actor: CurrentActor) -> dict[str, str]:
        return {"client": str(actor.client_id)}

    return client


async def test_site_key_names_the_site_to_its_own_pages(
    probe: httpx.AsyncClient, site_key: str, transactions: Transactions, settings: Settings
) -> None:
    async with transactions() as session:
        site_id = str(await session.scalar(select(ApiClient.id)))
    told = {}
    for origin in (SHOP, "http://localhost:3000", None, "http://test", settings.base_url):
        headers = {"X-Site-Key": site_key} | ({"Origin": origin} if origin else {})
        told[origin] = (await probe.get("/test/client", headers=headers)).json()["client"]
    assert told == dict.fromkeys(told, site_id)
    assert (await probe.get("/test/client")).json()["client"] == "None"


async def test_site_key_on_a_foreign_page_is_refused(probe: httpx.AsyncClient, site_key: str) -> None:
    for origin in (STRANGER, "null", "http://shop.example"):
        answer = await probe.get("/test/client", headers={"X-Site-Key": site_key, "Origin": origin})
        assert (answer.status_code, answer.json()["code"]) == (403, "origin_not_allowed")


async def test_key_nobody_made_or_somebody_ended_is_refused(
    probe: httpx.AsyncClient, site_key: str, transactions: Transactions, settings: Settings
) -> None:
    async with transactions() as session:
        await revoke_site(session, site_key=site_key, keys=settings.keys)
    for key in ("", "site_", f"{site_key}x", site_key):
        answer = await probe.get("/test/client", headers={"X-Site-Key": key, "Origin": SHOP})
        assert (answer.status_code, answer.json()["code"]) == (401, "site_key_unknown")


async def test_key_is_stored_as_a_hash_and_its_life_is_on_record(
    site_key: str, transactions: Transactions, settings: Settings, database_url: str
) -> None:
    async with transactions() as session:
        site = await revoke_site(session, site_key=site_key, keys=settings.keys)
    assert find_stored(database_url, [site_key, site_key.removeprefix("site_")]) == {
        site_key: set(),
        site_key.removeprefix("site_"): set(),
    }
    async with transactions() as session:
        rows = (await session.execute(select(AuditEvent.action, AuditEvent.details).order_by(AuditEvent.id))).all()
    assert [tuple(row) for row in rows] == [
        ("site.created", {"site_id": str(site.id)}),
        ("site.revoked", {"site_id": str(site.id)}),
    ]


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://shop.example", "https://shop.example"),
        ("HTTPS://Shop.Example", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("https://shop.example:8443", "https://shop.example:8443"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://xn--cng-5na.example", "https://xn--cng-5na.example"),
    ],
)
def test_origin_is_read_as_browsers_send_it(text: str, origin: str) -> None:
    assert normalise_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "*",
            "null",
            "shop.example",
            "//shop.example",
            "https://",
            "https://*.shop.example",
            "https://shop example",
        ),
        *("https://shop.example/", "https://shop.example/page", "https://shop.example?x", "https://shop.example#x"),
        *("https://an@shop.example", "https://shop.example:port", "https://shop.example:99999", "https://[::1"),
        *(
            "ftp://shop.example",
            "javascript:alert(1)",
            "https://chợ.example",
            "https://a\nb.example",
        ),
    ],
)
def test_what_is_no_origin_of_a_website_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        normalise_origin(text)


def test_plain_http_is_for_pages_of_this_machine() -> None:
    for origin in ("https://shop.example", "http://127.0.0.1:3000", "http://localhost"):
        ensure_private(origin)
    with pytest.raises(ValueError, match="https"):
        ensure_private("http://shop.example")
