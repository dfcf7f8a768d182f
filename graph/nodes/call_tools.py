"""Runs the read tools a model or the router asked for, in parallel; a failure becomes an answer the model can use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from langchain_core.messages import ToolMessage
from langgraph.prebuilt import ToolNode
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.types import Command

from agents.registry import AGENTS
from graph.context import TurnContext
from tools.errors import ToolNotAllowed, explain_failure
from tools.registry import READ_TOOLS

Execute = Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]]


def make_tools_node() -> ToolNode:
    return ToolNode(list(READ_TOOLS), handle_tool_errors=False, awrap_tool_call=_guard)


async def _guard(request: ToolCallRequest, execute: Execute) -> ToolMessage | Command[Any]:
    """Only the speaking agent's own tools run, and nothing they raise leaves the turn."""
    name, call_id = request.tool_call["name"], request.tool_call["id"] or ""
    context: TurnContext = request.runtime.context  # type: ignore[assignment]  # ToolCallRequest's type is not generic
    try:
        if name not in {tool.name for tool in AGENTS[request.state["agent"]].tools}:
            raise ToolNotAllowed
        return await execute(request)
    except Exception as error:  # an edge: a bug in a tool must not end the conversation
        return explain_failure(error, tool=name, call_id=call_id, language=context.language)
