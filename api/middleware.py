"""What every request and response passes: an id, a size limit, security headers, and the counters."""

from __future__ import annotations

import re
import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import answer_error, language_of
from core.errors import AppError
from core.ids import new_id
from core.messages import say
from core.metrics import HTTP_REQUESTS, HTTP_SECONDS

log = structlog.get_logger()

MAX_BODY_BYTES = 64 * 1024
"""Several times the longest message in the widest script."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REQUEST_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)

PAGE_POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; "
DOCS_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; connect-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
)
FRAME_POLICY = "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


class BodyTooLarge(AppError):
    code = "body_too_large"
    status = 413


class Envelope:
    """Wraps the whole application; only what foreign pages may read is decided outside."""

    def __init__(self, app: ASGIApp, *, is_https: bool) -> None:
        """`is_https`: whether the world reaches us by TLS, and so must go on to."""
        self._app = app
        self._is_https = is_https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        asked = headers.get("x-request-id", "")
        request_id = asked if _REQUEST_ID.fullmatch(asked) else new_id().hex
        scope.setdefault("state", {})["request_id"] = request_id
        method = scope["method"] if scope["method"] in _METHODS else "other"
        started, status, has_started = time.perf_counter(), 500, False

        async def send_with_headers(message: Message) -> None:
            nonlocal status, has_started
            if message["type"] == "http.response.start":
                status, has_started = message["status"], True
                self._add_headers(MutableHeaders(scope=message), scope["path"], request_id)
                HTTP_SECONDS.labels(method, self._route(scope)).observe(time.perf_counter() - started)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, _limit(receive, headers), send_with_headers)
            except Exception:
                log.exception("request.failed", method=method, route=self._route(scope))
                if has_started:  # too late for words: the connection is cut, and the client takes up its stream again
                    return
                request = Request(scope)
                response = answer_error(request, 500, "internal", say("errors.internal", language_of(request)))
                await response(scope, receive, send_with_headers)
            finally:
                HTTP_REQUESTS.labels(method, self._route(scope), str(status)).inc()

    def _add_headers(self, headers: MutableHeaders, path: str, request_id: str) -> None:
        headers["X-Request-ID"] = request_id
        if self._is_https:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if path.startswith("/v1/"):
            headers.setdefault("Cache-Control", "no-store")
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers.setdefault("Content-Security-Policy", (DOCS_POLICY if path == "/docs" else PAGE_POLICY) + FRAME_POLICY)

    @staticmethod
    def _route(scope: Scope) -> str:
        """The template of the route, never the path: paths carry ids and would make endless series."""
        if "route" not in scope:
            return "none"
        template: str = scope["route"].path
        # an included router's routes do not know their prefix
        return f"/v1{template}" if scope["path"].startswith("/v1/") and not template.startswith("/v1/") else template


def _limit(receive: Receive, headers: Headers) -> Receive:
    """Refuse a body by its announced length, and by what really comes."""
    announced = headers.get("content-length", "0")
    too_large = announced.isdigit() and int(announced) > MAX_BODY_BYTES
    received = 0

    async def receive_within_limit() -> Message:
        nonlocal received
        if too_large:
            raise BodyTooLarge
        message = await receive()
        if message["type"] == "http.request":
            received += len(message.get("body", b""))
            if received > MAX_BODY_BYTES:
                raise BodyTooLarge
        return message

    return receive_within_limit
