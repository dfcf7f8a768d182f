"""The simulated Google's face: what it asks, whom it answers, and what its codes are good for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.deps import Parts
from core.clock import clock
from core.settings import Settings
from db.session import Transactions
from providers.identity.base import make_code_challenge
from providers.sandbox.identity import SANDBOX_CLIENT_ID, SANDBOX_CLIENT_SECRET, SandboxGoogle
from tests.support.google import Browser, read_query

FACE = "/sandbox/google"
VERIFIER = "v" * 43


@pytest.fixture
async def browser(shared_app: FastAPI) -> AsyncIterator[Browser]:
    browser = Browser(shared_app)
    async with browser.http:
        yield browser


@pytest.fixture
def asked(shared_app: FastAPI) -> dict[str, str]:
    """A good authorisation request."""
    parts: Parts = shared_app.state.parts
    return {
        "client_id": SANDBOX_CLIENT_ID,
        "redirect_uri": f"{parts.settings.base_url}/v1/auth/google/callback",
        "response_type": "code",
        "scope": "openid email",
        "state": "the state",
        "nonce": "the nonce",
        "code_challenge": make_code_challenge(VERIFIER),
        "code_challenge_method": "S256",
    }


async def make_code(browser: Browser, asked: dict[str, str]) -> str:
    said = {"email": "lan@example.com", "name": "Lan", "email_verified": "on", "answer": "allow"}
    sent = await browser.http.post(f"{FACE}/authorize", data=asked | said)
    return read_query(sent.headers["location"])["code"]


async def redeem(browser: Browser, asked: dict[str, str], code: str, **changes: str) -> httpx.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": VERIFIER,
        "redirect_uri": asked["redirect_uri"],
        "client_id": SANDBOX_CLIENT_ID,
        "client_secret": SANDBOX_CLIENT_SECRET,
    }
    return await browser.http.post(f"{FACE}/token", data=form | changes)


async def test_a_code_becomes_a_token_once(browser: Browser, asked: dict[str, str]) -> None:
    code = await make_code(browser, asked)
    first, second = [await redeem(browser, asked, code) for _ in range(2)]
    assert first.status_code == 200
    assert set(first.json()) == {"access_token", "expires_in", "scope", "token_type", "id_token"}
    assert (second.status_code, second.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": ""},
        {"code_verifier": "\u00e9"},
        {"redirect_uri": "http://127.0.0.1:8000/elsewhere"},
    ],
)
async def test_a_code_shown_with_the_wrong_proof_is_used_up(
    browser: Browser, asked: dict[str, str], changes: dict[str, str]
) -> None:
    code = await make_code(browser, asked)
    for attempt in (changes, {}):
        answer = await redeem(browser, asked, code, **attempt)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_a_code_is_good_for_a_minute(browser: Browser, asked: dict[str, str]) -> None:
    code = await make_code(browser, asked)
    with clock.frozen(clock.now() + timedelta(seconds=60)):
        assert (await redeem(browser, asked, code)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": "\u00e9"}, 401, "invalid_client"),
        ({"client_id": "another"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
async def test_a_client_that_is_not_ours_gets_nothing_and_the_code_stays_good(
    browser: Browser, asked: dict[str, str], changes: dict[str, str], status: int, error: str
) -> None:
    code = await make_code(browser, asked)
    refused = await redeem(browser, asked, code, **changes)
    assert (refused.status_code, refused.json()["error"]) == (status, error)
    assert (await redeem(browser, asked, code)).status_code == 200


@pytest.mark.parametrize("change", [{"client_id": "other"}, {"redirect_uri": "https://mallory.example/"}])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_browser_is_never_sent_to_somebody_unknown(
    browser: Browser, asked: dict[str, str], change: dict[str, str], method: str
) -> None:
    how: dict[str, Any] = {"params": asked | change} if method == "GET" else {"data": asked | change}
    answer = await browser.http.request(method, f"{FACE}/authorize", **how)
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "change",
    [
        {"response_type": "token"},
        {"scope": "email"},
        {"nonce": ""},
        {"nonce": "a\x00b"},
        {"code_challenge": "short"},
        {"code_challenge_method": "plain"},
    ],
)
async def test_a_request_that_lacks_something_comes_back_as_an_error(
    browser: Browser, asked: dict[str, str], change: dict[str, str]
) -> None:
    answer = await browser.http.get(f"{FACE}/authorize", params=asked | change)
    assert answer.status_code == 303
    assert read_query(answer.headers["location"]) == {"error": "invalid_request", "state": "the state"}


async def test_who_cancels_goes_back_without_a_code(browser: Browser, asked: dict[str, str]) -> None:
    answer = await browser.http.post(f"{FACE}/authorize", data=asked | {"answer": "cancel"})
    assert read_query(answer.headers["location"]) == {"error": "access_denied", "state": "the state"}


@pytest.mark.parametrize("said", [{"email": "lan"}, {"name": "  "}, {"name": "a\x00b"}, {"email": "a\x00@example.com"}])
async def test_what_nobody_is_called_is_asked_again(
    browser: Browser, asked: dict[str, str], said: dict[str, str]
) -> None:
    typed = {"email": "lan@example.com", "name": 'Lan "<script>', "answer": "allow"} | said
    answer = await browser.http.post(f"{FACE}/authorize", data=asked | typed)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize(("language", "words"), [("vi", "Mô phỏng:"), ("en", "Simulated:")])
async def test_the_page_says_in_both_languages_that_it_is_simulated(
    browser: Browser, asked: dict[str, str], language: str, words: str
) -> None:
    by_header = await browser.http.get(f"{FACE}/authorize", params=asked, headers={"Accept-Language": language})
    by_choice = await browser.http.get(f"{FACE}/authorize", params=asked | {"hl": language})
    for page in (by_header, by_choice):
        assert f'<html lang="{language}">' in page.text
        assert words in page.text


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/jwks", "/authorize"])
@pytest.mark.parametrize(
    ("address", "headers"),
    [("192.0.2.7", {}), ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}), ("127.0.0.1", {"Host": "mallory.example"})],
)
async def test_nobody_elsewhere_sees_the_face(
    shared_app: FastAPI, path: str, address: str, headers: dict[str, str]
) -> None:
    transport = httpx.ASGITransport(app=shared_app, client=(address, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as stranger:
        assert (await stranger.get(f"{FACE}{path}", headers=headers)).status_code == 404


def test_production_has_no_face() -> None:
    from api.app import create_app

    def find_face(**changes: Any) -> str:
        app = create_app(Settings(_env_file=None, **changes), "postgresql://nowhere/none")
        return str(app.url_path_for("ask_who"))

    assert find_face() == f"{FACE}/authorize"
    for changes in (
        {"app_env": "production"},
        {"google_client_id": "id", "google_client_secret": "secret"},
    ):
        with pytest.raises(Exception, match="No route"):
            find_face(**changes)


async def test_processes_that_share_a_database_are_one_google(transactions: Transactions) -> None:
    here, there = (SandboxGoogle(transactions, base_url="http://a", redirect_uris=()) for _ in range(2))
    keys = await asyncio.gather(here.list_public_keys(), there.list_public_keys())
    agreed = await here.list_public_keys()
    assert await there.list_public_keys() == agreed
    assert keys[0]
    assert all(key in agreed for each in keys for key in each)


async def test_the_tables_hold_no_code_that_could_be_used(
    browser: Browser, asked: dict[str, str], shared_app: FastAPI
) -> None:
    code = await make_code(browser, asked)
    parts: Parts = shared_app.state.parts
    async with parts.transactions() as session:
        rows = "\n".join(await session.scalars(text("SELECT google_codes::text FROM sandbox.google_codes")))
    assert "lan@example.com" in rows
    assert code not in rows
    assert code.encode().hex() not in rows
