"""What giving up or changing an order would cost, told by quotes that can be worked out again from their own id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from domain.money import Money
from domain.offers import FlightOffer
from domain.orders import CancellationQuote, ChangeQuote, ChangeRequest
from providers.flights.base import FoundOffer, InvalidRequest, OfferGone
from providers.sandbox import fares
from providers.sandbox.demand import NOTHING_SOLD, SoldSeats
from providers.sandbox.itineraries import PricedJourney, combine
from providers.sandbox.journeys import Journey
from providers.sandbox.offers import Ask
from providers.sandbox.orders import StoredOrder
from providers.sandbox.rules import fee_of
from providers.sandbox.timetable import SandboxTimetable

MAX_QUOTES = 10
_MINUTE = "%Y%m%d%H%M"


class Change(NamedTuple):
    """A quote with what the order would become."""

    quote: ChangeQuote
    found: FoundOffer
    journeys: tuple[Journey, ...]


def make_ask(offer: FlightOffer, now: datetime, sold: SoldSeats) -> Ask:
    """The same party, cabin and currency once more."""
    assert offer.travellers is not None, "the sandbox prices by type of traveller"
    return Ask(offer.travellers, offer.cabin, fares.get_currency(offer.total.currency), now, sold)


def quote_cancellation(order: StoredOrder, now: datetime) -> CancellationQuote:
    """The refund the fare allows; a hold that nobody paid costs nothing. Raises InvalidRequest after departure."""
    if order.departs_at <= now:
        raise InvalidRequest("the trip has begun")
    refund = Money(amount_minor=0, currency=order.paid.currency)
    condition = order.offer.conditions.refund
    if order.status == "ticketed" and condition.allowed:
        refund = max(refund, order.total - fee_of(condition, order.offer))
    return CancellationQuote(
        quote_id=f"{order.order_id}/{order.version}/cancel",
        provider_order_id=order.order_id,
        refund=refund,
        fee=order.paid - refund,
        expires_at=make_ask(order.offer, now, NOTHING_SOLD).expires_at,
    )


def list_changes(
    timetable: SandboxTimetable, order: StoredOrder, change: ChangeRequest, now: datetime, sold: SoldSeats
) -> list[ChangeQuote]:
    """Other flights of the same carriers in the same brands, cheapest first. Raises InvalidRequest."""
    check_changeable(order, change.slices, now)
    ask = make_ask(order.offer, now, sold)
    old = timetable.find_journeys(order.flight_keys)
    if old is None:
        raise OfferGone("the flights are no longer in the timetable")
    options = [
        _list_options(timetable, change, position, timetable.price_journey(journey, ask), ask)
        for position, journey in enumerate(old)
    ]
    trips = sorted(combine(options), key=lambda trip: trip.total_usd)
    keys = [[[flight.key for flight in priced.journey.flights] for priced in trip.slices] for trip in trips]
    others = [each for each in keys if each != order.flight_keys][:MAX_QUOTES]
    quotes = [work_out(timetable, order, each, now).quote for each in others]
    return sorted(quotes, key=lambda quote: quote.difference.amount_minor)


def read_change(timetable: SandboxTimetable, order: StoredOrder, quote: ChangeQuote, now: datetime) -> Change:
    """The change a quote of ours stands for. Raises OfferGone for one that is old or was tampered with."""
    try:
        _, _, minute, slices = quote.quote_id.split("/")
        quoted_at = datetime.strptime(minute, _MINUTE).replace(tzinfo=UTC)
    except ValueError:
        raise OfferGone("not a quote of ours") from None
    keys = [slice_.split(".") for slice_ in slices.split("_")]
    change = work_out(timetable, order, keys, quoted_at)
    if change.quote != quote or not quoted_at <= now < quote.expires_at:
        raise OfferGone("the quote no longer holds")
    moved = [place for place, (old, new) in enumerate(zip(order.flight_keys, keys, strict=True)) if old != new]
    check_changeable(order, moved, now)
    return change


def work_out(
    timetable: SandboxTimetable, order: StoredOrder, keys: Sequence[Sequence[str]], quoted_at: datetime
) -> Change:
    """What an order would cost on these flights, at the prices of an instant, whatever is left of them."""
    journeys = timetable.find_journeys(keys)
    if journeys is None:
        raise OfferGone("a flight is no longer in the timetable")
    ask = make_ask(order.offer, quoted_at, NOTHING_SOLD)
    raw = order.found.raw
    found = timetable.write_offer(timetable.price_sale(journeys, raw, ask), raw["percent"], ask)
    fee = fee_of(order.offer.conditions.change, order.offer)
    new_total = found.offer.total + order.extras
    slices = "_".join(".".join(slice_) for slice_ in keys)
    quote = ChangeQuote(
        quote_id=f"{order.order_id}/{order.version}/{quoted_at.strftime(_MINUTE)}/{slices}",
        provider_order_id=order.order_id,
        slices=found.offer.slices,
        new_total=new_total,
        difference=max(fee, new_total - order.total + fee),
        fee=fee,
        expires_at=ask.expires_at,
    )
    return Change(quote, found, journeys)


def check_changeable(order: StoredOrder, positions: Iterable[int], now: datetime) -> None:
    """Raises InvalidRequest unless the fare and the time of day let these slices be changed."""
    if order.status_at(now) == "held":
        raise InvalidRequest("a held order is given up, not changed")
    if not order.offer.conditions.change.allowed:
        raise InvalidRequest("the fare allows no change")
    for position in positions:
        if not 0 <= position < len(order.offer.slices):
            raise InvalidRequest("the order has no such slice")
        if order.offer.slices[position].departs.instant <= now:
            raise InvalidRequest("the slice has been flown")


def _list_options(
    timetable: SandboxTimetable, change: ChangeRequest, position: int, old: PricedJourney, ask: Ask
) -> list[PricedJourney]:
    """Ways to fly a slice: as it is, or by the same seller where another day or place is asked for."""
    if (wanted := change.slices.get(position)) is None:
        return [old]
    return [new for new in timetable.list_journeys(wanted, ask) if new.seller == old.seller]
