"""Google Calendar, version 3: events under ids of ours, so that a call that is repeated changes nothing.

Access tokens last an hour and are kept in memory, per process, by a hash of the grant they came of.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote, urlencode

import httpx
import jwt
from pydantic import SecretStr

from core.clock import clock
from core.deadlines import seconds_left
from providers.calendar.base import (
    CalendarBusy,
    CalendarDown,
    CalendarEntry,
    CalendarGrant,
    CalendarRefused,
    EventExists,
    EventGone,
    NotConnected,
)
from providers.calendar.google_wire import read_error, read_object, read_retry_after, write_event

CALENDAR_SCOPE = "https://www.googleapis.com/auth/calendar.events.owned"
WRITING_SCOPES = frozenset(
    {CALENDAR_SCOPE, "https://www.googleapis.com/auth/calendar.events", "https://www.googleapis.com/auth/calendar"}
)
SCOPE = f"openid email {CALENDAR_SCOPE}"

CALL_SECONDS = 8.0
CONNECT_SECONDS = 3.0
TOKENS_KEPT = 1000
TOKEN_SPARE = timedelta(seconds=60)
"""A token that ends so soon is not used any more."""
RATE_REASONS = frozenset({"userRateLimitExceeded", "rateLimitExceeded", "quotaExceeded", "calendarUsageLimits"})

Method = Literal["POST", "PUT", "DELETE"]


@dataclass(frozen=True, slots=True)
class GoogleAddresses:
    """Where Google is, or its imitation."""

    authorize: str = "https://accounts.google.com/o/oauth2/v2/auth"
    token: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
    revoke: str = "https://oauth2.googleapis.com/revoke"
    calendar: str = "https://www.googleapis.com/calendar/v3"


@dataclass(frozen=True, slots=True)
class _AccessToken:
    text: str
    good_until: datetime


class GoogleCalendar:
    """One client's access to the calendars of whoever lets it."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        client_id: str,
        client_secret: str,
        addresses: GoogleAddresses,
        is_simulated: bool,
    ) -> None:
        """The caller owns the HTTP client."""
        self.is_simulated = is_simulated
        self._http = http
        self._client = {"client_id": client_id, "client_secret": client_secret}
        self._addresses = addresses
        self._tokens: OrderedDict[bytes, _AccessToken] = OrderedDict()

    def authorization_url(self, *, state: str, code_challenge: str, redirect_uri: str) -> str:
        query = {
            "client_id": self._client["client_id"],
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": SCOPE,
            "state": state,
            "code_challenge": code_challenge,
            "code_challenge_method": "S256",
            # without both, Google gives no refresh token to somebody who has agreed before
            "access_type": "offline",
            "prompt": "consent",
        }
        return f"{self._addresses.authorize}?{urlencode(query)}"

    async def redeem(self, *, code: str, code_verifier: str, redirect_uri: str) -> CalendarGrant:
        form = {"code": code, "code_verifier": code_verifier, "redirect_uri": redirect_uri}
        answer = await self._ask_for_tokens({"grant_type": "authorization_code", **form})
        refresh_token, scope = answer.get("refresh_token"), answer.get("scope")
        if not isinstance(refresh_token, str) or not isinstance(scope, str):
            raise NotConnected("no refresh token")
        return CalendarGrant(
            refresh_token=SecretStr(refresh_token),
            may_write=not WRITING_SCOPES.isdisjoint(scope.split()),
            account=_read_account(answer.get("id_token")),
        )

    async def insert_event(self, grant: SecretStr, calendar_id: str, event_id: str, entry: CalendarEntry) -> None:
        try:
            await self._call(grant, "POST", self._events_url(calendar_id), {"id": event_id, **write_event(entry)})
        except EventGone as error:
            raise CalendarRefused("no such calendar") from error

    async def update_event(self, grant: SecretStr, calendar_id: str, event_id: str, entry: CalendarEntry) -> None:
        await self._call(grant, "PUT", f"{self._events_url(calendar_id)}/{event_id}", write_event(entry))

    async def delete_event(self, grant: SecretStr, calendar_id: str, event_id: str) -> None:
        await self._call(grant, "DELETE", f"{self._events_url(calendar_id)}/{event_id}")

    async def revoke(self, grant: SecretStr) -> None:
        self._tokens.pop(_name(grant), None)
        response = await self._send("POST", self._addresses.revoke, data={"token": grant.get_secret_value()})
        # 400 for a token that is no more
        if response.status_code not in (200, 400):
            raise CalendarDown(f"revoke {response.status_code}")

    def _events_url(self, calendar_id: str) -> str:
        return f"{self._addresses.calendar}/calendars/{quote(calendar_id, safe='')}/events"

    async def _call(self, grant: SecretStr, method: Method, url: str, body: dict[str, Any] | None = None) -> None:
        """One call; with a new access token should the one we have be refused, and then NotConnected."""
        for is_last in (False, True):
            token = await self._find_token(grant)
            headers = {"Authorization": f"Bearer {token}"}
            response = await self._send(method, url, headers=headers, params={"sendUpdates": "none"}, json=body)
            if response.status_code != httpx.codes.UNAUTHORIZED:
                _check(response)
                return
            self._tokens.pop(_name(grant), None)
            if is_last:
                raise NotConnected("refused with a new token")

    async def _find_token(self, grant: SecretStr) -> str:
        name = _name(grant)
        found = self._tokens.get(name)
        if found is None or found.good_until <= clock.now():
            found = await self._refresh(grant)
            self._tokens[name] = found
            if len(self._tokens) > TOKENS_KEPT:
                self._tokens.popitem(last=False)
        return found.text

    async def _refresh(self, grant: SecretStr) -> _AccessToken:
        form = {"grant_type": "refresh_token", "refresh_token": grant.get_secret_value()}
        answer = await self._ask_for_tokens(form)
        text, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(text, str) or not isinstance(seconds, int):
            raise CalendarDown("no access token")
        return _AccessToken(text, clock.now() + timedelta(seconds=seconds) - TOKEN_SPARE)

    async def _ask_for_tokens(self, form: dict[str, str]) -> dict[str, Any]:
        """Raises NotConnected for a code or a grant that is worth nothing (any more)."""
        response = await self._send("POST", self._addresses.token, data={**form, **self._client})
        answer = read_object(response)
        if response.status_code == httpx.codes.BAD_REQUEST and answer.get("error") == "invalid_grant":
            raise NotConnected("invalid_grant")
        if response.status_code != httpx.codes.OK:  # among them that our client id or secret is wrong
            raise CalendarDown(f"token {response.status_code}")
        return answer

    async def _send(self, method: str, url: str, **request: Any) -> httpx.Response:
        seconds = seconds_left(CALL_SECONDS)
        if not seconds:
            raise CalendarDown("no time left to ask")
        timeout = httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
        try:
            async with asyncio.timeout(seconds):  # httpx's own limit starts anew with every chunk
                return await self._http.request(method, url, timeout=timeout, **request)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            # no cause: it would name the address, and with it whose calendar it is
            raise CalendarDown(type(error).__name__) from None


def _check(response: httpx.Response) -> None:
    """Raises what an answer means, unless it means done."""
    status = response.status_code
    if status in (200, 201, 204):
        return
    reason = read_error(response)
    if status == httpx.codes.TOO_MANY_REQUESTS or (status == httpx.codes.FORBIDDEN and reason in RATE_REASONS):
        raise CalendarBusy(reason or "busy", read_retry_after(response))
    if status == httpx.codes.CONFLICT:
        raise EventExists("duplicate")
    if status in (httpx.codes.NOT_FOUND, httpx.codes.GONE):
        raise EventGone(str(status))
    if httpx.codes.is_client_error(status):
        raise CalendarRefused(f"{status} {reason}")
    raise CalendarDown(f"status {status}")


def _read_account(id_token: object) -> str | None:
    """The address in an ID token. Its signature is not looked at: it came straight from Google, and opens nothing."""
    if not isinstance(id_token, str):
        return None
    try:
        email = jwt.decode(id_token, options={"verify_signature": False}).get("email")
    except jwt.InvalidTokenError:
        return None
    return email if isinstance(email, str) and "@" in email else None


def _name(grant: SecretStr) -> bytes:
    return hashlib.sha256(grant.get_secret_value().encode()).digest()
