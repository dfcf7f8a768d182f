"""Sealing everything anew with the newest key, so that an older one can be thrown away."""

from __future__ import annotations

from collections import Counter

from core.vault import Vault
from db.repositories.sealed import SealedRepository, list_sealed_columns
from db.session import Transactions

ROWS_AT_ONCE = 200


async def rotate(transactions: Transactions, vault: Vault) -> int:
    """Seal anew whatever an older key sealed, a few rows a transaction; gives the number of texts. Safe to repeat."""
    total = 0
    for column in list_sealed_columns():
        while True:
            async with transactions() as session:
                repository = SealedRepository(session, column)
                older = await repository.list_older(vault.newest_key_id, limit=ROWS_AT_ONCE)
                for row_id, sealed in older.items():
                    place = {"table": column.table.name, "column": column.name}
                    text = vault.open(sealed, row_id=row_id, **place)
                    await repository.replace(row_id, vault.seal(text, row_id=row_id, **place))
            total += len(older)
            if len(older) < ROWS_AT_ONCE:
                break
    return total


async def count_by_key(transactions: Transactions) -> dict[str, int]:
    """How many texts each key has sealed, over all tables."""
    counts: Counter[str] = Counter()
    async with transactions() as session:
        for column in list_sealed_columns():
            counts.update(await SealedRepository(session, column).count_by_key())
    return dict(counts)
