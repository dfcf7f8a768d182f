"""The whole graph at once.

START → understand → route ─┬→ <agent> ⇄ tools → END
                            │     └→ gate → propose → END
                            ├→ tools → <agent>
                            ├→ gate → propose → END
                            └→ commit → END
"""

from __future__ import annotations

from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from agents.registry import AGENTS
from graph.context import TurnContext
from graph.nodes.answer import make_answer_node
from graph.nodes.call_tools import call_tools
from graph.nodes.commit import commit
from graph.nodes.gate import gate
from graph.nodes.propose import propose
from graph.nodes.route import route
from graph.nodes.understand import understand
from graph.state import State

Graph = CompiledStateGraph[State, TurnContext, State, State]

RECURSION_LIMIT = 12
"""Steps of one turn. The library's own limit is ten thousand, which is none."""


def build_graph(checkpointer: BaseCheckpointSaver[Any]) -> Graph:
    builder = StateGraph(State, context_schema=TurnContext)
    builder.add_node("understand", understand)
    builder.add_node("route", route, destinations=(*AGENTS, "tools", "gate", "commit"))
    builder.add_node("tools", call_tools)
    builder.add_node("gate", gate, destinations=(*AGENTS, "propose"))
    builder.add_node("propose", propose, destinations=(*AGENTS, END))
    builder.add_node("commit", commit)
    for spec in AGENTS.values():
        others = tuple(name for name in AGENTS if name != spec.name) if spec.name == "concierge" else ()
        builder.add_node(spec.name, make_answer_node(spec), destinations=(*others, "tools", "gate", END))
    builder.add_edge(START, "understand")
    builder.add_edge("understand", "route")
    builder.add_edge("commit", END)
    builder.add_conditional_edges("tools", lambda state: state["agent"], list(AGENTS))
    return builder.compile(checkpointer=checkpointer)
