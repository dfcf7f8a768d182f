"""A person's data, for the person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from core.security import Actor, Keys
from db.repositories.export import read_everything
from services.accounts import audit
from services.accounts.sessions import require_fresh_sign_in
from services.conversations.vault import open_entry


async def export_me(session: AsyncSession, actor: Actor, *, keys: Keys) -> dict[str, Sequence[dict[str, Any]]]:
    """Everything we hold about the caller, table by table, with what was sealed readable; raises SignInAgain."""
    user_id = await require_fresh_sign_in(session, actor)
    audit.record(session, "user.exported", user_id=user_id, actor=actor)
    found = await read_everything(session, user_id)
    for row in found["identity_documents"]:
        row["number"] = keys.vault.open(row["number"], table="identity_documents", column="number", row_id=row["id"])
    for row in found["vault_entries"]:
        sealed = row.pop("ciphertext")
        row["value"] = open_entry(row["id"], sealed, keys) if sealed else None
    return found
