"""Accounts."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CreatedAt, PrimaryKey, UpdatedAt


class User(Base):
    """A person with an account. Owned by the person; ends when they delete it.

    `hashed_password` is absent for someone who only signs in through an identity provider.
    """

    __tablename__ = "users"

    id: Mapped[PrimaryKey]
    email: Mapped[str] = mapped_column(unique=True)
    hashed_password: Mapped[str | None]
    full_name: Mapped[str | None]
    phone: Mapped[str | None]
    avatar_url: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    is_superuser: Mapped[bool] = mapped_column(default=False)
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]
