"""Which of the offers found are shown, in what order, and what each is best at. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Literal
from uuid import UUID

from domain.money import Money
from domain.offers import FlightOffer
from understanding.frame import SortKey

Badge = Literal["best", "cheapest", "fastest"]


@dataclass(frozen=True, slots=True)
class StoredOffer:
    """An offer with the id we know it by."""

    id: UUID
    offer: FlightOffer


@dataclass(frozen=True, slots=True)
class Filters:
    """What the traveller will accept; an unset field accepts all."""

    airlines: tuple[str, ...] = ()
    max_stops: int | None = None
    departs_from: time | None = None
    departs_until: time | None = None
    arrives_from: time | None = None
    arrives_until: time | None = None
    max_total: Money | None = None
    refundable: bool = False
    checked_bag: bool = False

    def accept(self, offer: FlightOffer) -> bool:
        departs, arrives = offer.slices[0].departs.at_local.time(), offer.slices[0].arrives.at_local.time()
        bags = [segment.checked for slice_ in offer.slices for segment in slice_.segments]
        return (
            (not self.airlines or set(offer.carriers) <= set(self.airlines))
            and (self.max_stops is None or all(slice_.stops <= self.max_stops for slice_ in offer.slices))
            and (self.departs_from is None or departs >= self.departs_from)
            and (self.departs_until is None or departs <= self.departs_until)
            and (self.arrives_from is None or arrives >= self.arrives_from)
            and (self.arrives_until is None or arrives <= self.arrives_until)
            # a budget in another currency than the prices cannot be compared, so it rules nothing out
            and (
                self.max_total is None
                or offer.total.currency != self.max_total.currency
                or offer.total <= self.max_total
            )
            and (not self.refundable or offer.conditions.refund.allowed is True)
            and (not self.checked_bag or all(bag is not None and bag.pieces > 0 for bag in bags))
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """Offers to show, best first, and how many more there are."""

    offers: tuple[StoredOffer, ...]
    badges: dict[UUID, tuple[Badge, ...]] = field(default_factory=dict)
    matching: int = 0
    found: int = 0

    @property
    def more(self) -> int:
        return self.matching - len(self.offers)


def merge_offers(found: Iterable[Sequence[StoredOffer]], *, currency: str) -> tuple[StoredOffer, ...]:
    """What several providers offer, as one list: for the same flights in the same fare brand, the cheapest.

    Those in the currency asked for come first, and within each currency the cheapest.
    """
    cheapest: dict[Hashable, StoredOffer] = {}
    for stored in (each for offers in found for each in offers):
        offer = stored.offer
        name = (
            tuple(tuple((s.designator, s.departs.at_local) for s in slice_.segments) for slice_ in offer.slices),
            offer.fare_brand.casefold(),
            offer.cabin,
            offer.total.currency,
        )
        if name not in cheapest or offer.total < cheapest[name].offer.total:
            cheapest[name] = stored

    def rank(stored: StoredOffer) -> tuple[bool, str, int]:
        total = stored.offer.total
        return total.currency != currency, total.currency, total.amount_minor

    return tuple(sorted(cheapest.values(), key=rank))


HOUR_IN_COST = 0.04
"""`best` weighs an hour of travel like four percent of the cheapest fare: a stop has to save real money."""


def select_offers(found: Sequence[StoredOffer], filters: Filters, sort: SortKey | None, limit: int) -> Selection:
    """Filter, sort and badge. Unsorted means price, which is what most people ask first.

    Offers in another currency than the first one's cannot be compared with it: they come last, without badges. With a
    budget they are left out, unless no offer is in the budget's currency: then it rules nothing out.
    """
    matching = [stored for stored in found if filters.accept(stored.offer)]
    budget = filters.max_total
    if budget is not None and any(stored.offer.total.currency == budget.currency for stored in found):
        matching = [stored for stored in matching if stored.offer.total.currency == budget.currency]
    if not matching:
        return Selection(offers=(), found=len(found))
    currency = matching[0].offer.total.currency
    comparable = [stored for stored in matching if stored.offer.total.currency == currency]
    order = _sort_keys(min(stored.offer.total for stored in comparable))[sort or "price"]

    def rank(stored: StoredOffer) -> tuple[bool, str, float, int]:
        total = stored.offer.total
        return total.currency != currency, total.currency, order(stored.offer), total.amount_minor

    shown = tuple(sorted(matching, key=rank)[:limit])
    return Selection(shown, _badge(shown, comparable), len(matching), len(found))


def _sort_keys(cheapest: Money) -> dict[SortKey, Callable[[FlightOffer], float]]:
    return {
        "price": lambda offer: offer.total.amount_minor,
        "departure": lambda offer: offer.slices[0].departs.instant.timestamp(),
        "arrival": lambda offer: offer.slices[0].arrives.instant.timestamp(),
        "duration": lambda offer: offer.duration.total_seconds(),
        "best": lambda offer: (
            offer.total.amount_minor / cheapest.amount_minor + offer.duration / timedelta(hours=1) * HOUR_IN_COST
        ),
    }


def _badge(shown: Sequence[StoredOffer], matching: Sequence[StoredOffer]) -> dict[UUID, tuple[Badge, ...]]:
    """Each title goes to one offer that no match beats, if it is shown and the matches differ at all."""
    keys = _sort_keys(min(stored.offer.total for stored in matching))
    titles: dict[Badge, SortKey] = {"cheapest": "price", "fastest": "duration", "best": "best"}
    badges: dict[UUID, list[Badge]] = {}
    for badge, key in titles.items():
        marks = [(keys[key](stored.offer), stored.offer.total.amount_minor) for stored in matching]
        winner = matching[marks.index(min(marks))]
        if winner in shown and min(marks)[0] < max(marks)[0]:
            badges.setdefault(winner.id, []).append(badge)
    return {offer_id: tuple(won) for offer_id, won in badges.items()}
