"""Signing up, in and out: what each call answers, and each way it refuses."""

from __future__ import annotations

import asyncio
import unicodedata
from collections import Counter
from collections.abc import Callable
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, select

from db.models import User
from services.accounts.sessions import open_session
from tests.api.test_chat_errors import VIETNAMESE, check_error
from tests.support.accounts import ANOTHER_PASSWORD, PASSWORD, Account, Lobby, new_email

TOKENS = {"access_token", "refresh_token", "token_type", "expires_in"}
USER = {
    *("id", "email", "email_verified_at", "full_name", "phone", "avatar_url"),
    *("is_active", "is_superuser", "created_at", "updated_at"),
}


async def log_in(lobby: Lobby, email: str, password: str = PASSWORD) -> httpx.Response:
    return await lobby.visitor().post("/v1/auth/login", json={"email": email, "password": password})


async def register(lobby: Lobby, email: str) -> httpx.Response:
    return await lobby.visitor().post("/v1/auth/register", json={"email": email, "password": PASSWORD})


async def test_registering_gives_the_user_and_tokens_that_work(lobby: Lobby) -> None:
    email = new_email()
    fields = {"password": PASSWORD, "full_name": "  Nguyễn Thị Lan ", "phone": "0912 345 678"}
    answer = await lobby.visitor().post("/v1/auth/register", json={"email": email.upper(), **fields})
    body = answer.json()
    assert (answer.status_code, set(body), set(body["user"])) == (201, TOKENS | {"user"}, USER)
    assert (body["token_type"], body["expires_in"]) == ("bearer", 900)
    user = body["user"]
    assert (user["email"], user["full_name"], user["phone"]) == (email, "Nguyễn Thị Lan", "+84912345678")
    assert (user["is_active"], user["is_superuser"], user["email_verified_at"]) == (True, False, None)
    signed_in = {"Authorization": f"Bearer {body['access_token']}"}
    me = await lobby.visitor().get("/v1/auth/me", headers=signed_in)
    assert (me.status_code, me.json()) == (200, user)
    refreshed = await lobby.visitor().post("/v1/auth/refresh", json={"refresh_token": body["refresh_token"]})
    assert (refreshed.status_code, set(refreshed.json())) == (200, TOKENS)


async def test_password_is_stored_as_an_argon2id_hash(lobby: Lobby) -> None:
    account = await lobby.join()
    async with lobby.transactions() as session:
        user = await session.get_one(User, UUID(account.id))
    assert user.hashed_password is not None
    assert user.hashed_password.startswith("$argon2id$")


def as_it_is(email: str) -> str:
    return email


def in_capitals(email: str) -> str:
    return email.upper()


def between_blanks(email: str) -> str:
    return f"  {email}\t"


def decomposed(email: str) -> str:
    return unicodedata.normalize("NFD", email)


@pytest.mark.parametrize("write", [as_it_is, in_capitals, between_blanks, decomposed])
async def test_one_mailbox_is_one_account(lobby: Lobby, write: Callable[[str], str]) -> None:
    email = f"lữ-khách-{uuid4().hex}@example.com"
    await lobby.join(email=email)
    check_error(await register(lobby, write(email)), 409, "email_taken")
    assert (await log_in(lobby, write(email))).json()["user"]["email"] == email


async def test_of_many_registrations_of_one_address_at_once_one_wins(lobby: Lobby) -> None:
    email = new_email()
    answers = await asyncio.gather(*(register(lobby, each) for each in [email, email.upper()] * 5))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 9}
    async with lobby.transactions() as session:
        assert await session.scalar(select(func.count()).where(User.email == email)) == 1


async def test_logging_in_answers_like_registering(lobby: Lobby) -> None:
    account = await lobby.join(full_name="Lan")
    answer = await log_in(lobby, account.email)
    assert (answer.status_code, set(answer.json())) == (200, TOKENS | {"user"})
    assert answer.json()["user"]["id"] == account.id
    assert answer.json()["refresh_token"] != account.refresh_token


async def test_wrong_password_and_unknown_address_are_told_the_same(lobby: Lobby) -> None:
    account = await lobby.join()
    answers = [await log_in(lobby, account.email, ANOTHER_PASSWORD), await log_in(lobby, new_email())]
    bodies = [check_error(answer, 401, "credentials_wrong") for answer in answers]
    assert bodies[0]["detail"] == bodies[1]["detail"]


async def test_refusal_is_told_in_vietnamese_too(lobby: Lobby) -> None:
    body = {"email": new_email(), "password": PASSWORD}
    answer = await lobby.visitor().post("/v1/auth/login", json=body, headers=VIETNAMESE)
    assert not check_error(answer, 401, "credentials_wrong")["detail"].isascii()


async def test_that_an_account_is_locked_is_told_only_after_the_right_password(lobby: Lobby) -> None:
    account = await lobby.join()
    await lobby.change_user(account, is_active=False)
    check_error(await log_in(lobby, account.email), 403, "account_locked")
    check_error(await log_in(lobby, account.email, ANOTHER_PASSWORD), 401, "credentials_wrong")


async def sign_in_without_password(lobby: Lobby) -> Account:
    """Somebody whom an identity provider vouched for: the account has no password."""
    account = await lobby.join()
    await lobby.change_user(account, hashed_password=None)
    async with lobby.transactions() as session:
        user = await session.get_one(User, UUID(account.id))
        tokens = await open_session(session, user, keys=lobby.parts.settings.keys, method="google")
    account.client.headers["Authorization"] = f"Bearer {tokens.access_token}"
    return account


@pytest.mark.parametrize("password", [PASSWORD, "nobody's", "None"])
async def test_account_without_a_password_cannot_be_logged_in_to_by_one(lobby: Lobby, password: str) -> None:
    account = await sign_in_without_password(lobby)
    check_error(await log_in(lobby, account.email, password), 401, "credentials_wrong")


async def test_account_without_a_password_can_be_given_one(lobby: Lobby) -> None:
    account = await sign_in_without_password(lobby)
    answer = await account.client.post("/v1/auth/password", json={"new_password": ANOTHER_PASSWORD})
    assert answer.status_code == 204, answer.text
    assert (await log_in(lobby, account.email, ANOTHER_PASSWORD)).status_code == 200


async def test_a_hundred_logins_at_once_get_what_they_deserve(lobby: Lobby) -> None:
    accounts = [await lobby.join() for _ in range(10)]
    tries = [(account, PASSWORD if turn % 2 else ANOTHER_PASSWORD) for turn in range(10) for account in accounts]
    answers = await asyncio.gather(*(log_in(lobby, account.email, password) for account, password in tries))
    told = Counter(
        (password == PASSWORD, answer.status_code) for (_, password), answer in zip(tries, answers, strict=True)
    )
    assert set(told) <= {(True, 200), (False, 401), (True, 429), (False, 429)}
    assert told[True, 200] >= 10
    assert told[False, 401] >= 10


@pytest.mark.parametrize("path", ["/v1/auth/me", "/v1/users/me"])
async def test_both_places_say_who_one_is(lobby: Lobby, path: str) -> None:
    account = await lobby.join()
    answer = await account.client.get(path)
    assert (answer.status_code, set(answer.json()), answer.json()["id"]) == (200, USER, account.id)


async def test_logging_out_ends_the_session_and_no_other(lobby: Lobby) -> None:
    phone = await lobby.join()
    laptop = await lobby.sign_in(phone.email)
    answer = await phone.client.post("/v1/auth/logout", json={})
    assert (answer.status_code, answer.content) == (204, b"")
    assert not await phone.is_let_in()
    check_error(await phone.refresh(), 401, "token_invalid")
    assert await laptop.is_let_in()


async def test_refresh_token_alone_logs_out(lobby: Lobby) -> None:
    account = await lobby.join()
    for _ in range(2):  # again is harmless
        answer = await lobby.visitor().post("/v1/auth/logout", json={"refresh_token": account.refresh_token})
        assert answer.status_code == 204
    assert not await account.is_let_in()


async def test_nobody_can_log_out(lobby: Lobby) -> None:
    visitor = lobby.visitor()
    assert (await visitor.post("/v1/auth/logout", json={})).status_code == 204
    assert (await visitor.post("/v1/auth/logout", json={"refresh_token": "x" * 43})).status_code == 204


NOBODY = "01a1fe2d-0000-7000-8000-000000000000"
PRIVATE = [
    ("GET", "/v1/auth/me"),
    ("POST", "/v1/auth/password"),
    ("POST", "/v1/auth/email"),
    ("POST", "/v1/auth/email/confirm"),
    ("POST", "/v1/auth/codes"),
    ("GET", "/v1/users/me"),
    ("PATCH", "/v1/users/me"),
    ("DELETE", "/v1/users/me"),
    ("GET", "/v1/users/me/export"),
    ("GET", "/v1/admin/users?limit=none"),
    ("GET", f"/v1/admin/users/{NOBODY}"),
    ("PATCH", f"/v1/admin/users/{NOBODY}"),
]


@pytest.mark.parametrize(("method", "path"), PRIVATE)
async def test_visitor_is_refused_before_the_body_is_looked_at(lobby: Lobby, method: str, path: str) -> None:
    answer = await lobby.visitor().request(method, path, json=None if method == "GET" else {"colour": 5})
    check_error(answer, 401, "unauthorized")


async def test_what_happens_to_an_account_is_on_record(lobby: Lobby) -> None:
    account = await lobby.join()
    await log_in(lobby, account.email, ANOTHER_PASSWORD)
    await log_in(lobby, account.email)
    await account.client.post("/v1/auth/logout", json={})
    happened = ["user.registered", "user.sign_in_refused", "user.signed_in", "user.signed_in", "user.signed_out"]
    assert await lobby.read_audit(account) == happened
