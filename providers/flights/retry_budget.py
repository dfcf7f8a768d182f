"""How many calls may be repeated: a provider in trouble is not helped by three times the calls."""

from __future__ import annotations

from collections.abc import Callable

WINDOW_SECONDS = 60.0
SHARE_OF_CALLS = 0.1
FLOOR = 3
"""Repetitions a window allows however few the calls."""


class RetryBudget:
    """Calls and their repetitions, counted together for a provider in windows of a minute."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._ends_at = 0.0
        self._calls = 0
        self._retries = 0

    def count_call(self) -> None:
        self._turn_window()
        self._calls += 1

    def take(self) -> bool:
        """Whether one more call may be repeated; it is then counted."""
        self._turn_window()
        if self._retries >= max(FLOOR, SHARE_OF_CALLS * self._calls):
            return False
        self._retries += 1
        return True

    def _turn_window(self) -> None:
        now = self._monotonic()
        if now >= self._ends_at:
            self._ends_at = now + WINDOW_SECONDS
            self._calls = self._retries = 0
