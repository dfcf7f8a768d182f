"""Whatever is written into a field: it is refused in words, or stored as it is; and a password is never told again."""

from __future__ import annotations

import json
from typing import Any
from unicodedata import normalize
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest

from tests.api.test_auth_rows import PRIVATE
from tests.support.accounts import PASSWORD, Account, Lobby, new_email

CANARY = "kEPt-sEcrEt-%s"
"""A password that must not come back, around something nasty."""

TEXTS = {
    "nothing": "",
    "blanks": " \t\n\u00a0\u3000",
    "SQL": "'; DROP TABLE users; --",
    "an escape": "\\x00 %s {0} $1 ${jndi:ldap://x}",
    "HTML": "<script>alert('x')</script>&amp;<img src=x onerror=y>",
    "emoji": "👩‍👩‍👧‍👦🛫" * 5,
    "right to left": "مريم عبد الله",
    "overrides": "\u202egnal\u2066",
    "zero width": "\u200b\ufeff\u00ad",
    "many marks": "Z" + "\u0301" * 60,
    "NUL": "a\0b",
    "control characters": "a\x07\x1b[31m\x7f",
    "line breaks": "Lan\r\nBcc: everybody@example.com",
    "half a pair": "\ud83d",
    "the other half": "\udc00x",
    "no character": "\uffff\ufdd0",
    "the highest": "\U0010ffff",
    "a date that is none": "0000-00-00",
    "a date far off": "99999-12-31T23:59:60Z",
    "a long text": "x" * 20_000,
    "a path": "../../etc/passwd",
    "an address with too much": "a@b@c.example",
    "half a pair at home": "\ud83d@example.com",
    "an address of a machine": "root@[127.0.0.1]",
    "a long address": f"{'a' * 250}@example.com",
    "an address with a quote": '"a b"@example.com',
    "a foreign address": "пётр@пример.рф",
    "a telephone of letters": "tel:+84-CALL-ME",
    "a script address": "javascript:alert(1)",
    "an open bracket": "https://[",
    "an address with a password": "https://an:secret@example.com/a.png",
}
OTHERS: dict[str, Any] = {
    "null": None,
    "true": True,
    "a number": 5,
    "a huge number": 10**400,
    "a negative one": -(2**63) - 1,
    "a fraction": 1.5,
    "a list": ["x"],
    "an object": {"$ne": None},
    "something deep": [[[[[[[[{"a": [{"b": []}]}]]]]]]]],
}
NASTY = TEXTS | OTHERS

ID = str(uuid4())
BODIES: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/v1/auth/register", {"email": "", "password": PASSWORD, "full_name": "Lan", "phone": "0912345678"}),
    ("POST", "/v1/auth/login", {"email": "an@example.com", "password": PASSWORD, "refresh_in": "body"}),
    ("POST", "/v1/auth/refresh", {"refresh_token": "x" * 43}),
    ("POST", "/v1/auth/logout", {"refresh_token": "x" * 43}),
    ("POST", "/v1/auth/password", {"current_password": PASSWORD, "new_password": PASSWORD}),
    ("POST", "/v1/auth/password/forgot", {"email": "an@example.com"}),
    ("POST", "/v1/auth/password/reset", {"email": "an@example.com", "code": "123456", "new_password": PASSWORD}),
    ("POST", "/v1/auth/email", {"email": "an@example.com"}),
    ("POST", "/v1/auth/email/confirm", {"code": "123456"}),
    ("POST", "/v1/auth/codes", {"conversation_id": ID, "origin": "https://shop.example", "site_key": None}),
    ("POST", "/v1/auth/exchange", {"code": "x" * 43, "conversation_id": ID}),
    ("PATCH", "/v1/users/me", {"full_name": "Lan", "phone": None, "avatar_url": None, "email": None}),
]
FIELDS = [(method, path, body, field) for method, path, body in BODIES for field in body]
SECRET_FIELDS = {"password", "current_password", "new_password", "refresh_token", "code"}

RAW_BODIES = [
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"{",
    b"[" * 30_000,
    b'{"a":' * 10_000,
    b'{"email": "caf\xe9@example.com"}',
    b"\xff\xfe\x00\x01",
    b'{"email": ' + b"9" * 5_000 + b"}",
    b'{"email": NaN, "password": Infinity}',
    b'{"\\ud800": 1, "full_name": "x"}',
    b'{"full_name": "x", "full_name": "\\u0000"}',
]


async def send(client: httpx.AsyncClient, method: str, path: str, content: bytes) -> httpx.Response:
    return await client.request(method, path, content=content, headers={"Content-Type": "application/json"})


def check_answer(answer: httpx.Response, where: object) -> None:
    assert answer.status_code < 500, (where, answer.text)
    if answer.is_error:
        assert set(answer.json()) == {"detail", "code", "request_id"}, where
        assert answer.json()["detail"], where


@pytest.mark.parametrize(
    ("method", "path", "body", "field"), FIELDS, ids=[f"{path} {field}" for _, path, _, field in FIELDS]
)
async def test_field_of_any_content_is_refused_in_words_or_taken(
    lobby: Lobby, method: str, path: str, body: dict[str, Any], field: str
) -> None:
    account = await lobby.join()
    for name, value in NASTY.items():
        sent = body | {field: value}
        if sent.get("email") == "":
            sent["email"] = new_email()
        client = lobby.visitor()
        client.headers["Authorization"] = account.client.headers["Authorization"]
        answer = await send(client, method, path, json.dumps(sent).encode())
        check_answer(answer, (path, field, name))
        if path in ("/v1/auth/password", "/v1/auth/logout") and answer.is_success:
            account = await lobby.join()  # the next one has the password of the body, and a session


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [entry for entry in FIELDS if entry[3] in SECRET_FIELDS],
    ids=[f"{path} {field}" for _, path, _, field in FIELDS if field in SECRET_FIELDS],
)
async def test_secret_is_never_told_again(
    lobby: Lobby, method: str, path: str, body: dict[str, Any], field: str
) -> None:
    account = await lobby.join()
    for nasty in ("", "\0", "\ud800", "x" * 500):
        for value in (CANARY % nasty, [CANARY % nasty], {"a": CANARY % nasty}):
            for spoilt in ({}, {"colour": "red"}):
                content = json.dumps(body | {field: value} | spoilt).encode()
                answer = await send(account.client, method, path, content)
                assert "kEPt-sEcrEt" not in answer.text + str(answer.headers)
                check_answer(answer, (path, field, value, spoilt))


@pytest.mark.parametrize(("method", "path"), sorted({(method, path) for method, path, _, _ in FIELDS}))
async def test_body_that_is_no_request_is_refused(lobby: Lobby, method: str, path: str) -> None:
    account = await lobby.join()
    for content in RAW_BODIES:
        answer = await send(account.client, method, path, content)
        check_answer(answer, (path, content[:40]))
        assert answer.is_error or b'"full_name"' in content, (path, content[:40], answer.text)


@pytest.mark.parametrize(("method", "path"), [entry for entry in PRIVATE if entry[0] != "GET"])
async def test_nasty_bodies_of_visitors_are_refused_too(lobby: Lobby, method: str, path: str) -> None:
    for content in RAW_BODIES:
        answer = await send(lobby.visitor(), method, path, content)
        check_answer(answer, (path, content[:40]))
        assert answer.is_error


STORED = ["SQL", "an escape", "HTML", "emoji", "right to left", "many marks", "the highest", "a path"]


@pytest.mark.parametrize("name", STORED)
async def test_name_that_can_be_stored_is_stored_as_it_was_written(lobby: Lobby, name: str) -> None:
    account = await lobby.join(full_name=TEXTS[name])
    assert await read_name(account) == normalize("NFC", TEXTS[name])
    await account.client.patch("/v1/users/me", json={"full_name": "Lan"})
    assert (await account.client.patch("/v1/users/me", json={"full_name": TEXTS[name]})).status_code == 200
    assert await read_name(account) == normalize("NFC", TEXTS[name])


REFUSED = ["nothing", "blanks", "overrides", "NUL", "control characters", "line breaks", "half a pair", "a long text"]


@pytest.mark.parametrize("name", REFUSED)
async def test_name_that_cannot_be_shown_is_refused_and_changes_nothing(lobby: Lobby, name: str) -> None:
    account = await lobby.join(full_name="Lan")
    content = json.dumps({"full_name": TEXTS[name]}).encode()
    assert (await send(account.client, "PATCH", "/v1/users/me", content)).status_code == 422
    assert await read_name(account) == "Lan"


async def read_name(account: Account) -> str:
    return str((await account.client.get("/v1/users/me")).json()["full_name"])


PASSWORDS = ["mật khẩu 🛫🛫", "a\0b\0c\0d\0e", "مريم عبد الله", "'; DROP TABLE users; --", " " * 8]


@pytest.mark.parametrize("password", PASSWORDS)
async def test_password_of_any_characters_opens_its_account_and_no_prefix_does(lobby: Lobby, password: str) -> None:
    account = await lobby.join(password=password)
    assert await (await lobby.sign_in(account.email, password)).is_let_in()
    for wrong in (password[:-1], password + "x", password.split("\0")[0] or "x"):
        if wrong != password:
            answer = await lobby.visitor().post("/v1/auth/login", json={"email": account.email, "password": wrong})
            assert answer.status_code == 401


async def test_password_is_the_same_from_every_keyboard(lobby: Lobby) -> None:
    composed, decomposed = "mật khẩu dài", "m\u00e2\u0323t kha\u0302\u0309u da\u0300i"
    account = await lobby.join(password=composed)
    assert await (await lobby.sign_in(account.email, decomposed)).is_let_in()


@pytest.mark.parametrize(
    ("password", "status"), [("7 chars", 422), ("8 chars.", 201), ("x" * 128, 201), ("x" * 129, 422)]
)
async def test_password_has_eight_to_128_characters(lobby: Lobby, password: str, status: int) -> None:
    body = {"email": new_email(), "password": password}
    assert (await lobby.visitor().post("/v1/auth/register", json=body)).status_code == status


@pytest.mark.parametrize(
    "query",
    ["skip=-1", "skip=x", "skip=99999999999999999999", "limit=0", "limit=101", "limit=1e2", "is_active=maybe", "q=%00"],
)
async def test_page_that_cannot_be_is_refused(lobby: Lobby, query: str) -> None:
    admin = await lobby.join_as_admin()
    answer = await admin.client.get(f"/v1/admin/users?{query}")
    check_answer(answer, query)
    assert answer.status_code == 422


async def test_any_text_can_be_searched_for(lobby: Lobby) -> None:
    admin = await lobby.join_as_admin()
    for name, text in TEXTS.items():
        query = urlencode({"q": text}, errors="surrogatepass")
        check_answer(await admin.client.get(f"/v1/admin/users?{query}"), name)


@pytest.mark.parametrize("user_id", ["me", "%00", "0", "-1", "'%20OR%201=1", "..%2f..", "x" * 2_000, "%F0%9F%9B%AB"])
@pytest.mark.parametrize("method", ["GET", "PATCH"])
async def test_id_that_is_none_is_refused(lobby: Lobby, method: str, user_id: str) -> None:
    admin = await lobby.join_as_admin()
    answer = await send(admin.client, method, f"/v1/admin/users/{user_id}", b"{}" if method == "PATCH" else b"")
    check_answer(answer, user_id)
    assert answer.is_error
