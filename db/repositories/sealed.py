"""The sealed columns of every table, wherever they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Table, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Base


def list_sealed_columns() -> Iterator[Column[str]]:
    """Each column declared as SealedText."""
    for table in Base.metadata.sorted_tables:
        yield from (column for column in table.columns if column.info.get("sealed"))


class SealedRepository:
    def __init__(self, session: AsyncSession, column: Column[str]) -> None:
        self._session = session
        self._column = column
        self._table: Table = column.table

    async def list_older(self, newest_key_id: str, *, limit: int) -> Mapping[UUID, str]:
        """Texts sealed with another key, by the row's id; locked until the transaction ends."""
        statement = (
            select(self._table.c.id, self._column)
            .where(self._column.is_not(None), func.split_part(self._column, "|", 2) != newest_key_id)
            .order_by(self._table.c.id)
            .limit(limit)
            .with_for_update()
        )
        return dict((await self._session.execute(statement)).all())

    async def replace(self, row_id: UUID, sealed: str) -> None:
        values: dict[str, Any] = {self._column.name: sealed}
        if "updated_at" in self._table.c:  # its owner has changed nothing
            values["updated_at"] = self._table.c.updated_at
        await self._session.execute(update(self._table).where(self._table.c.id == row_id).values(values))

    async def count_by_key(self) -> Mapping[str, int]:
        """How many texts each key has sealed."""
        key_id = func.split_part(self._column, "|", 2)
        statement = select(key_id, func.count()).where(self._column.is_not(None)).group_by(key_id)
        return dict((await self._session.execute(statement)).all())
