"""A claimed booking in the hands of whoever brings it on: each call a row before it is made, each end fenced."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, NamedTuple

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from core.backoff import back_off
from core.clock import clock
from core.security import Keys
from db.models import Booking, BookingCall
from db.models.bookings import CallState, CallStep
from db.repositories.bookings import BookingRepository
from db.session import Transactions
from domain.bookings import Phase
from domain.payments import RefundReason
from providers.flights.base import FlightProvider
from services.bookings.moves import move, put_off
from services.flights.market import Market
from services.payments.refunds import owe

log = structlog.get_logger()

FIRST_DELAY = timedelta(seconds=2)
"""Doubled by each further attempt."""
LONGEST_DELAY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class BookingParts:
    """What moving bookings takes."""

    transactions: Transactions
    market: Market
    keys: Keys


class GiveBack(NamedTuple):
    """Money owed from the moment of a move on."""

    reason: RefundReason
    amount_minor: int | None = None
    """None for all there is."""


@dataclass(frozen=True, slots=True)
class Work:
    parts: BookingParts
    provider: FlightProvider
    booking: Booking
    call: BookingCall | None
    """The call that was sent, or was about to be, and whose answer is not known."""

    @property
    def order_id(self) -> str:
        order_id = self.booking.provider_order_id
        assert order_id is not None, "only what was held or bought has come so far"
        return order_id

    @property
    def can_look(self) -> bool:
        """Whether what was asked for can be looked up by our reference."""
        return "find_order" in self.provider.capabilities

    def has_waited(self, patience: timedelta) -> bool:
        """Whether the call is that long ago; attempts before it do not count."""
        assert self.call is not None, "only what was sent is looked for"
        return clock.now() - self.call.created_at >= patience

    async def announce(self, step: CallStep) -> Work | None:
        """Write down a call about to be made; None when the booking is no longer ours to call for."""
        async with self.parts.transactions() as session:
            if not await BookingRepository(session).write(self.booking):
                return None
            session.add(call := BookingCall(booking_id=self.booking.id, step=step))
            await session.flush()
        return replace(self, call=call)

    async def end(
        self,
        after: Phase,
        reason: str | None = None,
        *,
        call: CallState = "done",
        give_back: GiveBack | None = None,
        **values: Any,
    ) -> None:
        """Move on; nothing is written by whoever was overtaken."""
        async with self.parts.transactions() as session:
            await self.end_in(session, after, reason, call=call, give_back=give_back, **values)

    async def end_in(
        self,
        session: AsyncSession,
        after: Phase,
        reason: str | None = None,
        *,
        call: CallState = "done",
        give_back: GiveBack | None = None,
        **values: Any,
    ) -> bool:
        """As `end`, with what else belongs to it; False for whoever was overtaken."""
        if not await move(session, self.booking, after, reason=reason, **values):
            if call == "done":
                await self._contradict(session, after)
            return False
        if self.call is not None:
            await BookingRepository(session).end_call(self.call.id, state=call, outcome=reason or after)
        if give_back is not None:
            await owe(session, self.booking, amount_minor=give_back.amount_minor, reason=give_back.reason)
        return True

    async def delay(self, refused: str | None = None) -> None:
        """Look again later; with a word for why, the call is known to have had no effect, and may be made again."""
        delay = back_off(self.booking.attempts, first=FIRST_DELAY, longest=LONGEST_DELAY)
        async with self.parts.transactions() as session:
            is_ours = await put_off(session, self.booking, until=clock.now() + delay)
            if is_ours and refused is not None and self.call is not None:
                await BookingRepository(session).end_call(self.call.id, state="refused", outcome=refused)
            elif not is_ours and refused is None:
                await self._contradict(session, "unknown")

    async def _contradict(self, session: AsyncSession, outcome: str) -> None:
        """Whoever was overtaken knows, or fears, that a call had its effect which others took for never made."""
        if self.call is None or self.call.step == "hold":
            return  # an unpaid hold lapses by itself
        if await BookingRepository(session).contradict_call(self.call.id, outcome=outcome):
            log.error("booking.orphaned_order", booking_id=str(self.booking.id))
