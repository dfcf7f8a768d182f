"""What stands in the calendar is what is booked, whatever call to it fails, and however."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

import services.bookings.moves as moving
import services.calendar.sync as syncing
from core.clock import clock
from core.ids import new_id
from core.settings import Settings
from db.session import Transactions
from providers.calendar.base import CalendarDown
from services.calendar.sync import sync_due
from tests.conftest import NOW
from tests.support.calendars import Diary, Killed
from tests.support.offers import make_slice

OUT, BACK = make_slice("08:00", 170, ("VN", "VJ")), make_slice("18:00")
LATER, DIRECT = make_slice("11:00", 170, ("VN", "VJ")), make_slice("09:00")


def fail_before(diary: Diary, call: int, error: BaseException) -> None:
    diary.google.before = [*([None] * call), error]


def fail_after(diary: Diary, call: int, error: BaseException) -> None:
    # the n-th effect; calls that are refused have none
    diary.google.after = [*([None] * call), error]


CALLS, EFFECTS = 9, 8
"""Of the story below where nothing fails: an insert that finds its id taken has no effect."""
FAULTS: dict[str, tuple[int, Callable[[Diary, int], None]]] = {
    "killed before the effect": (CALLS, lambda diary, call: fail_before(diary, call, Killed())),
    "killed after the effect": (EFFECTS, lambda diary, call: fail_after(diary, call, Killed())),
    "no answer, no effect": (CALLS, lambda diary, call: fail_before(diary, call, CalendarDown("x"))),
    "no answer, and an effect": (EFFECTS, lambda diary, call: fail_after(diary, call, CalendarDown("x"))),
}


async def live(diary: Diary, meet: Callable[[], None]) -> None:
    """Added, changed twice and given up; checked whenever everything has settled.

    `meet` is called before anything is, so that the fault stands in one of the calls of the whole story.
    """
    meet()
    booking_id, event_id = await diary.book(OUT), new_id()

    async def settle(act: Callable[[], Awaitable[None]], expected: int) -> None:
        try:
            await act()
            await sync_due(diary.parts)
        except Killed:
            pass
        with clock.frozen(NOW + timedelta(minutes=2)):
            await sync_due(diary.parts)
        assert await diary.check() == expected

    async def add() -> None:
        await diary.add(booking_id, event_id=event_id)

    await settle(add, 2)
    await diary.add(booking_id, event_id=event_id)  # the client asks again
    await settle(lambda: diary.change(booking_id, DIRECT), 1)
    await settle(lambda: diary.change(booking_id, LATER), 2)
    await settle(lambda: diary.move(booking_id, "cancelling", "cancelled"), 0)


async def test_calendar_is_what_is_booked_whatever_call_fails_however(
    transactions: Transactions, settings: Settings
) -> None:
    met = 0
    for name, (steps, arm) in FAULTS.items():
        for call in range(steps):
            diary = await Diary.open(transactions, settings.keys)

            def meet(diary: Diary = diary, call: int = call, arm: Any = arm) -> None:
                arm(diary, call)

            try:
                await live(diary, meet)
            except AssertionError as error:
                raise AssertionError(f"{name}, call {call}") from error
            met += not (diary.google.before or diary.google.after)
            await diary.leave()
    assert met == 2 * (CALLS + EFFECTS), "some faults stood where nobody went"


async def do_nothing(_session: AsyncSession, _booking_id: Any) -> None:
    """In place of mark_due."""


async def skip_intent(*_args: Any) -> bool:
    return True


@pytest.mark.parametrize("mutant", ["moves are not told", "what stood there is not forgotten", "ids are made up"])
async def test_without_the_rule_the_calendar_goes_wrong(
    transactions: Transactions, settings: Settings, monkeypatch: pytest.MonkeyPatch, mutant: str
) -> None:
    if mutant == "moves are not told":
        monkeypatch.setattr(moving, "mark_due", do_nothing)
        story = live_once
    elif mutant == "ids are made up":
        story = live_with_ids_made_up
        monkeypatch.setattr("tests.support.calendars.MemoryCalendar.insert_event", insert_under_any_id)
    else:
        monkeypatch.setattr(syncing, "_announce", skip_intent)
        story = change_there_and_back
    diary = await Diary.open(transactions, settings.keys)
    with pytest.raises(AssertionError):
        await story(diary)


async def live_once(diary: Diary) -> None:
    await live(diary, lambda: None)


async def live_with_ids_made_up(diary: Diary) -> None:
    await live(diary, lambda: fail_after(diary, 0, CalendarDown("x")))


async def insert_under_any_id(self: Any, grant: Any, calendar_id: str, _event_id: str, entry: Any) -> None:
    await self._begin("insert", grant)
    self.events[calendar_id, new_id().hex] = entry
    self._end()


async def change_there_and_back(diary: Diary) -> None:
    """The answer to a change is lost, and the trip is again as it was before the answer is asked for."""
    booking_id = await diary.book(BACK)
    await diary.add(booking_id)
    diary.google.after = [CalendarDown("x")]
    await diary.change(booking_id, DIRECT)
    await sync_due(diary.parts)
    await diary.change(booking_id, BACK)
    await diary.sweep(minutes=2)
    assert await diary.check() == 1


async def test_change_that_was_taken_back_before_its_answer_came_is_not_left_standing(
    transactions: Transactions, settings: Settings
) -> None:
    await change_there_and_back(await Diary.open(transactions, settings.keys))
