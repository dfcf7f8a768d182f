"""The simulated airlines as a flight provider: the timetable, the order book and the rules between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import chain
from typing import NamedTuple, get_args

from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import new_id
from db.session import Transactions
from domain.money import Money
from domain.offers import BookingFlow, FlightOffer, FlightQuery, SliceQuery
from domain.orders import (
    CancellationQuote,
    ChangeQuote,
    ChangeRequest,
    FareRules,
    Order,
    Purchase,
    Service,
)
from domain.seats import SeatMap
from providers.flights.base import (
    Capability,
    FoundOffer,
    InvalidRequest,
    OfferGone,
    Operation,
    PriceChanged,
    SoldOut,
    WorldMode,
)
from providers.sandbox import changes, orders, rules
from providers.sandbox.changes import make_ask
from providers.sandbox.demand import is_closed
from providers.sandbox.extras import Extras
from providers.sandbox.faults import FaultKind, Faults
from providers.sandbox.numbers import issue_tickets, record_locator
from providers.sandbox.offers import Ask, Sale
from providers.sandbox.orders import StoredOrder, TakenSeats
from providers.sandbox.schedule import Flight
from providers.sandbox.timetable import SandboxTimetable

LONGEST_JOURNEY = timedelta(days=4)
"""From the day asked for to the last departure."""
REFUSALS: frozenset[FaultKind] = frozenset({"sold_out", "offer_gone"})
RISES: frozenset[FaultKind] = frozenset({"price_change"})


class _Priced(NamedTuple):
    """An offer as it is sold now."""

    found: FoundOffer
    sale: Sale
    ask: Ask
    taken: TakenSeats

    @property
    def flights(self) -> list[Flight]:
        return list(chain.from_iterable(priced.journey.flights for priced in self.sale.trip.slices))


class SandboxFlights:
    """A FlightProvider of simulated flights with orders in rows, the same for every process of a database.

    It keeps nothing of who travels. It is not idempotent: two purchases under one reference are two orders.
    """

    name = "sandbox"
    mode: WorldMode = "simulated"
    capabilities: frozenset[Capability] = frozenset(get_args(Capability))
    booking_flows: frozenset[BookingFlow] = frozenset(get_args(BookingFlow))

    def __init__(
        self,
        transactions: Transactions,
        clock: Callable[[], datetime],
        *,
        faults: Faults | None = None,
    ) -> None:
        """`clock` gives the current instant, aware. Of the faults only those of the world are met here."""
        self._transactions = transactions
        self._clock = clock
        self._timetable = SandboxTimetable(clock)
        self._faults = faults or Faults()

    async def search(self, query: FlightQuery) -> list[FoundOffer]:
        async with self._transactions() as session:
            taken = await self._list_taken_near(session, query.slices)
        return await self._timetable.search(query, taken.sold)

    async def price(self, found: FoundOffer) -> FoundOffer:
        self._meet("price")
        return (await self._price(found, "price")).found

    async def fare_rules(self, found: FoundOffer) -> FareRules:
        self._meet("fare_rules")
        return rules.fare_rules((await self._price(found, "fare_rules")).found.offer)

    async def seat_map(self, found: FoundOffer) -> list[SeatMap]:
        self._meet("seat_map")
        return self._list_extras(await self._price(found, "seat_map")).draw_seats()

    async def services(self, found: FoundOffer) -> list[Service]:
        self._meet("services")
        return self._list_extras(await self._price(found, "services")).list_bags()

    async def book(self, found: FoundOffer, purchase: Purchase) -> Order:
        self._meet("book")
        _check_purchase(found.offer, purchase)
        async with self._transactions() as session:
            await orders.lock_flights(session, _keys(found))
            priced = await self._price_in(session, found, "book")
            extras, chosen = self._list_extras(priced).add_up(purchase.services)
            _check_total(found.offer, priced.found, extras, purchase)
            order = self._make_order(priced, purchase, extras)
            await orders.add_order(session, order, priced.flights, chosen)
        return order.read(priced.ask.now)

    async def pay(self, provider_order_id: str, amount: Money) -> Order:
        self._meet("pay")
        async with self._transactions() as session:
            order = await self._lock(session, provider_order_id)
            # whoever sells the seats of a lapsed hold is either before us or sees them paid for
            await orders.lock_flights(session, chain.from_iterable(order.flight_keys))
            now = self._now()
            if order.status_at(now) == "cancelled":
                raise OfferGone("the order has lapsed or was cancelled")
            if amount != order.total:
                raise InvalidRequest("not what is to be paid")
            if order.status == "ticketed":
                return order.read(now)
            paid = self._ticket(order, paid=amount)
            await orders.save_order(session, paid)
        return paid.read(now)

    async def get_order(self, provider_order_id: str) -> Order:
        self._meet("get_order")
        async with self._transactions() as session:
            order = await self._get(session, provider_order_id)
        return order.read(self._now())

    async def find_order(self, reference: str) -> Order | None:
        async with self._transactions() as session:
            order = await orders.find_order(session, reference, self._now())
        return None if order is None else order.read(self._now())

    async def list_orders(self, limit: int) -> list[Order]:
        """What was booked in this world, the newest first."""
        async with self._transactions() as session:
            found = await orders.list_orders(session, limit)
        return [order.read(self._now()) for order in found]

    async def quote_cancellation(self, provider_order_id: str) -> CancellationQuote:
        self._meet("quote_cancellation")
        async with self._transactions() as session:
            order = await self._get(session, provider_order_id)
        return changes.quote_cancellation(_check_live(order, self._now()), self._now())

    async def cancel(self, quote: CancellationQuote) -> Order:
        self._meet("cancel")
        async with self._transactions() as session:
            order = await self._lock(session, quote.provider_order_id)
            now = self._now()
            if order.status_at(now) == "cancelled":
                return order.read(now)
            current = changes.quote_cancellation(order, now)
            is_current = (quote.quote_id, quote.refund, quote.fee) == (current.quote_id, current.refund, current.fee)
            if not is_current or quote.expires_at is None or quote.expires_at <= now:
                raise OfferGone("the quote no longer holds")
            cancelled = replace(order, status="cancelled", version=order.version + 1)
            await orders.save_order(session, cancelled)
        return cancelled.read(now)

    async def quote_change(self, provider_order_id: str, change: ChangeRequest) -> list[ChangeQuote]:
        self._meet("quote_change")
        async with self._transactions() as session:
            order = await self._get(session, provider_order_id)
            taken = await self._list_taken_near(session, change.slices.values())
        now = self._now()
        return changes.list_changes(self._timetable, _check_live(order, now), change, now, taken.sold)

    async def change(self, quote: ChangeQuote) -> Order:
        self._meet("change")
        async with self._transactions() as session:
            order = await self._lock(session, quote.provider_order_id)
            change = changes.read_change(self._timetable, _check_live(order, self._now()), quote, self._now())
            flights = list(chain.from_iterable(journey.flights for journey in change.journeys))
            keys = {flight.key for flight in flights}
            await orders.lock_flights(session, keys)
            now = self._now()
            ask = make_ask(order.offer, now, (await orders.list_taken(session, keys, now)).sold)
            own = set(chain.from_iterable(order.flight_keys))
            self._check_seats([flight for flight in flights if flight.key not in own], ask)
            changed = self._ticket(replace(order, found=change.found), paid=order.paid + quote.difference)
            await orders.move_order(session, changed, flights)
        return changed.read(now)

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)

    def _meet(self, operation: Operation) -> None:
        fault = self._faults.take(operation, REFUSALS)
        if fault is not None:
            raise SoldOut("as was asked for") if fault.kind == "sold_out" else OfferGone("as was asked for")

    async def _price(self, found: FoundOffer, operation: Operation) -> _Priced:
        async with self._transactions() as session:
            return await self._price_in(session, found, operation)

    async def _price_in(self, session: AsyncSession, found: FoundOffer, operation: Operation) -> _Priced:
        """What an offer is now, under its own name. Raises OfferGone and SoldOut."""
        now = self._now()
        journeys = self._timetable.find_journeys(found.raw["flights"])
        if found.offer.expires_at <= now or journeys is None:
            raise OfferGone("the offer has expired")
        taken = await orders.list_taken(session, _keys(found), now)
        ask = make_ask(found.offer, now, taken.sold)
        self._check_seats(chain.from_iterable(journey.flights for journey in journeys), ask)
        sale = self._timetable.price_sale(journeys, found.raw, ask)
        rise = self._faults.take(operation, RISES)
        percent: int = found.raw["percent"]
        # kept in the raw form, so that the offer at its new price can be bought
        offer, raw = self._timetable.write_offer(sale, percent if rise is None else round(percent * 1.1), ask)
        same_name = offer.model_copy(update={"provider_offer_id": found.offer.provider_offer_id})
        return _Priced(FoundOffer(same_name, raw), sale, ask, taken)

    def _check_seats(self, flights: Iterable[Flight], ask: Ask) -> None:
        for flight in flights:
            if is_closed(flight, ask.hour):
                raise OfferGone("the flight is no longer sold")
            if self._timetable.seats_left(flight, ask) < ask.travellers.seats:
                raise SoldOut("too few seats are left")

    def _list_extras(self, priced: _Priced) -> Extras:
        return Extras(self._timetable, priced.sale, priced.ask, priced.taken.picked)

    def _make_order(self, priced: _Priced, purchase: Purchase, extras: Money) -> StoredOrder:
        order_id = f"ord_{new_id().hex}"
        nothing = extras * 0
        held = StoredOrder(
            order_id=order_id,
            reference=purchase.reference,
            record_locator=record_locator(self._timetable.dice, order_id),
            status="held",
            pay_by=rules.pay_by(priced.flights[0].departs_at, priced.ask.now),
            found=priced.found,
            extras=extras,
            paid=nothing,
            tickets=(),
            version=1,
        )
        return held if purchase.flow == "hold" else replace(self._ticket(held, paid=held.total), pay_by=None)

    def _ticket(self, order: StoredOrder, *, paid: Money) -> StoredOrder:
        """The order with tickets that say what it is now."""
        travellers, version = order.offer.travellers, order.version + 1
        assert travellers is not None, "the sandbox prices by type of traveller"
        tickets = issue_tickets(
            self._timetable.dice, order.found.raw["sellers"][0], order.order_id, travellers.total, version
        )
        return replace(order, status="ticketed", paid=paid, tickets=tickets, version=version)

    async def _get(self, session: AsyncSession, order_id: str) -> StoredOrder:
        return _check_known(await orders.get_order(session, order_id))

    async def _lock(self, session: AsyncSession, order_id: str) -> StoredOrder:
        return _check_known(await orders.lock_order(session, order_id))

    async def _list_taken_near(self, session: AsyncSession, slices: Iterable[SliceQuery]) -> TakenSeats:
        """What orders have taken of the flights that an answer may hold."""
        days = [slice_.departs_on for slice_ in slices]
        start = datetime.combine(min(days), time(), UTC) - timedelta(days=1)
        end = datetime.combine(max(days), time(), UTC) + LONGEST_JOURNEY
        return await orders.list_taken_between(session, start, end, self._now())


def _keys(found: FoundOffer) -> list[str]:
    return list(chain.from_iterable(found.raw["flights"]))


def _check_known(order: StoredOrder | None) -> StoredOrder:
    if order is None:
        raise OfferGone("no such order")
    return order


def _check_live(order: StoredOrder, now: datetime) -> StoredOrder:
    if order.status_at(now) == "cancelled":
        raise OfferGone("the order has lapsed or was cancelled")
    return order


def _check_total(agreed: FlightOffer, now: FoundOffer, extras: Money, purchase: Purchase) -> None:
    """Raises PriceChanged, or InvalidRequest where only what was chosen with the offer has another price."""
    if now.offer.total + extras == purchase.total:
        return
    if purchase.services and now.offer.total == agreed.total:
        raise InvalidRequest("services changed")
    raise PriceChanged(now)


def _check_purchase(offer: FlightOffer, purchase: Purchase) -> None:
    """Raises InvalidRequest unless the purchase is for the party of the offer, in a way it can be bought."""
    if purchase.flow not in offer.booking_flows:
        raise InvalidRequest("the offer cannot be bought this way")
    assert offer.travellers is not None, "the sandbox prices by type of traveller"
    if [traveller.traveller_type for traveller in purchase.travellers] != offer.travellers.list_types():
        raise InvalidRequest("other travellers than the offer is for")
