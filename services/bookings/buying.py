"""Money is here: paying for what is held, or buying what could not be, until there are tickets.

What cannot be bought is given back in full, and what cannot be told is looked at by a person, never bought twice.
"""

from __future__ import annotations

from datetime import timedelta

from core.clock import clock
from domain.money import Money
from domain.offers import FlightOffer
from domain.orders import Order
from providers.flights.base import AlreadyBooked, FlightProviderError, FoundOffer, OfferGone, OutcomeUnknown
from services.bookings.purchases import open_purchase
from services.bookings.refusals import find_reason
from services.bookings.tickets import write_tickets
from services.bookings.work import GiveBack, Work

PATIENCE = timedelta(minutes=5)
"""How long a purchase is looked for before it counts as never made."""

EVERYTHING = GiveBack("not_bought")


async def buy(work: Work) -> None:
    if work.call is not None:
        await _look_for_purchase(work)
        return
    purchase = None
    if work.booking.flow == "instant":
        purchase = await open_purchase(work.parts.transactions, work.parts.keys, work.booking)
    announced = await work.announce("buy")
    if announced is None:
        return
    try:
        if purchase is None:
            order = await work.provider.pay(work.order_id, _price(work))
        else:
            found = FoundOffer(FlightOffer.model_validate(work.booking.offer), work.booking.raw)
            order = await work.provider.book(found, purchase)
    except OutcomeUnknown:
        await announced.delay()
    except AlreadyBooked:
        # perhaps by us, in an attempt nobody heard the end of
        if work.can_look:
            await announced.delay()
        else:
            await announced.end("needs_review", "outcome_unknown")
    except FlightProviderError as error:
        reason = find_reason(error)
        if reason is None and not _is_too_late(work):
            await announced.delay(refused=type(error).__name__)
        else:
            await announced.end("refunding", reason or "unreachable", call="refused", give_back=EVERYTHING)
    else:
        await _adopt(announced, order)


async def look_for_tickets(work: Work) -> None:
    """The airline has the money; where are the tickets?"""
    try:
        order = await work.provider.get_order(work.order_id)
    except OfferGone:
        await work.end("needs_review", "not_as_agreed")
    except FlightProviderError:
        await work.delay()
    else:
        await _adopt(work, order)


async def _look_for_purchase(work: Work) -> None:
    """Something was bought, perhaps: is there an order, and is it paid?"""
    try:
        if work.booking.provider_order_id is not None:
            order: Order | None = await work.provider.get_order(work.booking.provider_order_id)
        elif work.can_look:
            order = await work.provider.find_order(work.booking.reference)
        else:
            await work.end("needs_review", "outcome_unknown")
            return
    except OfferGone:
        await work.end("needs_review", "not_as_agreed")
    except FlightProviderError:
        await work.delay()
    else:
        await (_adopt(work, order) if order else _miss(work))


async def _miss(work: Work) -> None:
    if work.has_waited(PATIENCE):
        await work.end("refunding", "never_made", call="refused", give_back=EVERYTHING)
    else:
        await work.delay()


async def _adopt(work: Work, order: Order) -> None:
    """What the provider has becomes what we have, if it is what was agreed."""
    if order.status in ("ticketed", "booked"):
        await _keep(work, order)
    elif order.status in ("cancelled", "failed"):
        await work.end("refunding", "refused", call="refused", give_back=EVERYTHING)
    elif order.status == "held" and work.booking.flow == "hold" and work.booking.attempts >= 2:
        # the payment was not seen for a while: paying what is paid already changes nothing
        await work.delay(refused="held")
    else:
        await work.delay()


async def _keep(work: Work, order: Order) -> None:
    if order.total is None or order.total != _price(work):
        await work.end("needs_review", "not_as_agreed", provider_order_id=order.provider_order_id)
        return
    is_ticketed = order.status == "ticketed"
    if not is_ticketed and work.booking.phase == "ticketing":
        await work.delay()
        return
    async with work.parts.transactions() as session:
        is_ours = await work.end_in(
            session,
            "ticketed" if is_ticketed else "ticketing",
            provider_order_id=order.provider_order_id,
            booking_reference=order.record_locator,
            confirmed_at=clock.now() if is_ticketed else None,
        )
        if is_ours:
            await write_tickets(session, work.booking.id, order.tickets)


def _price(work: Work) -> Money:
    return Money(amount_minor=work.booking.amount_minor, currency=work.booking.currency)


def _is_too_late(work: Work) -> bool:
    """Whether what was paid for can no longer be had at this price."""
    pay_by = work.booking.pay_by
    return pay_by is not None and pay_by <= clock.now()
