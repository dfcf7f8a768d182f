"""What a conversation remembers between turns. Bounded, JSON-able, and no business facts: those are rows."""

from __future__ import annotations

from itertools import takewhile
from typing import Annotated, Any, TypedDict, TypeVar

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langgraph.graph.message import add_messages

from tools.shown import CheapestDay, ShownOffer

KEPT_MESSAGES = 24
"""In state; the whole transcript is our own table."""

PROMPT_MESSAGES = 12
"""What a model sees of them."""


def keep_recent(before: list[AnyMessage], added: list[AnyMessage]) -> list[AnyMessage]:
    """Append, then drop the oldest; what is left starts with the traveller's words."""
    merged: list[AnyMessage] = add_messages(before, added)  # type: ignore[assignment, arg-type]  # stubs say union
    return cut_recent(merged, KEPT_MESSAGES)


def cut_recent(messages: list[AnyMessage], count: int) -> list[AnyMessage]:
    """The last `count` messages from the first of the traveller's among them, but always the whole present turn.

    A history that begins with an answer is refused by providers, and one without the question cannot be answered.
    """
    humans = [index for index, each in enumerate(messages) if isinstance(each, HumanMessage)]
    recent = [index for index in humans if index >= len(messages) - count]
    start = next(iter(recent or humans[-1:]), len(messages))
    return messages[start:]


def answer_open_calls(messages: list[AnyMessage]) -> list[AnyMessage]:
    """The history with every tool call answered: one left open by a killed turn makes providers refuse it all."""
    repaired: list[AnyMessage] = []
    for index, each in enumerate(messages):
        repaired.append(each)
        if isinstance(each, AIMessage):
            results = takewhile(lambda later: isinstance(later, ToolMessage), messages[index + 1 :])
            answered = {result.tool_call_id for result in results if isinstance(result, ToolMessage)}
            repaired += [
                ToolMessage('{"error": "cancelled"}', tool_call_id=call["id"] or "", status="error")
                for call in each.tool_calls
                if call["id"] not in answered
            ]
    return repaired


_Kept = TypeVar("_Kept")


def keep_last(_before: _Kept, after: _Kept) -> _Kept:
    """Two searches in one step both show offers; the later card is the one "the second" is said about."""
    return after


class State(TypedDict, total=False):
    messages: Annotated[list[AnyMessage], keep_recent]
    frame: dict[str, Any]
    """An understanding.frame.Frame."""
    reading: dict[str, Any]
    """The understanding.reading.Reading of the latest message."""
    agent: str
    """Who answers; the last one keeps the conversation while code is unsure."""
    asked: str | None
    """The slot our last question was about."""
    offers: Annotated[list[ShownOffer], keep_last]
    number: Annotated[int | None, keep_last]
    """Of the offer last looked into; None after a search."""
    bookings: Annotated[list[str], keep_last]
    """Ids of the bookings listed last, in that order; whose they are is asked whenever one is used."""
    cheapest_day: Annotated[CheapestDay | None, keep_last]
    """Of the price calendar of this turn."""
