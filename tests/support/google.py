"""Browsers that walk the way to the simulated Google and back, and a Google that can be made to lie."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from fastapi import FastAPI

from api.deps import Parts
from providers.identity.google import GoogleIdentity
from providers.sandbox.identity import SANDBOX_CLIENT_ID, SANDBOX_CLIENT_SECRET, SandboxGoogle, issuer_at

_addresses = Random(2026)

Lie = Callable[[httpx.Request, httpx.Response], httpx.Response]
"""What is answered in place of an answer."""


class Browser:
    """One person's, on the machine of the server; each has a loopback address of its own to be counted by."""

    def __init__(self, app: FastAPI) -> None:
        parts: Parts = app.state.parts
        address = f"127.{'.'.join(str(_addresses.randrange(1, 255)) for _ in range(3))}"
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 50_000))
        self.http = httpx.AsyncClient(transport=transport, base_url=parts.settings.base_url, timeout=30)

    async def start(self, continue_to: str = "/sign-in") -> str:
        """Set out; gives the address of Google's page."""
        answer = await self.http.get("/v1/auth/google/start", params={"continue_to": continue_to})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def say(
        self,
        page: str,
        *,
        email: str,
        name: str = "Lan",
        verified: bool = True,
        calendar: bool = True,
        answer: str = "allow",
    ) -> str:
        """Fill in Google's page; gives the address it sends us back to."""
        fields = read_query(page) | {"email": email, "name": name, "answer": answer}
        if verified:
            fields["email_verified"] = "on"
        if calendar:
            fields["calendar"] = "on"
        sent = await self.http.post("/sandbox/google/authorize", data=fields)
        assert sent.status_code == 303, sent.text
        return sent.headers["location"]

    async def sign_in(self, *, email: str, continue_to: str = "/sign-in", **said: Any) -> httpx.Response:
        """The whole way; gives the last answer, which is ours."""
        return await self.http.get(await self.say(await self.start(continue_to), email=email, **said))

    async def set_out_for_calendar(self, access_token: str) -> str:
        """Ask us to be let into one's calendar; gives the address of Google's page."""
        headers = {"Authorization": f"Bearer {access_token}"}
        answer = await self.http.post("/v1/users/me/calendar/connect", headers=headers)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["authorization_url"])

    async def connect_calendar(self, access_token: str, *, email: str, **said: Any) -> httpx.Response:
        """The whole way; gives the page it ends on."""
        return await self.http.get(await self.say(await self.set_out_for_calendar(access_token), email=email, **said))

    async def who_am_i(self) -> dict[str, Any] | None:
        """The account the browser's cookie opens."""
        tokens = await self.http.post("/v1/auth/refresh", json={})
        if tokens.status_code == 401:
            return None
        headers = {"Authorization": f"Bearer {tokens.json()['access_token']}"}
        return dict((await self.http.get("/v1/auth/me", headers=headers)).json())


def read_query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def simulated_google(app: FastAPI) -> SandboxGoogle:
    google: SandboxGoogle = app.state.sandbox_google
    return google


class LyingTransport(httpx.ASGITransport):
    """The way to our own Google, with somebody on it who changes what comes back."""

    def __init__(self, app: FastAPI, lie: Lie) -> None:
        super().__init__(app=app)
        self._lie = lie
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path.rsplit("/", 1)[-1])
        answer = await super().handle_async_request(request)
        await answer.aread()
        return self._lie(request, answer)


def client_of(app: FastAPI, transport: httpx.AsyncBaseTransport) -> GoogleIdentity:
    """A client of our own Google with empty caches, over another way."""
    parts: Parts = app.state.parts
    return GoogleIdentity(
        httpx.AsyncClient(transport=transport),
        issuer=issuer_at(parts.settings.base_url),
        client_id=SANDBOX_CLIENT_ID,
        client_secret=SANDBOX_CLIENT_SECRET,
        is_simulated=True,
    )
