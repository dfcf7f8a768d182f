"""How the traveller likes to fly, as far as they wanted it remembered."""

from __future__ import annotations

from typing import Annotated, Any

from langchain.tools import tool
from langgraph.types import Command
from pydantic import Field

from services.preferences.kinds import PreferenceKind, list_told, read_value, tell_preference
from services.preferences.preferences import find_preference
from services.proposals.personal import propose_preference as ask_to_remember
from tools.context import ToolContext, Tooling, answer_call
from tools.proposals import ask_on_card, read_question
from tools.sign_in import require_sign_in

PreferenceWord = Annotated[str, Field(min_length=1, max_length=40)]


@tool
async def my_preferences(runtime: Tooling) -> Command[Any]:
    """Tell what is remembered of how the traveller likes to fly: seat, cabin, meal, airlines and the like."""
    ctx: ToolContext = runtime.context
    require_sign_in(runtime)
    async with ctx.transactions() as session:
        told = list_told(await find_preference(session, ctx.actor))
    facts = [{"kind": kind, "text": tell_preference(kind, value, ctx.language)} for kind, value in told]
    return answer_call(runtime, {"preferences": facts}, {})


@tool
async def propose_preference(
    kind: PreferenceKind, runtime: Tooling, value: PreferenceWord | None = None
) -> Command[Any]:
    """Show the card that asks to remember how the traveller likes to fly, or to forget it. Remembers nothing itself.

    Args:
        kind: e.g. 'seat'. 'reminders' are the letters before a flight.
        value: seat: window, middle, aisle; cabin: economy, premium_economy, business, first; meal: an IATA code such as
            VGML; airline and home_airport: a code such as VN, SGN; currency: VND; language: vi, en; reminders: on, off.
            Leave out to forget what was told of this kind.
    """
    ctx: ToolContext = runtime.context
    require_sign_in(runtime)
    proposal = await ask_to_remember(
        ctx.consent,
        ctx.actor,
        kind=kind,
        value=read_value(kind, value) if value is not None else None,
        conversation_id=ctx.conversation_id,
        tool_call_id=runtime.tool_call_id,
    )
    return answer_call(runtime, ask_on_card(runtime, await read_question(ctx, proposal)), {})
