"""An offer again: its price now, its seats, its rules."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from core.clock import clock
from core.deadlines import deadline
from db.repositories.offers import OfferRepository
from db.session import Transactions
from domain.money import Money
from domain.offers import FlightOffer
from domain.orders import FareRules, Service
from domain.seats import SeatMap
from providers.flights.base import (
    FlightProvider,
    FlightProviderError,
    FoundOffer,
    InvalidRequest,
    OfferGone,
    SoldOut,
)
from services.flights.errors import (
    FlightsUnreachable,
    OfferExpired,
    OfferNotFound,
    OfferSoldOut,
    SeatMapUnavailable,
)
from services.flights.market import Market
from services.flights.search import to_row
from services.flights.selection import StoredOffer

OFFER_SECONDS = 8
"""How long a traveller waits to see more of an offer."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class FreshOffer:
    """An offer at today's price."""

    stored: StoredOffer
    previous_total: Money
    """What it cost when it was last looked at."""
    is_fresh: bool
    """False when the provider could not be asked, and the price is the one it last gave."""

    @property
    def difference(self) -> Money:
        """How much dearer it is now; negative when it is cheaper."""
        return self.stored.offer.total - self.previous_total


@dataclass(frozen=True, slots=True)
class OfferSeats:
    stored: StoredOffer
    maps: tuple[SeatMap, ...]
    """One for each segment whose seats the carrier tells, in order of travel."""


@dataclass(frozen=True, slots=True)
class OfferServices:
    stored: StoredOffer
    services: tuple[Service, ...]
    """Bags; empty where the provider sells none."""


@dataclass(frozen=True, slots=True)
class OfferRules:
    stored: StoredOffer
    rules: FareRules
    is_fresh: bool
    """False when the provider could not be asked, and the rules are what it told with the offer."""


async def refresh_offer(transactions: Transactions, market: Market, offer_id: UUID) -> FreshOffer:
    """The offer at the price its provider gives now, which is kept.

    Raises OfferNotFound, OfferExpired, also when the provider has it no more, and OfferSoldOut.
    """
    stored, found = await _load(transactions, offer_id)
    provider = _provider_of(market, stored.offer)
    previous = stored.offer.total
    try:
        now = await _ask(transactions, offer_id, lambda: provider.price(found))
    except FlightsUnreachable:
        return FreshOffer(stored, previous, is_fresh=False)
    if now.offer.total.currency != previous.currency:
        raise OfferExpired
    async with transactions() as session:
        await OfferRepository(session).update_terms(offer_id, to_row(now))
    return FreshOffer(StoredOffer(offer_id, now.offer), previous, is_fresh=True)


async def get_seat_maps(transactions: Transactions, market: Market, offer_id: UUID) -> OfferSeats:
    """Where one could sit now.

    Raises OfferNotFound, OfferExpired, OfferSoldOut, FlightsUnreachable, and SeatMapUnavailable where the carrier does
    not tell.
    """
    stored, found = await _load(transactions, offer_id)
    provider = _provider_of(market, stored.offer)
    if "seat_map" not in provider.capabilities:
        raise SeatMapUnavailable
    maps = await _ask(transactions, offer_id, lambda: provider.seat_map(found))
    if not maps:
        raise SeatMapUnavailable
    return OfferSeats(stored, tuple(maps))


async def get_services(transactions: Transactions, market: Market, offer_id: UUID) -> OfferServices:
    """Bags that can be bought with it now.

    Raises OfferNotFound, OfferExpired, OfferSoldOut and FlightsUnreachable.
    """
    stored, found = await _load(transactions, offer_id)
    provider = _provider_of(market, stored.offer)
    if "services" not in provider.capabilities:
        return OfferServices(stored, ())
    return OfferServices(stored, tuple(await _ask(transactions, offer_id, lambda: provider.services(found))))


async def get_fare_rules(transactions: Transactions, market: Market, offer_id: UUID) -> OfferRules:
    """What the fare allows: as the provider tells it now, or as it told with the offer.

    Raises OfferNotFound, OfferExpired and OfferSoldOut.
    """
    stored, found = await _load(transactions, offer_id)
    provider = _provider_of(market, stored.offer)
    told = stored.offer.conditions
    as_told = FareRules(refund=told.refund, change=told.change, notes=())
    if "fare_rules" not in provider.capabilities:
        return OfferRules(stored, as_told, is_fresh=True)
    try:
        return OfferRules(stored, await _ask(transactions, offer_id, lambda: provider.fare_rules(found)), is_fresh=True)
    except FlightsUnreachable:
        return OfferRules(stored, as_told, is_fresh=False)


async def _load(transactions: Transactions, offer_id: UUID) -> tuple[StoredOffer, FoundOffer]:
    async with transactions() as session:
        row = await OfferRepository(session).find(offer_id)
    if row is None:
        raise OfferNotFound
    if row.expires_at <= clock.now():
        raise OfferExpired
    offer = FlightOffer.model_validate(row.payload)
    return StoredOffer(row.id, offer), FoundOffer(offer, row.raw)


def _provider_of(market: Market, offer: FlightOffer) -> FlightProvider:
    """Who sells it; raises OfferExpired where nobody does any more, or only in another world."""
    provider = market.find(offer.provider)
    if provider is None or offer.simulated == (provider.mode == "live"):
        raise OfferExpired
    return provider


async def _ask(transactions: Transactions, offer_id: UUID, question: Callable[[], Awaitable[Answer]]) -> Answer:
    """A provider's answer about an offer, its errors in our words: OfferExpired, OfferSoldOut, FlightsUnreachable.

    What is gone is shown to nobody who searches from now on.
    """
    try:
        with deadline(OFFER_SECONDS):
            return await question()
    except (OfferGone, InvalidRequest, SoldOut) as error:
        async with transactions() as session:
            await OfferRepository(session).forget_cached(offer_id)
        raise (OfferSoldOut if isinstance(error, SoldOut) else OfferExpired) from error
    except FlightProviderError as error:
        raise FlightsUnreachable from error
