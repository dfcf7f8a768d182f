"""Trips in a calendar: what stands there is what is booked, after every kind of silence, change and end."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text, update

import services.calendar.sync as syncing
from core.clock import clock
from core.ids import new_id
from core.security import Actor
from core.settings import Settings
from db.models import BookingItem, CalendarEvent
from db.session import Transactions
from domain.bookings import Phase
from providers.calendar.base import CalendarBusy, CalendarDown, CalendarRefused, NotConnected
from services.bookings.errors import BookingNotFound
from services.calendar.connection import disconnect
from services.calendar.errors import (
    CONNECT_PATH,
    AlreadyInCalendar,
    BookingNotForCalendar,
    CalendarNotConfigured,
    CalendarNotConnected,
)
from services.calendar.events import add_booking, list_booking_events, list_events
from services.calendar.parts import CalendarParts
from services.calendar.sync import LEASE_SECONDS, MAX_ATTEMPTS, sync_due
from tests.conftest import NOW
from tests.support.calendars import BROWSER, Diary
from tests.support.offers import make_slice

DAY = timedelta(days=1)
OUT, BACK = make_slice("08:00", 170, ("VN", "VJ")), make_slice("18:00")
LATER = make_slice("11:00", 170, ("VN", "VJ"))
DIRECT = make_slice("09:00")


@pytest.fixture
async def diary(transactions: Transactions, settings: Settings) -> Diary:
    return await Diary.open(transactions, settings.keys)


# adding


async def test_every_flight_becomes_an_event(diary: Diary) -> None:
    booking_id = await diary.book(OUT, BACK)
    await diary.add(booking_id)
    assert await diary.check() == 3
    assert await diary.states(booking_id) == ["synced"] * 3
    first = diary.google.standing["primary", (await diary.rows(booking_id))[0].google_event_id]
    assert first.summary == "VN 100 HAN → SGN (mô phỏng)"
    assert first.location == "Nội Bài (HAN)"
    assert first.starts.zone == "Asia/Ho_Chi_Minh"
    assert "Mã đặt chỗ (PNR): " in first.description
    assert "mô phỏng" in first.description
    assert first.is_firm


async def test_unpaid_seats_are_tentative_until_they_are_paid_for(diary: Diary) -> None:
    booking_id = await diary.book(OUT, phase="held")
    await diary.add(booking_id)
    (first, _) = diary.google.standing.values()
    assert not first.is_firm
    assert "chưa thanh toán" in first.description
    await diary.move(booking_id, "paid", "ticketed")
    await diary.sweep()
    assert all(entry.is_firm for entry in diary.google.standing.values())
    assert diary.google.calls == ["insert", "insert", "update", "update"]


async def test_second_addition_is_refused_and_our_own_repeat_is_not(diary: Diary) -> None:
    booking_id, event_id = await diary.book(OUT), new_id()
    await diary.add(booking_id, event_id=event_id)
    await diary.add(booking_id, event_id=event_id)
    assert (await diary.rows(booking_id))[0].id == event_id
    with pytest.raises(AlreadyInCalendar):
        await diary.add(booking_id)
    assert diary.google.calls == ["insert", "insert"]
    await diary.add(booking_id, calendar_id="family@group.calendar.google.com")
    assert await diary.check() == 4


async def test_second_addition_without_leave_says_how_to_give_it(diary: Diary) -> None:
    booking_id = await diary.book(BACK)
    await diary.add(booking_id)
    await disconnect(diary.parts, diary.actor)
    with pytest.raises(CalendarNotConnected):
        await diary.add(booking_id)


async def test_ten_additions_at_once_are_one(diary: Diary) -> None:
    booking_id = await diary.book(OUT)
    ends = await asyncio.gather(*(diary.add(booking_id) for _ in range(10)), return_exceptions=True)
    assert [end for end in ends if not isinstance(end, AlreadyInCalendar)] == [None]
    await diary.sweep()
    assert await diary.check() == 2
    assert diary.google.calls == ["insert", "insert"]


@pytest.mark.parametrize("phase", ["holding", "paying", "releasing", "cancelled", "refunding", "failed", "expired"])
async def test_booking_without_seats_is_refused(diary: Diary, phase: Phase) -> None:
    booking_id = await diary.book(OUT, phase=phase)
    with pytest.raises(BookingNotForCalendar):
        await diary.add(booking_id)
    assert await diary.rows(booking_id) == []


async def test_trip_that_was_flown_is_refused(diary: Diary) -> None:
    booking_id = await diary.book(OUT)
    with clock.frozen(NOW + 40 * DAY), pytest.raises(BookingNotForCalendar):
        await diary.add(booking_id)


async def test_without_a_connection_nothing_is_written_and_the_way_to_one_is_told(diary: Diary) -> None:
    booking_id = await diary.book(OUT)
    await disconnect(diary.parts, diary.actor)
    with pytest.raises(CalendarNotConnected) as raised:
        await diary.add(booking_id)
    assert raised.value.extra == {"connect_url": CONNECT_PATH}
    with pytest.raises(CalendarNotConfigured):
        await add_booking(
            CalendarParts(diary.transactions, diary.keys, None),
            diary.actor,
            event_id=new_id(),
            booking_id=booking_id,
            language="vi",
        )
    assert await diary.rows(booking_id) == []


async def test_strangers_booking_does_not_exist(diary: Diary) -> None:
    booking_id = await diary.book(OUT)
    await diary.add(booking_id)
    stranger = Actor(kind="user", user_id=new_id(), scopes=diary.actor.scopes)
    with pytest.raises(BookingNotFound):
        await add_booking(diary.parts, stranger, event_id=new_id(), booking_id=booking_id, language="vi")
    async with diary.transactions() as session:
        with pytest.raises(BookingNotFound):
            await list_booking_events(session, stranger, booking_id)
        assert await list_events(session, stranger, skip=0, limit=10) == []
        assert len(await list_events(session, diary.actor, skip=0, limit=10)) == 2


# what stands there is what is booked


async def test_repeated_look_writes_nothing(diary: Diary) -> None:
    booking_id = await diary.book(OUT)
    await diary.add(booking_id)
    async with diary.transactions() as session:
        await syncing.mark_due(session, booking_id)
    await diary.sweep()
    assert diary.google.calls == ["insert", "insert"]
    assert await diary.states(booking_id) == ["synced", "synced"]


async def test_booking_given_up_while_its_event_is_written_leaves_none(diary: Diary) -> None:
    booking_id = await diary.book(BACK)

    async def give_up() -> None:
        diary.google.meanwhile = lambda: None
        await diary.move(booking_id, "cancelling", "cancelled")

    diary.google.meanwhile = give_up
    await diary.add(booking_id)
    await diary.sweep()
    assert diary.google.calls == ["insert", "delete"]
    assert await diary.check() == 0
    assert await diary.states(booking_id) == ["removed"]


async def test_event_under_a_lease_is_written_by_nobody_else(diary: Diary) -> None:
    booking_id = await diary.book(BACK)

    async def look_too() -> None:
        diary.google.meanwhile = lambda: None
        assert await sync_due(diary.parts) == 0

    diary.google.meanwhile = look_too
    await diary.add(booking_id)
    assert diary.google.calls == ["insert"]
    assert await diary.states(booking_id) == ["synced"]


async def test_worker_that_was_thought_dead_records_nothing(diary: Diary) -> None:
    booking_id = await diary.book(BACK)

    async def overtake() -> None:
        diary.google.meanwhile = lambda: None
        with clock.frozen(clock.now() + timedelta(seconds=LEASE_SECONDS + 1)):
            await diary.change(booking_id, DIRECT)
            await sync_due(diary.parts)

    diary.google.meanwhile = overtake
    await diary.add(booking_id)
    (row,) = await diary.rows(booking_id)
    assert row.synced_at == NOW + timedelta(seconds=LEASE_SECONDS + 1), "the slower one had the last word"


async def test_event_its_owner_deleted_stands_again_with_the_next_change(diary: Diary) -> None:
    booking_id = await diary.book(BACK)
    await diary.add(booking_id)
    (place,) = diary.google.events
    diary.google.events[place] = None
    await diary.change(booking_id, DIRECT)
    await diary.sweep()
    assert await diary.check() == 1
    diary.google.events.clear()  # and one that Google has forgotten
    await diary.change(booking_id, BACK)
    await diary.sweep()
    assert await diary.check() == 1


# when Google does not answer


async def test_failed_write_is_tried_again_later_and_later_and_at_last_parked(diary: Diary) -> None:
    booking_id = await diary.book(BACK)
    diary.google.before = [CalendarDown("x")] * 100
    await diary.add(booking_id)
    (row,) = await diary.rows(booking_id)
    assert (row.state, row.attempts, row.due_at) == ("wanted", 1, NOW + timedelta(seconds=5))
    await diary.sweep(minutes=12 * 60, every=20)
    assert await diary.states(booking_id) == ["parked"]
    assert len(diary.google.calls) == MAX_ATTEMPTS
    diary.google.before = []
    with clock.frozen(NOW + timedelta(hours=13)):
        await diary.change(booking_id, DIRECT)
        await diary.sweep()
    assert await diary.check() == 1


async def test_busy_calendar_is_left_alone_for_as_long_as_it_asks(diary: Diary) -> None:
    booking_id = await diary.book(BACK)
    diary.google.before = [CalendarBusy("x", retry_after=600)]
    await diary.add(booking_id)
    assert (await diary.rows(booking_id))[0].due_at == NOW + timedelta(seconds=600)


async def test_refused_event_is_parked_and_keeps_no_other_waiting(diary: Diary) -> None:
    booking_id = await diary.book(OUT)
    diary.google.before = [CalendarRefused("400")]
    await diary.add(booking_id)
    assert sorted(await diary.states(booking_id)) == ["parked", "synced"]


# the connection


async def test_leave_taken_back_parks_everything_until_it_is_given_again(diary: Diary) -> None:
    booking_id, other = await diary.book(OUT), await diary.book(BACK)
    await diary.add(booking_id)
    diary.google.grants.clear()
    await diary.add(other)
    connection = await diary.connection()
    assert connection
    assert connection.status == "revoked"
    assert await diary.states(booking_id) + await diary.states(other) == ["parked"] * 3
    assert diary.google.calls == ["insert"] * 3, "one call is enough to know"
    with pytest.raises(CalendarNotConnected):
        await diary.add(await diary.book(DIRECT))
    await diary.move(booking_id, "cancelling", "cancelled")
    await diary.sweep(minutes=10)
    assert await diary.connect() == "connected"
    await diary.sweep(minutes=10)
    assert await diary.check() == 1


async def test_other_account_gets_every_trip(diary: Diary) -> None:
    booking_id = await diary.book(OUT)
    await diary.add(booking_id)
    await disconnect(diary.parts, diary.actor)
    assert diary.google.grants == set()
    assert await diary.connection() is None
    diary.google.events.clear()
    assert await diary.connect("another") == "connected"
    await diary.sweep()
    assert await diary.check() == 2


async def test_leave_is_kept_sealed(diary: Diary) -> None:
    (grant,) = diary.google.grants
    async with diary.transactions() as session:
        stored = str((await session.execute(text("SELECT * FROM calendar_connections"))).one())
    assert grant not in stored
    assert "lan@example.com" not in stored
    assert "l…@example.com" in stored


async def test_way_to_google_is_gone_once_and_by_one_browser_in_time(diary: Diary) -> None:
    assert await diary.connect(browser="c" * 43) == "expired"
    assert await diary.connect(error="access_denied") == "cancelled"
    assert await diary.connect("bad") == "refused"
    assert await diary.connect("") == "refused"
    diary.google.may_write = False
    assert await diary.connect() == "not_allowed"
    assert len(BROWSER) == 43


async def test_two_tabs_that_come_back_at_once_leave_one_connection(diary: Diary) -> None:
    booking_id = await diary.book(OUT)
    await diary.add(booking_id)
    ends = await asyncio.gather(diary.connect("one"), diary.connect("two"), diary.connect("three"))
    assert set(ends) == {"connected"}
    assert await diary.connection()
    await diary.sweep()
    assert await diary.check() == 2


async def test_leave_given_while_the_old_one_is_refused_stands(diary: Diary) -> None:
    booking_id = await diary.book(BACK)

    async def connect_anew() -> None:
        diary.google.meanwhile = lambda: None
        assert await diary.connect() == "connected"

    diary.google.meanwhile = connect_anew
    diary.google.before = [NotConnected("invalid_grant")]
    await diary.add(booking_id)
    await diary.sweep()
    connection = await diary.connection()
    assert connection
    assert connection.status == "connected"
    assert await diary.check() == 1


# rows


async def test_addition_leaves_a_hint_with_its_rows_and_none_without(diary: Diary) -> None:
    booking_id = await diary.book(BACK)
    await diary.add(booking_id)
    with pytest.raises(AlreadyInCalendar):
        await diary.add(booking_id)
    async with diary.transactions() as session:
        jobs = text("SELECT args->>'booking_id' FROM jobs.procrastinate_jobs WHERE task_name = 'sync_calendar'")
        assert list(await session.scalars(jobs)) == [str(booking_id)]


async def test_event_nobody_can_write_keeps_no_other_waiting(diary: Diary) -> None:
    spoilt, other = await diary.book(BACK), await diary.book(BACK)
    await diary.add(spoilt)
    await diary.add(other)
    async with diary.transactions() as session:
        await session.execute(update(BookingItem).where(BookingItem.booking_id == spoilt).values(payload={}))
        await session.execute(update(CalendarEvent).values(state="wanted", content_hash=None))
    await diary.sweep()
    assert await diary.states(spoilt) + await diary.states(other) == ["wanted", "synced"]
    await diary.sweep(minutes=12 * 60, every=20)
    assert await diary.states(spoilt) == ["parked"]


async def test_account_that_is_deleted_meanwhile_takes_its_events_along(diary: Diary) -> None:
    booking_id = await diary.book(BACK)

    async def leave() -> None:
        diary.google.meanwhile = lambda: None
        await diary.leave()

    diary.google.meanwhile = leave
    await diary.add(booking_id)
    assert await diary.rows(booking_id) == []
    assert await diary.connection() is None
