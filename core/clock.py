"""The only place time comes from.

Business time is `clock.now()`, passed to SQL as a bound value. Leases compare against the database's clock, asked for
through `clock.lease_now()`, so that a simulation can bind both.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, func, literal


class Clock:
    """Wall time plus an offset; a test may freeze it."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._frozen_at: datetime | None = None

    def start_at(self, offset: timedelta) -> None:
        """Run on from now plus the offset, which every process of a database reads from it."""
        self._offset = offset

    def now(self) -> datetime:
        """The current instant, in UTC."""
        return self._frozen_at or datetime.now(UTC) + self._offset

    def lease_now(self) -> ColumnElement[datetime]:
        """The instant leases are measured by: the database's own, whatever the workers' clocks say."""
        if self._frozen_at is not None:
            return literal(self._frozen_at)
        return func.clock_timestamp() + literal(self._offset)

    @contextmanager
    def frozen(self, at: datetime) -> Iterator[None]:
        """Stand still at an instant, for tests."""
        before, self._frozen_at = self._frozen_at, at.astimezone(UTC)
        try:
            yield
        finally:
            self._frozen_at = before


clock = Clock()
