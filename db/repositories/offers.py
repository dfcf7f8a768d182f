"""Queries over offers and the index from searches to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import new_id
from db.models import FlightOfferCache, FlightSearch, Offer


class OfferRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, offer_id: UUID) -> Offer | None:
        return await self._session.get(Offer, offer_id)

    async def list_cached(self, search_keys: Sequence[str], *, now: datetime) -> Sequence[tuple[str, datetime, Offer]]:
        """The offers that answered these searches and may still be shown, in their order: key, when found, offer."""
        found = await self._session.execute(
            select(FlightOfferCache.search_key, FlightOfferCache.created_at, Offer)
            .join(FlightOfferCache, FlightOfferCache.offer_id == Offer.id)
            .where(FlightOfferCache.search_key.in_(search_keys), Offer.expires_at > now)
            .order_by(FlightOfferCache.search_key, FlightOfferCache.position)
        )
        return [(key, found_at, offer) for key, found_at, offer in found]

    async def update_terms(self, offer_id: UUID, row: dict[str, Any]) -> None:
        """Give a stored offer the terms its provider gives now; it keeps its names."""
        terms = {name: row[name] for name in ("payload", "raw", "expires_at")}
        await self._session.execute(update(Offer).where(Offer.id == offer_id).values(terms))

    async def lock_search(self, search_key: str) -> None:
        """Let two answers to one search be stored one after the other, until the transaction ends."""
        await self._session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(search_key, 0))))

    async def save_all(self, rows: Sequence[dict[str, Any]]) -> list[UUID]:
        """Store offers and give their ids in order; one its provider named before keeps its id and takes the new terms.

        They are written in the order of their names, so that two searches with offers in common cannot wait for each
        other for ever.
        """
        if not rows:
            return []
        by_name = sorted(range(len(rows)), key=lambda index: str(rows[index]["provider_offer_id"]))
        statement = postgresql.insert(Offer)
        statement = statement.on_conflict_do_update(
            index_elements=["provider", "provider_offer_id"],
            set_={name: statement.excluded[name] for name in ("payload", "raw", "expires_at")},
        )
        saved = await self._session.execute(
            statement.returning(Offer.id, sort_by_parameter_order=True),
            [{"id": new_id(), **rows[index]} for index in by_name],
        )
        ids = dict(zip(by_name, saved.scalars(), strict=True))
        return [ids[index] for index in range(len(rows))]

    async def list_searches(self, user_id: UUID, *, skip: int, limit: int) -> Sequence[FlightSearch]:
        """A user's searches, latest first."""
        statement = select(FlightSearch).where(FlightSearch.user_id == user_id)
        latest_first = statement.order_by(FlightSearch.created_at.desc(), FlightSearch.id.desc())
        return list(await self._session.scalars(latest_first.offset(skip).limit(limit)))

    async def delete_expired(self, before: datetime) -> None:
        """Drop what nobody can be shown any more, with its places in the index."""
        await self._session.execute(delete(Offer).where(Offer.expires_at < before))

    async def forget_cached(self, offer_id: UUID) -> None:
        """No longer answer any search with an offer."""
        await self._session.execute(delete(FlightOfferCache).where(FlightOfferCache.offer_id == offer_id))

    async def replace_cached(self, search_key: str, offers: Sequence[UUID]) -> None:
        """What answers a search from now on: offers in their order, each until it expires."""
        await self._session.execute(delete(FlightOfferCache).where(FlightOfferCache.search_key == search_key))
        if not offers:
            return
        await self._session.execute(
            insert(FlightOfferCache),
            [
                {"search_key": search_key, "position": position, "offer_id": offer_id}
                for position, offer_id in enumerate(offers)
            ],
        )
