"""Makes the one write a turn may have, and says itself what came of it: no model is asked again."""

from __future__ import annotations

import json

from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.messages.tool import ToolCall
from langgraph.graph import END
from langgraph.runtime import Runtime
from langgraph.types import Command

from agents.registry import AGENTS
from graph.calling import WRITE_NAMES, Called, call_tool
from graph.context import TurnContext
from graph.sentences import after_write, step_needed
from graph.state import OpenCard, State

WAITS = "waits"
"""Marks a tool's answer whose call is answered for a client only when the traveller has answered the card."""


async def propose(state: State, *, runtime: Runtime[TurnContext]) -> Command[str]:
    """Nothing here books, cancels or changes: a card is shown, and the turn ends."""
    call, language = _find_call(state), runtime.context.language
    runtime.stream_writer({"step": state["agent"]})
    own = [tool for tool in AGENTS[state["agent"]].tools if tool.name in WRITE_NAMES]
    called = await call_tool(call, own, state, runtime)
    pending = called.remembered.get("pending")
    if called.has_failed and pending is None:
        return Command(update=called.update, goto=state["agent"])
    if pending is not None:
        text = step_needed(pending["reason"], language)
    else:
        text = after_write(call["name"], json.loads(called.message.text), language)
    runtime.stream_writer({"text": text})
    remembered = State(**called.remembered, done=call["name"])
    if (card := _find_question(called, call)) is not None:
        called.message.additional_kwargs[WAITS] = True
        remembered["card"] = card
    return Command(update=State(**(remembered | {"messages": [called.message, AIMessage(text)]})), goto=END)


def _find_call(state: State) -> ToolCall:
    """The call the gate has left."""
    answered = {each.tool_call_id for each in state["messages"] if isinstance(each, ToolMessage)}
    asking = next(each for each in reversed(state["messages"]) if isinstance(each, AIMessage))
    return next(call for call in asking.tool_calls if call["id"] not in answered)


def _find_question(called: Called, call: ToolCall) -> OpenCard | None:
    shown = next((card for card in called.cards if card["type"] == "confirm"), None)
    return OpenCard(card=shown, call_id=call["id"] or "", is_last=True) if shown else None
