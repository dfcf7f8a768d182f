"""A refresh token is good once; who comes with a used one is a second tab, or a thief."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.cookies import REFRESH_COOKIE
from core.clock import clock
from core.security import new_token
from services.accounts import sessions
from services.accounts.sessions import REUSE_GRACE
from tests.api.test_chat_errors import check_error
from tests.conftest import NOW, StartApp
from tests.support.accounts import PASSWORD, Account, Lobby, new_email

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
AT_ONCE = 50


def next_token(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return str(answer.json()["refresh_token"])


async def test_refreshing_gives_new_tokens_that_work(lobby: Lobby) -> None:
    account = await lobby.join()
    answer = await account.refresh()
    body = answer.json()
    assert (answer.status_code, body["token_type"], body["expires_in"]) == (200, "bearer", 900)
    assert body["refresh_token"] != account.refresh_token
    account.client.headers["Authorization"] = f"Bearer {body['access_token']}"
    assert await account.is_let_in()
    assert (await account.refresh(body["refresh_token"])).status_code == 200


@pytest.mark.parametrize("token", ["x" * 43, "0" * 16, "é" * 43])
async def test_unknown_token_is_refused(lobby: Lobby, token: str) -> None:
    answer = await lobby.visitor().post("/v1/auth/refresh", json={"refresh_token": token})
    check_error(answer, 401, "token_invalid")


async def test_no_token_at_all_is_refused(lobby: Lobby) -> None:
    check_error(await lobby.visitor().post("/v1/auth/refresh", json={}), 401, "token_invalid")


async def refresh_together(lobby: Lobby) -> tuple[set[int], int]:
    """Many tabs wake up and refresh with the one token they share: how they were answered, and with how many tokens."""
    account = await lobby.join()
    answers = await asyncio.gather(*(account.refresh() for _ in range(AT_ONCE)))
    statuses, given = {answer.status_code for answer in answers}, [answer.json() for answer in answers]
    tokens = {body.get("refresh_token") for body in given}
    if statuses == {200}:
        for body in given[:: AT_ONCE // 5]:
            account.client.headers["Authorization"] = f"Bearer {body['access_token']}"
            assert await account.is_let_in()
        assert (await account.refresh(tokens.pop())).status_code == 200
        return statuses, 1 + len(tokens)
    return statuses, len(tokens)


async def test_tabs_that_refresh_at_once_get_the_same_token_and_stay_signed_in(lobby: Lobby) -> None:
    assert await refresh_together(lobby) == ({200}, 1)


async def test_the_check_notices_successors_that_are_not_the_same(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "derive_successor", lambda keys, token: new_token())
    assert await refresh_together(lobby) != ({200}, 1)


async def steal_late(lobby: Lobby) -> tuple[Account, bool]:
    """A used token comes back after the grace; whether that ended the session."""
    account = await lobby.join()
    successor = next_token(await account.refresh())
    with clock.frozen(NOW + REUSE_GRACE + SECOND):
        stolen = await account.refresh()
        kept = await account.refresh(successor)
        return account, (stolen.status_code, kept.status_code, await account.is_let_in()) == (401, 401, False)


async def steal_at_once(lobby: Lobby) -> tuple[Account, bool]:
    """A used token comes back within the grace, when its successor has been used; whether that ended the session."""
    account = await lobby.join()
    successor = next_token(await account.refresh())
    latest = next_token(await account.refresh(successor))
    with clock.frozen(NOW + SECOND):
        stolen = await account.refresh()
        kept = await account.refresh(latest)
        return account, (stolen.status_code, kept.status_code, await account.is_let_in()) == (401, 401, False)


async def test_used_token_that_comes_back_late_ends_its_session_and_no_other(lobby: Lobby) -> None:
    account, has_ended = await steal_late(lobby)
    assert has_ended
    assert "session.refresh_token_reused" in await lobby.read_audit(account)
    assert await (await lobby.sign_in(account.email)).is_let_in()


async def test_theft_on_one_device_leaves_the_others_signed_in(lobby: Lobby) -> None:
    phone = await lobby.join()
    laptop = await lobby.sign_in(phone.email)
    next_token(await phone.refresh())
    with clock.frozen(NOW + REUSE_GRACE + SECOND):
        assert (await phone.refresh()).status_code == 401
        assert not await phone.is_let_in()
        assert await laptop.is_let_in()
        assert (await laptop.refresh()).status_code == 200


async def test_the_check_notices_a_grace_without_end(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "REUSE_GRACE", 7 * DAY)
    assert not (await steal_late(lobby))[1]


async def test_used_token_ends_its_session_at_once_when_its_successor_was_used(lobby: Lobby) -> None:
    account, has_ended = await steal_at_once(lobby)
    assert has_ended
    assert "session.refresh_token_reused" in await lobby.read_audit(account)


async def test_the_check_notices_a_reuse_that_is_always_forgiven(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    async def forgive(*_: Any) -> bool:
        return True

    monkeypatch.setattr(sessions, "_is_repeat", forgive)
    assert not (await steal_at_once(lobby))[1]
    assert not (await steal_late(lobby))[1]


async def test_lost_answer_is_given_again_up_to_the_end_of_the_grace(lobby: Lobby) -> None:
    account = await lobby.join()
    successor = next_token(await account.refresh())
    with clock.frozen(NOW + REUSE_GRACE):
        assert next_token(await account.refresh()) == successor
    with clock.frozen(NOW + timedelta(minutes=5)):
        next_token(await account.refresh(successor))


@pytest.mark.parametrize(("idle", "status"), [(7 * DAY - SECOND, 200), (7 * DAY, 401)])
async def test_token_nobody_uses_for_a_week_is_over(lobby: Lobby, idle: timedelta, status: int) -> None:
    account = await lobby.join()
    with clock.frozen(NOW + idle):
        assert (await account.refresh()).status_code == status


@pytest.mark.parametrize(("age", "status"), [(30 * DAY - SECOND, 200), (30 * DAY, 401)])
async def test_session_is_over_after_a_month_however_often_it_is_used(
    lobby: Lobby, age: timedelta, status: int
) -> None:
    account = await lobby.join()
    token = account.refresh_token
    for days in range(6, 30, 6):
        with clock.frozen(NOW + days * DAY):
            token = next_token(await account.refresh(token))
    with clock.frozen(NOW + age):
        assert (await account.refresh(token)).status_code == status


COOKIE = {"HttpOnly", "SameSite=strict", "Path=/v1/auth", "Max-Age=604800"}


async def sign_in_with_cookie(client: httpx.AsyncClient) -> httpx.Response:
    body = {"email": new_email(), "password": PASSWORD, "refresh_in": "cookie"}
    answer = await client.post("/v1/auth/register", json=body)
    assert answer.status_code == 201, answer.text
    return answer


def read_cookie(answer: httpx.Response) -> tuple[str, set[str]]:
    """The refresh cookie an answer sets: its value, and how."""
    first, *attributes = answer.headers["Set-Cookie"].split("; ")
    name, _, value = first.partition("=")
    assert name == REFRESH_COOKIE
    return value, set(attributes)


async def test_cookie_keeps_the_refresh_token_from_scripts_and_other_sites(lobby: Lobby) -> None:
    visitor = lobby.visitor()
    answer = await sign_in_with_cookie(visitor)
    token, attributes = read_cookie(answer)
    assert (answer.json()["refresh_token"], attributes) == (None, COOKIE)
    assert token not in answer.text


async def test_cookie_is_kept_to_https_where_we_have_it(start_app: StartApp) -> None:
    async with start_app() as client:
        parts = client.app.state.parts  # type: ignore[attr-defined]
        parts.settings = parts.settings.model_copy(update={"public_base_url": "https://travel.example"})
        assert read_cookie(await sign_in_with_cookie(client))[1] == COOKIE | {"Secure"}


async def test_cookie_refreshes_in_the_cookie(lobby: Lobby) -> None:
    visitor = lobby.visitor()
    first, _ = read_cookie(await sign_in_with_cookie(visitor))
    answer = await visitor.post("/v1/auth/refresh", json={})
    second, attributes = read_cookie(answer)
    assert (answer.status_code, answer.json()["refresh_token"], attributes) == (200, None, COOKIE)
    assert second != first
    assert (await visitor.post("/v1/auth/refresh", json={})).status_code == 200


async def test_cookie_goes_nowhere_but_to_signing_in(lobby: Lobby) -> None:
    visitor = lobby.visitor()
    await sign_in_with_cookie(visitor)
    assert (await visitor.get("/v1/users/me")).status_code == 401
    assert "Cookie" not in (await visitor.get("/v1/users/me")).request.headers
    assert "Cookie" in (await visitor.post("/v1/auth/refresh", json={})).request.headers


async def test_logging_out_takes_the_cookie_and_its_session_away(lobby: Lobby) -> None:
    visitor = lobby.visitor()
    token, _ = read_cookie(await sign_in_with_cookie(visitor))
    answer = await visitor.post("/v1/auth/logout", json={})
    value, attributes = read_cookie(answer)
    assert (answer.status_code, value, attributes >= {"Max-Age=0", "Path=/v1/auth"}) == (204, '""', True)
    assert not visitor.cookies
    check_error(await visitor.post("/v1/auth/refresh", json={"refresh_token": token}), 401, "token_invalid")


async def test_token_of_a_cookie_is_not_told_in_a_body(lobby: Lobby) -> None:
    """A script that makes our page refresh learns nothing it could carry away."""
    visitor = lobby.visitor()
    await sign_in_with_cookie(visitor)
    answer = await visitor.post("/v1/auth/refresh", json={"refresh_token": None})
    token, _ = read_cookie(answer)
    assert token not in answer.text
