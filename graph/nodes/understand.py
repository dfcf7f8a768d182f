"""Reads the traveller's message with code and updates the frame."""

from __future__ import annotations

from typing import cast

from langgraph.runtime import Runtime
from langgraph.types import Overwrite

from graph.context import TurnContext
from graph.state import State, answer_open_calls
from understanding.frame import Frame, SlotName
from understanding.read import read_message


def understand(state: State, runtime: Runtime[TurnContext]) -> State:
    context = runtime.context
    reading = read_message(
        state["messages"][-1].text,
        frame=Frame.model_validate(state.get("frame", {})),
        now=context.now,
        previous_language=context.language,
        asked=frozenset((asked,)) if (asked := cast("SlotName | None", state.get("asked"))) else frozenset(),
        offers_shown=len(state.get("offers", [])),
    )
    update: State = {
        "frame": reading.frame.model_dump(mode="json"),
        "reading": reading.model_dump(mode="json"),
    }
    repaired = answer_open_calls(state["messages"])
    if len(repaired) != len(state["messages"]):
        update["messages"] = Overwrite(repaired)  # type: ignore[typeddict-item]  # the reducer's own escape
    if reading.intent.name == "start_over":
        update["offers"] = []
    return update
