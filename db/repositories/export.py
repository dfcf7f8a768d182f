"""Everything we hold about a user, table by table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import (
    AuditEvent,
    Base,
    Booking,
    BookingChange,
    BookingPassenger,
    BookingTransition,
    CalendarConnection,
    CalendarEvent,
    Conversation,
    ConversationMessage,
    FlightSearch,
    IdentityDocument,
    NotificationLog,
    Passenger,
    Payment,
    Proposal,
    Refund,
    SupportTicket,
    User,
    UserIdentity,
    UserPreference,
    UserSession,
    VaultEntry,
)

WITHHELD = frozenset(
    {"hashed_password", "token_hash", "value_hash", "refresh_token", "letter", "raw", "details", "contact"}
)
"""Secrets that prove who somebody is, and what is sealed: copies of what stands in other tables."""


def owned_by(user_id: UUID) -> Mapping[type[Base], ColumnElement[bool]]:
    """Which rows of which tables are a user's."""
    passengers = select(Passenger.id).where(Passenger.user_id == user_id)
    conversations = select(Conversation.id).where(Conversation.user_id == user_id)
    bookings = select(Booking.id).where(Booking.user_id == user_id)
    return {
        User: User.id == user_id,
        UserIdentity: UserIdentity.user_id == user_id,
        UserSession: UserSession.user_id == user_id,
        Passenger: Passenger.user_id == user_id,
        IdentityDocument: IdentityDocument.passenger_id.in_(passengers),
        UserPreference: UserPreference.user_id == user_id,
        Conversation: Conversation.user_id == user_id,
        ConversationMessage: ConversationMessage.conversation_id.in_(conversations),
        VaultEntry: VaultEntry.conversation_id.in_(conversations),
        FlightSearch: (FlightSearch.user_id == user_id) | FlightSearch.conversation_id.in_(conversations),
        NotificationLog: NotificationLog.user_id == user_id,
        Booking: Booking.user_id == user_id,
        BookingPassenger: BookingPassenger.booking_id.in_(bookings),
        BookingTransition: BookingTransition.booking_id.in_(bookings),
        BookingChange: BookingChange.booking_id.in_(bookings),
        Proposal: Proposal.user_id == user_id,
        CalendarConnection: CalendarConnection.user_id == user_id,
        CalendarEvent: CalendarEvent.user_id == user_id,
        Payment: Payment.user_id == user_id,
        Refund: Refund.payment_id.in_(select(Payment.id).where(Payment.user_id == user_id)),
        SupportTicket: SupportTicket.user_id == user_id,
        AuditEvent: AuditEvent.user_id == user_id,
    }


async def read_everything(session: AsyncSession, user_id: UUID) -> dict[str, Sequence[dict[str, Any]]]:
    """The user's rows by table, oldest first, without what is withheld."""
    found: dict[str, Sequence[dict[str, Any]]] = {}
    for model, is_theirs in owned_by(user_id).items():
        table = Base.metadata.tables[model.__tablename__]
        columns = [column for column in table.columns if column.name not in WITHHELD]
        rows = await session.execute(select(*columns).where(is_theirs).order_by(table.c.created_at, table.c.id))
        found[table.name] = [dict(row) for row in rows.mappings()]
    return found
