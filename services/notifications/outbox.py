"""The outbox: a letter is a row in the transaction of what it tells of, and is sent afterwards, at least once.

Whoever sends holds a lease and a token. The letter goes out in no transaction, under a Message-ID made of the row's
id: one that is sent again after a crash is the same mail. What it says is sealed, and gone when it is sent or given up;
or it is not in the row at all, and written when it is sent from what is true then.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Literal
from uuid import UUID

import structlog

from core.clock import clock
from core.metrics import NOTIFICATIONS
from core.security import Keys
from db.models import NotificationLog
from db.repositories.notifications import NotificationRepository
from db.session import Transactions
from providers.messaging.base import SEND_SECONDS, Mail, MailNotAccepted, MailSender, MailUnavailable
from services.notifications.booking_letters import LetterOvertaken, write_booking_letter
from services.notifications.letters import compose

log = structlog.get_logger()

LEASE_SECONDS = 3 * SEND_SECONDS
MAX_ATTEMPTS = 8
FIRST_DELAY_SECONDS = 5
"""Tripled by each further failure: most codes are good for minutes, the last try comes after an hour and more."""

Result = Literal["sent", "put_off", "failed", "skipped", "fenced"]


async def send_due(
    transactions: Transactions, sender: MailSender, keys: Keys, *, notification_id: UUID | None = None
) -> int:
    """Send every letter that is due, or the one asked for if it is; how many went out.

    Any number of callers may do so at once. A letter that cannot be sent now is put off, and given up after
    MAX_ATTEMPTS; none keeps the others waiting.
    """
    sent = 0
    while True:
        async with transactions() as session:
            claimed = await NotificationRepository(session).claim_due(
                now=clock.now(), lease_seconds=LEASE_SECONDS, notification_id=notification_id
            )
        if claimed is None:
            return sent
        sent += await _attempt(transactions, sender, keys, claimed) == "sent"


async def _attempt(transactions: Transactions, sender: MailSender, keys: Keys, claimed: NotificationLog) -> Result:
    """Send a letter and write down what became of it."""
    result: Result = "put_off"
    subject = ""
    try:
        if claimed.attempts > MAX_ATTEMPTS:  # each of them took its process down
            raise MailNotAccepted("too many attempts")
        mail = await _write(transactions, keys, claimed, is_simulated=sender.is_simulated)
        await sender.send(mail)
        result, subject = "sent", mail.subject
    except LetterOvertaken:
        result = "skipped"
    except MailNotAccepted as error:
        result = "failed"
        _log("notification.refused", claimed, str(error))
    except MailUnavailable as error:
        if claimed.attempts == MAX_ATTEMPTS:
            result = "failed"
        _log("notification.not_sent", claimed, str(error))
    except Exception:  # an edge for one letter: what we cannot write must not keep the others from being sent
        log.exception("notification.unsendable", notification_id=str(claimed.id), attempt=claimed.attempts)
    return await _record(transactions, claimed, result, subject)


async def _record(transactions: Transactions, claimed: NotificationLog, result: Result, subject: str) -> Result:
    async with transactions() as session:
        notifications = NotificationRepository(session)
        if result == "sent":
            is_ours = await notifications.record_sent(claimed, subject=subject, sent_at=clock.now())
        elif result == "failed":
            is_ours = await notifications.record_failed(claimed)
        elif result == "skipped":
            is_ours = await notifications.record_skipped(claimed)
        else:
            is_ours = await notifications.put_off(claimed, due_at=clock.now() + _delay(claimed.attempts))
    if not is_ours:  # the lease ran out meanwhile, or the user is gone: another writes the end, or nobody does
        result = "fenced"
    NOTIFICATIONS.labels(result).inc()
    return result


async def _write(transactions: Transactions, keys: Keys, claimed: NotificationLog, *, is_simulated: bool) -> Mail:
    """Raises MailNotAccepted and LetterOvertaken."""
    if claimed.letter is not None:
        return _open(claimed, claimed.letter, keys, is_simulated=is_simulated)
    async with transactions() as session:
        return await write_booking_letter(session, claimed, is_simulated=is_simulated)


def _open(claimed: NotificationLog, sealed: str, keys: Keys, *, is_simulated: bool) -> Mail:
    letter = keys.vault.open(sealed, table="notification_logs", column="letter", row_id=claimed.id)
    content = json.loads(letter)
    return compose(
        claimed.type,
        "vi" if claimed.language == "vi" else "en",
        content["params"],
        message_id=str(claimed.id),
        to=content["address"],
        is_simulated=is_simulated,
    )


def _delay(attempts: int) -> timedelta:
    return timedelta(seconds=FIRST_DELAY_SECONDS * 3 ** (attempts - 1))


def _log(event: str, claimed: NotificationLog, reason: str) -> None:
    log.warning(event, notification_id=str(claimed.id), attempt=claimed.attempts, reason=reason)
