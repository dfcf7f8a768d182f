"""Which foreign pages may read our answers: those of websites with a key, and of the chat only.

Accounts, passwords and documents are out of a foreign page's reach whatever it sends: their answers carry no header
that would let a browser hand them over. No cookie is ever taken from a foreign page.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.deps import Parts
from core.clock import clock
from services.accounts.clients import list_site_origins

log = structlog.get_logger()

ORIGINS_KEPT = timedelta(seconds=5)
"""How long a process goes on without looking: a new website waits this long, a revoked one is read this long."""

OPEN_PREFIX = "/v1/chat/"
OPEN_PATHS = frozenset({"/v1/ag-ui", "/v1/auth/exchange"})
ALLOWED_METHODS = "GET, POST, DELETE"
ALLOWED_HEADERS = (
    "Accept, Accept-Language, Authorization, Content-Type, Last-Event-ID, "
    "X-Conversation-Token, X-Request-ID, X-Site-Key"
)
EXPOSED_HEADERS = "X-Request-ID, X-Conversation-Token, Retry-After, Idempotent-Replayed"
PREFLIGHT_SECONDS = 600


class SiteOrigins:
    """The origins of websites with a key, as this process last saw them."""

    def __init__(self) -> None:
        self._origins: frozenset[str] = frozenset()
        self._seen_at: datetime | None = None
        self._looking = asyncio.Lock()

    async def contain(self, origin: str, parts: Parts) -> bool:
        async with self._looking:
            if self._seen_at is None or clock.now() - self._seen_at >= ORIGINS_KEPT:
                await self._look(parts)
        return origin in self._origins

    async def _look(self, parts: Parts) -> None:
        try:
            async with parts.transactions() as session:
                self._origins = await list_site_origins(session)
        except SQLAlchemyError as error:  # the request itself is going to meet it, and to tell
            log.warning("site_origins.unknown", error=type(error).__name__)
        self._seen_at = clock.now()


class ForeignPages:
    """Lets foreign pages read what is open to them; outside everything else, so that errors can be read too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._origins = SiteOrigins()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_open(scope["path"]):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        is_allowed = origin is not None and await self._origins.contain(origin, scope["app"].state.parts)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer.add_vary_header("Origin")
                if origin is not None and is_allowed:
                    answer["Access-Control-Allow-Origin"] = origin
                    answer["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
            await send(message)

        is_preflight = scope["method"] == "OPTIONS" and "access-control-request-method" in headers
        app = answer_preflight if is_allowed and is_preflight else self._app
        await app(scope, receive, send_with_headers)


async def answer_preflight(scope: Scope, receive: Receive, send: Send) -> None:
    """What a page of a website may send, asked by its browser before it does."""
    response = Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Methods": ALLOWED_METHODS,
            "Access-Control-Allow-Headers": ALLOWED_HEADERS,
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        },
    )
    await response(scope, receive, send)


def _is_open(path: str) -> bool:
    return path.startswith(OPEN_PREFIX) or path in OPEN_PATHS
