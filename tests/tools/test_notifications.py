"""What a traveller is told of the letters about their bookings."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import update

from core.clock import clock
from core.messages.catalogue import LANGUAGES, load_catalogue
from db.models import Booking, NotificationLog, User
from services.bookings.announcements import plan_reminders
from services.notifications.booking_letters import STILL_TRUE
from services.notifications.outbox import send_due
from services.preferences.preferences import replace_preference
from tests.support.mail import RecordingSender
from tests.tools.customer import Customer
from tests.tools.desk import Desk
from tools.bookings import resend_confirmation
from tools.notifications import my_notifications

NONE_PLANNED = "Hiện không có lời nhắc nào sắp gửi."


@pytest.fixture
async def reminded(owner: Customer) -> Customer:
    async with owner.transactions() as session:
        await plan_reminders(session, await session.get_one(Booking, owner.ticketed))
    return owner


async def test_reminders_to_come_and_letters_sent_are_told_with_their_booking(reminded: Customer) -> None:
    reference = await reminded.reference_of(reminded.ticketed)
    await reminded.desk.call(resend_confirmation, booking=reference)
    assert await send_due(reminded.transactions, RecordingSender(), reminded.keys) == 1
    answer = await reminded.desk.call(my_notifications)
    kinds = [line.split(" · ")[1:] for line in answer.facts["planned"]]
    assert kinds == [["nhắc làm thủ tục", reference], ["nhắc sắp đến giờ bay", reference]]
    assert [line.split(" · ")[1:] for line in answer.facts["sent"]] == [["vé đã xuất", reference]]
    assert answer.facts["sent"][0].startswith("09:00 thứ Bảy 21/11/2026")
    assert [each in answer.card["text"] for each in (*answer.facts["planned"], *answer.facts["channels"])]
    assert "Lời nhắc trước giờ bay đang bật." in answer.facts["channels"]


async def test_what_is_switched_off_or_cannot_arrive_is_not_promised(reminded: Customer) -> None:
    async with reminded.transactions() as session:
        await replace_preference(session, reminded.actor, fields={"reminders": False})
    off = await reminded.desk.call(my_notifications)
    assert off.facts["planned"] == []
    assert "Lời nhắc trước giờ bay đang tắt." in off.facts["channels"]
    assert NONE_PLANNED in off.card["text"]
    async with reminded.transactions() as session:
        await replace_preference(session, reminded.actor, fields={"reminders": True})
        await session.execute(update(User).where(User.id == reminded.user_id).values(email_verified_at=None))
    assert (await reminded.desk.call(my_notifications)).facts["planned"] == []


async def test_letters_of_the_account_and_of_others_are_not_told(reminded: Customer, stranger: Customer) -> None:
    async with reminded.transactions() as session:
        now = clock.now()
        session.add(
            NotificationLog(
                user_id=reminded.user_id,
                type="verify_email",
                language="vi",
                status="sent",
                lease_until=now,
                due_at=now,
                sent_at=now - timedelta(hours=1),
            )
        )
    assert (await reminded.desk.call(my_notifications)).facts["sent"] == []
    theirs = await stranger.desk.call(my_notifications)
    assert (theirs.facts["planned"], theirs.facts["sent"]) == ([], [])


async def test_visitor_is_asked_to_sign_in(owner: Customer) -> None:
    desk = Desk(owner.transactions, owner.parts.market)
    assert (await desk.refusal(my_notifications))["error"] == "sign_in_needed"
    assert [card["type"] for card in desk.cards] == ["sign_in"]


async def test_whose_is_not_asked(owner: Customer, stranger: Customer) -> None:
    with pytest.raises(ValidationError):
        my_notifications.tool_call_schema.model_validate({"user_id": 1}, extra="forbid")  # type: ignore[union-attr]


def test_every_letter_about_a_booking_has_a_name() -> None:
    for language in LANGUAGES:
        names = {key.removeprefix("notices.letter.") for key in load_catalogue(language) if "notices.letter." in key}
        assert names == {*STILL_TRUE, "payment_refunded"}
