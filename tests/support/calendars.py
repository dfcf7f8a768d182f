"""A calendar in memory that can be told to fail, and somebody with trips to write down in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import select

from core.clock import clock
from core.ids import new_id
from core.security import ACCOUNT_SCOPE, BOOKINGS_SCOPE, Actor, Keys
from db.models import Booking, CalendarConnection, CalendarEvent, User
from db.repositories.bookings import BookingRepository
from db.session import Transactions
from domain.bookings import OVER, Phase
from domain.offers import Slice
from providers.calendar.base import CalendarEntry, CalendarGrant, EventExists, EventGone, NotConnected
from services.bookings.moves import move
from services.calendar.connection import Callback, Outcome, begin, finish
from services.calendar.events import add_booking
from services.calendar.parts import CalendarParts
from services.calendar.sync import mark_due, sync_due
from tests.support.airline import Airline
from tests.support.google import read_query
from tests.support.offers import make_offer
from tests.support.trips import PRICE, Trips

BROWSER = "b" * 43
Place = tuple[str, str]


class Killed(BaseException):
    """The process died here: nothing after it runs, not even what catches errors."""


@dataclass
class MemoryCalendar:
    """Google's rules about ids: one that was ever used is taken, and its event can be written again."""

    is_simulated: bool = True
    events: dict[Place, CalendarEntry | None] = field(default_factory=dict)
    """By calendar and id; None for a deleted one."""
    before: list[BaseException | None] = field(default_factory=list)
    """Raised by the next calls that change events, without effect; None lets one pass."""
    after: list[BaseException | None] = field(default_factory=list)
    """Raised after the effect."""
    meanwhile: Callable[[], object] = lambda: None
    """Happens while a call is under way."""
    calls: list[str] = field(default_factory=list)
    grants: set[str] = field(default_factory=set)
    may_write: bool = True

    @property
    def standing(self) -> dict[Place, CalendarEntry]:
        return {place: entry for place, entry in self.events.items() if entry is not None}

    def authorization_url(self, *, state: str, code_challenge: str, redirect_uri: str) -> str:
        return f"https://calendar.example/?state={state}&code_challenge={code_challenge}&redirect_uri={redirect_uri}"

    async def redeem(self, *, code: str, code_verifier: str, redirect_uri: str) -> CalendarGrant:
        if code == "bad":
            raise NotConnected("invalid_grant")
        self.grants.add(f"grant-{len(self.grants)}-{code}")
        grant = f"grant-{len(self.grants) - 1}-{code}"
        return CalendarGrant(SecretStr(grant), may_write=self.may_write, account="lan@example.com")

    async def insert_event(self, grant: SecretStr, calendar_id: str, event_id: str, entry: CalendarEntry) -> None:
        await self._begin("insert", grant)
        if (calendar_id, event_id) in self.events:
            raise EventExists("duplicate")
        self.events[calendar_id, event_id] = entry
        self._end()

    async def update_event(self, grant: SecretStr, calendar_id: str, event_id: str, entry: CalendarEntry) -> None:
        await self._begin("update", grant)
        if (calendar_id, event_id) not in self.events:
            raise EventGone("404")
        self.events[calendar_id, event_id] = entry
        self._end()

    async def delete_event(self, grant: SecretStr, calendar_id: str, event_id: str) -> None:
        await self._begin("delete", grant)
        if self.events.get((calendar_id, event_id)) is None:
            raise EventGone("410")
        self.events[calendar_id, event_id] = None
        self._end()

    async def revoke(self, grant: SecretStr) -> None:
        self.grants.discard(grant.get_secret_value())

    async def _begin(self, call: str, grant: SecretStr) -> None:
        self.calls.append(call)
        if grant.get_secret_value() not in self.grants:
            raise NotConnected("invalid_grant")
        happening = self.meanwhile()
        if hasattr(happening, "__await__"):
            await happening
        error = self.before.pop(0) if self.before else None
        if error is not None:
            raise error

    def _end(self) -> None:
        error = self.after.pop(0) if self.after else None
        if error is not None:
            raise error


class Diary:
    """A user, a calendar and the trips in it."""

    def __init__(self, transactions: Transactions, keys: Keys) -> None:
        self.transactions, self.keys = transactions, keys
        self.google = MemoryCalendar()
        self.parts = CalendarParts(transactions, keys, self.google)
        self.trips = Trips(transactions, keys, Airline())

    @classmethod
    async def open(cls, transactions: Transactions, keys: Keys) -> Diary:
        """Of a user whose calendar is connected."""
        made = cls(transactions, keys)
        await made.trips.move_in()
        assert await made.connect() == "connected"
        return made

    @property
    def actor(self) -> Actor:
        scopes = frozenset({ACCOUNT_SCOPE, BOOKINGS_SCOPE})
        return Actor(kind="user", user_id=self.trips.user_id, scopes=scopes)

    async def connect(self, code: str = "good", *, browser: str = BROWSER, error: str = "") -> Outcome:
        url = await begin(self.parts, self.actor, browser=BROWSER, redirect_uri="http://127.0.0.1/back")
        callback = Callback(state=read_query(url)["state"], code=code, error=error, browser=browser)
        return await finish(self.parts, callback, redirect_uri="http://127.0.0.1/back")

    async def book(self, *slices: Slice, phase: Phase = "ticketed") -> UUID:
        return await self.trips.add(phase, offer=make_offer(PRICE, *slices))

    async def add(self, booking_id: UUID, *, event_id: UUID | None = None, calendar_id: str = "primary") -> None:
        await add_booking(
            self.parts,
            self.actor,
            event_id=event_id or new_id(),
            booking_id=booking_id,
            language="vi",
            calendar_id=calendar_id,
        )

    async def move(self, booking_id: UUID, *phases: Phase) -> None:
        for phase in phases:
            async with self.transactions() as session:
                booking = await session.get(Booking, booking_id)
                assert booking
                assert await move(session, booking, phase)

    async def change(self, booking_id: UUID, *slices: Slice) -> None:
        """Another way to fly, as it is once the airline has agreed."""
        async with self.transactions() as session:
            await BookingRepository(session).replace_slices(booking_id, slices)
            await mark_due(session, booking_id)

    async def sweep(self, *, minutes: int = 0, every: int = 2) -> None:
        """What the sweep alone does, now and in the minutes that follow."""
        for later in range(0, minutes + 1, every):
            with clock.frozen(clock.now() + timedelta(minutes=later)):
                await sync_due(self.parts)

    async def leave(self) -> None:
        """The account is deleted."""
        async with self.transactions() as session:
            await session.delete(await session.get_one(User, self.trips.user_id))

    async def rows(self, booking_id: UUID) -> Sequence[CalendarEvent]:
        async with self.transactions() as session:
            rows = select(CalendarEvent).where(CalendarEvent.booking_id == booking_id)
            return list(
                await session.scalars(
                    rows.order_by(
                        CalendarEvent.calendar_id, CalendarEvent.item_position, CalendarEvent.segment_position
                    )
                )
            )

    async def states(self, booking_id: UUID) -> list[str]:
        return [row.state for row in await self.rows(booking_id)]

    async def connection(self) -> CalendarConnection | None:
        async with self.transactions() as session:
            return await session.scalar(select(CalendarConnection))

    async def check(self) -> int:
        """What stands at Google is what the bookings there are; gives how many events that is."""
        async with self.transactions() as session:
            added = {
                (row.booking_id, row.calendar_id): None
                for row in await session.scalars(select(CalendarEvent).order_by(CalendarEvent.id))
            }
            expected = []
            for booking_id, calendar_id in added:
                booking = await session.get(Booking, booking_id)
                assert booking
                if booking.phase in OVER:
                    continue
                for item in await BookingRepository(session).list_items([booking_id]):
                    for segment in Slice.model_validate(item.payload).segments:
                        expected.append((calendar_id, str(booking_id), segment.designator, segment.departs.at_local))
        found = [
            (calendar_id, entry.marks["booking_id"], "".join(entry.summary.split()[:2]), entry.starts.at_local)
            for (calendar_id, _), entry in self.google.standing.items()
        ]
        assert sorted(found) == sorted(expected)
        return len(found)
