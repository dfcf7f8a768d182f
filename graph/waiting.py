"""The cards a turn leaves waiting for their traveller."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from core.security import Actor
from graph.state import State
from services.conversations.waiting import CONFIRMATION, Interrupt, describe_waiting, keep_waiting

INPUT_REQUIRED = "input_required"


async def list_waiting(session: AsyncSession, actor: Actor, state: State) -> list[Interrupt]:
    waiting = []
    if card := state.get("card"):
        waiting.append(describe_waiting(card["card"], reason=CONFIRMATION, call_id=card["call_id"]))
    if pending := state.get("pending"):
        waiting.append(describe_waiting(pending["card"], reason=INPUT_REQUIRED, call_id=None))
    return await keep_waiting(session, actor, waiting)
