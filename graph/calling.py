"""Runs one tool for a turn, and keeps what it put on the screen; nothing a tool raises leaves here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain.tools import ToolRuntime
from langchain_core.messages import ToolMessage
from langchain_core.messages.tool import ToolCall
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.runtime import Runtime
from pydantic import ValidationError

from graph.context import TurnContext
from graph.state import Pending, PendingReason, State
from services.calendar.errors import CalendarNotConnected
from tools.errors import ArgumentsInvalid, NoTravellersKnown, SignInNeeded, ToolNotAllowed, explain_failure
from tools.passenger_form import PAPER_FAULTS
from tools.registry import READ_TOOLS, WRITE_TOOLS

READ_NAMES = frozenset(tool.name for tool in READ_TOOLS)
WRITE_NAMES = frozenset(tool.name for tool in WRITE_TOOLS)

WAITING_FOR: Mapping[str, PendingReason] = {
    SignInNeeded.code: "sign_in",
    NoTravellersKnown.code: "passenger_form",
    **dict.fromkeys((fault.code for fault in PAPER_FAULTS), "passenger_form"),
    CalendarNotConnected.code: "calendar",
}
"""Failures the traveller can mend on a card; then the call is made again."""
RENUMBERING = frozenset({"search_flights", "list_my_bookings"})
"""After these a number in a call that waits would mean something else."""
MAX_STORY_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class Called:
    """What came of a call: its answer to the model, the other changes of state, and the cards shown."""

    message: ToolMessage
    remembered: State = field(default_factory=State)
    cards: Sequence[dict[str, Any]] = ()

    @property
    def has_failed(self) -> bool:
        return self.message.status == "error"

    @property
    def update(self) -> State:
        return State(**(self.remembered | {"messages": [self.message]}))


def check_call(call: ToolCall, tools: Sequence[BaseTool]) -> BaseTool:
    """The tool that is called; raises ToolNotAllowed for one that is not among them, and ArgumentsInvalid."""
    tool = next((each for each in tools if each.name == call["name"]), None)
    if tool is None:
        raise ToolNotAllowed
    try:
        tool.tool_call_schema.model_validate(call["args"])  # type: ignore[union-attr]  # ours are pydantic models
    except ValidationError as error:
        raise ArgumentsInvalid(error) from error
    return tool


async def call_tool(call: ToolCall, tools: Sequence[BaseTool], state: State, runtime: Runtime[TurnContext]) -> Called:
    """Make a call, if it is one of these tools'."""
    cards: list[dict[str, Any]] = []

    def write(data: dict[str, Any]) -> None:
        if "card" in data:
            cards.append(data["card"])
        runtime.stream_writer(data)

    context, call_id = runtime.context, call["id"] or ""
    tooling = ToolRuntime(
        state=state, context=context, config=RunnableConfig(), stream_writer=write, tool_call_id=call_id, store=None
    )
    try:
        tool = check_call(call, tools)
        result = await tool.ainvoke(
            {"type": "tool_call", "name": tool.name, "id": call_id, "args": call["args"] | {"runtime": tooling}}
        )
        # a tool that changes nothing of what is remembered answers with its facts alone
        update: dict[str, Any] = {"messages": [result]} if isinstance(result, ToolMessage) else result.update
        (message,) = update["messages"]
        remembered = State(**{name: value for name, value in update.items() if name != "messages"})  # type: ignore[typeddict-item]  # tools name what the state has
        remembered |= State(story=[_tell(call)])
        if not _is_digression(tool.name, state.get("pending")):
            remembered["pending"] = None
        return Called(message.model_copy(update={"name": tool.name}), remembered, cards)
    except Exception as error:  # an edge: a bug in a tool must not end the conversation
        message = explain_failure(error, tool=call["name"], call_id=call_id, language=context.language)
        reason = WAITING_FOR.get(getattr(error, "code", ""))
        if reason is None or not cards:
            return Called(message, cards=cards)
        pending = Pending(
            reason=reason,
            card=cards[-1],
            agent=state["agent"],
            name=call["name"],
            args=call["args"],
        )
        return Called(message, State(pending=pending), cards)


def _is_digression(tool: str, pending: Pending | None) -> bool:
    """Whether what waits goes on waiting: something was looked up meanwhile, and the numbers are the same."""
    return pending is not None and tool != pending["name"] and tool in READ_NAMES - RENUMBERING


def _tell(call: ToolCall) -> str:
    said = ", ".join(str(value) for value in call["args"].values() if value not in (None, [], ""))
    return f"{call['name']} {said}".strip()[:MAX_STORY_CHARACTERS]
