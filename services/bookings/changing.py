"""Flying otherwise, once the difference is paid: asking the airline for exactly what was agreed."""

from __future__ import annotations

from datetime import timedelta

from db.models import BookingChange
from db.repositories.bookings import BookingRepository
from domain.offers import Slice
from domain.orders import ChangeQuote, Order
from providers.flights.base import FlightProviderError, OfferGone, OutcomeUnknown
from services.bookings.refusals import find_reason
from services.bookings.tickets import write_tickets
from services.bookings.work import GiveBack, Work

PATIENCE = timedelta(minutes=3)
"""How long a change is looked for before it counts as never made."""
MAX_ATTEMPTS = 8
"""Of asking somebody who is away."""


async def change(work: Work) -> None:
    async with work.parts.transactions() as session:
        agreed = await BookingRepository(session).find_open_change(work.booking.id)
    assert agreed is not None, "only what was agreed to is changed"
    quote = ChangeQuote.model_validate(agreed.quote)
    if work.call is not None:
        await _look_at_order(work, agreed, quote)
        return
    announced = await work.announce("change")
    if announced is None:
        return
    try:
        order = await work.provider.change(quote)
    except OutcomeUnknown:
        await announced.delay()
    except FlightProviderError as error:
        if find_reason(error) is None and work.booking.attempts < MAX_ATTEMPTS:
            await announced.delay(refused=type(error).__name__)
        else:
            await _give_up(announced, agreed)
    else:
        await _adopt(announced, agreed, quote, order)


async def _look_at_order(work: Work, agreed: BookingChange, quote: ChangeQuote) -> None:
    """A change was asked for and no answer is known: what does the order fly now?"""
    try:
        order = await work.provider.get_order(work.order_id)
    except OfferGone:
        await work.end("needs_review", "not_as_agreed")
    except FlightProviderError:
        await work.delay()
    else:
        await _adopt(work, agreed, quote, order)


async def _adopt(work: Work, agreed: BookingChange, quote: ChangeQuote, order: Order) -> None:
    if order.status not in ("ticketed", "booked"):
        await work.end("needs_review", "not_as_agreed")
    elif _flights(order.slices) == _flights(quote.slices):
        await _keep(work, agreed, quote, order)
    elif not work.has_waited(PATIENCE):
        await work.delay()
    else:
        await _give_up(work, agreed)


async def _keep(work: Work, agreed: BookingChange, quote: ChangeQuote, order: Order) -> None:
    booking, total = work.booking, quote.new_total.amount_minor
    kept = booking.fees_minor + agreed.fee_minor
    back = GiveBack("changed", -agreed.difference_minor) if agreed.difference_minor < 0 else None
    async with work.parts.transactions() as session:
        bookings = BookingRepository(session)
        if await bookings.write(booking):
            # before the move, which tells of what is flown
            await bookings.replace_slices(booking.id, order.slices)
            await write_tickets(session, booking.id, order.tickets)
            await bookings.end_change(agreed.id, "done")
        await work.end_in(session, "ticketed", "changed", give_back=back, amount_minor=total, fees_minor=kept)


async def _give_up(work: Work, agreed: BookingChange) -> None:
    """The trip stays as it was, and what was paid for changing it goes back."""
    back = GiveBack("not_bought", agreed.difference_minor) if agreed.difference_minor > 0 else None
    async with work.parts.transactions() as session:
        if await work.end_in(session, "ticketed", "not_changed", call="refused", give_back=back):
            await BookingRepository(session).end_change(agreed.id, "failed")


def _flights(slices: tuple[Slice, ...]) -> list[list[tuple[str, str, str]]]:
    """What is flown and when, which tells one way of flying from another."""
    return [
        [(segment.flight_number, segment.origin, segment.departs.at_local.isoformat()) for segment in slice_.segments]
        for slice_ in slices
    ]
