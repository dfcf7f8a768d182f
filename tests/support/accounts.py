"""Users for tests, the letters they got, and what the record says of them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from sqlalchemy import select, text, update

from api.deps import Parts
from core.settings import Settings
from db.models import AuditEvent, NotificationLog, User
from db.session import Transactions

PASSWORD = "a rainy day in May"
ANOTHER_PASSWORD = "một ngày nắng đẹp"

_addresses = Random(2026)  # the same ones each time, far more than a test run asks for


async def sign_up(client: httpx.AsyncClient, email: str = "an@example.com", **fields: Any) -> dict[str, Any]:
    """Make an account; the client is signed in to it from now on. Gives the whole answer's `user`."""
    answer = await client.post("/v1/auth/register", json={"email": email, "password": PASSWORD, **fields})
    assert answer.status_code == 201, answer.text
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return dict(answer.json()["user"])


def new_email() -> str:
    return f"user-{uuid4().hex}@example.com"


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to an address, sent or not yet."""

    type: str
    code: str | None


async def read_letters(transactions: Transactions, settings: Settings, email: str) -> list[Letter]:
    """What was written to an address, oldest first."""
    vault, codes = settings.keys.vault, {}
    async with transactions() as session:
        for row in await session.scalars(select(NotificationLog).where(NotificationLog.letter.is_not(None))):
            letter = json.loads(vault.open(str(row.letter), table="notification_logs", column="letter", row_id=row.id))
            if letter["address"] == email:
                codes[row.id] = letter["params"].get("code")
        # after those still here: a letter that goes out meanwhile is seen in one place or in both
        mails = text("SELECT message_id, body_text FROM sandbox.outbox WHERE recipient = :email")
        for message_id, body in await session.execute(mails, {"email": email}):
            code = re.search(r"\b\d{6}\b", body)
            codes[UUID(message_id)] = code.group() if code else None
        named = select(NotificationLog.id, NotificationLog.type).where(NotificationLog.id.in_(codes))
        return [Letter(type_, codes[id_]) for id_, type_ in await session.execute(named.order_by(NotificationLog.id))]


async def read_code(transactions: Transactions, settings: Settings, email: str) -> str:
    """The latest code sent to an address."""
    codes = [letter.code for letter in await read_letters(transactions, settings, email) if letter.code]
    return codes[-1]


async def change_user(transactions: Transactions, user_id: str, **values: Any) -> None:
    """Make an account what no request could: an administrator's, locked, without a password."""
    async with transactions() as session:
        await session.execute(update(User).where(User.id == UUID(user_id)).values(**values))


async def read_audit(transactions: Transactions, user_id: str) -> list[str]:
    """What the record says happened to an account, by the alphabet: of two things at once neither is the first."""
    async with transactions() as session:
        rows = select(AuditEvent.action).where(AuditEvent.user_id == UUID(user_id)).order_by(AuditEvent.action)
        return list(await session.scalars(rows))


@dataclass(slots=True)
class Account:
    """Somebody with an account, on a device whose client sends their access token."""

    client: httpx.AsyncClient
    id: str
    email: str
    access_token: str
    refresh_token: str

    async def is_let_in(self) -> bool:
        answer = await self.client.get("/v1/auth/me")
        assert answer.status_code in (200, 401), answer.text
        return answer.status_code == 200

    async def refresh(self, token: str | None = None) -> httpx.Response:
        """Trade a refresh token, of oneself if none is given; the access token stays as it is."""
        return await self.client.post("/v1/auth/refresh", json={"refresh_token": token or self.refresh_token})


class Lobby:
    """Where a server's visitors come in, each from a network address of their own, so that no limit counts them as one.

    It also looks behind the desk: letters, codes, the record.
    """

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self.parts: Parts = app.state.parts

    @property
    def transactions(self) -> Transactions:
        return self.parts.transactions

    def visitor(self) -> httpx.AsyncClient:
        address = ".".join(str(_addresses.randrange(1, 255)) for _ in range(4))
        transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False, client=(address, 50_000))
        return httpx.AsyncClient(transport=transport, base_url="http://test", timeout=30)

    async def join(self, **fields: Any) -> Account:
        """A new account, just signed in to."""
        body = {"email": new_email(), "password": PASSWORD, **fields}
        return self._sit_down(await self.visitor().post("/v1/auth/register", json=body), 201)

    async def join_as_admin(self) -> Account:
        account = await self.join()
        await change_user(self.transactions, account.id, is_superuser=True)
        return account

    async def sign_in(self, email: str, password: str = PASSWORD) -> Account:
        """The same account on one more device."""
        body = {"email": email, "password": password}
        return self._sit_down(await self.visitor().post("/v1/auth/login", json=body), 200)

    def _sit_down(self, answer: httpx.Response, status: int) -> Account:
        assert answer.status_code == status, answer.text
        body, client = answer.json(), self.visitor()
        client.headers["Authorization"] = f"Bearer {body['access_token']}"
        return Account(client, body["user"]["id"], body["user"]["email"], body["access_token"], body["refresh_token"])

    async def read_code(self, email: str) -> str:
        return await read_code(self.transactions, self.parts.settings, email)

    async def read_letters(self, email: str) -> list[Letter]:
        return await read_letters(self.transactions, self.parts.settings, email)

    async def read_audit(self, account: Account) -> list[str]:
        return await read_audit(self.transactions, account.id)

    async def change_user(self, account: Account, **values: Any) -> None:
        await change_user(self.transactions, account.id, **values)
