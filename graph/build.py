"""The whole graph at once.

START → understand → route ─┬→ <agent> ⇄ tools → END
                            └→ tools → <agent>
"""

from __future__ import annotations

from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from agents.registry import AGENTS
from graph.context import TurnContext
from graph.nodes.answer import make_answer_node
from graph.nodes.call_tools import make_tools_node
from graph.nodes.route import route
from graph.nodes.understand import understand
from graph.state import State

Graph = CompiledStateGraph[State, TurnContext, State, State]

RECURSION_LIMIT = 12
"""Steps of one turn. The library's own limit is ten thousand, which is none."""


def build_graph(checkpointer: BaseCheckpointSaver[Any]) -> Graph:
    builder = StateGraph(State, context_schema=TurnContext)
    builder.add_node("understand", understand)
    builder.add_node("route", route, destinations=(*AGENTS, "tools"))
    builder.add_node("tools", make_tools_node())
    for spec in AGENTS.values():
        builder.add_node(spec.name, make_answer_node(spec))
    builder.add_edge(START, "understand")
    builder.add_edge("understand", "route")
    builder.add_conditional_edges("tools", lambda state: state["agent"], list(AGENTS))
    return builder.compile(checkpointer=checkpointer)
