"""Offers as providers gave them, what was searched, and which offers answer which search."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CreatedAt, PrimaryKey


class Offer(Base):
    """An offer of a provider. Owned by nobody; of no use after `expires_at` unless a booking names it."""

    __tablename__ = "offers"
    __table_args__ = (UniqueConstraint("provider", "provider_offer_id"),)

    id: Mapped[PrimaryKey]
    provider: Mapped[str]
    provider_offer_id: Mapped[str]
    origin: Mapped[str] = mapped_column(default="searched")
    """How it came to us: `searched` at a provider, or `submitted` by a partner."""
    payload: Mapped[dict[str, Any]]
    """A domain.offers.FlightOffer."""
    raw: Mapped[dict[str, Any]]
    """The provider's own words, kept for booking and never shown."""
    expires_at: Mapped[datetime]
    created_at: Mapped[CreatedAt]


class FlightSearch(Base):
    """A search somebody made, for their history. The flat columns describe the first slice, `query` the whole."""

    __tablename__ = "flight_searches"

    id: Mapped[PrimaryKey]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    origin: Mapped[str]
    destination: Mapped[str]
    depart_date: Mapped[date]
    return_date: Mapped[date | None]
    adults: Mapped[int]
    travel_class: Mapped[str]
    query: Mapped[dict[str, Any]]
    """A domain.offers.FlightQuery."""
    created_at: Mapped[CreatedAt]


class FlightOfferCache(Base):
    """Which offers answered a search, in order. An index into `offers`, and gone with them."""

    __tablename__ = "flight_offer_cache"
    __table_args__ = (UniqueConstraint("search_key", "position"),)

    id: Mapped[PrimaryKey]
    search_key: Mapped[str]
    position: Mapped[int]
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offers.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[CreatedAt]
