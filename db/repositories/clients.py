"""Queries over the programs that call us."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ApiClient


class ClientRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find_site(self, key_hash: bytes) -> ApiClient | None:
        """The website with this key, if it may still use it."""
        return await self._session.scalar(
            select(ApiClient).where(
                ApiClient.key_hash == key_hash, ApiClient.kind == "site", ApiClient.is_active.is_(True)
            )
        )

    async def list_site_origins(self) -> frozenset[str]:
        """The origins of all websites that may use their key."""
        lists = await self._session.scalars(
            select(ApiClient.allowed_origins).where(ApiClient.kind == "site", ApiClient.is_active.is_(True))
        )
        return frozenset(origin for origins in lists for origin in origins)
