"""What the caller was written."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import AccountHolder, PageDep, Session
from api.errors import describe_errors
from api.schemas.notifications import NotificationLogResponse
from services.notifications.history import list_notifications

router = APIRouter(prefix="/users/me/notifications", tags=["notifications"])


@router.get("", response_model=list[NotificationLogResponse], responses=describe_errors(401, 403, 404))
async def list_own_notifications(
    actor: AccountHolder,
    session: Session,
    page: PageDep,
    type: Annotated[str | None, Query(pattern=r"^\w{1,50}$")] = None,  # noqa: A002 - the reference's name
) -> list[NotificationLogResponse]:
    """Mail to the caller, latest first: sent, waiting (reminders wait for their time), given up or skipped."""
    found = await list_notifications(session, actor, type=type, skip=page.skip, limit=page.limit)
    return [NotificationLogResponse.model_validate(each) for each in found]
