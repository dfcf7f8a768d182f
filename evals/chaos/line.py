"""One traveller's connection to servers that come and go: whatever is asked is asked again until somebody answers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

TRIES = 60
PAUSE_SECONDS = 0.25
ANSWER_SECONDS = 15.0
"""Longer than any server stands still."""
BROKEN = "answered 500"
"""How a server that is at fault is counted: one whose database is away says 503."""
COME_AGAIN = frozenset({429, 500, 502, 503, 504})


class NobodyAnswers(Exception):
    """Not one of many tries was answered."""


class Line:
    def __init__(self, urls: Sequence[str], dice: Random, address: str, met: Counter[str]) -> None:
        """`address`: where its calls seem to come from; `met` counts what went wrong."""
        self._urls = urls
        self._dice = dice
        self._met = met
        self.headers = {"X-Forwarded-For": address}
        self._http = httpx.AsyncClient(trust_env=False, timeout=ANSWER_SECONDS)

    async def close(self) -> None:
        await self._http.aclose()

    async def ask(self, method: str, path: str, *, key: str | None = None, **sent: Any) -> httpx.Response:
        """The answer of whichever server gives one; a request under a key is sent until it is answered for good."""
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        for _ in range(TRIES):
            answer = await self._try(method, f"{self._dice.choice(self._urls)}{path}", headers=headers, **sent)
            if answer is not None and not (key and _is_under_way(answer)):
                return answer
            await asyncio.sleep(PAUSE_SECONDS)
        raise NobodyAnswers(f"{method} {path}")

    async def ask_gateway(self, method: str, link: str, **sent: Any) -> httpx.Response:
        """The gateway's page, which any server shows; asked as its payer, who is on this machine."""
        for _ in range(TRIES):
            host = urlsplit(self._dice.choice(self._urls))
            url = urlunsplit(urlsplit(link)._replace(scheme=host.scheme, netloc=host.netloc))
            answer = await self._try(method, url, **sent)
            if answer is not None:
                return answer
            await asyncio.sleep(PAUSE_SECONDS)
        raise NobodyAnswers("a gateway's page")

    async def _try(self, method: str, url: str, **sent: Any) -> httpx.Response | None:
        """None where nobody answered, or not now."""
        try:
            answer = await self._http.request(method, url, **sent)
        except httpx.TransportError as error:
            self._met[f"answer lost: {type(error).__name__}"] += 1
            return None
        if answer.status_code in COME_AGAIN:
            self._met[f"answered {answer.status_code}"] += 1
            return None
        return answer


def _is_under_way(answer: httpx.Response) -> bool:
    is_conflict = answer.status_code == httpx.codes.CONFLICT
    return answer.status_code == httpx.codes.FAILED_DEPENDENCY or (
        is_conflict and answer.json().get("code") == "request_under_way"
    )
