"""The declarative base: constraint names that migrations can rely on, and column types used everywhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import DateTime, Dialect, MetaData, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

from core.clock import clock
from core.ids import new_id


class Instant(TypeDecorator[datetime]):
    """An instant, read in UTC whatever zone the server's sessions are in."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value is not None else None


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads this class attribute and never changes it
        datetime: Instant(),
        dict[str, Any]: JSONB,
        list[dict[str, Any]]: JSONB,
    }


PrimaryKey = Annotated[UUID, mapped_column(primary_key=True, default=new_id)]
CreatedAt = Annotated[datetime, mapped_column(default=clock.now)]
UpdatedAt = Annotated[datetime, mapped_column(default=clock.now, onupdate=clock.now)]

SealedText = Annotated[str, mapped_column(Text, info={"sealed": True})]
"""Text only core/vault.py can read, bound to its table, column and row. `rotate-keys` finds the columns by this."""


def one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"
