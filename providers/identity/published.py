"""What a provider publishes for everybody: its addresses and its keys."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta
from typing import Any

import httpx

from core.clock import clock
from providers.identity.base import IdentityUnavailable

TIMEOUT = httpx.Timeout(10, connect=3, pool=2)

SHORTEST_LIFE = timedelta(minutes=1)
USUAL_LIFE = timedelta(hours=1)
"""Where the provider does not say."""
LONGEST_LIFE = timedelta(days=1)
REFETCH_EVERY = timedelta(seconds=30)
"""However many tokens name keys we do not have, the provider is asked for new ones no more often."""

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age=(\d{1,9})\b")


class PublishedDocument:
    """A JSON document at an address, kept for as long as its answer allows. One caller at a time asks for it."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._lock = asyncio.Lock()
        self._found: dict[str, Any] | None = None
        self._good_until: datetime | None = None
        self._may_refetch_at: datetime | None = None

    async def get(self, url: str) -> dict[str, Any]:
        """The document; raises IdentityUnavailable."""
        async with self._lock:
            if self._found is None or _is_past(self._good_until):
                self._found = await self._fetch(url)
            return self._found

    async def get_newer(self, url: str) -> dict[str, Any]:
        """The document as it is now, or as we have it when this was asked a moment ago; raises IdentityUnavailable."""
        async with self._lock:
            if self._found is None or _is_past(self._may_refetch_at):
                self._may_refetch_at = clock.now() + REFETCH_EVERY
                self._found = await self._fetch(url)
            return self._found

    async def _fetch(self, url: str) -> dict[str, Any]:
        response = await self._ask_twice(url)
        try:
            document = response.json()
        except ValueError as error:
            raise IdentityUnavailable("no JSON") from error
        if not isinstance(document, dict):
            raise IdentityUnavailable("no document")
        self._good_until = clock.now() + _read_life(response)
        return document

    async def _ask_twice(self, url: str) -> httpx.Response:
        """A second try, because reading changes nothing and one lost packet should not cost a sign-in."""
        try:
            return await self._ask(url)
        except IdentityUnavailable:
            return await self._ask(url)

    async def _ask(self, url: str) -> httpx.Response:
        try:
            response = await self._http.get(url, timeout=TIMEOUT, headers={"Accept": "application/json"})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise IdentityUnavailable(type(error).__name__) from error
        if response.status_code != httpx.codes.OK:
            raise IdentityUnavailable(f"status {response.status_code}")
        return response


def _is_past(instant: datetime | None) -> bool:
    return instant is None or clock.now() >= instant


def _read_life(response: httpx.Response) -> timedelta:
    found = _MAX_AGE.search(response.headers.get("cache-control", ""))
    life = timedelta(seconds=int(found[1])) if found else USUAL_LIFE
    return min(max(life, SHORTEST_LIFE), LONGEST_LIFE)
