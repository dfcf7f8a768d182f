"""What is thrown away, and when."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from db.repositories.offers import OfferRepository
from db.repositories.runs import RunRepository
from services.conversations.runs import LOG_KEPT

OFFER_KEPT = timedelta(hours=24)
"""How long an expired offer can still be explained as expired."""


async def tidy(session: AsyncSession) -> None:
    """Delete offers long expired and the event logs of runs long ended; transcripts stay."""
    now = clock.now()
    await OfferRepository(session).delete_expired(now - OFFER_KEPT)
    await RunRepository(session).delete_old_events(now - LOG_KEPT)
