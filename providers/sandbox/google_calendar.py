"""A simulated Google Calendar: leave to write, taken back or not, and events under ids that are never used twice.

Rows, so that every process of a database sees the same calendars. Each person has one, `primary`, which also has their
address for a name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from core.clock import clock
from core.security import new_token
from db.session import Transactions
from providers.sandbox.faults import Faults
from providers.sandbox.identity import TOKEN_SECONDS, InvalidGrant

CALENDAR_DDL = (
    """
CREATE TABLE IF NOT EXISTS sandbox.google_grants (
    token_hash bytea PRIMARY KEY,
    email text NOT NULL,
    scope text NOT NULL,
    made_at timestamptz NOT NULL
)
""",
    """
CREATE TABLE IF NOT EXISTS sandbox.google_access_tokens (
    token_hash bytea PRIMARY KEY,
    grant_hash bytea NOT NULL REFERENCES sandbox.google_grants ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
)
""",
    """
CREATE TABLE IF NOT EXISTS sandbox.google_events (
    email text NOT NULL,
    event_id text NOT NULL,
    body jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    writes int NOT NULL DEFAULT 1,
    PRIMARY KEY (email, event_id)
)
""",
)

_ADD_GRANT = text(
    """INSERT INTO sandbox.google_grants (token_hash, email, scope, made_at)
    VALUES (:token_hash, :email, :scope, :now)"""
)
_FIND_GRANT = text("SELECT email, scope FROM sandbox.google_grants WHERE token_hash = :token_hash FOR SHARE")
_ADD_ACCESS = text(
    """INSERT INTO sandbox.google_access_tokens (token_hash, grant_hash, expires_at)
    VALUES (:token_hash, :grant_hash, :expires_at)"""
)
_FORGET_ACCESS = text("DELETE FROM sandbox.google_access_tokens WHERE expires_at <= :now")
_FIND_ACCESS = text(
    """SELECT held.email, held.scope FROM sandbox.google_access_tokens issued
    JOIN sandbox.google_grants held ON held.token_hash = issued.grant_hash
    WHERE issued.token_hash = :token_hash AND issued.expires_at > :now"""
)
_REVOKE = text("DELETE FROM sandbox.google_grants WHERE email = :email")
_COLUMNS = "email, event_id, body, created_at, updated_at, writes"
_INSERT = text(
    f"""INSERT INTO sandbox.google_events (email, event_id, body, created_at, updated_at)
    VALUES (:email, :event_id, CAST(:body AS jsonb), :now, :now) ON CONFLICT DO NOTHING
    RETURNING {_COLUMNS}"""  # noqa: S608 - our columns
)
_FIND = text(
    f"SELECT {_COLUMNS} FROM sandbox.google_events WHERE email = :email AND event_id = :event_id"  # noqa: S608
)
_WRITE = text(
    f"""UPDATE sandbox.google_events SET body = CAST(:body AS jsonb), updated_at = :now, writes = writes + 1
    WHERE email = :email AND event_id = :event_id RETURNING {_COLUMNS}"""  # noqa: S608 - our columns
)
_NEWEST = text(
    f"SELECT {_COLUMNS} FROM sandbox.google_events ORDER BY email, body #>> '{{start,dateTime}}', event_id LIMIT :limit"  # noqa: S608
)


@dataclass(frozen=True, slots=True)
class SandboxEvent:
    """An event and whose it is."""

    email: str
    event_id: str
    body: Mapping[str, Any]
    """As it was written, with its `status`."""
    created_at: datetime
    updated_at: datetime
    writes: int
    """How often it was written: 1 for one that was only inserted."""

    @property
    def is_deleted(self) -> bool:
        return bool(self.body["status"] == "cancelled")


@dataclass(frozen=True, slots=True)
class Holder:
    """Who an access token speaks for, and what for."""

    email: str
    scope: str


class SandboxCalendars:
    """The simulated calendars of a server."""

    def __init__(self, transactions: Transactions, faults: Faults) -> None:
        self._transactions = transactions
        self.faults = faults

    async def grant(self, email: str, scope: str) -> str:
        """A refresh token, good until it is taken back."""
        token = f"1//{new_token()}"
        values = {"token_hash": _hash(token), "email": email, "scope": scope, "now": clock.now()}
        async with self._transactions() as session:
            await session.execute(_ADD_GRANT, values)
        return token

    async def refresh(self, refresh_token: str) -> tuple[str, str]:
        """An access token and its scope; raises InvalidGrant."""
        token, now = f"ya29.{new_token()}", clock.now()
        async with self._transactions() as session:
            held = (await session.execute(_FIND_GRANT, {"token_hash": _hash(refresh_token)})).first()
            if held is None:
                raise InvalidGrant
            expires_at = now + timedelta(seconds=TOKEN_SECONDS)
            values = {"token_hash": _hash(token), "grant_hash": _hash(refresh_token), "expires_at": expires_at}
            await session.execute(_FORGET_ACCESS, {"now": now})
            await session.execute(_ADD_ACCESS, values)
        return token, held.scope

    async def find_holder(self, access_token: str) -> Holder | None:
        values = {"token_hash": _hash(access_token), "now": clock.now()}
        async with self._transactions() as session:
            found = (await session.execute(_FIND_ACCESS, values)).first()
        return Holder(found.email, found.scope) if found else None

    async def revoke(self, token: str) -> bool:
        """Take back all that the owner of a token has granted, as Google does; False for a token that is no more."""
        holder = await self.find_holder(token)
        async with self._transactions() as session:
            held = (await session.execute(_FIND_GRANT, {"token_hash": _hash(token)})).first()
            email = held.email if held else holder.email if holder else None
            await session.execute(_REVOKE, {"email": email})
        return email is not None

    async def revoke_all(self, email: str) -> None:
        async with self._transactions() as session:
            await session.execute(_REVOKE, {"email": email})

    async def insert(self, email: str, event_id: str, body: Mapping[str, Any]) -> SandboxEvent | None:
        """None where the id was ever used before."""
        return await self._change(_INSERT, email, event_id, body)

    async def find(self, email: str, event_id: str) -> SandboxEvent | None:
        async with self._transactions() as session:
            found = (await session.execute(_FIND, {"email": email, "event_id": event_id})).first()
        return SandboxEvent(*found) if found else None

    async def write(self, email: str, event_id: str, body: Mapping[str, Any]) -> SandboxEvent | None:
        """None where there is none."""
        return await self._change(_WRITE, email, event_id, body)

    async def list_events(self, *, limit: int) -> list[SandboxEvent]:
        """By whose they are and when they begin, the deleted ones among them."""
        async with self._transactions() as session:
            return [SandboxEvent(*row) for row in await session.execute(_NEWEST, {"limit": limit})]

    async def _change(self, statement: Any, email: str, event_id: str, body: Mapping[str, Any]) -> SandboxEvent | None:
        values = {"email": email, "event_id": event_id, "body": json.dumps(body), "now": clock.now()}
        async with self._transactions() as session:
            changed = (await session.execute(statement, values)).first()
        return SandboxEvent(*changed) if changed else None


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()
