"""Finding flights: what providers said before, what they say now, and the rows that remember it.

An answer is given again for some minutes; an older one is given at once, with its age, while its provider is asked
anew. Who does not answer in time is named, and the rest is served.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Literal
from uuid import UUID

import structlog

from core.clock import clock
from core.deadlines import deadline
from core.ids import new_id
from core.metrics import OFFERS_DROPPED
from core.security import Actor
from db.models import FlightSearch, Offer
from db.repositories.offers import OfferRepository
from db.session import Transactions
from domain.offers import FlightOffer, FlightQuery
from providers.flights.base import (
    FlightProvider,
    FlightProviderError,
    FoundOffer,
    ProviderBusy,
    ProviderDown,
    ProviderRetired,
    QuotaSpent,
    UnsoldCurrency,
)
from services.flights.errors import CurrencyNotSold
from services.flights.market import Answer, Market
from services.flights.rules import answers, ensure_searchable, is_storable
from services.flights.selection import StoredOffer, merge_offers
from services.rate_limits import SEARCH, count_call

log = structlog.get_logger()

PROVIDER_SECONDS = 20
"""How long a provider may take to answer. Nobody waits so long; what comes late serves the next who asks."""
SEARCH_SECONDS = 8
"""How long a traveller waits for providers; about as long as one stays without doubting."""
FRESH_FOR = timedelta(minutes=5)
"""How long an answer is given again as it is; after that its provider is asked, and the old one shown meanwhile."""

SourceStatus = Literal["fresh", "cached", "stale", "late", "down", "busy", "retired"]


@dataclass(frozen=True, slots=True)
class Source:
    """What became of asking one provider."""

    provider: str
    status: SourceStatus
    """fresh: asked now; cached: asked minutes ago; stale: asked longer ago, and again now; late: no answer yet."""
    age: timedelta
    """Since its answer; zero where there is none."""
    offers: int

    @property
    def has_answered(self) -> bool:
        return self.status in ("fresh", "cached", "stale")


@dataclass(frozen=True, slots=True)
class SearchResult:
    search_id: UUID | None
    """The search in the history of a user or a conversation; None for a visitor with neither."""
    query: FlightQuery
    offers: tuple[StoredOffer, ...]
    """Everything on sale, cheapest first; empty when no such flight exists, or nobody who would know has answered."""
    sources: tuple[Source, ...]
    """One for each provider."""

    @property
    def age(self) -> timedelta:
        """Of the oldest answer among them, when it is not a fresh one."""
        return max((source.age for source in self.sources if source.status == "stale"), default=timedelta())

    @property
    def missing(self) -> tuple[str, ...]:
        """Providers without an answer."""
        return tuple(source.provider for source in self.sources if not source.has_answered)


def search_key(query: FlightQuery, provider: FlightProvider) -> str:
    """The same key for the same answer: who is asked, in which world, and everything in the query."""
    return hashlib.sha256(f"{provider.name}|{provider.mode}|{query.model_dump_json()}".encode()).hexdigest()


async def search(
    transactions: Transactions,
    market: Market,
    actor: Actor,
    *,
    query: FlightQuery,
    today: date,
    conversation_id: UUID | None = None,
) -> SearchResult:
    """Offers for a query, from everybody who answers in time.

    Raises the InvalidInput that `rules` finds, CurrencyNotSold, and RateLimited to the user or conversation that has
    us ask providers too often; other visitors are counted at the door.
    """
    ensure_searchable(query, today=today)
    asker = actor.user_id or conversation_id
    offers, sources = await find_offers(
        transactions,
        market,
        query,
        before_asking=lambda: count_call(transactions, SEARCH, caller=str(asker) if asker else None),
    )
    search_id = None
    if asker:
        async with transactions() as session:
            record = _record_search(actor, query, conversation_id)
            session.add(record)
            search_id = record.id
    return SearchResult(search_id, query, offers, sources)


async def find_offers(
    transactions: Transactions,
    market: Market,
    query: FlightQuery,
    *,
    before_asking: Callable[[], Awaitable[None]] | None = None,
    gate: asyncio.Semaphore | None = None,
) -> tuple[tuple[StoredOffer, ...], tuple[Source, ...]]:
    """Offers for a query that can be searched, and where they come from. Raises CurrencyNotSold.

    `before_asking` is awaited when somebody has to be asked and waited for, and may refuse; providers are asked while
    there is room at the `gate`.
    """
    keys = {provider.name: search_key(query, provider) for provider in market.providers}
    async with transactions() as session:
        cached = await OfferRepository(session).list_cached(list(keys.values()), now=clock.now())
    known: dict[str, list[StoredOffer]] = {}
    ages: dict[str, timedelta] = {}
    for key, found_at, row in cached:
        known.setdefault(key, []).append(_read(row))
        ages[key] = clock.now() - found_at
    unknown = [provider for provider in market.providers if keys[provider.name] not in known]
    if unknown and before_asking:
        await before_asking()
    asking = {
        provider.name: market.ask(
            keys[provider.name], partial(_fetch, transactions, provider, keys[provider.name], query, gate)
        )
        for provider in market.providers
        if ages.get(keys[provider.name], FRESH_FOR) >= FRESH_FOR
    }
    if unknown:
        await asyncio.wait([asking[provider.name] for provider in unknown], timeout=SEARCH_SECONDS)
    found: list[Sequence[StoredOffer]] = []
    sources: list[Source] = []
    for provider in market.providers:
        key = keys[provider.name]
        if key in known:
            found.append(known[key])
            status: SourceStatus = "stale" if provider.name in asking else "cached"
            sources.append(Source(provider.name, status, ages[key], len(known[key])))
        else:
            status, offers = _read_answer(asking[provider.name])
            found.append(offers)
            sources.append(Source(provider.name, status, timedelta(), len(offers)))
    if not any(found) and _is_refused_for_currency(asking.values(), len(market.providers)):
        raise CurrencyNotSold(currency=query.currency)
    return merge_offers(found, currency=query.currency), tuple(sources)


def _read_answer(asking: asyncio.Task[Answer]) -> tuple[SourceStatus, Answer]:
    if not asking.done():
        return "late", ()
    error = None if asking.cancelled() else asking.exception()
    if isinstance(error, UnsoldCurrency) or (error is None and not asking.cancelled()):
        return "fresh", () if error else asking.result()
    if isinstance(error, ProviderBusy | QuotaSpent):
        return "busy", ()
    if error is not None and not isinstance(error, FlightProviderError):
        raise error
    return "retired" if isinstance(error, ProviderRetired) else "down", ()


def _is_refused_for_currency(asking: Iterable[asyncio.Task[Answer]], providers: int) -> bool:
    """Whether every provider sells in other currencies only: an empty answer would say that nothing flies."""
    done = [task for task in asking if task.done() and not task.cancelled()]
    return sum(isinstance(task.exception(), UnsoldCurrency) for task in done) == providers


async def _fetch(
    transactions: Transactions, provider: FlightProvider, key: str, query: FlightQuery, gate: asyncio.Semaphore | None
) -> Answer:
    """Ask a provider, and keep what it says under the search's key.

    Somebody else may have done so since whoever asks looked: this process a moment ago, or another one.
    """
    async with transactions() as session:
        cached = await OfferRepository(session).list_cached([key], now=clock.now())
    if cached and all(clock.now() - found_at < FRESH_FOR for _, found_at, _ in cached):
        return tuple(_read(row) for _, _, row in cached)
    async with gate or nullcontext():
        with deadline(PROVIDER_SECONDS):
            answer = await provider.search(query)
    found = [each for each in answer if _is_kept(query, each)]
    if len(found) < len(answer):
        log.warning("offers.dropped", provider=provider.name, count=len(answer) - len(found))
    if answer and not found:
        raise ProviderDown("nothing of the answer makes sense")
    async with transactions() as session:
        offers = OfferRepository(session)
        await offers.lock_search(key)
        ids = await offers.save_all([to_row(each) for each in found])
        await offers.replace_cached(key, ids)
    return tuple(StoredOffer(offer_id, each.offer) for offer_id, each in zip(ids, found, strict=True))


def _read(row: Offer) -> StoredOffer:
    return StoredOffer(row.id, FlightOffer.model_validate(row.payload))


def to_row(found: FoundOffer) -> dict[str, object]:
    """An offer as its table has it."""
    return {
        "provider": found.offer.provider,
        "provider_offer_id": found.offer.provider_offer_id,
        "payload": found.offer.model_dump(mode="json"),
        "raw": found.raw,
        "expires_at": found.offer.expires_at,
    }


def _is_kept(query: FlightQuery, found: FoundOffer) -> bool:
    """Whether an offer is for what was asked and can be stored, counted where it is not."""
    fault = answers(query, found.offer, now=clock.now()) or (None if is_storable(found.raw) else "unstorable")
    if fault is not None:
        OFFERS_DROPPED.labels(found.offer.provider, fault).inc()
    return fault is None


def _record_search(actor: Actor, query: FlightQuery, conversation_id: UUID | None) -> FlightSearch:
    first, last = query.slices[0], query.slices[-1]
    return FlightSearch(
        id=new_id(),
        user_id=actor.user_id,
        conversation_id=conversation_id,
        origin=first.origins[0],
        destination=first.destinations[0],
        depart_date=first.departs_on,
        return_date=last.departs_on if query.is_round_trip else None,
        adults=query.travellers.adults,
        travel_class=query.cabin,
        query=query.model_dump(mode="json"),
    )
