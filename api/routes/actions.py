"""The record of a conversation."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from api.deps import CurrentActor, LanguageDep, Session
from api.errors import describe_errors
from api.limits import limited
from api.schemas.actions import ActionRead, describe_action
from services.conversations.actions import list_actions
from services.rate_limits import ACCOUNT

router = APIRouter(prefix="/chat", tags=["chat"])


@router.get(
    "/conversations/{conversation_id}/actions",
    response_model=list[ActionRead],
    responses=describe_errors(401, 403, 404),
    dependencies=[limited(ACCOUNT)],
)
async def get_actions(
    conversation_id: UUID, actor: CurrentActor, session: Session, language: LanguageDep
) -> list[ActionRead]:
    """What was asked in the conversation, how its owner answered, what was done upon it and what money moved, in
    order."""
    return [describe_action(each, language) for each in await list_actions(session, actor, conversation_id)]
