"""Runs the read tools a model or the router asked for, at the same time; a failure is an answer the model can use."""

from __future__ import annotations

import asyncio

from langchain_core.messages import AIMessage
from langgraph.runtime import Runtime
from langgraph.types import Command

from agents.registry import AGENTS
from graph.calling import READ_NAMES, call_tool
from graph.context import TurnContext
from graph.state import State


async def call_tools(state: State, *, runtime: Runtime[TurnContext]) -> list[Command[str]]:
    """Only the speaking agent's own read tools run."""
    asking = state["messages"][-1]
    assert isinstance(asking, AIMessage)
    allowed = [tool for tool in AGENTS[state["agent"]].tools if tool.name in READ_NAMES]
    called = await asyncio.gather(*(call_tool(call, allowed, state, runtime) for call in asking.tool_calls))
    return [Command(update=each.update) for each in called]
