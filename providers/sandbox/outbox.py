"""Mail that goes nowhere: rows to be read on the outbox page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from core.clock import clock
from db.session import Transactions
from providers.messaging.base import Mail, StoredMail

KEPT = 500
"""Older mail is thrown away: letters hold addresses and codes, simulated or not."""

OUTBOX_DDL = """
CREATE TABLE IF NOT EXISTS sandbox.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id text NOT NULL UNIQUE,
    recipient text NOT NULL,
    subject text NOT NULL,
    body_text text NOT NULL,
    body_html text NOT NULL,
    language text NOT NULL,
    sent_at timestamptz NOT NULL
)
"""

_INSERT = text(
    """INSERT INTO sandbox.outbox (message_id, recipient, subject, body_text, body_html, language, sent_at)
    VALUES (:message_id, :to, :subject, :text, :html, :language, :sent_at) ON CONFLICT (message_id) DO NOTHING"""
)
_FORGET = text(
    "DELETE FROM sandbox.outbox WHERE id <= (SELECT id FROM sandbox.outbox ORDER BY id DESC OFFSET :kept LIMIT 1)"
)
_NEWEST = text(
    """SELECT message_id, recipient, subject, body_text, body_html, language, sent_at
    FROM sandbox.outbox ORDER BY id DESC LIMIT :limit"""
)


class SandboxOutbox:
    """The sender of a world without a mail server. A mail that comes again is the mail it has."""

    is_simulated = True

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def send(self, mail: Mail) -> None:
        values: dict[str, str | datetime] = {
            "message_id": mail.message_id,
            "to": mail.to,
            "subject": mail.subject,
            "text": mail.text,
            "html": mail.html,
            "language": mail.language,
            "sent_at": clock.now(),
        }
        async with self._transactions() as session:
            await session.execute(_INSERT, values)
            await session.execute(_FORGET, {"kept": KEPT})

    async def list_newest(self, *, limit: int) -> Sequence[StoredMail]:
        async with self._transactions() as session:
            rows = (await session.execute(_NEWEST, {"limit": limit})).all()
        return [
            StoredMail(Mail(row[0], row[1], row[2], text=row[3], html=row[4], language=row[5]), sent_at=row[6])
            for row in rows
        ]
