"""What giving a booking up would bring back, and what flying otherwise would cost. Nothing is written here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.deadlines import deadline
from core.security import BOOKINGS_SCOPE, Actor, Keys
from db.models import Booking
from db.repositories.bookings import BookingRepository
from db.session import Transactions
from domain.airports import find_airport
from domain.bookings import OVER, UNPAID
from domain.money import Money
from domain.offers import SEARCH_WINDOW_DAYS, Slice, SliceQuery, Value
from domain.orders import ChangeQuote, ChangeRequest, OrderTraveller
from providers.flights.base import (
    Capability,
    FlightProvider,
    FlightProviderError,
    InvalidRequest,
    OfferGone,
    Unsupported,
)
from services.bookings.errors import (
    BookingBusy,
    BookingNotCancellable,
    BookingNotChangeable,
    BookingNotFound,
    SliceUnknown,
)
from services.bookings.policy import find_lateness, find_passport_faults
from services.bookings.purchases import open_travellers
from services.flights.errors import DateInPast, DateTooFar, FlightsUnreachable, UnknownPlace
from services.flights.market import Market
from services.flights.offers import OFFER_SECONDS

QUOTE_LIFE = timedelta(minutes=15)
"""How long terms stand that name no end of their own."""
MAX_CHANGES = 5
"""Ways to fly otherwise that are told, cheapest first."""

DAY = timedelta(days=1)

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class CancellationTerms:
    """`paid` is `fee` and `refund`."""

    booking_id: UUID
    slices: tuple[Slice, ...]
    paid: Money
    fee: Money
    refund: Money
    simulated: bool
    expires_at: datetime


class SliceChange(Value):
    """Another day for a slice, and other places if they are given."""

    departs_on: date
    origins: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeTerms:
    """Ways to fly otherwise, cheapest first; empty where there is none."""

    booking_id: UUID
    slices: tuple[Slice, ...]
    """As they are."""
    total: Money
    """What they cost as they are."""
    options: tuple[ChangeQuote, ...]
    simulated: bool


async def find_own_booking(
    session: AsyncSession, actor: Actor, booking_id: UUID, *, for_update: bool = False
) -> Booking:
    """A booking of the caller's; raises BookingNotFound."""
    actor.require_user(BOOKINGS_SCOPE)
    booking = await BookingRepository(session).find_readable(actor, booking_id, for_update=for_update)
    if booking is None:
        raise BookingNotFound
    return booking


def ensure_cancellable(booking: Booking) -> None:
    """Raises BookingNotCancellable for what has ended, BookingBusy while the airline is being asked."""
    if booking.phase in OVER:
        raise BookingNotCancellable
    if booking.phase not in (*UNPAID, "ticketed"):
        raise BookingBusy


def ensure_changeable(booking: Booking) -> None:
    """Raises BookingNotChangeable for what has ended or has no tickets, BookingBusy while the airline is asked."""
    if booking.phase in (*OVER, *UNPAID):
        raise BookingNotChangeable
    if booking.phase != "ticketed":
        raise BookingBusy


async def quote_cancellation(
    transactions: Transactions, market: Market, actor: Actor, booking_id: UUID
) -> CancellationTerms:
    """What comes back if it is given up now; what nobody paid for costs nothing and brings nothing.

    Raises BookingNotFound, BookingNotCancellable, BookingBusy and FlightsUnreachable.
    """
    async with transactions() as session:
        booking = await find_own_booking(session, actor, booking_id)
        slices = await _list_slices(session, booking)
    ensure_cancellable(booking)
    nothing = Money(amount_minor=0, currency=booking.currency)
    simulated = bool(booking.offer["simulated"])
    if booking.phase in UNPAID:
        return CancellationTerms(booking_id, slices, nothing, nothing, nothing, simulated, clock.now() + QUOTE_LIFE)
    provider = _find_provider(market, booking, "cancel", BookingNotCancellable)
    order_id = _order_id(booking)
    quote = await _ask(lambda: provider.quote_cancellation(order_id), BookingNotCancellable)
    if quote.refund.currency != booking.currency:
        raise BookingNotCancellable
    paid = _paid(booking)
    refund = min(max(quote.refund, nothing), paid)
    ends = clock.now() + QUOTE_LIFE
    expires_at = min(ends, quote.expires_at) if quote.expires_at else ends
    return CancellationTerms(booking_id, slices, paid, paid - refund, refund, simulated, expires_at)


async def quote_change(
    transactions: Transactions,
    market: Market,
    keys: Keys,
    actor: Actor,
    booking_id: UUID,
    *,
    changes: dict[int, SliceChange],
) -> ChangeTerms:
    """Ways to fly some slices, by their positions, on other days or between other places.

    Left out is what leaves too soon or in another currency. Raises BookingNotFound, BookingNotChangeable, BookingBusy,
    SliceUnknown, UnknownPlace, DateInPast, DateTooFar, FlightsUnreachable, and PassportMissing or PassportExpires where
    no way would let everybody in.
    """
    async with transactions() as session:
        booking = await find_own_booking(session, actor, booking_id)
        slices = await _list_slices(session, booking)
    ensure_changeable(booking)
    if not set(changes) <= set(range(len(slices))):
        raise SliceUnknown
    provider = _find_provider(market, booking, "change", BookingNotChangeable)
    request = ChangeRequest(
        slices={
            position: SliceQuery(
                origins=change.origins or (slices[position].origin,),
                destinations=change.destinations or (slices[position].destination,),
                departs_on=change.departs_on,
            )
            for position, change in changes.items()
        }
    )
    _ensure_askable(request)
    order_id = _order_id(booking)
    quotes = await _ask(lambda: provider.quote_change(order_id, request), BookingNotChangeable)
    travellers = await open_travellers(transactions, keys, booking)
    usable = _leave_out(quotes, booking, travellers, first_changed=min(changes))
    total = Money(amount_minor=booking.amount_minor, currency=booking.currency)
    return ChangeTerms(booking_id, slices, total, usable[:MAX_CHANGES], bool(booking.offer["simulated"]))


def _ensure_askable(request: ChangeRequest) -> None:
    # of all zones: whether a day is over at the airport is the provider's to say
    first, last = clock.now().date() - DAY, clock.now().date() + timedelta(days=SEARCH_WINDOW_DAYS)
    for asked in request.slices.values():
        for code in (*asked.origins, *asked.destinations):
            if find_airport(code) is None:
                raise UnknownPlace(phrase=code)
        if asked.departs_on < first:
            raise DateInPast(date=asked.departs_on.isoformat())
        if asked.departs_on > last:
            raise DateTooFar(date=asked.departs_on.isoformat())


def _leave_out(
    quotes: Sequence[ChangeQuote], booking: Booking, travellers: Sequence[OrderTraveller], *, first_changed: int
) -> tuple[ChangeQuote, ...]:
    in_time = [
        quote
        for quote in quotes
        if quote.difference.currency == booking.currency
        and quote.expires_at > clock.now()
        and not find_lateness(quote.slices[first_changed:], now=clock.now())
    ]
    faults = [
        [
            fault
            for each in travellers
            for fault in find_passport_faults(each.document.expires_on if each.document else None, quote.slices)
        ]
        for quote in in_time
    ]
    if in_time and all(faults):
        raise faults[0][0]
    return tuple(quote for quote, found in zip(in_time, faults, strict=True) if not found)


async def _list_slices(session: AsyncSession, booking: Booking) -> tuple[Slice, ...]:
    items = await BookingRepository(session).list_items([booking.id])
    return tuple(Slice.model_validate(item.payload) for item in items if item.kind == "flight_slice")


def _paid(booking: Booking) -> Money:
    """What is held of the owner's money: the price, and the fees kept so far."""
    return Money(amount_minor=booking.amount_minor + booking.fees_minor, currency=booking.currency)


def _order_id(booking: Booking) -> str:
    assert booking.provider_order_id is not None, "tickets are of an order"
    return booking.provider_order_id


def _find_provider(
    market: Market,
    booking: Booking,
    capability: Capability,
    refusal: type[BookingNotCancellable] | type[BookingNotChangeable],
) -> FlightProvider:
    provider = market.find(booking.provider)
    if provider is None:
        raise FlightsUnreachable
    if capability not in provider.capabilities:
        raise refusal
    return provider


async def _ask(
    question: Callable[[], Awaitable[Answer]], refusal: type[BookingNotCancellable] | type[BookingNotChangeable]
) -> Answer:
    try:
        with deadline(OFFER_SECONDS):
            return await question()
    except (InvalidRequest, OfferGone, Unsupported) as error:
        raise refusal from error
    except FlightProviderError as error:
        raise FlightsUnreachable from error
