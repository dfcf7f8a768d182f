"""How long whoever asked will wait: set once where the waiting is, read wherever a call goes out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ends_at: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Everything inside, tasks and threads it starts included, has at most so long; an outer, sooner end holds."""
    ends_at = min(time.monotonic() + seconds, _ends_at.get() or float("inf"))
    token = _ends_at.set(ends_at)
    try:
        yield
    finally:
        _ends_at.reset(token)


@contextmanager
def own_deadline(seconds: float) -> Iterator[None]:
    """Everything inside has so long, whatever was left: what has an effect is waited for by a measure of its own."""
    token = _ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(token)


def seconds_left(at_most: float) -> float:
    """What is left of the deadline, never below 0; `at_most` where none is set or it is farther off."""
    ends_at = _ends_at.get()
    return at_most if ends_at is None else max(0.0, min(at_most, ends_at - time.monotonic()))
