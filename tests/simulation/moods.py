"""An airline and gateways as a story needs them: slow, silent, busy, and sometimes dearer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from domain.offers import BookingFlow, FlightOffer
from domain.orders import CancellationQuote
from providers.flights.base import FoundOffer, OutcomeUnknown, ProviderBusy, ProviderDown, SoldOut, Write
from providers.payments.base import GatewayDown, GatewayUnknown
from tests.conftest import NOW
from tests.support.airline import Airline
from tests.support.offers import make_offer
from tests.support.till import Operation, Till
from tests.support.trips import PRICE

if TYPE_CHECKING:
    from tests.simulation.story import Story


class MoodyAirline(Airline):
    def __init__(self, story: Story, offer: FlightOffer) -> None:
        super().__init__(offer)
        self.story = story

    async def meet(self, operation: Write, *, is_done: bool) -> None:
        counts = self.calls.done if is_done else self.calls.asked
        counts[operation] = counts.get(operation, 0) + 1
        await self.story.call(f"airline {operation} {'done' if is_done else 'asked'}")
        luck = self.story.luck
        if is_done:
            if luck("airline silent after", 0.2):
                raise OutcomeUnknown("no answer")
        elif luck("airline silent before", 0.1):
            raise OutcomeUnknown("no answer")
        elif luck("airline busy", 0.1):
            raise ProviderBusy("busy")
        elif operation in ("book", "pay", "change") and luck("airline sold out", 0.08):
            raise SoldOut("sold out")

    async def _read(self) -> None:
        await self.story.call("airline read")
        if self.story.luck("airline busy", 0.1):
            raise ProviderDown("down")

    async def find_order(self, reference: str) -> Any:
        await self._read()
        return await super().find_order(reference)

    async def quote_cancellation(self, provider_order_id: str) -> CancellationQuote:
        if self.story.luck("fee risen", 0.1):
            self.refund_percent -= 10
        return await super().quote_cancellation(provider_order_id)

    async def price(self, found: FoundOffer) -> FoundOffer:
        if self.story.luck("price risen", 0.1):
            self.offers = [
                make_story_offer(PRICE * 110 // 100, found.offer.provider_offer_id, found.offer.booking_flows)
            ]
        return await super().price(found)


class MoodyTill(Till):
    def __init__(self, story: Story, name: str) -> None:
        super().__init__(name)
        self.story = story

    async def meet(self, operation: Operation, *, is_done: bool) -> None:
        await self.story.call(f"{self.name} {operation} {'done' if is_done else 'asked'}")
        if not is_done and self.story.luck("gateway down", 0.1):
            raise GatewayDown("down")
        if is_done and operation == "refund" and self.story.luck("refund unanswered", 0.2):
            raise GatewayUnknown("no answer")


def make_story_offer(price: int, name: str, flows: tuple[BookingFlow, ...]) -> FlightOffer:
    offer = make_offer(price, name=name, expires_at=NOW + timedelta(minutes=30))
    return offer.model_copy(update={"booking_flows": flows})
