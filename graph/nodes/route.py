"""Hands the turn to an agent, or straight to the read tool when code knows which."""

from __future__ import annotations

from langchain_core.messages import AIMessage
from langchain_core.messages.tool import tool_call
from langgraph.runtime import Runtime
from langgraph.types import Command

from core.ids import new_id
from graph.context import TurnContext
from graph.router import choose_route
from graph.state import State
from understanding.reading import Reading


def route(state: State, runtime: Runtime[TurnContext]) -> Command[str]:
    reading = Reading.model_validate(state["reading"])
    chosen = choose_route(
        reading,
        last_agent=state.get("agent"),
        offers=state.get("offers", []),
        last_number=state.get("number"),
        last_asked=state.get("asked"),
    )
    runtime.stream_writer({"route": {"agent": chosen.agent, "reason": chosen.reason}})
    update: State = {"agent": chosen.agent, "asked": chosen.asked, "cheapest_day": None}
    if chosen.call is None:
        return Command(update=update, goto=chosen.agent)
    call = tool_call(name=chosen.call.name, args=chosen.call.args, id=f"call_{new_id().hex}")
    update["messages"] = [AIMessage("", tool_calls=[call])]
    return Command(update=update, goto="tools")
