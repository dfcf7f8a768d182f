"""Queries over proposals and what was agreed to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, false, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.security import Actor
from db.models import Booking, BookingChange, BookingItem, Proposal
from db.models.proposals import ApprovalChannel, ProposalAction, ProposalStatus
from domain.bookings import OVER


def readable_by(actor: Actor) -> ColumnElement[bool]:
    """Which proposals exist for a caller: those made to them."""
    return false() if actor.user_id is None else Proposal.user_id == actor.user_id


def _is_open_in(conversation_id: UUID) -> ColumnElement[bool]:
    return (Proposal.conversation_id == conversation_id) & (Proposal.status == "open")


class ProposalRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find_readable(self, actor: Actor, proposal_id: UUID) -> Proposal | None:
        return await self._session.scalar(select(Proposal).where(Proposal.id == proposal_id, readable_by(actor)))

    async def find_by_hash(self, actor: Actor, *, subject_id: UUID, action: str, quote_hash: str) -> Proposal | None:
        """The card about something that has this hash."""
        return await self._session.scalar(
            select(Proposal).where(
                readable_by(actor),
                Proposal.subject_id == subject_id,
                Proposal.action == action,
                Proposal.quote_hash == quote_hash,
            )
        )

    async def list_asked_in(self, actor: Actor, conversation_id: UUID) -> Sequence[Proposal]:
        """Everything a caller was ever asked in a conversation, in order."""
        statement = select(Proposal).where(readable_by(actor), Proposal.conversation_id == conversation_id)
        return list(await self._session.scalars(statement.order_by(Proposal.created_at, Proposal.id)))

    async def close(
        self,
        proposal_id: UUID,
        status: ProposalStatus,
        *,
        now: datetime,
        channel: ApprovalChannel | None = None,
        booking_id: UUID | None = None,
        answered_in: UUID | None = None,
    ) -> bool:
        """Answer an open proposal; False where it was answered before. Of two answers at once one is the first."""
        closed = await self._session.scalar(
            update(Proposal)
            .where(Proposal.id == proposal_id, Proposal.status == "open")
            .values(status=status, channel=channel, booking_id=booking_id, answered_in=answered_in, decided_at=now)
            .returning(Proposal.id)
            .execution_options(synchronize_session=False)
        )
        return closed is not None

    async def void_older(
        self,
        user_id: UUID,
        *,
        subject_id: UUID,
        actions: Collection[ProposalAction],
        conversation_id: UUID | None,
        keep: Collection[UUID],
        now: datetime,
    ) -> None:
        """Take back what a user was asked before about the same thing, or in the same conversation."""
        is_older = (
            (Proposal.user_id == user_id) & (Proposal.subject_id == subject_id) & Proposal.action.in_(actions)
        ) & (Proposal.status == "open")
        if conversation_id is not None:
            is_older |= _is_open_in(conversation_id)
        await self._void(is_older & Proposal.id.not_in(keep), now=now)

    async def void_in(self, actor: Actor, conversation_id: UUID, *, now: datetime) -> None:
        """Take back what a caller was asked in a conversation."""
        await self._void(readable_by(actor) & _is_open_in(conversation_id), now=now)

    async def _void(self, are_meant: ColumnElement[bool], *, now: datetime) -> None:
        await self._session.execute(
            update(Proposal)
            .where(are_meant)
            .values(status="void", decided_at=now)
            .execution_options(synchronize_session=False)
        )

    async def list_agreed_changes(self, booking_ids: Sequence[UUID], *, now: datetime) -> Sequence[BookingChange]:
        """Changes that wait for their money."""
        statement = select(BookingChange).where(
            BookingChange.booking_id.in_(booking_ids), BookingChange.status == "agreed", BookingChange.expires_at > now
        )
        return list(await self._session.scalars(statement))

    async def has_trips(self, user_id: UUID, *, now: datetime) -> bool:
        """Whether a booking of theirs is under way, or has something still to be flown."""
        ahead = exists(select(BookingItem.id).where(BookingItem.booking_id == Booking.id, BookingItem.ends_at > now))
        live = select(Booking.id).where(
            Booking.user_id == user_id, Booking.phase.not_in(OVER), or_(Booking.phase != "ticketed", ahead)
        )
        return bool(await self._session.scalar(select(exists(live))))
