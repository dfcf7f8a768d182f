"""A simulated Google in which anybody may be anybody: its keys, its codes and the tokens it signs.

Keys and codes are rows, so that every process of a database is the same Google.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from sqlalchemy import text

from core.clock import clock
from core.security import new_token
from db.session import Transactions
from providers.identity.base import make_code_challenge

PATH = "/sandbox/google"
SANDBOX_CLIENT_ID = "sandbox.apps.simulated.example"
SANDBOX_CLIENT_SECRET = "no secret: everything here is simulated"  # noqa: S105 - the same for everybody, guards nothing
CODE_LIFE = timedelta(seconds=60)
TOKEN_SECONDS = 3599

IDENTITY_DDL = (
    """
CREATE TABLE IF NOT EXISTS sandbox.google_keys (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kid text NOT NULL UNIQUE,
    private_key text NOT NULL
)
""",
    """
CREATE TABLE IF NOT EXISTS sandbox.google_codes (
    code_hash bytea PRIMARY KEY,
    redirect_uri text NOT NULL,
    nonce text NOT NULL,
    code_challenge text NOT NULL,
    email text NOT NULL,
    email_verified boolean NOT NULL,
    full_name text NOT NULL,
    expires_at timestamptz NOT NULL
)
""",
    "ALTER TABLE sandbox.google_codes ADD COLUMN IF NOT EXISTS scope text NOT NULL DEFAULT ''",
    "ALTER TABLE sandbox.google_codes ADD COLUMN IF NOT EXISTS is_offline boolean NOT NULL DEFAULT false",
)

_LIST_KEYS = text("SELECT kid, private_key FROM sandbox.google_keys ORDER BY id DESC")
_ADD_KEY = text("INSERT INTO sandbox.google_keys (kid, private_key) VALUES (:kid, :private_key)")
_DROP_OTHER_KEYS = text("DELETE FROM sandbox.google_keys WHERE kid <> :kid")
_ADD_CODE = text(
    """INSERT INTO sandbox.google_codes
    (code_hash, redirect_uri, nonce, code_challenge, email, email_verified, full_name, expires_at, scope, is_offline)
    VALUES (:code_hash, :redirect_uri, :nonce, :code_challenge, :email, :email_verified, :full_name, :expires_at,
        :scope, :is_offline)"""
)
_TAKE_CODE = text("DELETE FROM sandbox.google_codes WHERE code_hash = :code_hash RETURNING *")
_FORGET_CODES = text("DELETE FROM sandbox.google_codes WHERE expires_at <= :now")


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody says they are, and whether the simulated Google has seen that the address is theirs."""

    email: str
    email_verified: bool
    full_name: str


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a code was made for."""

    id_token: str
    email: str
    scope: str
    is_offline: bool
    """Whether the client may come back without the browser."""


class InvalidGrant(Exception):
    """A code that is unknown, used, over, or another client's or browser's; a refresh token that is no more."""


def issuer_at(base_url: str) -> str:
    """The name the simulated Google signs with on a server."""
    return f"{base_url.rstrip('/')}{PATH}"


class SandboxGoogle:
    """The simulated Google of a server, with one client: that server."""

    def __init__(self, transactions: Transactions, *, base_url: str, redirect_uris: Collection[str]) -> None:
        """`redirect_uris`: the only addresses a browser is sent back to."""
        self._transactions = transactions
        self.issuer = issuer_at(base_url)
        self.redirect_uris = redirect_uris

    async def make_code(
        self,
        person: Person,
        *,
        redirect_uri: str,
        nonce: str,
        code_challenge: str,
        scope: str,
        is_offline: bool,
    ) -> str:
        """What the browser brings back: good once, for a minute."""
        code = f"4/{new_token()}"
        values = {
            "code_hash": _hash(code),
            "redirect_uri": redirect_uri,
            "nonce": nonce,
            "code_challenge": code_challenge,
            "email": person.email,
            "email_verified": person.email_verified,
            "full_name": person.full_name,
            "expires_at": clock.now() + CODE_LIFE,
            "scope": scope,
            "is_offline": is_offline,
        }
        async with self._transactions() as session:
            await session.execute(_FORGET_CODES, {"now": clock.now()})
            await session.execute(_ADD_CODE, values)
        return code

    async def redeem(self, *, code: str, code_verifier: str, redirect_uri: str) -> Redeemed:
        """What a code was made for; it is used up whatever comes of it. Raises InvalidGrant."""
        async with self._transactions() as session:
            found = (await session.execute(_TAKE_CODE, {"code_hash": _hash(code)})).mappings().first()
        if found is None or found["expires_at"] <= clock.now():
            raise InvalidGrant
        if found["redirect_uri"] != redirect_uri or found["code_challenge"] != make_code_challenge(code_verifier):
            raise InvalidGrant
        person = Person(found["email"], found["email_verified"], found["full_name"])
        id_token = await self.sign(self.describe(person, nonce=found["nonce"]))
        return Redeemed(id_token, person.email, found["scope"], found["is_offline"])

    def describe(self, person: Person, *, nonce: str) -> dict[str, Any]:
        """The claims of an ID token, as Google makes them."""
        now = int(clock.now().timestamp())
        domain = person.email.rpartition("@")[2].lower()
        return {
            "iss": self.issuer,
            "azp": SANDBOX_CLIENT_ID,
            "aud": SANDBOX_CLIENT_ID,
            "sub": _make_subject(person.email),
            "email": person.email,
            "email_verified": person.email_verified,
            # any domain but Google's own is a company's here, whose mailboxes Google runs
            **({} if domain == "gmail.com" else {"hd": domain}),
            "nonce": nonce,
            "name": person.full_name,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
        }

    async def sign(self, claims: Mapping[str, Any]) -> str:
        """The claims under the newest key."""
        key_id, private_key = (await self._list_keys())[0]
        return jwt.encode(dict(claims), private_key, algorithm="RS256", headers={"kid": key_id})

    async def list_public_keys(self) -> list[dict[str, Any]]:
        return [_publish(key_id, private_key) for key_id, private_key in await self._list_keys()]

    async def rotate_keys(self) -> None:
        """Sign with a new key from now on, and disown what the ones before it signed."""
        key_id = await self._add_key()
        async with self._transactions() as session:
            await session.execute(_DROP_OTHER_KEYS, {"kid": key_id})

    async def _list_keys(self) -> list[tuple[str, str]]:
        """Every key, the newest first. The first caller makes one; should two, both keys are good."""
        found = await self._read_keys()
        if not found:
            await self._add_key()
            found = await self._read_keys()
        return found

    async def _read_keys(self) -> list[tuple[str, str]]:
        async with self._transactions() as session:
            return [(row[0], row[1]) for row in await session.execute(_LIST_KEYS)]

    async def _add_key(self) -> str:
        key_id, private_key = await asyncio.to_thread(make_key)
        async with self._transactions() as session:
            await session.execute(_ADD_KEY, {"kid": key_id, "private_key": private_key})
        return key_id


def make_key() -> tuple[str, str]:
    """A key id and an RSA key in PEM; takes a tenth of a second of a core."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return hashlib.sha256(pem).hexdigest()[:40], pem.decode()


def _publish(key_id: str, private_key: str) -> dict[str, Any]:
    key = serialization.load_pem_private_key(private_key.encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    published: dict[str, Any] = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {
        "kid": key_id,
        "kty": published["kty"],
        "alg": "RS256",
        "use": "sig",
        "n": published["n"],
        "e": published["e"],
    }


def _make_subject(email: str) -> str:
    """The same 21 digits for the same address."""
    number = int.from_bytes(hashlib.sha256(email.casefold().encode()).digest())
    return f"1{number % 10**20:020}"


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
