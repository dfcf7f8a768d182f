"""When to leave a provider alone: after failures in a row nothing is sent for a while, then one call finds out.

A breaker is one process's own; others learn for themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

FAILURES_TO_OPEN = 5
OPEN_SECONDS = 30.0


class Admission(NamedTuple):
    """Leave to make one call. What became of it counts only while the breaker is as it was then."""

    period: int


class Breaker:
    """Closed: calls pass. Open: none do. Half-open, once the time is over: one passes, and its outcome decides.

    Every admission ends with exactly one of `succeed`, `fail` and `abandon`.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._failures = 0
        self._open_until: float | None = None
        self._is_probing = False
        self._period = 0

    @property
    def is_closed(self) -> bool:
        return self._open_until is None

    @property
    def is_open(self) -> bool:
        """Whether nothing passes; it is neither closed nor open while it may find out."""
        return self._open_until is not None and self._monotonic() < self._open_until

    @property
    def has_failed(self) -> bool:
        """Whether the last call that told anything failed."""
        return self._failures > 0

    def admit(self) -> Admission | None:
        """Leave to call; None while there is none."""
        if self._open_until is not None:
            if self._is_probing or self._monotonic() < self._open_until:
                return None
            self._is_probing = True
        return Admission(self._period)

    def succeed(self, admission: Admission) -> None:
        """The provider answered."""
        if admission.period != self._period:
            return
        if self.is_closed:
            self._failures = 0
        else:
            self.close()

    def fail(self, admission: Admission) -> None:
        """The provider did not answer, or made no sense."""
        if admission.period != self._period:
            return
        self._failures += 1
        if self._is_probing or self._failures >= FAILURES_TO_OPEN:
            self.open(OPEN_SECONDS)

    def abandon(self, admission: Admission) -> None:
        """The call told nothing: it was cancelled, never sent, or not given the time."""
        if admission.period == self._period:
            self._is_probing = False

    def open(self, seconds: float) -> None:
        """Let nothing pass for so long."""
        self._open_until = self._monotonic() + seconds
        self._begin_period()

    def close(self) -> None:
        """Let everything pass."""
        self._failures = 0
        self._open_until = None
        self._begin_period()

    def _begin_period(self) -> None:
        """Calls that are still out were made in another world: what becomes of them tells nothing about this one."""
        self._is_probing = False
        self._period += 1
