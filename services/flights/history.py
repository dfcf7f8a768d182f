"""What a user searched for."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from core.security import Actor
from db.models import FlightSearch
from db.repositories.offers import OfferRepository


async def list_searches(session: AsyncSession, actor: Actor, *, skip: int, limit: int) -> Sequence[FlightSearch]:
    """The caller's searches, latest first."""
    return await OfferRepository(session).list_searches(actor.require_user(), skip=skip, limit=limit)
