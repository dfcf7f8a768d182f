"""Bringing a booking to its next phase: claim it, write down what is about to be asked, ask, write down the answer.

Whoever holds the lease and the newest token may move a booking. A call with an effect is a row before it is made; one
whose answer never came is looked up at the provider before anything is asked again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from core.clock import clock
from core.security import Keys
from db.models import Booking, BookingCall
from db.models.bookings import CallStep
from db.repositories.bookings import BookingRepository
from db.session import Transactions
from domain.bookings import Phase
from domain.offers import FlightOffer
from domain.orders import Order
from providers.flights.base import (
    FlightProvider,
    FlightProviderError,
    FoundOffer,
    InvalidRequest,
    OfferGone,
    OutcomeUnknown,
    PriceChanged,
    SoldOut,
    Unsupported,
)
from services.bookings.moves import move, put_off
from services.bookings.purchases import open_purchase
from services.flights.market import Market

log = structlog.get_logger()

LEASE_SECONDS = 120
"""Longer than the longest call, and the looks around it, may take."""
MAX_ATTEMPTS = 8
FIRST_DELAY_SECONDS = 2
"""Doubled by each further failure."""
LOOKS = 4
"""How often an order is looked for before it counts as never made; the looks are further and further apart."""

_REFUSALS: dict[type[FlightProviderError], str] = {
    PriceChanged: "price_changed",
    SoldOut: "sold_out",
    OfferGone: "offer_gone",
    InvalidRequest: "refused",
    Unsupported: "refused",
}


@dataclass(frozen=True, slots=True)
class BookingParts:
    """What moving bookings takes."""

    transactions: Transactions
    market: Market
    keys: Keys


async def advance_due(parts: BookingParts, *, booking_id: UUID | None = None) -> int:
    """Advance every booking that is due, or the one asked for if it is; how many were looked at."""
    looked_at = 0
    while True:
        async with parts.transactions() as session:
            claimed = await BookingRepository(session).claim_due(
                now=clock.now(), lease_seconds=LEASE_SECONDS, booking_id=booking_id
            )
        if claimed is None:
            return looked_at
        looked_at += 1
        try:
            await _advance(parts, claimed)
        except Exception:  # an edge for one booking: the others must not wait for it
            log.exception("booking.advance_failed", booking_id=str(claimed.id), attempt=claimed.attempts)
            await _delay(parts, claimed)


async def expire_holds(transactions: Transactions) -> int:
    """End the holds that nobody paid for in time; how many."""
    async with transactions() as session:
        lapsed = await BookingRepository(session).list_lapsed(now=clock.now(), limit=100)
        return sum([await move(session, booking, "expired", reason="not_paid") for booking in lapsed])


async def _advance(parts: BookingParts, booking: Booking) -> None:
    provider = parts.market.find(booking.provider)
    if provider is None:
        await _end(parts, booking, None, "needs_review", "provider_gone")
        return
    async with parts.transactions() as session:
        call = await BookingRepository(session).find_open_call(booking.id)
    if booking.phase == "holding":
        await (_look_for_order(parts, provider, booking, call) if call else _hold(parts, provider, booking))
    else:
        await (_look_at_order(parts, provider, booking, call) if call else _release(parts, provider, booking))


async def _hold(parts: BookingParts, provider: FlightProvider, booking: Booking) -> None:
    purchase = await open_purchase(parts.transactions, parts.keys, booking)
    call = await _announce(parts, booking, "hold")
    if call is None:
        return
    found = FoundOffer(FlightOffer.model_validate(booking.offer), booking.raw)
    try:
        order = await provider.book(found, purchase)
    except OutcomeUnknown:
        await _delay(parts, booking)
    except FlightProviderError as error:
        await _refuse_hold(parts, booking, call, error)
    else:
        await _adopt(parts, booking, call, order)


async def _look_for_order(parts: BookingParts, provider: FlightProvider, booking: Booking, call: BookingCall) -> None:
    """A hold was asked for and no answer is known: is there an order?"""
    if "find_order" not in provider.capabilities:
        await _end(parts, booking, call, "needs_review", "outcome_unknown")
        return
    try:
        order = await provider.find_order(booking.reference)
    except FlightProviderError:
        await _delay(parts, booking)
        return
    if order is not None:
        await _adopt(parts, booking, call, order)
    elif booking.attempts < LOOKS:
        await _delay(parts, booking)
    else:
        # nothing was held, and should it turn up after all, an unpaid hold lapses by itself
        await _end(parts, booking, call, "failed", "never_made")


async def _adopt(parts: BookingParts, booking: Booking, call: BookingCall, order: Order) -> None:
    """What the provider has under our reference becomes what we have."""
    if order.status == "pending":
        await _delay(parts, booking)
        return
    if order.status in ("cancelled", "failed"):
        await _end(parts, booking, call, "failed", "refused")
        return
    total = order.total
    is_agreed = total is not None and (total.amount_minor, total.currency) == (booking.amount_minor, booking.currency)
    after = "held" if order.status == "held" and is_agreed else "needs_review"
    async with parts.transactions() as session:
        is_ours = await move(
            session,
            booking,
            "held" if after == "held" else "needs_review",
            reason=None if after == "held" else "not_as_agreed",
            provider_order_id=order.provider_order_id,
            booking_reference=order.record_locator,
            pay_by=order.pay_by,
        )
        if is_ours:
            await BookingRepository(session).end_call(call.id, state="done", outcome=order.status)


async def _refuse_hold(parts: BookingParts, booking: Booking, call: BookingCall, error: FlightProviderError) -> None:
    """Nothing was held: for good, or until the provider can be asked again."""
    reason = next((word for kind, word in _REFUSALS.items() if isinstance(error, kind)), None)
    if reason is not None:
        await _end(parts, booking, call, "failed", reason)
    elif booking.attempts >= MAX_ATTEMPTS:
        await _end(parts, booking, call, "failed", "unreachable")
    else:
        await _delay(parts, booking, call, type(error).__name__)


async def _release(parts: BookingParts, provider: FlightProvider, booking: Booking) -> None:
    order_id = booking.provider_order_id
    assert order_id is not None, "only what was held is released"
    call = await _announce(parts, booking, "release")
    if call is None:
        return
    try:
        quote = await provider.quote_cancellation(order_id)
        order = await provider.cancel(quote)
    except (OutcomeUnknown, OfferGone):
        await _delay(parts, booking)  # gone may mean lapsed: the order itself tells
    except FlightProviderError as error:
        if isinstance(error, InvalidRequest | Unsupported) or booking.attempts >= MAX_ATTEMPTS:
            await _end(parts, booking, call, "held", "not_released")
        else:
            await _delay(parts, booking, call, type(error).__name__)
    else:
        await _read_release(parts, booking, call, order)


async def _look_at_order(parts: BookingParts, provider: FlightProvider, booking: Booking, call: BookingCall) -> None:
    """A release was asked for and no answer is known: how is the order now?"""
    order_id = booking.provider_order_id
    assert order_id is not None, "only what was held is released"
    try:
        order = await provider.get_order(order_id)
    except OfferGone:
        await _end(parts, booking, call, "cancelled", None)
    except FlightProviderError:
        await _delay(parts, booking)
    else:
        await _read_release(parts, booking, call, order)


async def _read_release(parts: BookingParts, booking: Booking, call: BookingCall, order: Order) -> None:
    if order.status == "cancelled":
        await _end(parts, booking, call, "cancelled", None)
    elif booking.attempts >= MAX_ATTEMPTS:
        await _end(parts, booking, call, "needs_review", "not_released")
    else:
        await _delay(parts, booking, call, order.status)


async def _announce(parts: BookingParts, booking: Booking, step: CallStep) -> BookingCall | None:
    """The row of a call about to be made; None when the booking is no longer ours to call for."""
    async with parts.transactions() as session:
        if not await BookingRepository(session).write(booking):
            return None
        session.add(call := BookingCall(booking_id=booking.id, step=step))
        await session.flush()
    return call


async def _end(
    parts: BookingParts, booking: Booking, call: BookingCall | None, after: Phase, reason: str | None
) -> None:
    """Move, with the call that led there closed; nothing is written by whoever was overtaken."""
    async with parts.transactions() as session:
        if await move(session, booking, after, reason=reason) and call is not None:
            state = "done" if after in ("cancelled", "held") else "refused"
            await BookingRepository(session).end_call(call.id, state=state, outcome=reason or after)


async def _delay(parts: BookingParts, booking: Booking, refused: BookingCall | None = None, outcome: str = "") -> None:
    """Look again later; a call that was `refused`, and so had no effect, is closed."""
    seconds = FIRST_DELAY_SECONDS * 2 ** min(booking.attempts - 1, MAX_ATTEMPTS)
    async with parts.transactions() as session:
        if await put_off(session, booking, until=clock.now() + timedelta(seconds=seconds)) and refused is not None:
            await BookingRepository(session).end_call(refused.id, state="refused", outcome=outcome)
