"""Talking to Duffel: headers, the `data` envelope, timeouts, and its errors as the port's."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal, NamedTuple, Never

import httpx

from core.deadlines import seconds_left
from providers.flights.base import (
    AlreadyBooked,
    InvalidRequest,
    OfferGone,
    OutcomeUnknown,
    ProviderBusy,
    ProviderDown,
    ProviderRetired,
)
from providers.flights.wire_json import read_json

API_VERSION = "v2"
CONNECT_SECONDS = 3.0
PLAIN_SECONDS = 30.0
"""For a call nobody set a deadline for; airlines may take that long to make an order."""

RETIRED = {
    "access_token_not_found",
    "expired_access_token",
    "invalid_authorization_header",
    "missing_authorization_header",
    "unsupported_version",
}
GONE = {
    "already_cancelled",
    "not_found",
    "offer_expired",
    "offer_no_longer_available",
    "past_payment_required_by_date",
    "schedule_changed",
}
PRICE_MOVED = {
    "payment_amount_does_not_match_order_amount",
    "payment_currency_does_not_match_order_currency",
    "price_changed",
}
UNCLEAR = {"airline_internal", "airline_unknown"}
"""The airline answered with something Duffel cannot read, so what it did is open."""

Effect = Literal["read", "write"]

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.LocalProtocolError)
_CODE = re.compile(r"[a-z_]{1,60}")
_REQUEST_ID = re.compile(r"[\w-]{1,64}", re.ASCII)


class PriceMoved(InvalidRequest):
    """The sum we named is no longer the price."""


class RefusedByAirline(InvalidRequest):
    """The airline does not do this: an offer's seats are gone, or an order's fare forbids it."""


class Answer(NamedTuple):
    status: int
    data: Any
    """What stood in the envelope; None where there was none to read, which only a write may get."""
    after: str | None
    """The next page of a list."""


class DuffelClient:
    """One account's access. `read` is for what leaves nothing behind, searches and quotes included."""

    def __init__(
        self, http: httpx.AsyncClient, *, access_token: str, base_url: str, clock: Callable[[], datetime]
    ) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._clock = clock
        self._headers = {
            "Authorization": f"Bearer {access_token.strip()}",
            "Duffel-Version": API_VERSION,
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
        }

    async def read(
        self,
        method: Literal["GET", "POST"],
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        data: Any = None,
    ) -> Answer:
        """Raises ProviderDown for no answer or one without data, and what the answer's error means."""
        answer = await self._ask(method, path, params, data, effect="read")
        if answer.data is None:
            raise ProviderDown("answer without data")
        return answer

    async def write(self, path: str, data: Any) -> Answer:
        """Sent once. Raises OutcomeUnknown unless the answer tells, or nothing can have arrived."""
        return await self._ask("POST", path, None, data, effect="write")

    async def _ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None,
        data: Any,
        *,
        effect: Effect,
    ) -> Answer:
        seconds = seconds_left(PLAIN_SECONDS)
        if not seconds:
            raise ProviderDown("no time left to ask")
        to_connect = min(CONNECT_SECONDS, seconds)
        timeout = httpx.Timeout(seconds, connect=to_connect, pool=to_connect)
        body = None if data is None else {"data": data}
        try:
            async with asyncio.timeout(seconds):  # httpx's own limit starts anew with every chunk
                response = await self._http.request(
                    method, f"{self._base_url}{path}", params=params, json=body, headers=self._headers, timeout=timeout
                )
        except _NEVER_SENT as error:
            raise ProviderDown(type(error).__name__) from None
        except (httpx.RequestError, TimeoutError) as error:
            # their messages may quote what was sent or received
            _raise_unanswered(effect, type(error).__name__)
        envelope = _read_envelope(response.content)
        if not response.is_success:
            self._raise_refusal(response, envelope, effect)
        return Answer(response.status_code, envelope.get("data"), _next_page(envelope))

    def _raise_refusal(self, response: httpx.Response, envelope: dict[str, Any], effect: Effect) -> Never:
        kind, code, reason = _describe(response.status_code, envelope)
        if response.status_code == 429:
            raise ProviderBusy(reason, self._seconds_to_wait(response.headers))
        if response.status_code == 401 or code in RETIRED:
            raise ProviderRetired(reason)
        if code is None or response.status_code >= 500 or code in UNCLEAR:
            _raise_unanswered(effect, reason)
        if code == "offer_request_already_booked":
            raise AlreadyBooked(reason)
        if code in GONE or code.endswith(("_no_longer_available", "_expired")):
            raise OfferGone(reason)
        if code in PRICE_MOVED:
            raise PriceMoved(reason)
        if (kind, code) == ("airline_error", "unsupported_action"):
            raise RefusedByAirline(reason)
        raise InvalidRequest(reason)

    def _seconds_to_wait(self, headers: httpx.Headers) -> float | None:
        if resets_at := _read_http_date(headers.get("ratelimit-reset", "")):
            return max(0.0, (resets_at - self._clock()).total_seconds())
        seconds = headers.get("retry-after", "")
        return float(seconds) if re.fullmatch(r"[0-9]{1,5}", seconds) else None


def _raise_unanswered(effect: Effect, reason: str) -> Never:
    raise (OutcomeUnknown if effect == "write" else ProviderDown)(reason) from None


def _read_envelope(content: bytes) -> dict[str, Any]:
    """The JSON object of a body, or an empty one where there is none."""
    try:
        body = read_json(content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _next_page(envelope: dict[str, Any]) -> str | None:
    meta = envelope.get("meta")
    after = meta.get("after") if isinstance(meta, dict) else None
    return after if isinstance(after, str) else None


def _describe(status: int, envelope: dict[str, Any]) -> tuple[object, str | None, str]:
    """The first error's type and code, and a line for our logs with the id Duffel's support asks for."""
    errors, meta = envelope.get("errors"), envelope.get("meta")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    code = first.get("code")
    known = code if isinstance(code, str) and _CODE.fullmatch(code) else None
    request_id = meta.get("request_id") if isinstance(meta, dict) else None
    shown = request_id if isinstance(request_id, str) and _REQUEST_ID.fullmatch(request_id) else "-"
    return first.get("type"), known, f"{status} {known or 'no code'}, request {shown}"


def _read_http_date(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
