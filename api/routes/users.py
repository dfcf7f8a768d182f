"""The caller's own account, and everybody's for administrators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.deps import AccountHolder, Admin, KeysDep, LanguageDep, PageDep, PartsDep, Session
from api.errors import describe_errors
from api.schemas.accounts import AccountDeleted, AccountExport, KeptData, UserList, UserRead, UserUpdate
from api.schemas.fields import Line
from core.messages import say
from db.models import User
from services.accounts import administration, export, profile

router = APIRouter(tags=["users"])


@router.get("/users/me", response_model=UserRead, responses=describe_errors(401, 403, 404))
async def get_me(actor: AccountHolder, session: Session) -> User:
    """The caller's account."""
    return await profile.get_me(session, actor)


@router.patch("/users/me", response_model=UserRead, responses=describe_errors(401, 403, 404, 409))
async def update_me(body: UserUpdate, actor: AccountHolder, session: Session) -> User:
    """Change one's name, telephone or picture; null clears one."""
    return await profile.update_me(session, actor, changes=body.changes)


@router.delete("/users/me", response_model=AccountDeleted, responses=describe_errors(401, 403, 404))
async def delete_me(actor: AccountHolder, parts: PartsDep, language: LanguageDep) -> AccountDeleted:
    """Delete the account with travellers, documents, preferences and conversations, at once and for good.

    Needs a sign-in of the last 15 minutes. The answer says what is kept, and why.
    """
    async with parts.transactions() as session:
        conversations = await profile.delete_me(session, actor)
    for conversation_id in conversations:
        await parts.runner.forget_conversation(conversation_id)
    kept = KeptData(what=say("accounts.kept_audit", language), why=say("accounts.kept_audit_why", language))
    return AccountDeleted(deleted=True, kept=[kept])


@router.get("/users/me/export", response_model=AccountExport, responses=describe_errors(401, 403, 404))
async def export_me(
    response: Response, actor: AccountHolder, session: Session, keys: KeysDep
) -> dict[str, Sequence[dict[str, Any]]]:
    """Everything held about the caller, as a file. Needs a sign-in of the last 15 minutes."""
    response.headers["Content-Disposition"] = 'attachment; filename="travel-assistant-data.json"'
    return await export.export_me(session, actor, keys=keys)


@router.get("/admin/users", response_model=UserList, responses=describe_errors(401, 403, 404))
async def list_users(
    actor: Admin,
    session: Session,
    page: PageDep,
    is_active: bool | None = None,
    q: Annotated[Line | None, Query(max_length=100)] = None,
) -> UserList:
    """Accounts, newest first, whose address or name contains `q`."""
    users, total = await administration.list_users(
        session, actor, is_active=is_active, text=q, skip=page.skip, limit=page.limit
    )
    return UserList(items=[UserRead.model_validate(user) for user in users], total=total)


@router.get("/admin/users/{user_id}", response_model=UserRead, responses=describe_errors(401, 403, 404))
async def get_user(user_id: UUID, actor: Admin, session: Session) -> User:
    """Any account."""
    return await administration.get_user(session, actor, user_id=user_id)


@router.patch("/admin/users/{user_id}", response_model=UserRead, responses=describe_errors(401, 403, 404, 409))
async def update_user(user_id: UUID, body: UserUpdate, actor: Admin, session: Session) -> User:
    """Change an account; `is_active: false` locks it, and every token of it stops working at once."""
    return await administration.update_user(session, actor, user_id=user_id, changes=body.changes)
