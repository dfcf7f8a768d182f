"""What is promised of a letter: sent once it is written, again only under the same name, and then forgotten."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, text, update
from structlog.testing import capture_logs

from core.clock import clock
from core.security import Keys
from core.settings import Settings
from db.models import NotificationLog, User
from db.repositories.notifications import NotificationRepository
from db.session import Transactions
from providers.messaging.base import Mail, MailNotAccepted, MailUnavailable
from providers.sandbox.outbox import SandboxOutbox
from services.notifications.outbox import (
    FIRST_DELAY_SECONDS,
    LEASE_SECONDS,
    MAX_ATTEMPTS,
    send_due,
)
from services.notifications.queueing import enqueue
from tests.conftest import NOW
from tests.support.mail import (
    ADDRESS,
    CODE,
    HeldSender,
    RecordingSender,
    count_jobs,
    put_letter,
    put_user,
    read_outbox,
    read_row,
)


@pytest.fixture
def keys(settings: Settings) -> Keys:
    return settings.keys


@pytest.fixture
async def user_id(transactions: Transactions) -> UUID:
    return await put_user(transactions)


@pytest.fixture
async def letter_id(transactions: Transactions, keys: Keys, user_id: UUID) -> UUID:
    return await put_letter(transactions, keys, user_id)


def refuse(_mail: Mail) -> None:
    raise MailNotAccepted("SMTPRecipientRefused 550")


def be_away(_mail: Mail) -> None:
    raise MailUnavailable("SMTPConnectError")


async def test_waiting_letter_is_sealed(transactions: Transactions, letter_id: UUID) -> None:
    async with transactions() as session:
        stored = str((await session.execute(text("SELECT * FROM notification_logs"))).one())
        jobs = str((await session.execute(text("SELECT args, queueing_lock FROM jobs.procrastinate_jobs"))).one())
    assert ADDRESS not in stored + jobs
    assert CODE not in stored + jobs
    assert jobs.count(str(letter_id)) == 2


async def test_sent_letter_leaves_its_subject_and_nothing_else(
    transactions: Transactions, keys: Keys, letter_id: UUID
) -> None:
    assert await send_due(transactions, SandboxOutbox(transactions), keys) == 1
    row = await read_row(transactions, letter_id)
    assert (row.status, row.letter, row.sent_at, row.attempts) == ("sent", None, NOW, 1)
    (mail,) = await read_outbox(transactions)
    assert (mail["message_id"], mail["recipient"], mail["subject"]) == (str(letter_id), ADDRESS, row.subject)
    assert CODE in mail["body_text"]
    assert row.subject is not None
    assert CODE not in row.subject
    assert await send_due(transactions, SandboxOutbox(transactions), keys) == 0


async def test_rollback_leaves_neither_letter_nor_job(transactions: Transactions, keys: Keys, user_id: UUID) -> None:
    async def write_and_fail() -> None:
        async with transactions() as session:
            await enqueue(
                session, user_id=user_id, type="email_changed", language="en", address=ADDRESS, params={}, keys=keys
            )
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await write_and_fail()
    assert await count_jobs(transactions) == 0
    assert await send_due(transactions, RecordingSender(), keys) == 0


async def test_two_senders_at_once_send_each_letter_once(transactions: Transactions, keys: Keys, user_id: UUID) -> None:
    letters = {str(await put_letter(transactions, keys, user_id)) for _ in range(12)}
    senders = [RecordingSender(), RecordingSender()]
    counts = await asyncio.gather(*(send_due(transactions, sender, keys) for sender in senders))
    names = [mail.message_id for sender in senders for mail in sender.sent]
    assert sum(counts) == len(names) == 12
    assert set(names) == letters
    assert all(sender.sent for sender in senders), "one did everything: the test tried nothing"


async def test_letter_under_a_lease_is_left_alone(transactions: Transactions, keys: Keys, letter_id: UUID) -> None:
    slow, other = HeldSender(), RecordingSender()
    sending = asyncio.create_task(send_due(transactions, slow, keys))
    await slow.is_sending.wait()
    assert await send_due(transactions, other, keys, notification_id=letter_id) == 0
    slow.may_go.set()
    assert await sending == 1


async def crash_after_sending(transactions: Transactions, keys: Keys) -> None:
    """Be a process that dies between the mail's going out and the record of it."""

    class DyingOutbox(SandboxOutbox):
        async def send(self, mail: Mail) -> None:
            await super().send(mail)
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await send_due(transactions, DyingOutbox(transactions), keys)


async def test_crash_after_sending_repeats_the_same_mail(
    transactions: Transactions, keys: Keys, letter_id: UUID
) -> None:
    await crash_after_sending(transactions, keys)
    again = RecordingSender()
    assert await send_due(transactions, again, keys) == 0, "the dead sender's lease still runs"
    with clock.frozen(NOW + timedelta(seconds=LEASE_SECONDS)):
        box = SandboxOutbox(transactions)
        assert await send_due(transactions, box, keys) == 1
    assert [mail["message_id"] for mail in await read_outbox(transactions)] == [str(letter_id)]
    row = await read_row(transactions, letter_id)
    assert (row.status, row.letter, row.attempts) == ("sent", None, 2)


async def send_past_the_lease(transactions: Transactions, keys: Keys) -> tuple[HeldSender, RecordingSender]:
    """A sender stalls until its lease is over and another has been refused the letter; then it goes on."""
    stalled, other = HeldSender(), RecordingSender(refuse)
    sending = asyncio.create_task(send_due(transactions, stalled, keys))
    await stalled.is_sending.wait()
    with clock.frozen(NOW + timedelta(seconds=LEASE_SECONDS)):
        await send_due(transactions, other, keys)
        stalled.may_go.set()
        await sending
    return stalled, other


async def test_sender_whose_lease_is_over_records_nothing(
    transactions: Transactions, keys: Keys, letter_id: UUID
) -> None:
    stalled, _ = await send_past_the_lease(transactions, keys)
    assert len(stalled.sent) == 1
    row = await read_row(transactions, letter_id)
    assert (row.status, row.subject, row.token) == ("failed", None, 2)


async def test_sender_with_an_old_token_records_nothing_while_another_sends(
    transactions: Transactions, keys: Keys, letter_id: UUID
) -> None:
    first, second = HeldSender(), HeldSender()
    sending = [asyncio.create_task(send_due(transactions, first, keys))]
    await first.is_sending.wait()
    with clock.frozen(NOW + timedelta(seconds=LEASE_SECONDS)):
        sending.append(asyncio.create_task(send_due(transactions, second, keys)))
        await second.is_sending.wait()
        first.may_go.set()
        await sending[0]
        row = await read_row(transactions, letter_id)
        assert (row.status, row.token, row.letter is None) == ("queued", 2, False)
        second.may_go.set()
        await sending[1]
    assert (await read_row(transactions, letter_id)).status == "sent"


async def test_record_without_the_token_check_is_noticed(
    transactions: Transactions, keys: Keys, letter_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant of the two tests above: whoever comes writes."""

    async def close_anyway(self: NotificationRepository, claimed: NotificationLog, **values: object) -> bool:
        await self._session.execute(
            update(NotificationLog)
            .where(NotificationLog.id == claimed.id)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        return True

    monkeypatch.setattr(NotificationRepository, "_close", close_anyway)
    await send_past_the_lease(transactions, keys)
    assert (await read_row(transactions, letter_id)).status == "sent", "the stale record overwrote the end"


async def test_letter_that_cannot_be_sent_now_waits_longer_each_time_and_is_given_up(
    transactions: Transactions, keys: Keys, letter_id: UUID
) -> None:
    now, waits = NOW, []
    for _ in range(MAX_ATTEMPTS - 1):
        with clock.frozen(now):
            assert await send_due(transactions, RecordingSender(be_away), keys) == 0
        row = await read_row(transactions, letter_id)
        assert row.status == "queued"
        waits.append((row.due_at - now).total_seconds())
        with clock.frozen(row.due_at - timedelta(seconds=1)):
            assert await send_due(transactions, early := RecordingSender(), keys) == 0
            assert not early.sent
        now = row.due_at
    assert waits == [FIRST_DELAY_SECONDS * 3**n for n in range(MAX_ATTEMPTS - 1)]
    with clock.frozen(now):
        await send_due(transactions, RecordingSender(be_away), keys)
    row = await read_row(transactions, letter_id)
    assert (row.status, row.letter, row.sent_at, row.attempts) == ("failed", None, None, MAX_ATTEMPTS)


async def test_letter_put_off_goes_out_when_its_time_has_come(
    transactions: Transactions, keys: Keys, letter_id: UUID
) -> None:
    await send_due(transactions, RecordingSender(be_away), keys)
    with clock.frozen(NOW + timedelta(seconds=FIRST_DELAY_SECONDS)):
        assert await send_due(transactions, RecordingSender(), keys, notification_id=letter_id) == 1


async def test_refused_letter_is_given_up_at_once(transactions: Transactions, keys: Keys, letter_id: UUID) -> None:
    assert await send_due(transactions, RecordingSender(refuse), keys) == 0
    row = await read_row(transactions, letter_id)
    assert (row.status, row.letter, row.attempts) == ("failed", None, 1)


async def test_letter_that_takes_its_process_down_each_time_is_given_up(
    transactions: Transactions, keys: Keys, letter_id: UUID
) -> None:
    now = NOW
    for _ in range(MAX_ATTEMPTS):
        with clock.frozen(now):
            await crash_after_sending(transactions, keys)
        now += timedelta(seconds=LEASE_SECONDS)
    with clock.frozen(now):
        assert await send_due(transactions, last := RecordingSender(), keys) == 0
    assert not last.sent
    assert (await read_row(transactions, letter_id)).status == "failed"


@pytest.mark.parametrize("failure", [be_away, refuse, lambda _mail: 1 // 0])
async def test_letter_that_fails_keeps_none_behind_it(
    transactions: Transactions, keys: Keys, user_id: UUID, failure: object
) -> None:
    stuck = "stuck@example.com"

    def fail(mail: Mail) -> None:
        if mail.to == stuck:
            failure(mail)  # type: ignore[operator]  # mypy does not see the parameters' type

    await put_letter(transactions, keys, user_id, address=stuck)
    behind = await put_letter(transactions, keys, user_id)
    await put_letter(transactions, keys, user_id, letter_type="of_another_version")
    last = await put_letter(transactions, keys, user_id)
    sender = RecordingSender(fail)
    with capture_logs():
        assert await send_due(transactions, sender, keys) == 2
    assert [mail.message_id for mail in sender.sent] == [str(behind), str(last)]


async def test_letter_of_a_user_deleted_meanwhile_ends_without_a_trace(
    transactions: Transactions, keys: Keys, letter_id: UUID, user_id: UUID
) -> None:
    sender = HeldSender()
    sending = asyncio.create_task(send_due(transactions, sender, keys))
    await sender.is_sending.wait()
    async with transactions() as session:
        await session.execute(delete(User).where(User.id == user_id))
    sender.may_go.set()
    assert await sending == 0


@pytest.mark.parametrize("failure", [be_away, refuse, lambda mail: print(mail.missing)])  # noqa: T201 - never prints
async def test_logs_tell_of_failures_without_address_or_code(
    transactions: Transactions,
    keys: Keys,
    letter_id: UUID,
    failure: object,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await send_due(transactions, RecordingSender(failure), keys)  # type: ignore[arg-type]  # as above
    written = "".join(capsys.readouterr())
    assert str(letter_id) in written
    assert ADDRESS not in written
    assert CODE not in written


async def test_sandbox_forgets_old_mail(
    transactions: Transactions, keys: Keys, user_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.sandbox.outbox.KEPT", 3)
    letters = [str(await put_letter(transactions, keys, user_id)) for _ in range(5)]
    assert await send_due(transactions, SandboxOutbox(transactions), keys) == 5
    assert [mail["message_id"] for mail in await read_outbox(transactions)] == letters[-3:]
