"""How long to wait before something is tried again."""

from __future__ import annotations

from datetime import timedelta

_MOST_DOUBLINGS = 20
"""Beyond these a delay is longer than any we allow, and the number would overflow."""


def back_off(attempts: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """`first` after one attempt, twice that after each further one, `longest` at most."""
    doublings = min(max(attempts - 1, 0), _MOST_DOUBLINGS)
    return min(longest, first * (1 << doublings))
