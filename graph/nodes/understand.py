"""Reads the traveller's message with code and updates the frame."""

from __future__ import annotations

from typing import cast

from langgraph.runtime import Runtime
from langgraph.types import Overwrite

from graph.context import TurnContext
from graph.state import State, answer_open_calls, count_choices
from understanding.frame import Frame, SlotName
from understanding.read import read_message
from understanding.reading import Intent, IntentName, Reading


def understand(state: State, runtime: Runtime[TurnContext]) -> State:
    context = runtime.context
    if context.resume is not None:
        return _read_click(state, context)
    reading = read_message(
        state["messages"][-1].text,
        frame=Frame.model_validate(state.get("frame", {})),
        now=context.now,
        previous_language=context.language,
        asked=frozenset((asked,)) if (asked := cast("SlotName | None", state.get("asked"))) else frozenset(),
        offers_shown=count_choices(state),
        bookings_shown=len(state.get("bookings", [])),
    )
    update: State = {
        "frame": reading.frame.model_dump(mode="json"),
        "reading": reading.model_dump(mode="json"),
    }
    repaired = answer_open_calls(state["messages"])
    if len(repaired) != len(state["messages"]):
        update["messages"] = Overwrite(repaired)  # type: ignore[typeddict-item]  # the reducer's own escape
    if reading.intent.name == "start_over":
        update |= State(offers=[], number=None, ways=None, pending=None)
    return update


def _read_click(state: State, context: TurnContext) -> State:
    """A click says yes, no or done, and nothing of the trip."""
    assert context.resume is not None
    name: IntentName = "no" if context.resume.is_no else "yes"
    reading = Reading(
        language=context.language,
        intent=Intent(name=name, confidence=1),
        frame=Frame.model_validate(state.get("frame", {})),
        changed=(),
    )
    return State(frame=reading.frame.model_dump(mode="json"), reading=reading.model_dump(mode="json"))
