"""What keeping calendars takes."""

from __future__ import annotations

from dataclasses import dataclass

from core.security import Keys
from db.session import Transactions
from providers.calendar.base import CalendarProvider
from services.calendar.errors import CalendarNotConfigured


@dataclass(frozen=True, slots=True)
class CalendarParts:
    transactions: Transactions
    keys: Keys
    calendar: CalendarProvider | None
    """None where this server knows none."""

    def require_calendar(self) -> CalendarProvider:
        """Raises CalendarNotConfigured."""
        if self.calendar is None:
            raise CalendarNotConfigured
        return self.calendar
