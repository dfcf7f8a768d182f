"""The AG-UI 1.0 events a run is made of, as we store them, and what a finished log shows.

Optional fields that are unset are left out: stock clients reject an explicit null.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from ag_ui.core import (
    BaseEvent,
    Interrupt,
    RunErrorEvent,
    RunFinishedCancelledOutcome,
    RunFinishedEvent,
    RunFinishedInterruptOutcome,
    RunFinishedSuccessOutcome,
    RunStartedEvent,
)

PROTOCOL_VERSION = "1.0"
TERMINAL_TYPES = frozenset({"RUN_FINISHED", "RUN_ERROR"})

EventData = dict[str, Any]


def as_data(event: BaseEvent) -> EventData:
    return event.model_dump(mode="json", by_alias=True, exclude_none=True)


def run_started(conversation_id: UUID, run_id: UUID) -> EventData:
    return as_data(
        RunStartedEvent(thread_id=str(conversation_id), run_id=str(run_id), protocol_version=PROTOCOL_VERSION)
    )


def run_finished(
    conversation_id: UUID,
    run_id: UUID,
    *,
    cancelled: bool,
    interrupts: Sequence[Mapping[str, Any]],
    result: Mapping[str, Any],
) -> EventData:
    """`interrupts` are the cards that wait for the traveller; a run that leaves some ends with them."""
    outcome: RunFinishedCancelledOutcome | RunFinishedInterruptOutcome | RunFinishedSuccessOutcome
    if cancelled:
        outcome = RunFinishedCancelledOutcome()
    elif interrupts:
        outcome = RunFinishedInterruptOutcome(interrupts=[_as_interrupt(each) for each in interrupts])
    else:
        outcome = RunFinishedSuccessOutcome()
    return as_data(
        RunFinishedEvent(thread_id=str(conversation_id), run_id=str(run_id), outcome=outcome, result=dict(result))
    )


def _as_interrupt(waiting: Mapping[str, Any]) -> Interrupt:
    """In the protocol's spelling."""
    return Interrupt(
        id=waiting["id"],
        reason=waiting["reason"],
        message=waiting["message"],
        tool_call_id=waiting["tool_call_id"],
        expires_at=waiting["expires_at"],
        metadata={name: waiting[name] for name in ("action", "quote_hash", "card")},
    )


def run_error(code: str, message: str, *, result: Mapping[str, Any]) -> EventData:
    return as_data(RunErrorEvent(code=code, message=message, metadata={"result": dict(result)}))


@dataclass
class Shown:
    """What a log put in front of the traveller."""

    text: str = ""
    cards: list[dict[str, Any]] = field(default_factory=list)
    suggested_actions: list[dict[str, Any]] = field(default_factory=list)
    open_text_ids: list[str] = field(default_factory=list)
    open_tool_call_ids: list[str] = field(default_factory=list)
    open_steps: list[str] = field(default_factory=list)


def fold(events: Iterable[EventData]) -> Shown:
    """Read a log from its start: the text, cards and chips shown, and what it has opened and not closed."""
    shown = Shown()
    for event in events:
        match event:
            case {"type": "TEXT_MESSAGE_START", "messageId": message_id}:
                shown.open_text_ids.append(message_id)
                if shown.text:
                    shown.text += "\n\n"
            case {"type": "TEXT_MESSAGE_CONTENT", "delta": delta}:
                shown.text += delta
            case {"type": "TEXT_MESSAGE_END", "messageId": message_id}:
                shown.open_text_ids.remove(message_id)
            case {"type": "TOOL_CALL_START", "toolCallId": tool_call_id}:
                shown.open_tool_call_ids.append(tool_call_id)
            case {"type": "TOOL_CALL_END", "toolCallId": tool_call_id}:
                shown.open_tool_call_ids.remove(tool_call_id)
            case {"type": "STEP_STARTED", "stepName": step}:
                shown.open_steps.append(step)
            case {"type": "STEP_FINISHED", "stepName": step}:
                shown.open_steps.remove(step)
            case {"type": "ACTIVITY_SNAPSHOT", "content": content}:
                shown.cards.append(content)
            case {"type": "CUSTOM", "name": "suggested_actions", "value": value}:
                shown.suggested_actions = value
    return shown


def closing_events(shown: Shown) -> list[EventData]:
    """What ends everything a log left open, innermost first, so that a terminal event may follow."""
    return [
        *({"type": "TEXT_MESSAGE_END", "messageId": id_} for id_ in shown.open_text_ids),
        *({"type": "TOOL_CALL_END", "toolCallId": id_} for id_ in shown.open_tool_call_ids),
        *({"type": "STEP_FINISHED", "stepName": step} for step in reversed(shown.open_steps)),
    ]
