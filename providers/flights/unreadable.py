"""Answers that make no sense, in one word each."""

from __future__ import annotations

from typing import Literal

DropReason = Literal[
    "unreadable", "unknown_airport", "bad_times", "bad_price", "other_currency", "wrong_route", "wrong_world", "expired"
]
"""Why an offer is left out, as it is counted. wrong_world: a real one in a test mode, or the other way round."""


class Unreadable(Exception):
    """A part of an answer that makes no sense, or is not what was asked for."""

    def __init__(self, reason: DropReason) -> None:
        super().__init__(reason)
        self.reason: DropReason = reason
