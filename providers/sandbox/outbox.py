"""Mail that goes nowhere: rows to be read on the outbox page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from db.session import Transactions
from providers.messaging.base import Attachment, Mail, StoredMail

KEPT = 500
"""Older mail is thrown away: letters hold addresses and codes, simulated or not."""

OUTBOX_DDL = (
    """
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
""",
    """
CREATE TABLE IF NOT EXISTS sandbox.outbox_attachments (
    message_id text NOT NULL REFERENCES sandbox.outbox (message_id) ON DELETE CASCADE,
    position integer NOT NULL,
    name text NOT NULL,
    content_type text NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (message_id, position)
)
""",
)

_INSERT = text(
    """INSERT INTO sandbox.outbox (message_id, recipient, subject, body_text, body_html, language, sent_at)
    VALUES (:message_id, :to, :subject, :text, :html, :language, :sent_at) ON CONFLICT (message_id) DO NOTHING
    RETURNING message_id"""
)
_ATTACH = text(
    """INSERT INTO sandbox.outbox_attachments (message_id, position, name, content_type, content)
    VALUES (:message_id, :position, :name, :content_type, :content)"""
)
_FORGET = text(
    "DELETE FROM sandbox.outbox WHERE id <= (SELECT id FROM sandbox.outbox ORDER BY id DESC OFFSET :kept LIMIT 1)"
)
_NEWEST = text(
    """SELECT message_id, recipient, subject, body_text, body_html, language, sent_at
    FROM sandbox.outbox ORDER BY id DESC LIMIT :limit"""
)
_ATTACHED = text(
    """SELECT message_id, name, content_type, content FROM sandbox.outbox_attachments
    WHERE message_id = ANY(:message_ids) ORDER BY message_id, position"""
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
            if (await session.execute(_INSERT, values)).first() is not None:
                for position, each in enumerate(mail.attachments):
                    await session.execute(
                        _ATTACH,
                        {
                            "message_id": mail.message_id,
                            "position": position,
                            "name": each.name,
                            "content_type": each.content_type,
                            "content": each.content,
                        },
                    )
            await session.execute(_FORGET, {"kept": KEPT})

    async def list_newest(self, *, limit: int) -> Sequence[StoredMail]:
        async with self._transactions() as session:
            rows = (await session.execute(_NEWEST, {"limit": limit})).all()
            attached = await _read_attachments(session, [row[0] for row in rows])
        return [
            StoredMail(
                Mail(
                    row[0],
                    row[1],
                    row[2],
                    text=row[3],
                    html=row[4],
                    language=row[5],
                    attachments=tuple(attached[row[0]]),
                ),
                sent_at=row[6],
            )
            for row in rows
        ]

    async def find_attachment(self, message_id: str, position: int) -> Attachment | None:
        async with self._transactions() as session:
            found = (await _read_attachments(session, [message_id]))[message_id]
        return found[position] if position < len(found) else None


async def _read_attachments(session: AsyncSession, message_ids: list[str]) -> defaultdict[str, list[Attachment]]:
    found: defaultdict[str, list[Attachment]] = defaultdict(list)
    for message_id, name, content_type, content in await session.execute(_ATTACHED, {"message_ids": message_ids}):
        found[message_id].append(Attachment(name, content_type, content))
    return found
