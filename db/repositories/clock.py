"""The offset of this database's world from wall time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.clock import clock
from db.models import ClockOffset
from db.session import Transactions


async def start_clock(transactions: Transactions, fixed_at: datetime | None) -> None:
    """Set this process's clock to the world's. The first to name a start fixes it for the life of the database."""
    async with transactions() as session:
        if fixed_at is not None:
            await session.execute(
                insert(ClockOffset).values(id=1, offset=fixed_at - clock.now()).on_conflict_do_nothing()
            )
        offset = await session.scalar(select(ClockOffset.offset))
    if offset is not None:
        clock.start_at(offset)
