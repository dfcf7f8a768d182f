"""The vendor's SDK, made safe to use: silent, in time, off the event loop, with one token for all its threads.

The SDK builds and signs requests and reads answers. Its transport is ours, because by itself it has no timeout, loses
the status of an error whose body it cannot read, refuses a content type with a charset, and follows redirects with
the token in hand.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from typing import Any, Literal, NamedTuple
from urllib.error import URLError
from urllib.request import (
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

from amadeus import Client, ResponseError  # type: ignore[import-untyped]  # the package has no types
from pydantic import BaseModel

from core.deadlines import seconds_left
from providers.flights.amadeus_errors import NOTHING_GOES, Refusal, read_refusal, to_port_error
from providers.flights.base import FlightProviderError, InvalidRequest, OutcomeUnknown, ProviderDown, ProviderRetired
from providers.flights.guard import READS_AT_ONCE, WRITES_AT_ONCE
from providers.flights.wire_json import read_json

READ_SECONDS = 10.0
WRITE_SECONDS = 25.0
"""Whoever waits for a write waits longer: to give up on it is not to know."""
TOKEN_PATH = "/v1/security/oauth2/token"  # noqa: S105  a path
TOKEN_MARGIN_SECONDS = 10.0
_CHUNK_BYTES = 65_536

Verb = Literal["GET", "POST", "DELETE"]


class AmadeusClient:
    """Calls of one Amadeus contract, as many at once as the guard lets in."""

    def __init__(self, *, client_id: str, client_secret: str, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._opener = _make_opener()
        self._threads = ThreadPoolExecutor(READS_AT_ONCE + WRITES_AT_ONCE, thread_name_prefix="amadeus")
        self._sdk = _make_silent_sdk(client_id, client_secret, self._open)
        self._token = self._sdk.access_token = _SharedToken(self._sdk)

    async def ask(
        self, verb: Verb, path: str, body: dict[str, Any] | None = None, *, gone: frozenset[int] = NOTHING_GOES
    ) -> dict[str, Any]:
        """The answer to a question. Raises the port's errors; the codes `gone` raise OfferGone."""
        return await self._run(_Call(verb, path, body or {}, gone, has_effect=False))

    async def act(
        self, verb: Verb, path: str, body: dict[str, Any] | None = None, *, gone: frozenset[int] = NOTHING_GOES
    ) -> dict[str, Any]:
        """The answer to a write, {} where it has none; raises OutcomeUnknown once the request may have arrived.

        Nothing is sent once the deadline has passed: who gave the call up may look already for what became of it.
        """
        return await self._run(_Call(verb, path, body or {}, gone, has_effect=True))

    def close(self) -> None:
        """Take no more calls; those under way end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, call: _Call) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, copy_context().run, self._perform, call)

    def _perform(self, call: _Call) -> dict[str, Any]:
        _current.set(call)
        try:
            return self._request(call)
        except _Refused as refused:
            refusal = refused.refusal
        if refusal.is_of_token:  # a 401 has had no effect, so that a write may be repeated too
            self._token.discard(call.bearer)
            try:
                return self._request(call)
            except _Refused as refused:
                refusal = refused.refusal
        raise to_port_error(refusal, gone=call.gone, has_effect=call.has_effect)

    def _request(self, call: _Call) -> dict[str, Any]:
        try:
            answer = self._sdk.request(call.verb, call.path, call.body)
        except (ResponseError, AttributeError, ValueError):  # no JSON, no object, no text
            # the SDK's own words quote the answer
            raise _lost("unreadable answer", has_effect=call.has_effect) from None
        return answer.result or {}

    def _open(self, request: Request) -> _Answer:
        """What the SDK sends its requests with."""
        call = _current.get()
        is_token = request.selector == TOKEN_PATH
        has_effect = call.has_effect and not is_token
        if not is_token:
            call.bearer = request.get_header("Authorization")
            if request.get_method() == "POST" and not has_effect:
                # the SDK adds it by a list of paths, which a query string defeats
                request.add_header("X-HTTP-Method-Override", "GET")
        request.full_url = self._base_url + request.selector
        answer = self._exchange(request, has_effect=has_effect)
        if 200 <= answer.status < 300:
            if answer.body:
                read_json(answer.body)  # the SDK would let in what the database cannot keep
            return answer
        raise _Refused(read_refusal(answer.status, answer.headers.get("Retry-After"), answer.body))

    def _exchange(self, request: Request, *, has_effect: bool) -> _Answer:
        seconds = seconds_left(WRITE_SECONDS if has_effect else READ_SECONDS)
        if seconds <= 0:  # a thread cannot be stopped, so it looks itself
            raise ProviderDown("no time left")
        ends_at = time.monotonic() + seconds
        try:
            with self._opener.open(request, timeout=seconds) as response:
                return _receive(response, ends_at)
        except URLError as error:  # while connecting or sending
            raise _network_error(error.reason, has_effect=has_effect) from None
        except (OSError, HTTPException) as error:
            raise _network_error(error, has_effect=has_effect) from None


@dataclass(slots=True)
class _Call:
    verb: Verb
    path: str
    body: dict[str, Any]
    gone: frozenset[int]
    has_effect: bool
    bearer: str | None = None
    """What it was last sent with."""


_current: ContextVar[_Call] = ContextVar("amadeus_call")


class _Answer(NamedTuple):
    """An answer read to its end, as the SDK expects one."""

    status: int
    headers: Message
    body: bytes

    def info(self) -> dict[str, str]:
        """Without a charset, which the SDK takes for another type."""
        return {"Content-Type": self.headers.get_content_type()}

    def read(self) -> bytes:
        return self.body


class _Refused(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


class _TokenAnswer(BaseModel):
    access_token: str
    expires_in: float
    """Seconds."""


class _SharedToken:
    """Stands where the SDK has its own token, which every thread that misses it fetches anew."""

    def __init__(self, sdk: Any) -> None:
        self._sdk = sdk
        self._lock = threading.Lock()
        self._bearer: str | None = None
        self._ends_at = 0.0

    def _bearer_token(self) -> str:
        """Asked for by the SDK before each request."""
        if not self._lock.acquire(timeout=seconds_left(READ_SECONDS)):
            raise ProviderDown("another call's wait for a token")
        try:
            if self._bearer is None or time.monotonic() >= self._ends_at:
                self._bearer = self._fetch()
            return self._bearer
        finally:
            self._lock.release()

    def discard(self, bearer: str | None) -> None:
        """Forget a token that was refused, unless another thread has replaced it already."""
        with self._lock:
            if self._bearer == bearer:
                self._bearer = None

    def _fetch(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._sdk.client_id,
            "client_secret": self._sdk.client_secret,
        }
        try:
            answer = self._sdk._unauthenticated_request("POST", TOKEN_PATH, form)
            token = _TokenAnswer.model_validate(answer.result)
        except _Refused as refused:
            raise _token_error(refused.refusal) from None
        except (ResponseError, AttributeError, ValueError):
            raise ProviderDown("unreadable token") from None
        margin = min(TOKEN_MARGIN_SECONDS, token.expires_in / 2)
        self._ends_at = time.monotonic() + token.expires_in - margin
        return f"Bearer {token.access_token}"


def _token_error(refusal: Refusal) -> FlightProviderError:
    """The form is always the same: when it is not accepted, our credentials are not."""
    error = to_port_error(refusal, gone=NOTHING_GOES, has_effect=False)
    if refusal.status == 401 or isinstance(error, InvalidRequest):
        return ProviderRetired(refusal.reason)
    return error


class _TooLate(OSError):
    """Connecting took all the time there was."""


_NEVER_SENT = (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError, _TooLate)


class _PunctualConnection(HTTPConnection):
    """Sends nothing past the deadline, and what it sends in the time that connecting has left."""

    def connect(self) -> None:
        super().connect()
        left = seconds_left(self.timeout or 0)
        if left <= 0:
            self.close()
            raise _TooLate
        self.sock.settimeout(left)


class _PunctualTlsConnection(_PunctualConnection, HTTPSConnection):
    pass


class _PunctualHandler(HTTPHandler):
    def http_open(self, request: Request) -> HTTPResponse:
        return self.do_open(_PunctualConnection, request)


class _PunctualTlsHandler(HTTPSHandler):
    def https_open(self, request: Request) -> HTTPResponse:
        return self.do_open(_PunctualTlsConnection, request)


def _receive(response: HTTPResponse, ends_at: float) -> _Answer:
    """Read to the end. A socket's timeout begins anew with every byte, so the whole is measured too."""
    chunks: list[bytes] = []
    while chunk := response.read1(_CHUNK_BYTES):
        chunks.append(chunk)
        if time.monotonic() > ends_at:
            raise TimeoutError
    if response.length:  # announced and missing
        raise IncompleteRead(b"", response.length)
    return _Answer(response.status, response.headers, b"".join(chunks))


def _network_error(cause: BaseException | str, *, has_effect: bool) -> FlightProviderError:
    reason = type(cause).__name__
    if isinstance(cause, socket.gaierror) and cause.errno != socket.EAI_AGAIN:
        return ProviderRetired("no such host")
    if isinstance(cause, _NEVER_SENT) or getattr(cause, "errno", None) in (errno.ENETUNREACH, errno.EHOSTUNREACH):
        return ProviderDown(reason)
    return _lost(reason, has_effect=has_effect)


def _lost(reason: str, *, has_effect: bool) -> FlightProviderError:
    return OutcomeUnknown(reason) if has_effect else ProviderDown(reason)


def _make_opener() -> OpenerDirector:
    """Plain HTTP: every status is an answer, and a redirect is not followed, since the token would go along."""
    opener = OpenerDirector()
    for handler in (ProxyHandler(), UnknownHandler(), _PunctualHandler(), _PunctualTlsHandler()):
        opener.add_handler(handler)
    return opener


def _make_silent_sdk(client_id: str, client_secret: str, http: Any) -> Any:
    """The SDK with every option given, for it reads the environment for those that are not."""
    silent = logging.Logger("amadeus.silent", level=logging.CRITICAL + 1)
    vendors = logging.getLogger("amadeus")
    handlers = list(vendors.handlers)
    sdk = Client(
        client_id=client_id,
        client_secret=client_secret,
        logger=silent,
        log_level="silent",
        hostname="test",
        host="amadeus.invalid",  # our transport knows where to
        ssl=True,
        port=443,
        http=http,
        custom_app_id="",
        custom_app_version="",
    )
    vendors.handlers[:] = handlers  # it adds one to standard output each time
    return sdk
