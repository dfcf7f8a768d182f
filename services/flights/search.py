"""Finding flights: the cache, the provider, and the rows that remember what was found."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from core.clock import clock
from core.ids import new_id
from core.security import Actor
from db.models import FlightSearch
from db.repositories.offers import OfferRepository
from db.session import Transactions
from domain.offers import FlightOffer, FlightQuery
from providers.flights.base import FlightProvider, UnsoldCurrency
from services.flights.errors import CurrencyNotSold, OfferExpired, OfferNotFound
from services.flights.rules import ensure_searchable
from services.flights.selection import StoredOffer
from services.rate_limits import SEARCH, count_call


@dataclass(frozen=True, slots=True)
class SearchResult:
    search_id: UUID | None
    """The search in the history of a user or a conversation; None for a visitor with neither."""
    query: FlightQuery
    offers: tuple[StoredOffer, ...]
    """Everything on sale, cheapest first; empty when no such flight exists."""


def search_key(query: FlightQuery, provider: str) -> str:
    """The same key for the same answer: everything that changes it is in the query."""
    return hashlib.sha256(f"{provider}|{query.model_dump_json()}".encode()).hexdigest()


async def search(
    transactions: Transactions,
    provider: FlightProvider,
    actor: Actor,
    *,
    query: FlightQuery,
    today: date,
    conversation_id: UUID | None = None,
) -> SearchResult:
    """Offers for a query, from the cache while they are fresh.

    Raises the InvalidInput that `rules` finds, CurrencyNotSold, and RateLimited to the user or conversation that has
    us ask the provider too often; other visitors are counted at the door.
    """
    ensure_searchable(query, today=today)
    key = search_key(query, provider.name)
    async with transactions() as session:
        record = _record_search(actor, query, conversation_id) if actor.user_id or conversation_id else None
        if record is not None:
            session.add(record)
        cached = await OfferRepository(session).list_cached(key, now=clock.now())
        offers = tuple(StoredOffer(row.id, FlightOffer.model_validate(row.payload)) for row in cached)
    if not offers:
        asker = actor.user_id or conversation_id
        await count_call(transactions, SEARCH, caller=str(asker) if asker else None)
        offers = await _ask_provider(transactions, provider, key, query)
    return SearchResult(record.id if record else None, query, offers)


async def _ask_provider(
    transactions: Transactions, provider: FlightProvider, key: str, query: FlightQuery
) -> tuple[StoredOffer, ...]:
    try:
        found = await provider.search(query)
    except UnsoldCurrency as error:
        raise CurrencyNotSold(currency=query.currency) from error
    if not found:
        return ()
    async with transactions() as session:
        offers = OfferRepository(session)
        await offers.lock_search(key)
        ids = await offers.save_all(
            [
                {
                    "provider": offer.provider,
                    "provider_offer_id": offer.provider_offer_id,
                    "payload": offer.model_dump(mode="json"),
                    "raw": raw,
                    "expires_at": offer.expires_at,
                }
                for offer, raw in found
            ]
        )
        await offers.replace_cached(key, ids, expires_at=min(offer.expires_at for offer, _ in found))
    return tuple(StoredOffer(offer_id, offer) for offer_id, (offer, _) in zip(ids, found, strict=True))


def _record_search(actor: Actor, query: FlightQuery, conversation_id: UUID | None) -> FlightSearch:
    first, last = query.slices[0], query.slices[-1]
    is_round_trip = len(query.slices) == 2 and first.origins == last.destinations
    return FlightSearch(
        id=new_id(),
        user_id=actor.user_id,
        conversation_id=conversation_id,
        origin=first.origins[0],
        destination=first.destinations[0],
        depart_date=first.departs_on,
        return_date=last.departs_on if is_round_trip else None,
        adults=query.travellers.adults,
        travel_class=query.cabin,
        query=query.model_dump(mode="json"),
    )


async def get_offer(transactions: Transactions, offer_id: UUID) -> StoredOffer:
    """A stored offer; raises OfferNotFound, and OfferExpired once it may no longer be shown."""
    async with transactions() as session:
        row = await OfferRepository(session).find(offer_id)
    if row is None:
        raise OfferNotFound
    if row.expires_at <= clock.now():
        raise OfferExpired
    return StoredOffer(row.id, FlightOffer.model_validate(row.payload))
