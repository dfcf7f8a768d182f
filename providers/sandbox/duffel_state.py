"""What the simulated Duffel remembers: searches and quotes, for as long as the process lives and there is room.

Orders are not among it: they are the world's, and are asked of it each time. Only what the world does not keep is
noted here, and an order reads without it.
"""

from __future__ import annotations

import secrets
import string
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from domain.money import Money
from domain.offers import CabinClass, FlightOffer
from domain.orders import CancellationQuote, ChangeQuote, Order
from domain.travellers import TravellerType
from providers.flights.base import FoundOffer
from providers.sandbox.duffel_requests import ChangeRequestSent, SliceSent

KEPT_REQUESTS = 20
"""Searches, with all their offers."""
KEPT_QUOTES = 200
KEPT_ORDERS = 2000
RATE_LIMIT = 4000
"""Requests a minute, as seen in live runs."""
RATE_WINDOW = timedelta(minutes=1)

_ID_LETTERS = string.ascii_letters + string.digits
_TRAVELLER_ORDER: tuple[TravellerType, ...] = ("adult", "child", "infant")

T = TypeVar("T")

SpoiltSearch = Literal["wrong_route", "bad_price"]


def new_wire_id(prefix: str) -> str:
    """An identifier that looks like Duffel's: a prefix, zeros and 18 letters or digits."""
    return f"{prefix}_0000{''.join(secrets.choice(_ID_LETTERS) for _ in range(18))}"


class Kept(Generic[T]):
    """The newest values by key, up to a number."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: OrderedDict[str, T] = OrderedDict()

    def keep(self, key: str, value: T) -> T:
        self._values[key] = value
        while len(self._values) > self._limit:
            self._values.popitem(last=False)
        return value

    def find(self, key: str) -> T | None:
        return self._values.get(key)

    def newest_first(self) -> list[tuple[str, T]]:
        return list(reversed(self._values.items()))


@dataclass(frozen=True, slots=True)
class Passenger:
    """Somebody an offer request names."""

    id: str
    traveller_type: TravellerType
    age: int | None
    """None for an adult asked for by type."""


class SegmentPosition(NamedTuple):
    slice: int
    segment: int


@dataclass(frozen=True, slots=True)
class OfferedService:
    """A seat or a bag as it was shown, under the world's name for it."""

    service_id: str
    kind: Literal["baggage", "seat"]
    passenger_id: str
    segments: tuple[SegmentPosition, ...]
    price: Money
    metadata: dict[str, Any]


class ShownOffer:
    """An offer under the name this offer request gave it, at the price last shown."""

    def __init__(self, offer_id: str, found: FoundOffer, request: OfferRequest) -> None:
        self.id = offer_id
        self.request = request
        self.found = found
        self.services: dict[str, OfferedService] = {}
        """By the name they have on the wire."""
        self.risen: FoundOffer | None = None
        """What the airline named while it refused a purchase, until somebody reads it."""
        self._totals = {found.offer.total}

    def refresh(self, found: FoundOffer) -> None:
        self.found, self.risen = found, None
        self._totals.add(found.offer.total)

    def was_shown_at(self, total: Money) -> bool:
        return total in self._totals


@dataclass(slots=True)
class OfferRequest:
    """A search and the offers it gave."""

    id: str
    slices: list[SliceSent]
    cabin: CabinClass
    passengers: tuple[Passenger, ...]
    created_at: datetime
    spoilt: SpoiltSearch | None
    offers: dict[str, ShownOffer] = field(default_factory=dict)
    is_booked: bool = False
    """One of its offers was bought, or is being bought."""

    @property
    def travellers(self) -> list[Passenger]:
        """In the order the world counts them: adults, children, infants."""
        return sorted(self.passengers, key=lambda each: _TRAVELLER_ORDER.index(each.traveller_type))


@dataclass(slots=True)
class OrderNotes:
    """What Duffel tells of an order and the world does not keep."""

    created_at: datetime
    offer_id: str | None = None
    offer: FlightOffer | None = None
    party: tuple[Passenger, ...] = ()
    """In the order the world counts them; empty where nobody noted them."""
    passengers: list[dict[str, Any]] = field(default_factory=list)
    services: list[tuple[OfferedService, int]] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    was_held: bool = False
    paid_at: datetime | None = None
    cancelled_at: datetime | None = None

    def observe(self, order: Order, now: datetime) -> None:
        """What is seen for the first time happened now."""
        self.was_held |= order.status == "held"
        if order.status == "cancelled":
            self.cancelled_at = self.cancelled_at or now
        elif order.status != "held":
            self.paid_at = self.paid_at or now


@dataclass(slots=True)
class ShownCancellation:
    id: str
    quote: CancellationQuote
    is_paid: bool
    created_at: datetime
    confirmed_at: datetime | None = None


@dataclass(slots=True)
class ShownChange:
    """A way to change an order; `change_id` once it was chosen."""

    id: str
    quote: ChangeQuote
    order: Order
    """As it was before."""
    positions: tuple[int, ...]
    created_at: datetime
    change_id: str | None = None
    confirmed_at: datetime | None = None


@dataclass(slots=True)
class ChangeSearch:
    id: str
    sent: ChangeRequestSent
    created_at: datetime
    offers: list[ShownChange]


class DuffelMemory:
    """All of it."""

    def __init__(self) -> None:
        self.requests: Kept[OfferRequest] = Kept(KEPT_REQUESTS)
        self.orders: Kept[OrderNotes] = Kept(KEPT_ORDERS)
        """By the world's order id."""
        self.cancellations: Kept[ShownCancellation] = Kept(KEPT_QUOTES)
        self.change_searches: Kept[ChangeSearch] = Kept(KEPT_QUOTES)
        self._window_ends_at: datetime | None = None
        self._asked = 0

    def find_offer(self, offer_id: str) -> ShownOffer | None:
        searches = (request for _, request in self.requests.newest_first())
        return next((search.offers[offer_id] for search in searches if offer_id in search.offers), None)

    def find_change_offer(self, change_offer_id: str) -> ShownChange | None:
        return next((shown for shown in self._changes() if shown.id == change_offer_id), None)

    def find_change(self, change_id: str) -> ShownChange | None:
        return next((shown for shown in self._changes() if shown.change_id == change_id), None)

    def notes_of(self, world_id: str, now: datetime) -> OrderNotes:
        """An order nothing is known of is as old as our knowledge of it."""
        return self.orders.find(world_id) or self.orders.keep(world_id, OrderNotes(now))

    def count_request(self, now: datetime) -> tuple[int, datetime]:
        """How many more may come in this minute, and when the next one starts."""
        if self._window_ends_at is None or now >= self._window_ends_at:
            self._window_ends_at, self._asked = now + RATE_WINDOW, 0
        self._asked += 1
        return max(0, RATE_LIMIT - self._asked), self._window_ends_at

    def _changes(self) -> list[ShownChange]:
        return [shown for _, search in self.change_searches.newest_first() for shown in search.offers]
