"""An airline for tests: holds, sells, changes and gives up, and can be told to fall silent before or after it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, get_args

from core.clock import clock
from domain.money import Money
from domain.offers import BookingFlow, FlightOffer, Slice
from domain.orders import CancellationQuote, ChangeQuote, ChangeRequest, Order, Purchase, Ticket
from providers.flights.base import Capability, FoundOffer, InvalidRequest, OfferGone, Write
from tests.support.providers import Shop

HOLD = timedelta(hours=1)


@dataclass
class _File:
    """An order as the airline has it."""

    order: Order
    paid: Money
    travellers: int
    versions: int = 1


@dataclass
class Calls:
    """How often each effect was asked for, and how often it happened."""

    asked: dict[str, int] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)


class Airline(Shop):
    capabilities: frozenset[Capability] = frozenset(get_args(Capability))
    booking_flows: frozenset[BookingFlow] = frozenset(get_args(BookingFlow))

    def __init__(self, *offers: FlightOffer) -> None:
        super().__init__(*offers)
        self.files: dict[str, _File] = {}
        self.calls = Calls()
        self.before: list[Exception] = []
        """Raised by the next calls with an effect, without it."""
        self.after: list[Exception] = []
        """Raised by the next calls with an effect, after it."""
        self.meanwhile: Callable[[], Any] = lambda: None
        """Happens while a call with an effect is under way."""
        self.is_slow_to_ticket = False
        self.refund_percent = 80
        self.new_slices: tuple[Slice, ...] = ()
        """What changes lead to."""
        self.new_price = 0

    @property
    def books(self) -> int:
        return self.calls.asked.get("book", 0)

    @property
    def live_tickets(self) -> int:
        """Tickets that are good, over all orders."""
        return sum(len(each.order.tickets) for each in self.files.values() if each.order.status == "ticketed")

    async def meet(self, operation: Write, *, is_done: bool) -> None:
        """The doors of every call with an effect, before and after it."""
        counts = self.calls.done if is_done else self.calls.asked
        counts[operation] = counts.get(operation, 0) + 1
        if not is_done:
            self.meanwhile()
        errors = self.after if is_done else self.before
        if errors:
            raise errors.pop(0)

    async def book(self, found: FoundOffer, purchase: Purchase) -> Order:
        await self.meet("book", is_done=False)
        order_id = f"ord_{len(self.files) + 1}"
        order = Order(
            provider=self.name,
            provider_order_id=order_id,
            reference=purchase.reference,
            record_locator=f"PNR{len(self.files) + 1:03}",
            status="held",
            slices=found.offer.slices,
            total=purchase.total,
            pay_by=clock.now() + HOLD,
            tickets=(),
            simulated=True,
        )
        self.files[order_id] = _File(order, purchase.total * 0, len(purchase.travellers))
        if purchase.flow == "instant":
            self._settle(order_id, purchase.total)
        await self.meet("book", is_done=True)
        return self.files[order_id].order

    async def pay(self, provider_order_id: str, amount: Money) -> Order:
        await self.meet("pay", is_done=False)
        order = await self.get_order(provider_order_id)
        if order.status == "held":
            if order.pay_by is not None and order.pay_by <= clock.now():
                raise OfferGone("lapsed")
            if amount != order.total:
                raise InvalidRequest("another sum")
            self._settle(provider_order_id, amount)
        elif order.status == "cancelled":
            raise OfferGone("given up")
        await self.meet("pay", is_done=True)
        return self.files[provider_order_id].order

    async def find_order(self, reference: str) -> Order | None:
        return next((each.order for each in self.files.values() if each.order.reference == reference), None)

    async def get_order(self, provider_order_id: str) -> Order:
        if provider_order_id not in self.files:
            raise OfferGone("no such order")
        return self.files[provider_order_id].order

    async def quote_cancellation(self, provider_order_id: str) -> CancellationQuote:
        await self.get_order(provider_order_id)
        paid = self.files[provider_order_id].paid
        refund = Money(amount_minor=paid.amount_minor * self.refund_percent // 100, currency=paid.currency)
        return CancellationQuote(
            quote_id=f"quote_{provider_order_id}",
            provider_order_id=provider_order_id,
            refund=refund,
            fee=paid - refund,
            expires_at=None,
        )

    async def cancel(self, quote: CancellationQuote) -> Order:
        await self.meet("cancel", is_done=False)
        self._update(quote.provider_order_id, status="cancelled", tickets=())
        await self.meet("cancel", is_done=True)
        return await self.get_order(quote.provider_order_id)

    async def quote_change(self, provider_order_id: str, change: ChangeRequest) -> list[ChangeQuote]:
        order = await self.get_order(provider_order_id)
        assert order.total
        new = Money(amount_minor=self.new_price, currency=order.total.currency)
        return [
            ChangeQuote(
                quote_id=f"change_{provider_order_id}_{self.files[provider_order_id].versions}",
                provider_order_id=provider_order_id,
                slices=self.new_slices,
                new_total=new,
                difference=new - order.total,
                fee=new * 0,
                expires_at=clock.now() + HOLD,
            )
        ]

    async def change(self, quote: ChangeQuote) -> Order:
        await self.meet("change", is_done=False)
        each = self.files[quote.provider_order_id]
        if quote.quote_id != f"change_{quote.provider_order_id}_{each.versions}":
            raise OfferGone("an old quote")
        each.versions += 1
        each.paid += quote.difference
        self._update(quote.provider_order_id, slices=quote.slices, total=quote.new_total)
        await self.meet("change", is_done=True)
        return await self.get_order(quote.provider_order_id)

    def issue(self) -> None:
        """The tickets of everything paid come out."""
        self.is_slow_to_ticket = False
        for order_id, each in self.files.items():
            if each.order.status == "booked":
                self._ticket(order_id)

    def _settle(self, order_id: str, amount: Money) -> None:
        self.files[order_id].paid = amount
        self._update(order_id, status="booked")
        if not self.is_slow_to_ticket:
            self._ticket(order_id)

    def _ticket(self, order_id: str) -> None:
        count = self.files[order_id].travellers
        tickets = tuple(Ticket(traveller=place, number=f"738-{order_id}-{place}") for place in range(count))
        self._update(order_id, status="ticketed", tickets=tickets)

    def _update(self, order_id: str, **values: Any) -> None:
        each = self.files[order_id]
        each.order = each.order.model_copy(update=values)
