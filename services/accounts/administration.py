"""What administrators may see and do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.security import Actor
from db.models import User
from db.repositories.accounts import UserRepository
from services.accounts.errors import EmailNotEditable
from services.accounts.profile import apply_changes
from services.accounts.sessions import get_account


async def list_users(
    session: AsyncSession, actor: Actor, *, is_active: bool | None, text: str | None, skip: int, limit: int
) -> tuple[Sequence[User], int]:
    """A page of accounts, newest first, whose address or name contains the text, and how many there are."""
    actor.require_admin()
    return await UserRepository(session).list_matching(is_active=is_active, text=text, skip=skip, limit=limit)


async def get_user(session: AsyncSession, actor: Actor, *, user_id: UUID) -> User:
    """Any account; raises AccountNotFound."""
    actor.require_admin()
    return await get_account(session, user_id)


async def update_user(session: AsyncSession, actor: Actor, *, user_id: UUID, changes: Mapping[str, Any]) -> User:
    """Change an account; raises AccountNotFound, EmailNotEditable."""
    actor.require_admin()
    if "email" in changes:
        raise EmailNotEditable
    user = await get_account(session, user_id, for_update=True)
    await apply_changes(session, actor, user, changes)
    return user
