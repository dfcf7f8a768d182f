"""Queries over how users like to fly."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import UserPreference


class PreferenceRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, user_id: UUID) -> UserPreference | None:
        return await self._session.scalar(select(UserPreference).where(UserPreference.user_id == user_id))
