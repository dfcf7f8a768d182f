"""What is thrown away, and when."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from db.repositories.conversation_vault import forget_older
from db.repositories.idempotency import IdempotencyRepository
from db.repositories.leftovers import delete_expired, delete_orphaned_checkpoints
from db.repositories.offers import OfferRepository
from db.repositories.provider_events import ProviderEventRepository
from db.repositories.runs import RunRepository
from services.conversations.runs import LOG_KEPT
from services.conversations.vault import VALUE_KEPT

OFFER_KEPT = timedelta(hours=24)
"""How long an expired offer can still be explained as expired."""
EXPIRED_KEPT = timedelta(hours=1)
"""Until then a row that has just expired may still be met: counted anew, or told apart from an unknown one."""
ANSWER_KEPT = timedelta(hours=24)
"""How long a request sent again under its Idempotency-Key gets its first answer."""

EVENT_KEPT = timedelta(days=90)
"""Long after a provider would tell the same again."""


async def tidy(session: AsyncSession) -> None:
    """Delete what is long over: offers, event logs of runs, sessions, codes, personal data said in conversations, and
    the state of deleted ones.

    Transcripts stay.
    """
    now = clock.now()
    await OfferRepository(session).delete_expired(now - OFFER_KEPT)
    await RunRepository(session).delete_old_events(now - LOG_KEPT)
    await delete_expired(session, now - EXPIRED_KEPT)
    await IdempotencyRepository(session).delete_older(now - ANSWER_KEPT)
    await ProviderEventRepository(session).delete_older(now - EVENT_KEPT)
    await forget_older(session, now - VALUE_KEPT)
    await delete_orphaned_checkpoints(session)
