"""Holding seats without money, and letting them go."""

from __future__ import annotations

from datetime import timedelta

from core.clock import clock
from domain.offers import FlightOffer
from domain.orders import Order
from providers.flights.base import (
    AlreadyBooked,
    FlightProviderError,
    FoundOffer,
    InvalidRequest,
    OfferGone,
    OutcomeUnknown,
    Unsupported,
)
from services.bookings.purchases import open_purchase
from services.bookings.refusals import find_reason
from services.bookings.work import Work
from services.bookings.writing import INSTANT_LIFE

MAX_ATTEMPTS = 8
"""Of asking somebody who is away."""
PATIENCE = timedelta(seconds=30)
"""How long an order is looked for before it counts as never made."""


async def hold(work: Work) -> None:
    if work.call is not None:
        await _look_for_order(work)
        return
    purchase = await open_purchase(work.parts.transactions, work.parts.keys, work.booking)
    announced = await work.announce("hold")
    if announced is None:
        return
    found = FoundOffer(FlightOffer.model_validate(work.booking.offer), work.booking.raw)
    try:
        order = await work.provider.book(found, purchase)
    except OutcomeUnknown:
        await announced.delay()
    except AlreadyBooked:
        # perhaps by us, in an attempt nobody heard the end of
        await (announced.delay() if work.can_look else announced.end("failed", "offer_gone", call="refused"))
    except FlightProviderError as error:
        reason = find_reason(error)
        if reason is None and work.booking.attempts < MAX_ATTEMPTS:
            await announced.delay(refused=type(error).__name__)
        else:
            await announced.end("failed", reason or "unreachable", call="refused")
    else:
        await _adopt(announced, order)


async def _look_for_order(work: Work) -> None:
    """A hold was asked for and no answer is known: is there an order?"""
    if not work.can_look:
        await work.end("needs_review", "outcome_unknown")
        return
    try:
        order = await work.provider.find_order(work.booking.reference)
    except FlightProviderError:
        await work.delay()
        return
    if order is not None:
        await _adopt(work, order)
    elif not work.has_waited(PATIENCE):
        await work.delay()
    else:
        # nothing was held, and should it turn up after all, an unpaid hold lapses by itself
        await work.end("failed", "never_made", call="refused")


async def _adopt(work: Work, order: Order) -> None:
    """What the provider has under our reference becomes what we have."""
    if order.status == "pending":
        await work.delay()
    elif order.status in ("cancelled", "failed"):
        await work.end("failed", "refused", call="refused")
    else:
        total, booking = order.total, work.booking
        is_agreed = total is not None and (total.amount_minor, total.currency) == (
            booking.amount_minor,
            booking.currency,
        )
        is_held = order.status == "held" and is_agreed
        await work.end(
            "held" if is_held else "needs_review",
            None if is_held else "not_as_agreed",
            provider_order_id=order.provider_order_id,
            booking_reference=order.record_locator,
            pay_by=order.pay_by or clock.now() + INSTANT_LIFE,
        )


async def release(work: Work) -> None:
    if work.call is not None:
        await _look_at_order(work)
        return
    announced = await work.announce("release")
    if announced is None:
        return
    try:
        quote = await work.provider.quote_cancellation(work.order_id)
        order = await work.provider.cancel(quote)
    except (OutcomeUnknown, OfferGone):
        await announced.delay()  # gone may mean lapsed: the order itself tells
    except FlightProviderError as error:
        if isinstance(error, InvalidRequest | Unsupported) or work.booking.attempts >= MAX_ATTEMPTS:
            await announced.end("held", "not_released", call="refused")
        else:
            await announced.delay(refused=type(error).__name__)
    else:
        await _read_release(announced, order)


async def _look_at_order(work: Work) -> None:
    """A release was asked for and no answer is known: how is the order now?"""
    try:
        order = await work.provider.get_order(work.order_id)
    except OfferGone:
        await work.end("cancelled")
    except FlightProviderError:
        await work.delay()
    else:
        await _read_release(work, order)


async def _read_release(work: Work, order: Order) -> None:
    if order.status == "cancelled":
        await work.end("cancelled")
    elif work.booking.attempts >= MAX_ATTEMPTS:
        await work.end("needs_review", "not_released", call="refused")
    else:
        await work.delay(refused=order.status)
