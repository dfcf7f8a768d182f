"""The way to Google and back, as a browser walks it; and everybody who tries to walk it as somebody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from structlog.testing import capture_logs

from api.deps import Parts
from core.clock import clock
from providers.identity.id_tokens import IdTokenReader
from services.accounts.identities import start_sign_in
from tests.support.accounts import new_email
from tests.support.google import Browser, Lie, LyingTransport, client_of, read_query, simulated_google


@pytest.fixture
async def browser(shared_app: FastAPI) -> AsyncIterator[Browser]:
    browser = Browser(shared_app)
    async with browser.http:
        yield browser


@pytest.fixture
async def other_browser(shared_app: FastAPI) -> AsyncIterator[Browser]:
    browser = Browser(shared_app)
    async with browser.http:
        yield browser


@pytest.fixture
def parts(shared_app: FastAPI) -> Parts:
    found: Parts = shared_app.state.parts
    return found


def ended_with(answer: httpx.Response, error: str, page: str = "/sign-in") -> bool:
    """Whether the sign-in came to this end, and to nothing else."""
    assert answer.status_code == 303, answer.text
    assert "refresh_token" not in answer.headers.get("set-cookie", "")
    assert urlsplit(answer.headers["location"]).path == page
    return read_query(answer.headers["location"]).get("error") == error


async def test_who_google_vouches_for_is_signed_in_and_back_on_their_page(browser: Browser) -> None:
    email = new_email()
    answer = await browser.sign_in(
        email=email, name="Nguyễn Lan", continue_to="/sign-in?lang=vi&origin=https%3A%2F%2Fa"
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?lang=vi&origin=https%3A%2F%2Fa"
    user = await browser.who_am_i()
    assert user is not None
    assert (user["email"], user["full_name"]) == (email, "Nguyễn Lan")
    assert user["email_verified_at"] is not None


async def test_the_cookies_are_out_of_reach_of_scripts_and_other_sites(browser: Browser) -> None:
    start = await browser.http.get("/v1/auth/google/start")
    assert "HttpOnly; Max-Age=600; Path=/v1/auth/google; SameSite=lax" in start.headers["set-cookie"]
    finish = await browser.http.get(await browser.say(start.headers["location"], email=new_email()))
    assert "HttpOnly" in finish.headers["set-cookie"]
    assert "SameSite=strict" in finish.headers["set-cookie"]
    assert start.headers["cache-control"] == finish.headers["cache-control"] == "no-store"


async def test_who_cancels_is_back_where_they_began_and_nobody(browser: Browser) -> None:
    answer = await browser.sign_in(email=new_email(), answer="cancel", continue_to="/travellers?a=1&error=old#top")
    assert ended_with(answer, "google_cancelled", "/travellers")
    assert answer.headers["location"] == "/travellers?a=1&error=google_cancelled#top"
    assert await browser.who_am_i() is None


async def test_a_callback_works_once(browser: Browser) -> None:
    callback = await browser.say(await browser.start(), email=new_email())
    assert (await browser.http.get(callback)).headers["location"] == "/sign-in"
    assert ended_with(await browser.http.get(callback), "google_expired")


async def test_a_callback_in_another_browser_signs_nobody_in_and_leaves_the_right_one_its_way(
    browser: Browser, other_browser: Browser
) -> None:
    """Login by force: Mallory sends Lan a link that would sign her in as him."""
    callback = await browser.say(await browser.start(), email=new_email())
    assert ended_with(await other_browser.http.get(callback), "google_expired")
    await other_browser.start()  # now it has a cookie, but not this one
    assert ended_with(await other_browser.http.get(callback), "google_expired")
    assert (await browser.http.get(callback)).headers["location"] == "/sign-in"


@pytest.mark.parametrize("state", ["", "x" * 43, "\x00", "\u00e9"])
async def test_a_state_of_nobodys_is_refused(browser: Browser, state: str) -> None:
    await browser.start()
    answer = await browser.http.get("/v1/auth/google/callback", params={"state": state, "code": "4/x"})
    assert ended_with(answer, "google_expired")


async def test_a_sign_in_not_finished_in_ten_minutes_is_over(browser: Browser) -> None:
    late = await browser.say(await browser.start(), email=new_email())
    with clock.frozen(clock.now() + timedelta(minutes=10)):
        assert ended_with(await browser.http.get(late), "google_expired")


async def test_two_tabs_do_not_undo_each_other(browser: Browser) -> None:
    first = await browser.start("/sign-in?tab=1")
    second = await browser.start("/sign-in?tab=2")
    for page, tab in ((first, 1), (second, 2)):
        answer = await browser.http.get(await browser.say(page, email=new_email()))
        assert answer.headers["location"] == f"/sign-in?tab={tab}"


async def test_a_code_of_another_sign_in_is_refused(browser: Browser, other_browser: Browser) -> None:
    """Mallory's code under Lan's state: PKCE binds a code to the sign-in it was asked for."""
    stolen = read_query(await other_browser.say(await other_browser.start(), email=new_email()))["code"]
    own = read_query(await browser.say(await browser.start(), email=new_email()))
    answer = await browser.http.get("/v1/auth/google/callback", params={"state": own["state"], "code": stolen})
    assert ended_with(answer, "google_refused")


async def test_a_code_used_before_is_refused(browser: Browser) -> None:
    callback = read_query(await browser.say(await browser.start(), email=new_email()))
    again = read_query(await browser.say(await browser.start(), email=new_email()))
    first = await browser.http.get("/v1/auth/google/callback", params=callback)
    assert first.headers["location"] == "/sign-in"
    replay = {"state": again["state"], "code": callback["code"]}
    assert ended_with(await browser.http.get("/v1/auth/google/callback", params=replay), "google_refused")


@pytest.mark.parametrize(
    "params", [{}, {"error": "server_error"}, {"error": "access_denied\r\nSet-Cookie: a=b"}, {"code": ""}]
)
async def test_an_answer_without_a_code_is_refused(browser: Browser, params: dict[str, str]) -> None:
    state = read_query(await browser.start())["state"]
    answer = await browser.http.get("/v1/auth/google/callback", params={"state": state, **params})
    assert ended_with(answer, "google_refused")


@pytest.mark.parametrize(
    "page",
    [
        "https://mallory.example",
        "//mallory.example",
        "/\\mallory.example",
        "\\/mallory.example",
        "/\t/mallory.example",
        "/\n/mallory.example",
        "/x\r\nSet-Cookie: a=b",
        "/ /mallory.example",
        " //mallory.example",
        "/a\\b",
        "javascript:alert(1)",
        "sign-in",
        "",
        "/\x00",
        "/\x7f",
        "/\u2215/mallory.example",
        "/" + "a" * 2000,
    ],
)
async def test_no_other_site_can_be_where_a_sign_in_ends(browser: Browser, page: str) -> None:
    answer = await browser.http.get("/v1/auth/google/start", params={"continue_to": page})
    assert answer.status_code == 422


@pytest.mark.parametrize("page", ["/", "/sign-in?a=//b", "/.//mallory.example", "/@mallory.example", "/%2F%2Fmallory"])
async def test_every_page_let_through_is_on_our_origin(browser: Browser, page: str) -> None:
    answer = await browser.sign_in(email=new_email(), continue_to=page)
    home = str(browser.http.base_url)
    assert urlsplit(urljoin(home, answer.headers["location"])).netloc == urlsplit(home).netloc
    refused = await browser.sign_in(email=new_email(), continue_to=page, answer="cancel")
    assert refused.headers["location"].startswith("/")
    assert not refused.headers["location"].startswith("//")
    assert urlsplit(urljoin(home, refused.headers["location"])).netloc == urlsplit(home).netloc


async def test_under_another_name_of_this_machine_the_browser_is_first_sent_home(browser: Browser) -> None:
    """The way back leads to 127.0.0.1, where a cookie of localhost is not sent."""
    answer = await browser.http.get(
        "/v1/auth/google/start", params={"continue_to": "/sign-in?a=1"}, headers={"Host": "localhost:8000"}
    )
    assert answer.headers["location"] == "http://127.0.0.1:8000/v1/auth/google/start?continue_to=%2Fsign-in%3Fa%3D1"


async def test_without_google_there_is_nothing_here(
    browser: Browser, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "identity", None)
    for path in ("start", "callback"):
        answer = await browser.http.get(f"/v1/auth/google/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "google_not_configured")


async def test_a_token_of_another_sign_in_is_refused(
    browser: Browser, other_browser: Browser, shared_app: FastAPI, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever can swap Google's answer, but not sign, has only tokens of other sign-ins: the nonce tells them apart."""
    victims: list[dict[str, Any]] = []

    def swap(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        if request.url.path.endswith("/token"):
            victims.append(answer.json())
            return httpx.Response(200, json=victims[0])
        return answer

    monkeypatch.setattr(parts, "identity", client_of(shared_app, LyingTransport(shared_app, swap)))
    victim = new_email()
    assert (await other_browser.sign_in(email=victim)).headers["location"] == "/sign-in"
    assert ended_with(await browser.sign_in(email=new_email()), "google_refused")
    assert await browser.who_am_i() is None

    class Careless(IdTokenReader):
        _check_nonce = staticmethod(lambda *_: None)  # type: ignore[assignment]

    provider = client_of(shared_app, LyingTransport(shared_app, swap))
    provider._tokens = Careless(issuer=provider._issuer, client_id=provider._client_id)
    monkeypatch.setattr(parts, "identity", provider)
    await browser.sign_in(email=new_email())
    who = await browser.who_am_i()
    assert who is not None
    assert who["email"] == victim  # without the check the swap works


def fail_at(name: str) -> Lie:
    return lambda request, answer: httpx.Response(503) if request.url.path.endswith(name) else answer


@pytest.mark.parametrize("name", ["/token", "/jwks"])
async def test_when_google_fails_on_the_way_back_the_page_is_told(
    browser: Browser, shared_app: FastAPI, parts: Parts, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(parts, "identity", client_of(shared_app, LyingTransport(shared_app, fail_at(name))))
    assert ended_with(await browser.sign_in(email=new_email()), "google_unavailable")


async def test_when_google_cannot_be_found_the_page_is_told_at_once(
    browser: Browser, shared_app: FastAPI, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = LyingTransport(shared_app, fail_at("/openid-configuration"))
    monkeypatch.setattr(parts, "identity", client_of(shared_app, transport))
    answer = await browser.http.get("/v1/auth/google/start", params={"continue_to": "/sign-in?lang=vi"})
    assert answer.headers["location"] == "/sign-in?lang=vi&error=google_unavailable"
    assert transport.asked == ["openid-configuration"] * 2  # asked twice, then no more


async def test_after_a_rotation_the_old_keys_word_is_worth_nothing(
    browser: Browser, shared_app: FastAPI, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within the hour for which the keys are kept: a key we do not know has us look again."""
    kept: list[httpx.Response] = []

    def hold(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        if request.url.path.endswith("/token") and not kept:
            kept.append(answer)
            return httpx.Response(503)
        return answer

    def replay(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        return kept[0] if request.url.path.endswith("/token") else answer

    honest = client_of(shared_app, LyingTransport(shared_app, lambda _, answer: answer))
    monkeypatch.setattr(parts, "identity", honest)
    assert (await browser.sign_in(email=new_email())).headers["location"] == "/sign-in"
    honest._http._transport._lie = hold  # type: ignore[attr-defined]
    await browser.sign_in(email=new_email())

    await simulated_google(shared_app).rotate_keys()
    assert (await browser.sign_in(email=new_email())).headers["location"] == "/sign-in"
    honest._http._transport._lie = replay  # type: ignore[attr-defined]
    with capture_logs() as logs:
        assert ended_with(await browser.sign_in(email=new_email()), "google_refused")
    assert [log["reason"] for log in logs if log["event"] == "identity.refused"] == ["unknown key"]


async def test_nothing_secret_is_in_the_logs_of_a_refusal(browser: Browser) -> None:
    with capture_logs() as logs:
        callback = await browser.say(await browser.start(), email="canary@example.com")
        query = read_query(callback) | {"code": "4/canary"}
        assert ended_with(await browser.http.get("/v1/auth/google/callback", params=query), "google_refused")
    assert [log["event"] for log in logs] == ["identity.refused"]
    assert set(logs[0]) == {"event", "log_level", "reason"}
    assert logs[0]["reason"] == "code"


async def test_what_waits_for_the_way_back_is_hashed_or_sealed(parts: Parts) -> None:
    sent: dict[str, str] = {}

    class Watched:
        is_simulated = True

        async def authorization_url(self, **params: str) -> str:
            sent.update(params)
            return "https://google.example"

    await start_sign_in(
        parts.transactions,
        Watched(),  # type: ignore[arg-type]
        continue_to="/here",
        browser="the browser's secret",
        redirect_uri="https://ours.example",
        keys=parts.settings.keys,
    )
    async with parts.transactions() as session:
        rows = "\n".join(await session.scalars(text("SELECT sign_in_attempts::text FROM sign_in_attempts")))
    assert sent["nonce"] in rows
    for secret in (sent["state"], "the browser's secret"):
        assert secret not in rows
    assert "v1|" in rows


async def test_parallel_replays_of_one_callback_open_one_session(browser: Browser) -> None:
    callback = await browser.say(await browser.start(), email=new_email())
    answers = await asyncio.gather(*(browser.http.get(callback) for _ in range(5)))
    assert sorted(read_query(answer.headers["location"]).get("error", "") for answer in answers) == [
        "",
        *["google_expired"] * 4,
    ]
