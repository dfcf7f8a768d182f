"""Queries over accounts, their sessions and their codes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import (
    Booking,
    Conversation,
    ExchangeCode,
    IdempotencyKey,
    RefreshToken,
    User,
    UserSession,
    VerificationCode,
)


class UserRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, user_id: UUID, *, for_update: bool = False) -> User | None:
        """The account as it stands now; locked until the transaction ends when `for_update`.

        Not against rows that refer to it: whoever has a booking in hand may write its owner a letter meanwhile.
        """
        statement = select(User).where(User.id == user_id).execution_options(populate_existing=True)
        return await self._session.scalar(statement.with_for_update(key_share=True) if for_update else statement)

    async def find_by_email(self, email: str, *, for_update: bool = False) -> User | None:
        statement = select(User).where(User.email == email).execution_options(populate_existing=True)
        return await self._session.scalar(statement.with_for_update() if for_update else statement)

    async def list_matching(
        self, *, is_active: bool | None, text: str | None, skip: int, limit: int
    ) -> tuple[Sequence[User], int]:
        """A page of accounts, newest first, and how many there are in all."""
        conditions: list[ColumnElement[bool]] = []
        if is_active is not None:
            conditions.append(User.is_active.is_(is_active))
        if text:
            conditions.append(
                or_(User.email.icontains(text, autoescape=True), User.full_name.icontains(text, autoescape=True))
            )
        total = await self._session.scalar(select(func.count()).select_from(User).where(*conditions))
        newest_first = select(User).where(*conditions).order_by(User.created_at.desc(), User.id.desc())
        return list(await self._session.scalars(newest_first.offset(skip).limit(limit))), total or 0

    async def delete(self, user_id: UUID) -> Sequence[UUID]:
        """Remove the account with everything of its own; gives the ids of the conversations that went with it."""
        # against rows that refer to it as well: who has the user in hand and wants a booking next is let through
        await self._session.execute(select(User.id).where(User.id == user_id).with_for_update())
        conversations = await self._session.scalars(select(Conversation.id).where(Conversation.user_id == user_id))
        found = list(conversations)
        # bookings before the consents they rest on, which go with the user
        await self._session.execute(delete(Booking).where(Booking.user_id == user_id))
        # the user before the keys: a request under way holds that row and then wants its key
        await self._session.execute(delete(User).where(User.id == user_id))
        await self._session.execute(delete(IdempotencyKey).where(IdempotencyKey.owner_id == user_id))
        return found


class SessionRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, session_id: UUID, *, for_update: bool = False) -> UserSession | None:
        statement = select(UserSession).where(UserSession.id == session_id).execution_options(populate_existing=True)
        return await self._session.scalar(statement.with_for_update() if for_update else statement)

    async def find_token(self, token_hash: bytes) -> RefreshToken | None:
        """The refresh token as it stands now."""
        return await self._session.scalar(
            select(RefreshToken).where(RefreshToken.token_hash == token_hash).execution_options(populate_existing=True)
        )

    async def revoke_all(self, user_id: UUID, *, reason: str, now: datetime, but: UUID | None = None) -> None:
        """End every session of a user, or every other one."""
        statement = update(UserSession).where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
        if but is not None:
            statement = statement.where(UserSession.id != but)
        await self._session.execute(statement.values(revoked_at=now, revoked_reason=reason))


class CodeRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def replace(self, code: VerificationCode) -> None:
        """Make this the user's only code for its purpose."""
        await self._session.execute(
            delete(VerificationCode).where(
                VerificationCode.user_id == code.user_id, VerificationCode.purpose == code.purpose
            )
        )
        self._session.add(code)
        await self._session.flush()

    async def delete_all(self, user_id: UUID) -> None:
        await self._session.execute(delete(VerificationCode).where(VerificationCode.user_id == user_id))

    async def find(self, user_id: UUID, purpose: str) -> VerificationCode | None:
        """The latest code for a purpose, locked until the transaction ends."""
        return await self._session.scalar(
            select(VerificationCode)
            .where(VerificationCode.user_id == user_id, VerificationCode.purpose == purpose)
            .with_for_update()
        )


class ExchangeCodeRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def take(self, code_hash: bytes, *, now: datetime) -> ExchangeCode | None:
        """A code still good, which it then is no more."""
        return await self._session.scalar(
            update(ExchangeCode)
            .where(ExchangeCode.code_hash == code_hash, ExchangeCode.used_at.is_(None), ExchangeCode.expires_at > now)
            .values(used_at=now)
            .returning(ExchangeCode)
        )
