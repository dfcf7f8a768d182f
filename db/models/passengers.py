"""Who travels, with what papers, and how a user likes to fly."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CreatedAt, PrimaryKey, SealedText, UpdatedAt, one_of
from domain.offers import CABIN_CLASSES
from domain.travellers import DOCUMENT_KINDS, GENDERS, SEAT_PREFERENCES


class Passenger(Base):
    """A traveller in a user's address book, named as in the passport. Owned by the user; ends with them."""

    __tablename__ = "passengers"
    __table_args__ = (CheckConstraint(one_of("gender", GENDERS), name="gender"),)

    id: Mapped[PrimaryKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    first_name: Mapped[str]
    last_name: Mapped[str]
    gender: Mapped[str | None]
    dob: Mapped[date | None]
    nationality: Mapped[str | None]
    """ISO 3166-1 alpha-2."""
    email: Mapped[str | None]
    phone: Mapped[str | None]
    """E.164."""
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class IdentityDocument(Base):
    """A passport or identity card of a passenger; the number is sealed. The reference's passport is the primary one."""

    __tablename__ = "identity_documents"
    __table_args__ = (
        CheckConstraint(one_of("kind", DOCUMENT_KINDS), name="kind"),
        Index(
            "uq_identity_documents_primary_passenger_id",
            "passenger_id",
            unique=True,
            postgresql_where=text("is_primary"),
        ),
    )

    id: Mapped[PrimaryKey]
    passenger_id: Mapped[UUID] = mapped_column(ForeignKey("passengers.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(default="passport")
    number: Mapped[SealedText]
    issuing_country: Mapped[str | None]
    """ISO 3166-1 alpha-2."""
    expires_on: Mapped[date | None]
    is_primary: Mapped[bool]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class UserPreference(Base):
    """How a user likes to fly; at most one row a user."""

    __tablename__ = "user_preferences"
    __table_args__ = (
        CheckConstraint(one_of("cabin_class", CABIN_CLASSES), name="cabin_class"),
        CheckConstraint(one_of("seat_preference", SEAT_PREFERENCES), name="seat_preference"),
    )

    id: Mapped[PrimaryKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    cabin_class: Mapped[str | None]
    preferred_airlines: Mapped[list[str]] = mapped_column(JSONB, default=list)
    """IATA codes, the best liked first."""
    seat_preference: Mapped[str | None]
    default_passenger_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("passengers.id", ondelete="SET NULL"), index=True
    )
    locale: Mapped[str | None]
    currency: Mapped[str | None]
    home_airport: Mapped[str | None]
    meal: Mapped[str | None]
    """An IATA special meal code, such as VGML."""
    reminders: Mapped[bool] = mapped_column(default=True)
    """Whether to be reminded of check-in and departure; what happens to a booking is told in any case."""
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]
