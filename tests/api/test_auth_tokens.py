"""Only an access token of ours, in its time, of an account as it stands now, lets anybody in."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from core.clock import clock
from core.security import BOOKINGS_SCOPE, CHAT_SCOPE
from services.accounts.tokens import make_access_token
from tests.api.test_auth_rows import PRIVATE
from tests.api.test_chat_errors import check_error
from tests.conftest import NOW
from tests.support.accounts import Account, Lobby

Claims = dict[str, Any]
Forge = Callable[[Claims, bytes], str]


def sign(claims: Claims, key: bytes, **header: Any) -> str:
    return jwt.encode(claims, key, algorithm="HS256", headers=header)


def encode_part(part: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def sign_with_nothing(claims: Claims, alg: str) -> str:
    return f"{encode_part({'alg': alg, 'typ': 'JWT'})}.{encode_part(claims)}."


def sign_with_rsa(claims: Claims, key: bytes) -> str:
    return jwt.encode(claims, rsa.generate_private_key(public_exponent=65537, key_size=2048), algorithm="RS256")


def sign_with_a_public_key(claims: Claims, key: bytes) -> str:
    """HS256 over somebody's public RSA key, which a verifier that trusts the header takes for the secret."""
    public = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    signed = f"{encode_part({'alg': 'HS256', 'typ': 'JWT'})}.{encode_part(claims)}"
    # by hand: the library refuses to make such a thing
    signature = base64.urlsafe_b64encode(hmac.digest(pem, signed.encode(), "sha256"))
    return f"{signed}.{signature.rstrip(b'=').decode()}"


def tamper(claims: Claims, key: bytes) -> str:
    head, _, signature = sign(claims, key).split(".")
    return f"{head}.{encode_part(claims | {'scope': 'account bookings chat admin'})}.{signature}"


FORGERIES: dict[str, Forge] = {
    "signed with nothing": lambda claims, key: sign_with_nothing(claims, "none"),
    "signed with nothing, shouted": lambda claims, key: sign_with_nothing(claims, "NONE"),
    "its signature cut off": lambda claims, key: sign(claims, key).rpartition(".")[0] + ".",
    "signed with another key": lambda claims, key: sign(claims, b"somebody else's key, as long as ours is"),
    "signed with a key of zeros": lambda claims, key: sign(claims, b"\0" * 32),
    "signed with RSA": sign_with_rsa,
    "signed with a public key": sign_with_a_public_key,
    "tampered with": tamper,
}
"""Tokens nobody who lacks our key should get in with; a reader that checks no signature lets each of them in."""

ABSURDITIES: dict[str, Claims] = {
    "of another issuer": {"iss": "https://accounts.google.com"},
    "for another audience": {"aud": "travel-assistant/v2"},
    "for several audiences": {"aud": ["somebody", "else"]},
    "over since a second": {"exp": int(NOW.timestamp()) - 1},
    "over now": {"exp": int(NOW.timestamp())},
    "over at no time": {"exp": "tomorrow"},
    "over in a list": {"exp": [1]},
    "over before time began": {"exp": -(10**40)},
    "of nobody": {"sub": ""},
    "of a number": {"sub": 7},
    "of a word": {"sub": "admin"},
    "of SQL": {"sub": "' OR 1=1 --"},
    "of a session of NUL": {"sid": "\0" * 36},
    "of no session": {"sid": None},
    "of a session in a list": {"sid": ["x"]},
    "of an unknown session": {"sid": str(uuid4())},
    "with scopes in a list": {"scope": ["account"]},
    "with a number of scopes": {"scope": 1},
}

NOT_TOKENS = {
    "empty": "Bearer ",
    "no token": "Bearer",
    "one part": "Bearer token",
    "dots": "Bearer ...",
    "bytes": b"Bearer \xff\xfe\x80",
    "oversized": "Bearer " + "a" * 100_000,
    "oversized, in parts": f"Bearer {'e30' * 9_000}.{'e30' * 9_000}.{'a' * 9_000}",
    "deep": f"Bearer {base64.urlsafe_b64encode(b'[' * 9_000).decode()}.e30.a",
    "a password": "Basic YW46YSByYWlueSBkYXk=",
    "a digest": 'Digest username="an"',
    "nothing": "",
    "two schemes": "Bearer Bearer x",
}


def claims_of(account: Account) -> Claims:
    return dict(jwt.decode(account.access_token, options={"verify_signature": False}))


def key_of(lobby: Lobby) -> bytes:
    return lobby.parts.settings.keys.derive("access-token")


async def show(lobby: Lobby, credential: str | bytes) -> httpx.Response:
    header = credential if isinstance(credential, bytes) else credential.encode()
    return await lobby.visitor().get("/v1/auth/me", headers=[(b"Authorization", header)])


async def find_accepted(lobby: Lobby) -> set[str]:
    """The forgeries that let somebody in, after a token made the same way of the right things did."""
    account = await lobby.join()
    claims, key = claims_of(account), key_of(lobby)
    assert (await show(lobby, f"Bearer {sign(claims, key)}")).status_code == 200
    answers = {name: await show(lobby, f"Bearer {forge(claims, key)}") for name, forge in FORGERIES.items()}
    assert {answer.status_code for answer in answers.values()} <= {200, 401}
    return {name for name, answer in answers.items() if answer.status_code == 200}


async def test_forged_token_lets_nobody_in(lobby: Lobby) -> None:
    assert await find_accepted(lobby) == set()


async def test_the_check_notices_a_reader_that_verifies_no_signature(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    decode = jwt.decode

    def believe(token: str, key: bytes = b"", *, options: Claims, **given: Any) -> Any:
        return decode(token, key, options={**options, "verify_signature": False}, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(jwt, "decode", believe)
    assert await find_accepted(lobby) == set(FORGERIES)


@pytest.mark.parametrize("wrong", ABSURDITIES.values(), ids=ABSURDITIES)
async def test_token_with_an_absurd_claim_is_refused(lobby: Lobby, wrong: Claims) -> None:
    account = await lobby.join()
    answer = await show(lobby, f"Bearer {sign(claims_of(account) | wrong, key_of(lobby))}")
    check_error(answer, 401, "token_invalid")


@pytest.mark.parametrize("missing", ["iss", "aud", "exp", "iat", "sub", "jti", "sid", "scope"])
async def test_token_without_a_claim_is_refused(lobby: Lobby, missing: str) -> None:
    account = await lobby.join()
    claims = claims_of(account)
    del claims[missing]
    check_error(await show(lobby, f"Bearer {sign(claims, key_of(lobby))}"), 401, "token_invalid")


@pytest.mark.parametrize("credential", NOT_TOKENS.values(), ids=NOT_TOKENS)
async def test_what_is_no_token_is_refused(lobby: Lobby, credential: str | bytes) -> None:
    check_error(await show(lobby, credential), 401, "token_invalid")


@pytest.mark.parametrize("path", ["/v1/chat/conversations", "/v1/auth/logout"])
async def test_wrong_credential_is_refused_even_where_none_is_needed(lobby: Lobby, path: str) -> None:
    answer = await lobby.visitor().post(path, json={}, headers={"Authorization": "Bearer x"})
    check_error(answer, 401, "token_invalid")


async def test_token_of_one_purpose_is_not_one_of_another(lobby: Lobby) -> None:
    account = await lobby.join()
    check_error(await show(lobby, f"Bearer {account.refresh_token}"), 401, "token_invalid")
    check_error(await account.refresh(account.access_token[:200]), 401, "token_invalid")


async def test_token_lives_a_quarter_of_an_hour_of_our_clock(lobby: Lobby) -> None:
    far_off = datetime(2031, 5, 4, tzinfo=UTC)
    with clock.frozen(far_off):
        account = await lobby.join()
        claims = claims_of(account)
    assert (claims["iat"], claims["exp"]) == (far_off.timestamp(), far_off.timestamp() + 900)
    lives = {}
    for seconds in (0, 899, 900, 901):
        with clock.frozen(far_off + timedelta(seconds=seconds)):
            lives[seconds] = await account.is_let_in()
    assert lives == {0: True, 899: True, 900: False, 901: False}


async def test_locked_users_token_stops_at_once(lobby: Lobby) -> None:
    account, admin = await lobby.join(), await lobby.join_as_admin()
    await admin.client.patch(f"/v1/admin/users/{account.id}", json={"is_active": False})
    check_error(await account.client.get("/v1/auth/me"), 401, "token_invalid")
    check_error(await account.client.get("/v1/chat/conversations"), 401, "token_invalid")
    check_error(await account.refresh(), 401, "token_invalid")
    await admin.client.patch(f"/v1/admin/users/{account.id}", json={"is_active": True})
    assert not await account.is_let_in(), "an unlocked user signs in anew"


@pytest.mark.parametrize("path", ["/v1/auth/me", "/v1/users/me", "/v1/chat/conversations"])
async def test_deleted_users_token_is_told_that_there_is_no_such_account(lobby: Lobby, path: str) -> None:
    account = await lobby.join()
    assert (await account.client.delete("/v1/users/me")).status_code == 200
    check_error(await account.client.get(path), 404, "account_not_found")
    check_error(await account.refresh(), 401, "token_invalid")


@pytest.mark.parametrize(("method", "path"), PRIVATE)
async def test_token_of_a_widget_does_not_reach_the_account(lobby: Lobby, method: str, path: str) -> None:
    account = await lobby.join_as_admin()
    account.client.headers["Authorization"] = f"Bearer {make_widget_token(lobby, account)}"
    answer = await account.client.request(method, path, json=None if method == "GET" else {"colour": 5})
    check_error(answer, 403, "forbidden")
    assert (await account.client.get("/v1/chat/conversations")).status_code == 200


def make_widget_token(lobby: Lobby, account: Account) -> str:
    return make_access_token(
        lobby.parts.settings.keys,
        user_id=UUID(account.id),
        session_id=UUID(claims_of(account)["sid"]),
        scopes={CHAT_SCOPE, BOOKINGS_SCOPE},
    )
