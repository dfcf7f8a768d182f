"""What a user was written, and is to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core.security import BOOKINGS_SCOPE, Actor
from db.models import NotificationLog
from db.repositories.notifications import NotificationRepository
from services.accounts.sessions import get_account
from services.bookings.announcements import REMINDERS


@dataclass(frozen=True, slots=True)
class BookingLetter:
    type: str
    booking_reference: str | None
    """None for money given back beyond a price, and before an airline has given one."""
    at: datetime
    """When it was sent, or is to be."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a user is told about their bookings, and can be told."""

    planned: Sequence[BookingLetter]
    """That will be sent as things are: a reminder that is switched off is skipped when it is due."""
    sent: Sequence[BookingLetter]
    is_reachable: bool
    """Whether their address is confirmed: letters about bookings go to no other."""
    wants_reminders: bool


async def list_notifications(
    session: AsyncSession,
    actor: Actor,
    *,
    type: str | None,  # noqa: A002 - the column's name
    skip: int,
    limit: int,
) -> Sequence[NotificationLog]:
    """The caller's, latest first."""
    actor.require_user()
    return await NotificationRepository(session).list_readable(actor, type=type, skip=skip, limit=limit)


async def read_outlook(session: AsyncSession, actor: Actor, *, limit: int) -> Outlook:
    """Up to `limit` letters to come and as many sent, about the caller's bookings."""
    user = await get_account(session, actor.require_user(BOOKINGS_SCOPE))
    notifications = NotificationRepository(session)
    queued = await notifications.list_about_bookings(actor, status="queued", limit=limit)
    sent = await notifications.list_about_bookings(actor, status="sent", limit=limit)
    is_reachable, wants_reminders = user.email_verified_at is not None, await notifications.wants_reminders(user.id)
    return Outlook(
        planned=[
            BookingLetter(letter.type, reference, letter.due_at)
            for letter, reference in queued
            if is_reachable and (wants_reminders or letter.type not in REMINDERS)
        ],
        sent=[BookingLetter(letter.type, reference, letter.sent_at or letter.due_at) for letter, reference in sent],
        is_reachable=is_reachable,
        wants_reminders=wants_reminders,
    )
