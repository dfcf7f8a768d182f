"""Letters about bookings: one a move, true when they are sent, to the owner's verified address and nobody else's."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text, update
from structlog.testing import capture_logs

from core.clock import clock
from core.errors import RateLimited
from core.messages import Language
from core.messages.catalogue import LANGUAGES, load_catalogue
from core.security import Keys
from core.settings import Settings
from db.models import Booking, Payment, Refund, User, UserPreference
from db.session import Transactions
from domain.bookings import MOVES, PHASES, Phase
from providers.messaging.base import Mail
from providers.sandbox.outbox import SandboxOutbox
from services.accounts.sessions import get_account
from services.bookings import announcements
from services.bookings.announcements import (
    RESEND_AFTER,
    announce,
    announce_refund,
    announce_schedule_change,
    resend_confirmation,
)
from services.bookings.errors import BookingNotFound
from services.notifications import booking_letters
from services.notifications.booking_letters import STILL_TRUE
from services.notifications.errors import EmailUnverified, NothingToConfirm
from services.notifications.outbox import send_due
from tests.conftest import NOW
from tests.support.booked import EMAIL, PRICE, Booked, make_london_slice, put_booking
from tests.support.mail import RecordingSender
from tests.support.offers import make_slice

SOON = datetime(2026, 11, 25, 8, 0)  # noqa: DTZ001 - a wall time


@pytest.fixture
def keys(settings: Settings) -> Keys:
    return settings.keys


async def send(booked: Booked, keys: Keys) -> list[Mail]:
    sender = RecordingSender()
    await send_due(booked.transactions, sender, keys)
    return sender.sent


async def send_one(booked: Booked, keys: Keys) -> Mail:
    (mail,) = await send(booked, keys)
    return mail


TOLD: list[tuple[Phase, Phase, dict[str, Any], str]] = [
    ("holding", "held", {}, "booking_held"),
    ("holding", "failed", {"reason": "sold_out"}, "booking_failed"),
    ("holding", "needs_review", {"reason": "outcome_unknown"}, "booking_needs_review"),
    ("held", "expired", {"reason": "not_paid"}, "booking_expired"),
    ("releasing", "cancelled", {}, "booking_cancelled"),
    ("releasing", "held", {"reason": "not_released"}, "booking_not_cancelled"),
    ("paid", "ticketed", {}, "booking_confirmed"),
    ("ticketing", "ticketed", {}, "booking_confirmed"),
    ("paid", "refunding", {"reason": "sold_out"}, "booking_failed"),
    ("refunding", "refunded", {}, "booking_refunded"),
]
TOLD_OF_TICKETS: list[tuple[Phase, Phase, dict[str, Any], str]] = [
    ("cancelling", "refunding", {}, "booking_cancelled"),
    ("cancelling", "cancelled", {}, "booking_cancelled"),
    ("cancelling", "ticketed", {"reason": "not_released"}, "booking_not_cancelled"),
    ("changing", "ticketed", {"reason": "changed"}, "booking_changed"),
    ("changing", "ticketed", {"reason": "not_changed"}, "booking_not_changed"),
    ("ticketed", "refunding", {}, "booking_cancelled"),
]


@pytest.mark.parametrize(("before", "after", "values", "letter"), TOLD + TOLD_OF_TICKETS)
async def test_a_move_is_told_in_a_letter_of_its_own(
    transactions: Transactions, keys: Keys, before: Phase, after: Phase, values: dict[str, Any], letter: str
) -> None:
    confirmed_at = NOW if (before, after, values, letter) in TOLD_OF_TICKETS else None
    booked = await put_booking(transactions, before, confirmed_at=confirmed_at)
    await booked.move(after, **values)
    mails = await send(booked, keys)
    rows = [row for row in await booked.list_letters() if row.type == letter]
    assert [(row.status, row.ref_id, row.letter) for row in rows] == [("sent", booked.id, None)]
    (mail,) = mails
    assert (mail.to, mail.subject, mail.message_id) == (EMAIL, rows[0].subject, str(rows[0].id))
    assert "Hà Nội → Đà Nẵng, 20/12/2026" in mail.subject
    assert "ABC123" in mail.text


def test_every_letter_is_known_where_it_is_sent() -> None:
    booking = Booking(phase="held", confirmed_at=None)
    letters = {"schedule_changed", *announcements.REMINDERS}
    for before in PHASES:
        for after in MOVES[before]:
            for reason in (None, "not_changed"):
                booking.phase = before
                letters.add(str(announcements._choose_letter(booking, after, reason)))
    assert letters - {"None"} == set(STILL_TRUE)
    for language in LANGUAGES:
        for letter in {*letters - {"None"}, "payment_refunded"}:
            assert {f"mail.{letter}.{part}" for part in ("subject", "body", "note")} <= set(load_catalogue(language))


async def test_waiting_row_holds_nothing_of_anybody(transactions: Transactions) -> None:
    booked = await put_booking(transactions, "paid")
    await booked.move("ticketed")
    async with transactions() as session:
        stored = str((await session.execute(text("SELECT * FROM notification_logs"))).all())
        jobs = str((await session.execute(text("SELECT args FROM jobs.procrastinate_jobs"))).all())
    for secret in (EMAIL, "LAN", "ABC123", "738-"):
        assert secret not in stored + jobs


async def test_the_same_move_told_twice_is_one_letter(transactions: Transactions, keys: Keys) -> None:
    booked = await put_booking(transactions, "holding")
    async with transactions() as session:
        booking = await session.get_one(Booking, booked.id)
        session.expunge(booking)
    for _ in range(3):
        async with transactions() as session:
            await announce(session, booking, "held", None)
    assert len(await booked.list_letters()) == 1


async def test_a_second_way_to_the_same_phase_is_told_again(transactions: Transactions) -> None:
    booked = await put_booking(transactions, "releasing")
    for _ in range(2):
        await booked.move("held", "not_released")
        await booked.set(phase="releasing")
    assert [row.type for row in await booked.list_letters()] == ["booking_not_cancelled"] * 2


async def test_letters_under_a_name_of_their_own_each_time_are_noticed(
    transactions: Transactions, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant of the test of one letter a move."""
    monkeypatch.setattr(announcements, "uuid5", lambda *_: uuid4())
    with pytest.raises(AssertionError):
        await test_the_same_move_told_twice_is_one_letter(transactions, keys)


async def test_rolled_back_move_tells_nobody(transactions: Transactions) -> None:
    booked = await put_booking(transactions, "paid")

    async def move_and_fail() -> None:
        async with transactions() as session:
            await announce(session, await session.get_one(Booking, booked.id), "ticketed", None)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await move_and_fail()
    assert not await booked.list_letters()


async def test_move_does_not_wait_for_whoever_has_its_owner_in_hand(transactions: Transactions) -> None:
    """An approval takes the user and then the booking; a letter, with the booking in hand, refers to the user."""
    booked = await put_booking(transactions, "paid")
    async with transactions() as session:
        booking = await session.get_one(Booking, booked.id, with_for_update=True)
        async with transactions() as approving:
            await get_account(approving, booked.user_id, for_update=True)
            async with asyncio.timeout(5):
                await announce(session, booking, "ticketed", None)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_held_letter_says_what_to_pay_and_by_when(
    transactions: Transactions, keys: Keys, language: Language
) -> None:
    booked = await put_booking(transactions, "holding", language=language)
    await booked.move("held")
    mail = await send_one(booked, keys)
    told = {
        "vi": ("1.890.000\u00a0₫", "15:00, thứ Bảy 21/11/2026 (giờ Hà Nội)", "MÔ PHỎNG"),
        "en": ("₫1,890,000", "15:00, Saturday 21 November 2026 (Hanoi time)", "SIMULATED"),
    }
    for part in (*told[language], "NGUYEN/THI LAN", "ABC123"):
        assert part in mail.text
        assert part in mail.html
    assert not mail.attachments
    assert "http" not in mail.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_confirmation_comes_with_tickets_receipt_and_calendar(
    transactions: Transactions, keys: Keys, language: Language
) -> None:
    booked = await put_booking(transactions, "paid", language=language)
    await booked.pay()
    await booked.move("ticketed", confirmed_at=NOW)
    mail = await send_one(booked, keys)
    assert "NGUYEN/THI LAN · 738-2400000000" in mail.text
    calendar, receipt = mail.attachments
    assert (calendar.name, calendar.content_type) == ("ABC123.ics", "text/calendar; method=PUBLISH")
    assert receipt.name == {"vi": "bien-nhan-ABC123.html", "en": "receipt-ABC123.html"}[language]
    assert b"BEGIN:VEVENT" in calendar.content
    assert f'<html lang="{language}">' in receipt.content.decode()
    page = re.sub(r"[ \n]+", " ", re.sub(r"<[^>]+>", " ", mail.html))
    for line in filter(None, (line.strip(" []") for line in mail.text.splitlines())):
        assert line in page


async def test_cancellation_says_what_comes_back(transactions: Transactions, keys: Keys) -> None:
    for refunds, told in (
        ([], "không được hoàn lại"),
        ([("due", 1_000_000)], "Bạn sẽ nhận lại 1.000.000\u00a0₫"),
        ([("done", 900_000), ("done", 100_000)], "Đã hoàn 1.000.000\u00a0₫"),
    ):
        booked = await put_booking(transactions, "cancelling", confirmed_at=NOW, email=f"{uuid4().hex}@example.com")
        payment = await booked.pay()
        for status, amount in refunds:
            await booked.give_back(payment, amount, status)  # type: ignore[arg-type]  # a Literal
        await booked.move("refunding" if refunds else "cancelled")
        mail = await send_one(booked, keys)
        assert told in mail.text
        assert mail.attachments[0].content_type == "text/calendar; method=CANCEL"


async def test_what_a_change_gave_back_is_not_promised_again(transactions: Transactions, keys: Keys) -> None:
    for refunds, told in (([1_000_000], "Bạn sẽ nhận lại 1.000.000\u00a0₫"), ([], "khoản 1.690.000\u00a0₫")):
        booked = await put_booking(transactions, "cancelling", confirmed_at=NOW, email=f"{uuid4().hex}@example.com")
        payment = await booked.pay()
        await booked.give_back(payment, 200_000, "done", "changed")
        for amount in refunds:
            await booked.give_back(payment, amount)
        await booked.move("refunding" if refunds else "cancelled")
        assert told in (await send_one(booked, keys)).text


async def test_failure_without_money_says_that_none_was_taken(transactions: Transactions, keys: Keys) -> None:
    booked = await put_booking(transactions, "holding", language="en", booking_reference=None)
    await booked.move("failed", "sold_out")
    mail = await send_one(booked, keys)
    assert "We have received no payment." in mail.text
    assert "The flight is sold out." in mail.text


async def test_review_says_not_to_pay_again(transactions: Transactions, keys: Keys) -> None:
    booked = await put_booking(transactions, "paid", language="en")
    await booked.move("needs_review", "outcome_unknown")
    assert "do not pay again" in (await send_one(booked, keys)).text


async def test_letter_overtaken_by_events_is_skipped(transactions: Transactions, keys: Keys) -> None:
    booked = await put_booking(transactions, "holding")
    await booked.move("held")
    await booked.move("paid")
    await booked.move("ticketed")
    mails = await send(booked, keys)
    assert [mail.subject.split(":")[0] for mail in mails] == ["Vé đã xuất"]
    assert {row.type: row.status for row in await booked.list_letters()}["booking_held"] == "skipped"


async def test_letter_sent_without_a_look_at_the_present_is_noticed(
    transactions: Transactions, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant of the test above."""
    monkeypatch.setattr(booking_letters, "STILL_TRUE", dict.fromkeys(STILL_TRUE, PHASES))
    with pytest.raises(AssertionError):
        await test_letter_overtaken_by_events_is_skipped(transactions, keys)


async def test_unverified_address_gets_nothing_and_the_log_does_not_name_it(
    transactions: Transactions, keys: Keys
) -> None:
    booked = await put_booking(transactions, "holding", is_verified=False)
    await booked.move("held")
    with capture_logs() as logs:
        assert not await send(booked, keys)
    assert [row.status for row in await booked.list_letters()] == ["failed"]
    assert [(entry["event"], entry["reason"]) for entry in logs] == [("notification.refused", "address not verified")]
    assert EMAIL not in str(logs)


async def test_letter_goes_to_the_address_of_the_moment_it_is_sent(transactions: Transactions, keys: Keys) -> None:
    booked = await put_booking(transactions, "holding")
    await booked.move("held")
    async with transactions() as session:
        await session.execute(update(User).values(email="new@example.com"))
    assert (await send_one(booked, keys)).to == "new@example.com"


async def test_language_is_the_users_own_else_of_their_last_letter(transactions: Transactions, keys: Keys) -> None:
    booked = await put_booking(transactions, "holding", language=None)
    await booked.move("held")
    (row,) = await booked.list_letters()
    assert row.language == "vi"
    async with transactions() as session:
        row.language = "en"
        await session.merge(row)
    await booked.move("expired")
    assert {each.language for each in await booked.list_letters()} == {"en"}
    async with transactions() as session:
        session.add(UserPreference(user_id=booked.user_id, locale="vi"))
    await booked.move("needs_review")
    languages = {each.type: each.language for each in await booked.list_letters()}
    assert languages == {"booking_held": "en", "booking_expired": "en", "booking_needs_review": "vi"}


async def test_money_beyond_the_price_is_told_when_owed_and_when_given_back(
    transactions: Transactions, keys: Keys
) -> None:
    booked = await put_booking(transactions, "ticketed")
    payment_id = await booked.pay(is_applied=False)
    refund_id = await booked.give_back(payment_id, PRICE, "due", "paid_twice")
    for status, told in (("due", "Bạn sẽ nhận lại 1.890.000"), ("done", "Đã hoàn 1.890.000")):
        async with transactions() as session:
            payment, refund = await session.get_one(Payment, payment_id), await session.get_one(Refund, refund_id)
            refund.status = status
            for _ in range(2):
                await announce_refund(session, payment, refund)
        mail = await send_one(booked, keys)
        assert told in mail.text
    assert {row.ref_id for row in await booked.list_letters()} == {payment_id}


async def test_what_an_ended_booking_gives_back_is_told_by_its_own_letters(transactions: Transactions) -> None:
    booked = await put_booking(transactions, "refunding")
    payment_id = await booked.pay()
    refund_id = await booked.give_back(payment_id, PRICE)
    async with transactions() as session:
        await announce_refund(
            session, await session.get_one(Payment, payment_id), await session.get_one(Refund, refund_id)
        )
    assert not await booked.list_letters()


async def test_new_times_are_told_once_with_a_calendar(transactions: Transactions, keys: Keys) -> None:
    booked = await put_booking(transactions, "ticketed")
    await booked.fly(make_slice("17:30"))
    for _ in range(2):
        async with transactions() as session:
            await announce_schedule_change(session, await session.get_one(Booking, booked.id))
    mail = await send_one(booked, keys)
    assert "17:30 Hà Nội (HAN)" in mail.text
    assert b"T173000" in mail.attachments[0].content


async def test_reminders_wait_for_their_time_and_then_go_out(transactions: Transactions, keys: Keys) -> None:
    leaves = make_slice("08:00").departs.instant
    booked = await put_booking(transactions, "paid")
    await booked.move("ticketed")
    assert len(await send(booked, keys)) == 1
    for before, subject in ((24, "Sắp mở làm thủ tục"), (3, "Sắp đến giờ bay")):
        due_at = leaves - timedelta(hours=before)
        with clock.frozen(due_at - timedelta(seconds=1)):
            assert not await send(booked, keys)
        with clock.frozen(due_at):
            assert (await send_one(booked, keys)).subject.startswith(subject)


async def test_change_under_way_does_not_swallow_a_reminder(transactions: Transactions, keys: Keys) -> None:
    leaves = make_slice("08:00").departs.instant
    booked = await put_booking(transactions, "paid")
    await booked.move("ticketed")
    await send(booked, keys)
    await booked.set(phase="changing")
    with clock.frozen(leaves - timedelta(hours=24)):
        assert (await send_one(booked, keys)).subject.startswith("Sắp mở làm thủ tục")


async def test_trip_abroad_is_reminded_of_an_hour_earlier_and_the_way_back_as_well(transactions: Transactions) -> None:
    out, back = make_london_slice(SOON), make_london_slice(SOON + timedelta(days=9))
    booked = await put_booking(transactions, "paid", out, back)
    await booked.move("ticketed")
    due = [(row.type, row.due_at) for row in await booked.list_letters() if row.type in announcements.REMINDERS]
    assert due == [
        (name, slice_.departs.instant - timedelta(hours=hours))
        for slice_ in (out, back)
        for name, hours in (("check_in_opens", 24), ("departure_soon", 4))
    ]


async def test_reminder_that_would_be_late_is_not_written(transactions: Transactions) -> None:
    leaves = make_slice("08:00").departs.instant
    booked = await put_booking(transactions, "paid")
    with clock.frozen(leaves - timedelta(hours=5)):
        await booked.move("ticketed")
    types = [row.type for row in await booked.list_letters()]
    assert sorted(types) == ["booking_confirmed", "departure_soon"]


async def test_reminders_move_with_the_flight_and_end_with_the_booking(transactions: Transactions) -> None:
    booked = await put_booking(transactions, "paid")
    await booked.move("ticketed", confirmed_at=NOW)
    later = make_slice("17:30")
    await booked.set(phase="changing")
    await booked.fly(later)
    await booked.move("ticketed", "changed")
    reminders = [row for row in await booked.list_letters() if row.type in announcements.REMINDERS]
    assert [row.due_at for row in reminders] == [later.departs.instant - timedelta(hours=hours) for hours in (24, 3)]
    await booked.set(phase="cancelling")
    await booked.move("cancelled")
    assert not [row for row in await booked.list_letters() if row.type in announcements.REMINDERS]


@pytest.mark.parametrize("change", ["other_flight", "off", "reviewed", "gone"])
async def test_reminder_nobody_needs_by_then_is_skipped(transactions: Transactions, keys: Keys, change: str) -> None:
    leaves = make_slice("08:00").departs.instant
    booked = await put_booking(transactions, "paid")
    await booked.move("ticketed")
    await send(booked, keys)
    if change == "other_flight":
        await booked.fly(make_slice("09:00"))
    elif change == "off":
        async with transactions() as session:
            await session.execute(update(UserPreference).values(reminders=False))
    elif change == "reviewed":
        await booked.set(phase="needs_review")
    with clock.frozen(leaves + timedelta(hours=-3 if change != "gone" else 1)):
        assert not await send(booked, keys)
    statuses = [row.status for row in await booked.list_letters() if row.type in announcements.REMINDERS]
    assert statuses == ["skipped", "skipped"]


async def test_reminder_of_what_still_stands_is_sent(transactions: Transactions, keys: Keys) -> None:
    """So that the test above skips for its reasons."""
    with pytest.raises(AssertionError):
        await test_reminder_nobody_needs_by_then_is_skipped(transactions, keys, "nothing")


async def test_confirmation_is_sent_again_at_most_every_two_minutes(transactions: Transactions, keys: Keys) -> None:
    booked = await put_booking(transactions, "ticketed")

    async def ask() -> None:
        async with transactions() as session:
            await resend_confirmation(session, booked.actor, booked.id)

    results = await asyncio.gather(*(ask() for _ in range(4)), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["NoneType", *["RateLimited"] * 3]
    (refused, *_) = [result for result in results if isinstance(result, RateLimited)]
    assert refused.retry_after == RESEND_AFTER.total_seconds()
    assert "Vé đã xuất" in (await send_one(booked, keys)).subject
    with clock.frozen(NOW + RESEND_AFTER):
        await ask()
        await send_one(booked, keys)


async def test_hold_is_sent_again_as_a_hold(transactions: Transactions, keys: Keys) -> None:
    booked = await put_booking(transactions, "held")
    async with transactions() as session:
        await resend_confirmation(session, booked.actor, booked.id)
    assert "Đã giữ chỗ" in (await send_one(booked, keys)).subject


async def test_nothing_is_sent_again_for_strangers_ended_bookings_and_unverified_addresses(
    transactions: Transactions,
) -> None:
    held = await put_booking(transactions)
    ended = await put_booking(transactions, "cancelled", email="b@example.com")
    unverified = await put_booking(transactions, is_verified=False, email="c@example.com")
    for actor, booked, error in (
        (ended.actor, held, BookingNotFound),
        (ended.actor, ended, NothingToConfirm),
        (unverified.actor, unverified, EmailUnverified),
    ):
        with pytest.raises(error):
            async with transactions() as session:
                await resend_confirmation(session, actor, booked.id)
    assert not await held.list_letters()


async def test_simulated_outbox_keeps_the_files_of_a_mail_once(transactions: Transactions, keys: Keys) -> None:
    booked = await put_booking(transactions, "paid")
    await booked.move("ticketed")
    box = SandboxOutbox(transactions)
    mail = await send_one(booked, keys)
    for _ in range(2):
        await box.send(mail)
    (stored,) = await box.list_newest(limit=5)
    assert stored.mail.attachments == mail.attachments
    assert await box.find_attachment(mail.message_id, 1) == mail.attachments[1]
    assert await box.find_attachment(mail.message_id, 2) is None
