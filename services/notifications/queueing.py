"""Having a letter sent: a row in the transaction of what it tells of, and a hint to look at it."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.ids import new_id
from core.messages import Language
from core.security import Keys
from db.hints import hint
from db.models import NotificationLog
from db.repositories.notifications import NotificationRepository

SEND_TASK = "send_notification"


async def enqueue(
    session: AsyncSession,
    *,
    user_id: UUID | None,
    type: str,  # noqa: A002 - the column's name
    language: Language,
    address: str,
    params: dict[str, str],
    keys: Keys,
) -> NotificationLog:
    """Have a letter sent once this transaction commits. `params` fill the template of its type."""
    notification_id = new_id()
    letter = json.dumps({"address": address, "params": params}, ensure_ascii=False)
    notification = NotificationLog(
        id=notification_id,
        user_id=user_id,
        type=type,
        language=language,
        letter=keys.vault.seal(letter, table="notification_logs", column="letter", row_id=notification_id),
        lease_until=clock.lease_now(),
        due_at=clock.now(),
    )
    session.add(notification)
    await hint(session, SEND_TASK, notification_id=notification_id)
    return notification


async def enqueue_about(
    session: AsyncSession,
    notification_id: UUID,
    *,
    user_id: UUID,
    type: str,  # noqa: A002 - the column's name
    ref_id: UUID,
    due_at: datetime | None = None,
) -> None:
    """Have a user told about a row of theirs, now or at `due_at`; asked again under the same id it is the same letter.

    The row holds nothing of what it will say, nor where it goes: both are read when it is sent.
    """
    is_new = await NotificationRepository(session).add_reference(
        notification_id, user_id=user_id, type=type, ref_id=ref_id, due_at=due_at or clock.now()
    )
    if is_new and due_at is None:
        await hint(session, SEND_TASK, notification_id=notification_id)
