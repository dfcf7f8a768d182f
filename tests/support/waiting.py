"""Waiting in tests: for something that will be so, and never for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

Found = TypeVar("Found")

LOOK_SECONDS = 0.02
LOOKS = 500


async def eventually(look: Callable[[], Awaitable[Found]]) -> Found:
    """The first true answer."""
    for _ in range(LOOKS):
        if found := await look():
            return found
        await asyncio.sleep(LOOK_SECONDS)
    raise AssertionError("it never happened")
