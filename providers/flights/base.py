"""The port every flight provider fits: what we ask, in domain words, and what may go wrong.

FlightProviderError      says what the caller can do
├── OfferGone            search again
├── PriceChanged         show the new offer, ask again
├── SoldOut              search again; these seats are gone
├── AlreadyBooked        somebody bought from this search, perhaps we: look our reference up, else search again
├── ProviderBusy         ask again after `retry_after` seconds; nothing happened
├── QuotaSpent           nothing of this operation until the contract's next period; nothing happened
├── ProviderDown         ask again later; nothing happened
├── OutcomeUnknown       a write was sent and no answer came: look it up, never repeat it
├── InvalidRequest       the request cannot be answered as it is
│   └── UnsoldCurrency   ask in another currency
├── ProviderRetired      our access has ended; a person has to act
└── Unsupported          this provider cannot do that; its `capabilities` say so beforehand
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol, get_args

from domain.money import Money
from domain.offers import BookingFlow, FlightOffer, FlightQuery
from domain.orders import CancellationQuote, ChangeQuote, ChangeRequest, FareRules, Order, Purchase, Service
from domain.seats import SeatMap

Capability = Literal["fare_rules", "seat_map", "services", "find_order", "cancel", "change"]
"""What some providers cannot do. All can search, price, book and read an order; `hold` is a booking flow."""

WorldMode = Literal["simulated", "test", "live"]
"""Our sandbox, a vendor's test mode, or real seats for real money."""

ProviderHealth = Literal["ok", "failing", "open", "retired", "quota_spent"]
"""open: so many calls failed that it is left alone for a while."""


Read = Literal[
    "search",
    "price",
    "fare_rules",
    "seat_map",
    "services",
    "get_order",
    "find_order",
    "quote_cancellation",
    "quote_change",
]
"""Operations without an effect."""
Write = Literal["book", "pay", "cancel", "change"]
Operation = Read | Write
READS: tuple[Read, ...] = get_args(Read)
WRITES: tuple[Write, ...] = get_args(Write)


class FoundOffer(NamedTuple):
    """An offer and the provider's own payload it was read from, which is stored but never shown."""

    offer: FlightOffer
    raw: dict[str, Any]


class FlightProviderError(Exception):
    """The message is for our logs: a code or a phrase of ours, never a payload."""


class OfferGone(FlightProviderError):
    """The offer, quote or order is no longer there to be used."""


class PriceChanged(FlightProviderError):
    """The price is another than the one that was agreed; nothing was bought."""

    def __init__(self, found: FoundOffer) -> None:
        super().__init__("the price has changed")
        self.found = found


class SoldOut(FlightProviderError):
    """The seats are gone."""


class AlreadyBooked(FlightProviderError):
    """The search the offer comes from can be booked from once, and was; whether by us is not said."""


class ProviderBusy(FlightProviderError):
    """Asked too often, or too many at once."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        """Seconds; None where the provider does not say."""


class QuotaSpent(FlightProviderError):
    """The contract's calls of an operation are used up for this period."""


class ProviderDown(FlightProviderError):
    """No answer, or one that makes no sense, to a question without an effect, or before the effect."""


class OutcomeUnknown(FlightProviderError):
    """Something with an effect was asked for, and whether it happened is not known."""


class InvalidRequest(FlightProviderError):
    """The provider understands the request and refuses it."""


class UnsoldCurrency(InvalidRequest):
    """The provider sells in other currencies only; an empty answer would wrongly say that nothing flies."""


class ProviderRetired(FlightProviderError):
    """The key itself is refused, whatever is asked with it. What one operation is refused for is InvalidRequest."""


class Unsupported(FlightProviderError):
    """Asked for something outside `capabilities`."""


class FlightProvider(Protocol):
    """A source of flights.

    Every method may raise ProviderBusy, QuotaSpent, ProviderDown, ProviderRetired and InvalidRequest; those with an
    effect (`book`, `pay`, `cancel`, `change`) raise OutcomeUnknown instead of ProviderDown once the request may have
    arrived, and are never repeated by the provider's own code. A method outside `capabilities` raises Unsupported.
    """

    @property
    def name(self) -> str: ...

    @property
    def mode(self) -> WorldMode: ...

    @property
    def capabilities(self) -> frozenset[Capability]: ...

    @property
    def booking_flows(self) -> frozenset[BookingFlow]:
        """What its offers may be bought by; each offer says which of them hold for it."""
        ...

    async def search(self, query: FlightQuery) -> list[FoundOffer]:
        """Offers for the query, cheapest first; an empty list means the provider sells no such flight.

        An offer that cannot be read is left out and counted. Raises UnsoldCurrency.
        """
        ...

    async def price(self, found: FoundOffer) -> FoundOffer:
        """The offer as it is sold now, under the same name. Raises OfferGone and SoldOut."""
        ...

    async def fare_rules(self, found: FoundOffer) -> FareRules:
        """Raises OfferGone."""
        ...

    async def seat_map(self, found: FoundOffer) -> list[SeatMap]:
        """One for each segment the carrier tells the seats of; empty where it tells none. Raises OfferGone."""
        ...

    async def services(self, found: FoundOffer) -> list[Service]:
        """Bags that can be bought with the offer. Raises OfferGone."""
        ...

    async def book(self, found: FoundOffer, purchase: Purchase) -> Order:
        """Hold seats or buy them, for what was agreed and no other sum.

        Raises OfferGone, PriceChanged where the offer's price moved, SoldOut, AlreadyBooked, and InvalidRequest where
        the price of a chosen seat or bag moved: ask for the services again.
        """
        ...

    async def pay(self, provider_order_id: str, amount: Money) -> Order:
        """Settle a held order at its present total; one that is paid already is answered as it is.

        Raises OfferGone once it lapsed, InvalidRequest for another sum.
        """
        ...

    async def get_order(self, provider_order_id: str) -> Order:
        """Raises OfferGone for an order the provider does not know."""
        ...

    async def find_order(self, reference: str) -> Order | None:
        """The order that was booked under our reference."""
        ...

    async def quote_cancellation(self, provider_order_id: str) -> CancellationQuote:
        """What giving the order up would bring now. Raises OfferGone, InvalidRequest where it may not be given up."""
        ...

    async def cancel(self, quote: CancellationQuote) -> Order:
        """Give the order up on these terms; an order already given up is answered as it is. Raises OfferGone."""
        ...

    async def quote_change(self, provider_order_id: str, change: ChangeRequest) -> list[ChangeQuote]:
        """Ways to change the order, cheapest first. Raises OfferGone, InvalidRequest where it may not be changed."""
        ...

    async def change(self, quote: ChangeQuote) -> Order:
        """Change the order on these terms, the difference paid. Raises OfferGone and SoldOut."""
        ...


class EventForged(Exception):
    """Not signed by whom it claims to come from, or too long ago."""


class EventUnreadable(Exception):
    """Signed, and makes no sense."""


class OrderEvent(NamedTuple):
    """Something a provider tells by itself: at least once and in no order. Read the order, do not believe this."""

    key: str
    """The same for every delivery of one happening."""
    event_type: str
    order_id: str | None
    reference: str | None
    """Ours, where the provider keeps it."""
    is_live: bool
    """About real seats; a vendor's test mode speaks of others."""


class EventReader(Protocol):
    @property
    def provider(self) -> str:
        """The name of the provider it hears."""
        ...

    def read(self, body: bytes, signature: str, *, now: datetime) -> OrderEvent:
        """Raises EventForged, and EventUnreadable."""
        ...


class WatchedProvider(FlightProvider, Protocol):
    """A provider behind a guard, which sees how it is doing."""

    def health(self) -> ProviderHealth: ...
