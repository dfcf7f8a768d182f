"""A widget on a foreign page trades a code for a token: once, within a minute, where it was meant for, for little."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest
from sqlalchemy import select

from core.clock import clock
from db.models import ExchangeCode
from db.repositories.accounts import ExchangeCodeRepository
from services.accounts.clients import create_site
from tests.api.test_auth_rows import NOBODY
from tests.api.test_chat_errors import check_error
from tests.conftest import NOW
from tests.support.accounts import ANOTHER_PASSWORD, PASSWORD, Account, Lobby
from tests.support.talk import Talk

OURS, SHOP, BRANCH = "http://test", "https://shop.example", "https://branch.shop.example"
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Trade:
    """What a widget shows for its token."""

    code: str
    conversation_id: str
    conversation_token: str | None
    origin: str | None
    site_key: str | None


async def make_site(lobby: Lobby, *origins: str) -> str:
    """The key of a website with pages at these origins."""
    async with lobby.transactions() as session:
        return await create_site(session, name="A shop", origins=origins, keys=lobby.parts.settings.keys)


async def make_code(account: Account, conversation_id: str, origin: str, site_key: str | None) -> httpx.Response:
    body = {"conversation_id": conversation_id, "origin": origin, "site_key": site_key}
    return await account.client.post("/v1/auth/codes", json=body, headers={"Origin": OURS})


async def prepare(lobby: Lobby) -> tuple[Account, Talk, Trade]:
    """A user signed in on our page, for the widget of an anonymous conversation on a shop's."""
    account, talk = await lobby.join(full_name="Lan"), await Talk.open(lobby.visitor())
    site_key = await make_site(lobby, SHOP, BRANCH)
    answer = await make_code(account, talk.id, SHOP, site_key)
    assert answer.status_code == 201, answer.text
    assert answer.json()["expires_in"] == 60
    return account, talk, Trade(answer.json()["code"], talk.id, talk.token, SHOP, site_key)


async def trade(lobby: Lobby, shown: Trade) -> httpx.Response:
    headers = {
        "Origin": shown.origin,
        "X-Conversation-Token": shown.conversation_token,
        "X-Site-Key": shown.site_key,
    }
    return await lobby.visitor().post(
        "/v1/auth/exchange",
        json={"code": shown.code, "conversation_id": shown.conversation_id},
        headers={name: value for name, value in headers.items() if value is not None},
    )


async def open_widget(lobby: Lobby) -> tuple[Account, Talk, httpx.AsyncClient]:
    """The widget's own client after the trade."""
    account, talk, shown = await prepare(lobby)
    widget = lobby.visitor()
    widget.headers["Authorization"] = f"Bearer {(await trade(lobby, shown)).json()['access_token']}"
    return account, talk, widget


async def test_code_gives_a_token_for_the_chat_and_ones_own_bookings_for_a_quarter_of_an_hour(lobby: Lobby) -> None:
    account, _, shown = await prepare(lobby)
    answer = await trade(lobby, shown)
    body = answer.json()
    assert (answer.status_code, set(body)) == (200, {"access_token", "token_type", "expires_in", "full_name"})
    assert (body["token_type"], body["expires_in"], body["full_name"]) == ("bearer", 900, "Lan")
    assert "Set-Cookie" not in answer.headers
    claims: dict[str, Any] = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert (claims["sub"], claims["scope"], claims["exp"] - claims["iat"]) == (account.id, "bookings chat", 900)
    assert "token.exchanged" in await lobby.read_audit(account)


async def test_widget_takes_its_conversation_to_the_user(lobby: Lobby) -> None:
    account, talk, widget = await open_widget(lobby)
    assert (await widget.post(f"{talk.path}/claim", headers=talk.headers)).status_code == 200
    assert (await Talk(widget, talk.id).ask("hello"))["state"]["run"] == "success"
    assert [each["id"] for each in (await account.client.get("/v1/chat/conversations")).json()] == [talk.id]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/users/me"), ("PATCH", "/v1/users/me"), ("DELETE", "/v1/users/me"), ("POST", "/v1/auth/codes")],
)
async def test_widget_does_not_reach_the_account(lobby: Lobby, method: str, path: str) -> None:
    account, _, widget = await open_widget(lobby)
    check_error(await widget.request(method, path, json=None if method == "GET" else {}), 403, "forbidden")
    assert await account.is_let_in()


async def test_widgets_token_ends_with_its_quarter_of_an_hour(lobby: Lobby) -> None:
    _, _, widget = await open_widget(lobby)
    told = {}
    for seconds in (899, 900):
        with clock.frozen(NOW + seconds * SECOND):
            told[seconds] = (await widget.get("/v1/chat/conversations")).status_code
    assert told == {899: 200, 900: 401}


async def test_widgets_token_ends_with_the_session_it_came_from(lobby: Lobby) -> None:
    account, _, widget = await open_widget(lobby)
    await account.client.post("/v1/auth/logout", json={})
    check_error(await widget.get("/v1/chat/conversations"), 401, "token_invalid")


async def trade_together(lobby: Lobby) -> list[int]:
    """Several show the same code at once: how they were answered."""
    _, _, shown = await prepare(lobby)
    answers = await asyncio.gather(*(trade(lobby, shown) for _ in range(5)))
    return sorted(answer.status_code for answer in answers)


async def test_code_is_good_once(lobby: Lobby) -> None:
    assert await trade_together(lobby) == [200, 422, 422, 422, 422]


async def test_the_check_notices_a_code_that_is_not_used_up(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    async def look(self: ExchangeCodeRepository, code_hash: bytes, **_: Any) -> ExchangeCode | None:
        return await self._session.scalar(select(ExchangeCode).where(ExchangeCode.code_hash == code_hash))

    monkeypatch.setattr(ExchangeCodeRepository, "take", look)
    assert await trade_together(lobby) == [200] * 5


@pytest.mark.parametrize(("age", "status"), [(59, 200), (60, 422)])
async def test_code_is_good_for_a_minute(lobby: Lobby, age: int, status: int) -> None:
    _, _, shown = await prepare(lobby)
    with clock.frozen(NOW + age * SECOND):
        assert (await trade(lobby, shown)).status_code == status


WRONG: dict[str, tuple[dict[str, Any], int, str]] = {
    "another code": ({"code": "x" * 43}, 422, "code_invalid"),
    "another page of the site": ({"origin": BRANCH}, 422, "code_invalid"),
    "a page of nobody's": ({"origin": "https://evil.example"}, 403, "origin_not_allowed"),
    "another port": ({"origin": f"{SHOP}:8443"}, 403, "origin_not_allowed"),
    "a page in a file": ({"origin": "null"}, 403, "origin_not_allowed"),
    "no page": ({"origin": None}, 422, "code_invalid"),
    "no site": ({"site_key": None}, 422, "code_invalid"),
    "an unknown site": ({"site_key": "site_x"}, 401, "site_key_unknown"),
    "no token": ({"conversation_token": None}, 422, "code_invalid"),
    "another token": ({"conversation_token": "y" * 43}, 422, "code_invalid"),
    "a conversation that never was": ({"conversation_id": NOBODY}, 422, "code_invalid"),
}


@pytest.mark.parametrize(("wrong", "status", "code"), WRONG.values(), ids=WRONG)
async def test_code_is_good_only_where_it_was_meant_for(
    lobby: Lobby, wrong: dict[str, Any], status: int, code: str
) -> None:
    _, _, shown = await prepare(lobby)
    check_error(await trade(lobby, replace(shown, **wrong)), status, code)


async def test_code_of_one_site_is_not_good_for_another(lobby: Lobby) -> None:
    _, _, shown = await prepare(lobby)
    other = await make_site(lobby, SHOP)
    check_error(await trade(lobby, replace(shown, site_key=other)), 422, "code_invalid")


@pytest.mark.parametrize("origin", ["https://evil.example", f"{SHOP}/", "http://shop.example", "null", "", "\u202e"])
async def test_there_is_no_code_for_a_page_the_site_does_not_have(lobby: Lobby, origin: str) -> None:
    account, talk = await lobby.join(), await Talk.open(lobby.visitor())
    for site_key in (await make_site(lobby, SHOP), None):
        answer = await make_code(account, talk.id, origin, site_key)
        assert answer.status_code in (403, 422), answer.text


async def test_code_of_one_conversation_is_not_good_for_another(lobby: Lobby) -> None:
    _, _, shown = await prepare(lobby)
    other = await Talk.open(lobby.visitor())
    moved = replace(shown, conversation_id=other.id, conversation_token=other.token)
    check_error(await trade(lobby, moved), 422, "code_invalid")


async def test_conversation_of_somebody_else_gives_no_token(lobby: Lobby) -> None:
    account, stranger = await lobby.join(), await lobby.join()
    theirs = (await stranger.client.post("/v1/chat/conversations", json={})).json()
    site_key = await make_site(lobby, SHOP)
    code = (await make_code(account, theirs["id"], SHOP, site_key)).json()["code"]
    check_error(await trade(lobby, Trade(code, theirs["id"], None, SHOP, site_key)), 422, "code_invalid")


async def test_ones_own_conversation_on_our_own_page_needs_neither_token_nor_key(lobby: Lobby) -> None:
    account = await lobby.join()
    own = (await account.client.post("/v1/chat/conversations", json={})).json()
    code = (await make_code(account, own["id"], OURS, None)).json()["code"]
    assert (await trade(lobby, Trade(code, own["id"], None, OURS, None))).status_code == 200


async def test_conversation_that_never_was_has_no_code(lobby: Lobby) -> None:
    account = await lobby.join()
    answer = await make_code(account, NOBODY, OURS, None)
    check_error(answer, 404, "conversation_not_found")


@pytest.mark.parametrize("event", ["locked", "signed out", "deleted", "a new password"])
async def test_code_of_a_session_that_has_ended_is_worth_nothing(lobby: Lobby, event: str) -> None:
    account, _, shown = await prepare(lobby)
    if event == "locked":
        await lobby.change_user(account, is_active=False)
    elif event == "signed out":
        await account.client.post("/v1/auth/logout", json={})
    elif event == "deleted":
        await account.client.delete("/v1/users/me")
    else:
        other = await lobby.sign_in(account.email)
        body = {"current_password": PASSWORD, "new_password": ANOTHER_PASSWORD}
        await other.client.post("/v1/auth/password", json=body)
    check_error(await trade(lobby, shown), 422, "code_invalid")


async def test_conversation_deleted_meanwhile_gives_no_token(lobby: Lobby) -> None:
    _, talk, shown = await prepare(lobby)
    assert (await talk.client.delete(talk.path, headers=talk.headers)).status_code == 204
    check_error(await trade(lobby, shown), 422, "code_invalid")
