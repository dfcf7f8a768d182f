"""What users see and change of themselves, and how they leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.errors import Forbidden
from core.security import Actor
from db.models import User
from db.repositories.accounts import SessionRepository, UserRepository
from db.repositories.proposals import ProposalRepository
from services.accounts import audit
from services.accounts.errors import BookingsLive, EmailNotEditable, OwnAccountLocked
from services.accounts.sessions import get_account, require_fresh_sign_in


async def get_me(session: AsyncSession, actor: Actor) -> User:
    """The caller's own account."""
    return await get_account(session, actor.require_user())


async def update_me(session: AsyncSession, actor: Actor, *, changes: Mapping[str, Any]) -> User:
    """Change one's name, telephone or picture; raises EmailNotEditable, and Forbidden for a user's `is_active`."""
    if "email" in changes:
        raise EmailNotEditable
    if "is_active" in changes and not actor.is_superuser:
        raise Forbidden
    user = await get_account(session, actor.require_user(), for_update=True)
    await apply_changes(session, actor, user, changes)
    return user


async def apply_changes(session: AsyncSession, actor: Actor, user: User, changes: Mapping[str, Any]) -> None:
    """Change an account. Locking it ends its sessions; raises OwnAccountLocked."""
    was_active = user.is_active
    if user.id == actor.user_id and changes.get("is_active") is False:
        raise OwnAccountLocked
    for name, value in changes.items():
        setattr(user, name, value)
    if was_active != user.is_active:
        audit.record(session, "user.unlocked" if user.is_active else "user.locked", user_id=user.id, actor=actor)
    if not user.is_active:
        await SessionRepository(session).revoke_all(user.id, reason="locked", now=clock.now())


async def delete_me(session: AsyncSession, actor: Actor) -> Sequence[UUID]:
    """Remove the caller's account with everything in it; gives the ids of the conversations that are gone.

    What stays is the audit trail, which holds no personal data. Raises SignInAgain, and BookingsLive while a booking is
    under way or a trip still to be flown.
    """
    user_id = await require_fresh_sign_in(session, actor)
    # the account's row in hand: what makes a booking takes it too
    await get_account(session, user_id, for_update=True)
    if await ProposalRepository(session).has_trips(user_id, now=clock.now()):
        raise BookingsLive
    audit.record(session, "user.deleted", user_id=user_id, actor=actor)
    return await UserRepository(session).delete(user_id)
