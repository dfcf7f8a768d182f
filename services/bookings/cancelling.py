"""Giving tickets up on the terms their owner agreed to."""

from __future__ import annotations

from domain.orders import Order
from providers.flights.base import (
    FlightProviderError,
    InvalidRequest,
    OfferGone,
    OutcomeUnknown,
    Unsupported,
)
from services.bookings.work import GiveBack, Work

MAX_ATTEMPTS = 12
"""Of asking somebody who is away; the tickets stay good meanwhile."""


async def cancel(work: Work) -> None:
    if work.call is not None:
        await _look_at_order(work)
        return
    announced = await work.announce("cancel")
    if announced is None:
        return
    try:
        quote = await work.provider.quote_cancellation(work.order_id)
        if quote.refund.amount_minor < _agreed(work):
            await announced.end("ticketed", "fee_risen", call="refused", agreed_refund_minor=None)
            return
        order = await work.provider.cancel(quote)
    except (OutcomeUnknown, OfferGone):
        await announced.delay()  # gone may mean that it was given up already: the order itself tells
    except FlightProviderError as error:
        if isinstance(error, InvalidRequest | Unsupported) or work.booking.attempts >= MAX_ATTEMPTS:
            await announced.end("ticketed", "not_cancelled", call="refused", agreed_refund_minor=None)
        else:
            await announced.delay(refused=type(error).__name__)
    else:
        await _read(announced, order, quote.refund.amount_minor)


async def _look_at_order(work: Work) -> None:
    """Giving up was asked for and no answer is known: how is the order now?"""
    try:
        order = await work.provider.get_order(work.order_id)
    except OfferGone:
        await work.end("needs_review", "not_as_agreed")
    except FlightProviderError:
        await work.delay()
    else:
        await _read(work, order, _agreed(work))


async def _read(work: Work, order: Order, refund: int) -> None:
    if order.status != "cancelled":
        if work.booking.attempts >= MAX_ATTEMPTS:
            await work.end("needs_review", "not_cancelled", call="refused")
        else:
            await work.delay(refused=order.status)
        return
    paid = work.booking.amount_minor + work.booking.fees_minor
    refund = min(refund, paid)
    if refund:
        await work.end("refunding", fees_minor=paid - refund, give_back=GiveBack("cancelled", refund))
    else:
        await work.end("cancelled", fees_minor=paid)


def _agreed(work: Work) -> int:
    agreed = work.booking.agreed_refund_minor
    assert agreed is not None, "nobody gives up tickets without terms"
    return agreed
