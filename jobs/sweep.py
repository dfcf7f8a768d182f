"""The loop that meets what nobody else does; each round is a service call or two."""

from __future__ import annotations

import asyncio

import structlog

from db.session import Transactions
from services.conversations.runs import end_expired_runs
from services.housekeeping import tidy

log = structlog.get_logger()

SWEEP_SECONDS = 5
TIDY_EVERY = 120
"""Rounds: about every ten minutes."""


async def sweep_forever(transactions: Transactions) -> None:
    """End runs whose process died, and now and then throw away what is old; until cancelled."""
    round_number = 0
    while True:
        try:
            async with transactions() as session:
                await end_expired_runs(session)
            if round_number % TIDY_EVERY == 0:
                async with transactions() as session:
                    await tidy(session)
        except Exception:  # an edge: the database may be away for a while, and the sweep must outlive that
            log.exception("sweep.failed")
        round_number += 1
        await asyncio.sleep(SWEEP_SECONDS)
