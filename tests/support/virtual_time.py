"""Tests whose waiting takes no time: where everybody sleeps, the clock jumps to the first who wakes."""

from __future__ import annotations

import asyncio
import functools
import selectors
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest


class _Jumping(selectors.DefaultSelector):
    """A selector that moves a clock forward instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if not events:
            assert timeout is not None, "everybody waits for somebody else"
            self.now += max(0.0, timeout)
        return events


def in_virtual_time(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Runs an async test on a loop of its own, by a `time.monotonic` of its own."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        jumping = _Jumping()
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(time, "monotonic", lambda: jumping.now)
            with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(jumping)) as runner:
                runner.run(test(*args, **kwargs))

    return run
