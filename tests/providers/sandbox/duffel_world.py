"""A small world behind the simulated Duffel: three offers a day, orders in a dictionary, a record of what was asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from core.clock import clock
from domain.money import Money
from domain.offers import (
    Baggage,
    BookingFlow,
    Condition,
    Conditions,
    FlightOffer,
    FlightQuery,
    LocalTime,
    PricePart,
    Segment,
    Slice,
    SliceQuery,
)
from domain.orders import (
    CancellationQuote,
    ChangeQuote,
    ChangeRequest,
    Order,
    Purchase,
    Service,
    Ticket,
)
from domain.seats import Seat, SeatCabin, SeatMap, SeatPrice
from providers.flights.base import FlightProviderError, FoundOffer, InvalidRequest, OfferGone

ZONE = "Asia/Ho_Chi_Minh"


def usd(amount: str) -> Money:
    return Money.parse(amount, "USD")


def make_segment(origin: str, destination: str, on: date, hour: int, **changes: Any) -> Segment:
    departs = datetime.combine(on, time(hour, 5))
    fields: dict[str, Any] = {
        "origin": origin,
        "destination": destination,
        "departs": LocalTime(at_local=departs, zone=ZONE),
        "arrives": LocalTime(at_local=departs + timedelta(hours=2, minutes=5), zone=ZONE),
        "carrier": "VN",
        "flight_number": f"2{hour:02}",
        "operating_carrier": "VN",
        "aircraft": "321",
        "cabin": "economy",
        "carry_on": Baggage(pieces=1, kg=10),
        "checked": Baggage(pieces=0),
    }
    return Segment(**(fields | changes))


def make_slice(query: SliceQuery, hour: int, *, via: str | None = None) -> Slice:
    origin, destination, on = query.origins[0], query.destinations[0], query.departs_on
    if via is None:
        return Slice(segments=(make_segment(origin, destination, on, hour),))
    last = make_segment(via, destination, on, hour + 4, operating_carrier=None, aircraft=None, checked=None)
    return Slice(segments=(make_segment(origin, via, on, hour), last))


def make_offer(query: FlightQuery, name: str, base: str, flows: tuple[BookingFlow, ...], **route: Any) -> FoundOffer:
    parts = tuple(
        PricePart(traveller_type=kind, count=count, base_each=usd(base), taxes_each=usd("12.50"))
        for kind, count in query.travellers.by_type().items()
    )
    offer = FlightOffer(
        provider="world",
        provider_offer_id=name,
        slices=tuple(make_slice(each, **route) for each in query.slices),
        fare_brand="Classic",
        cabin=query.cabin,
        price_parts=parts,
        conditions=Conditions(refund=Condition(allowed=None), change=Condition(allowed=True, fee=usd("20.00"))),
        seats_left=4,
        expires_at=clock.now() + timedelta(minutes=20),
        simulated=True,
        booking_flows=flows,
    )
    return FoundOffer(offer, {"name": name})


@dataclass
class FakeWorld:
    """A FlightProvider as far as Duffel's face asks one."""

    orders: dict[str, Order] = field(default_factory=dict)
    purchases: list[Purchase] = field(default_factory=list)
    queries: list[FlightQuery] = field(default_factory=list)
    price_rise: Money = field(default_factory=lambda: usd("0.00"))
    failing: FlightProviderError | None = None
    """What booking, and asking for a price, raise."""

    name = "world"

    async def search(self, query: FlightQuery) -> list[FoundOffer]:
        self.queries.append(query)
        return [
            make_offer(query, "dear", "90.00", ("hold", "instant"), hour=6),
            make_offer(query, "cheap", "50.00", ("instant",), hour=9),
            make_offer(query, "long", "70.00", ("hold", "instant"), hour=11, via="DAD"),
        ]

    async def price(self, found: FoundOffer) -> FoundOffer:
        self._fail()
        first, *rest = found.offer.price_parts
        risen = first.model_copy(update={"taxes_each": first.taxes_each + self.price_rise})
        return FoundOffer(found.offer.model_copy(update={"price_parts": (risen, *rest)}), found.raw)

    async def seat_map(self, found: FoundOffer) -> list[SeatMap]:
        def price(traveller: int) -> SeatPrice:
            return SeatPrice(traveller=traveller, price=usd("7.00"), service_id=f"seat:{traveller}:12A")

        seats = (
            Seat(row=11, column="A", features=("window",), prices=()),
            Seat(row=12, column="A", features=("window", "exit_row"), prices=(price(0),)),
            Seat(row=12, column="C", features=("aisle", "exit_row"), prices=()),
            Seat(row=12, column="D", features=("aisle", "exit_row"), prices=()),
        )
        cabin = SeatCabin(cabin="economy", deck="main", columns=("A", "C", "", "D"), seats=seats)
        return [SeatMap(slice_index=0, segment_index=0, designator="VN206", aircraft="321", cabins=(cabin,))]

    async def services(self, found: FoundOffer) -> list[Service]:
        people = found.offer.travellers
        assert people is not None
        return [
            Service(
                service_id=f"bag:{traveller}",
                kind="checked_bag",
                traveller=traveller,
                slices=tuple(range(len(found.offer.slices))),
                bag=Baggage(pieces=1, kg=23),
                price=usd("30.00"),
                max_quantity=2,
            )
            for traveller in range(people.seats)
        ]

    async def book(self, found: FoundOffer, purchase: Purchase) -> Order:
        self._fail()
        self.purchases.append(purchase)
        is_hold = purchase.flow == "hold"
        extras = {"bag": usd("30.00"), "seat": usd("7.00")}
        total = sum(
            (extras[each.service_id[:4].rstrip(":")] * each.quantity for each in purchase.services),
            start=found.offer.total,
        )
        order = Order(
            provider="world",
            provider_order_id=f"w{len(self.orders) + 1}",
            reference=purchase.reference,
            record_locator="ABC123",
            status="held" if is_hold else "ticketed",
            slices=found.offer.slices,
            total=total,
            pay_by=clock.now() + timedelta(hours=3) if is_hold else None,
            tickets=() if is_hold else issue(len(purchase.travellers)),
            simulated=True,
        )
        return self._keep(order)

    async def pay(self, provider_order_id: str, amount: Money) -> Order:
        order = await self.get_order(provider_order_id)
        return self._keep(order.model_copy(update={"status": "ticketed", "tickets": issue(1), "pay_by": None}))

    async def get_order(self, provider_order_id: str) -> Order:
        if provider_order_id not in self.orders:
            raise OfferGone("no such order")
        return self.orders[provider_order_id]

    async def quote_cancellation(self, provider_order_id: str) -> CancellationQuote:
        order = await self.get_order(provider_order_id)
        if order.record_locator == "STUCK1":
            raise InvalidRequest("may not be given up")
        return CancellationQuote(
            quote_id="q1",
            provider_order_id=provider_order_id,
            refund=usd("40.00"),
            fee=usd("22.50"),
            expires_at=clock.now() + timedelta(minutes=30),
        )

    async def cancel(self, quote: CancellationQuote) -> Order:
        order = await self.get_order(quote.provider_order_id)
        return self._keep(order.model_copy(update={"status": "cancelled"}))

    async def quote_change(self, provider_order_id: str, change: ChangeRequest) -> list[ChangeQuote]:
        order = await self.get_order(provider_order_id)
        changed = [make_slice(change.slices[i], 15) if i in change.slices else s for i, s in enumerate(order.slices)]
        assert order.total is not None
        return [
            ChangeQuote(
                quote_id="c1",
                provider_order_id=provider_order_id,
                slices=tuple(changed),
                new_total=order.total + usd("25.00"),
                difference=usd("25.00"),
                fee=usd("20.00"),
                expires_at=clock.now() + timedelta(minutes=30),
            )
        ]

    async def change(self, quote: ChangeQuote) -> Order:
        order = await self.get_order(quote.provider_order_id)
        return self._keep(order.model_copy(update={"slices": quote.slices, "total": quote.new_total}))

    def _keep(self, order: Order) -> Order:
        self.orders[str(order.provider_order_id)] = order
        return order

    def _fail(self) -> None:
        if self.failing is not None:
            raise self.failing

    async def list_orders(self, limit: int) -> list[Order]:
        return list(reversed(self.orders.values()))[:limit]


def issue(count: int) -> tuple[Ticket, ...]:
    return tuple(Ticket(traveller=index, number=f"73821000000{index:02}") for index in range(count))
