"""How the caller likes to fly."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from api.deps import AccountHolder, Session
from api.errors import describe_errors
from api.schemas.preferences import PreferenceRead, PreferenceUpdate, describe_preference
from services.preferences import preferences

router = APIRouter(prefix="/users/me/preferences", tags=["preferences"])

SAVED: dict[int | str, dict[str, Any]] = {201: {"model": PreferenceRead, "description": "Told for the first time."}}
NONE_YET: dict[int | str, dict[str, Any]] = {204: {"description": "None told yet."}}


@router.get("", response_model=PreferenceRead, responses=NONE_YET | describe_errors(401, 403, 404))
async def get_preferences(actor: AccountHolder, session: Session) -> PreferenceRead | Response:
    """The caller's preferences, or 204 when there are none."""
    preference = await preferences.find_preference(session, actor)
    return describe_preference(preference) if preference else Response(status_code=204)


@router.put("", response_model=PreferenceRead, responses=SAVED | describe_errors(401, 403, 404))
async def replace_preferences(
    body: PreferenceUpdate, actor: AccountHolder, session: Session, response: Response
) -> PreferenceRead:
    """Make the preferences exactly these: what is not sent is forgotten. 201 the first time."""
    return _answer(await preferences.replace_preference(session, actor, fields=body.changes), response)


@router.patch("", response_model=PreferenceRead, responses=SAVED | describe_errors(401, 403, 404))
async def update_preferences(
    body: PreferenceUpdate, actor: AccountHolder, session: Session, response: Response
) -> PreferenceRead:
    """Change what is sent, with null to forget it. 201 the first time."""
    return _answer(await preferences.update_preference(session, actor, changes=body.changes), response)


def _answer(saved: preferences.Saved, response: Response) -> PreferenceRead:
    response.status_code = 201 if saved.is_new else 200
    return describe_preference(saved.preference)
