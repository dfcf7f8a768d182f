"""What stands before every write: one a turn, one of the agent's own, with arguments that can be read. Pure."""

from __future__ import annotations

import json

from langchain_core.messages import AIMessage, AnyMessage, ToolMessage
from langgraph.runtime import Runtime
from langgraph.types import Command

from agents.registry import AGENTS
from core.errors import AppError
from core.messages import say
from graph.calling import WRITE_NAMES, check_call
from graph.context import TurnContext
from graph.state import State
from tools.errors import explain_failure


def gate(state: State, runtime: Runtime[TurnContext]) -> Command[str]:
    """On to `propose` with the first write and nothing else, or back to the agent with what is wrong with it."""
    asking, language = state["messages"][-1], runtime.context.language
    assert isinstance(asking, AIMessage)
    chosen = next(call for call in asking.tool_calls if call["name"] in WRITE_NAMES)
    deferred = json.dumps({"error": "one_thing_at_a_time", "message": say("errors.one_thing_at_a_time", language)})
    answers: list[AnyMessage] = [
        ToolMessage(deferred, tool_call_id=call["id"] or "", name=call["name"], status="error")
        for call in asking.tool_calls
        if call is not chosen
    ]
    try:
        check_call(chosen, [tool for tool in AGENTS[state["agent"]].tools if tool.name in WRITE_NAMES])
    except AppError as error:
        told = explain_failure(error, tool=chosen["name"], call_id=chosen["id"] or "", language=language)
        return Command(update=State(messages=[*answers, told]), goto=state["agent"])
    return Command(update=State(messages=answers), goto="propose")
