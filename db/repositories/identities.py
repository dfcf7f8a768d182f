"""Queries over people's accounts at identity providers, and over sign-ins under way there."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import SignInAttempt, User, UserIdentity


class IdentityRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find_user(self, *, issuer: str, subject: str) -> User | None:
        """Whose identity this is."""
        return await self._session.scalar(
            select(User)
            .join(UserIdentity, UserIdentity.user_id == User.id)
            .where(UserIdentity.issuer == issuer, UserIdentity.subject == subject)
        )

    async def has_other(self, user_id: UUID, *, issuer: str, subject: str) -> bool:
        """Whether the account belongs to somebody else at this provider."""
        others = select(UserIdentity.id).where(
            UserIdentity.user_id == user_id, UserIdentity.issuer == issuer, UserIdentity.subject != subject
        )
        return await self._session.scalar(others) is not None

    async def add(self, identity: UserIdentity) -> None:
        """Store an identity; raises IntegrityError where it is somebody's by now."""
        self._session.add(identity)
        await self._session.flush()


class SignInAttemptRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def take(self, state_hash: bytes, *, now: datetime) -> SignInAttempt | None:
        """The sign-in under way with this state, which then is no more."""
        return await self._session.scalar(
            delete(SignInAttempt)
            .where(SignInAttempt.state_hash == state_hash, SignInAttempt.expires_at > now)
            .returning(SignInAttempt)
        )
