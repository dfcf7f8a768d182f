"""The cards a turn leaves waiting for their traveller."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from core.security import Actor
from graph.context import TurnContext
from graph.state import State
from services.conversations.waiting import CONFIRMATION, Interrupt, describe_waiting, keep_waiting
from understanding.consent import read_answer

INPUT_REQUIRED = "input_required"


def puts_aside(state: State, context: TurnContext) -> bool:
    """Whether the traveller does not want what waits for a step of theirs: by a click, or by a plain no."""
    pending = state.get("pending")
    if pending is None:
        return False
    if context.resume is not None:
        return context.resume.interrupt_id == pending["card"]["id"] and not context.resume.is_resolved
    return state.get("card") is None and read_answer(state["messages"][-1].text, context.language) == "no"


async def list_waiting(session: AsyncSession, actor: Actor, state: State) -> list[Interrupt]:
    waiting = []
    if card := state.get("card"):
        waiting.append(describe_waiting(card["card"], reason=CONFIRMATION, call_id=card["call_id"]))
    if pending := state.get("pending"):
        waiting.append(describe_waiting(pending["card"], reason=INPUT_REQUIRED, call_id=None))
    return await keep_waiting(session, actor, waiting)
