"""Hands the turn on: to what a card was answered with, to an agent, or straight to the tool when code knows which."""

from __future__ import annotations

from langchain_core.messages import AIMessage
from langchain_core.messages.tool import tool_call
from langgraph.runtime import Runtime
from langgraph.types import Command

from core.ids import new_id
from graph.calling import WRITE_NAMES
from graph.context import TurnContext
from graph.planned import Route
from graph.router import choose_route
from graph.router_bookings import resume_pending
from graph.state import OpenCard, State
from graph.waiting import puts_aside
from services.proposals.approval import withdraw_cards
from understanding.consent import read_answer
from understanding.reading import Reading

EDITS = frozenset({"search", "refine", "correction", "select", "start_over"})
"""Whoever wants these wants something else than the open card says."""


async def route(state: State, runtime: Runtime[TurnContext]) -> Command[str]:
    context, reading = runtime.context, Reading.model_validate(state["reading"])
    if is_answer(state, context):
        agent = state.get("agent") or "booking"
        runtime.stream_writer({"route": {"agent": agent, "reason": "answer to a card"}})
        return Command(update=State(agent=agent, asked=None, cheapest_day=None, done=None), goto="commit")
    chosen = resume_pending(reading, state, context.resume) or choose_route(
        reading,
        last_agent=state.get("agent"),
        offers=state.get("offers", []),
        last_number=state.get("number"),
        last_asked=state.get("asked"),
        ways=state.get("ways"),
        changing=state.get("changing"),
        text=state["messages"][-1].text,
    )
    runtime.stream_writer({"route": {"agent": chosen.agent, "reason": chosen.reason}})
    update = State(agent=chosen.agent, asked=chosen.asked, changing=chosen.changing, cheapest_day=None, done=None)
    update["card"] = await _leave_card(state.get("card"), chosen, reading, context)
    if chosen.call is None:
        return Command(update=update, goto=chosen.agent)
    call = tool_call(name=chosen.call.name, args=chosen.call.args, id=f"call_{new_id().hex}")
    update["messages"] = [AIMessage("", tool_calls=[call])]
    return Command(update=update, goto="gate" if chosen.call.name in WRITE_NAMES else "tools")


def is_answer(state: State, context: TurnContext) -> bool:
    """Whether the turn is an answer to a card that asks for a yes: a click on one, or nothing but a yes or a no."""
    card = state.get("card")
    if context.resume is not None:
        pending = state.get("pending")
        is_step = pending is not None and context.resume.interrupt_id == pending["card"]["id"]
        return not (is_step and context.resume.is_resolved)
    if puts_aside(state, context):
        return True
    said = state["messages"][-1].text
    return card is not None and read_answer(said, context.language, card["card"]["action"]) is not None


async def _leave_card(card: OpenCard | None, chosen: Route, reading: Reading, context: TurnContext) -> OpenCard | None:
    """A question leaves a card open, though no longer the last thing shown; another wish takes it back."""
    if card is None:
        return None
    is_edit = reading.intent.name in EDITS and (bool(reading.changed) or chosen.call is not None)
    if is_edit or reading.intent.name == "start_over":
        async with context.transactions() as session:
            await withdraw_cards(session, context.actor, context.conversation_id)
        return None
    return OpenCard(**(card | {"is_last": False}))
