"""What a conversation remembers between turns. Bounded, JSON-able, and no business facts: those are rows."""

from __future__ import annotations

from itertools import takewhile
from typing import Annotated, Any, Literal, TypedDict, TypeVar

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langgraph.graph.message import add_messages

from tools.changes import ListedWays
from tools.shown import CheapestDay, ShownOffer

KEPT_MESSAGES = 24
"""In state; the whole transcript is our own table."""

PROMPT_MESSAGES = 12
"""What a model sees of them."""

KEPT_STORY_LINES = 12


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


def count_choices(state: State) -> int:
    """How many things on the screen "the second one" can be said of."""
    ways = state.get("ways")
    return ways["count"] if ways else len(state.get("offers", []))


_Kept = TypeVar("_Kept")


def keep_last(_before: _Kept, after: _Kept) -> _Kept:
    """Two searches in one step both show offers; the later card is the one "the second" is said about."""
    return after


def keep_story(before: list[str], told: list[str]) -> list[str]:
    return [*before, *told][-KEPT_STORY_LINES:]


class OpenCard(TypedDict):
    """A card that asks for a yes. Whether it still may be answered, its proposal knows."""

    card: dict[str, Any]
    """As it was shown."""
    call_id: str
    """Of the tool call that asked."""
    is_last: bool
    """Nothing was shown after it: only then a typed yes means it."""


PendingReason = Literal["sign_in", "passenger_form", "calendar"]


class Pending(TypedDict):
    """What waits until the traveller has signed in, written down who flies, or connected their calendar."""

    reason: PendingReason
    card: dict[str, Any]
    agent: str
    name: str
    args: dict[str, Any]
    """The tool call to make then."""


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
    ways: Annotated[ListedWays | None, keep_last]
    """The ways to change a booking, where they were listed last."""
    changing: str | None
    """The booking whose new day our last question was about, as it was named."""
    card: Annotated[OpenCard | None, keep_last]
    pending: Annotated[Pending | None, keep_last]
    done: str | None
    """What code did in this turn: "held", "cancelled", "declined" and the like."""
    story: Annotated[list[str], keep_story]
    """What happened in the conversation, told by code: a line a thing, the latest last."""
