"""The port of a calendar: leave to write in somebody's, and events under ids of ours.

CalendarError
├── CalendarDown         no answer that tells anything: may have happened or not; repeat it, the ids are ours
│   └── CalendarBusy     not now; `retry_after` seconds, where it says
├── NotConnected         its owner has taken the leave back, or it ran out: ask them again
├── EventExists          the id is taken, by an event we wrote before or one its owner has deleted
├── EventGone            no such event, or no such calendar
└── CalendarRefused      understood and not done; repeating it changes nothing
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr

from domain.offers import LocalTime, Value


class CalendarError(Exception):
    """The message is for our logs: a code or a phrase of ours, never a token or what an event says."""


class CalendarDown(CalendarError):
    """Nothing is known to have happened."""


class CalendarBusy(CalendarDown):
    def __init__(self, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotConnected(CalendarError):
    """The leave is no more."""


class EventExists(CalendarError):
    """The id is taken."""


class EventGone(CalendarError):
    """Nothing stands under the id."""


class CalendarRefused(CalendarError):
    """Not as asked."""


class CalendarEntry(Value):
    """What an event shall say. Each end is told in the zone of its own airport."""

    summary: str
    location: str
    description: str
    starts: LocalTime
    ends: LocalTime
    is_firm: bool
    """False while the seats are held and not paid for."""
    reminders: tuple[int, ...]
    """Minutes before the start."""
    marks: dict[str, str]
    """Ours, which no reader of the calendar sees."""


@dataclass(frozen=True, slots=True)
class CalendarGrant:
    """Leave to write, until its owner takes it back."""

    refresh_token: SecretStr
    may_write: bool
    """False where its owner has unticked just that."""
    account: str | None
    """The address whose calendar it is, where the provider says."""


class CalendarProvider(Protocol):
    """Every call may raise CalendarDown. Those with a `grant` may raise NotConnected and CalendarRefused as well."""

    @property
    def is_simulated(self) -> bool: ...

    def authorization_url(self, *, state: str, code_challenge: str, redirect_uri: str) -> str:
        """Where to send the browser; `code_challenge` is of method S256."""
        ...

    async def redeem(self, *, code: str, code_verifier: str, redirect_uri: str) -> CalendarGrant:
        """Trade the code the browser came back with, once. Raises NotConnected for one that is worth nothing."""
        ...

    async def insert_event(self, grant: SecretStr, calendar_id: str, event_id: str, entry: CalendarEntry) -> None:
        """Raises EventExists; CalendarRefused where there is no such calendar."""
        ...

    async def update_event(self, grant: SecretStr, calendar_id: str, event_id: str, entry: CalendarEntry) -> None:
        """Make the event say exactly this, also one that was deleted. Raises EventGone."""
        ...

    async def delete_event(self, grant: SecretStr, calendar_id: str, event_id: str) -> None:
        """Raises EventGone."""
        ...

    async def revoke(self, grant: SecretStr) -> None:
        """Give the leave back; one that is no more is given back already."""
        ...
