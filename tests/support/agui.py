"""A grammar checker for AG-UI 1.0 streams: raises on any stream a strict client would refuse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ag_ui.core import Event as AguiEvent
from pydantic import TypeAdapter

_EVENT: TypeAdapter[Any] = TypeAdapter(AguiEvent)

OPENERS = {"TEXT_MESSAGE_START": "messageId", "TOOL_CALL_START": "toolCallId", "STEP_STARTED": "stepName"}
NEEDS_OPEN = {
    "TEXT_MESSAGE_CONTENT": ("TEXT_MESSAGE_START", "messageId"),
    "TEXT_MESSAGE_END": ("TEXT_MESSAGE_START", "messageId"),
    "TOOL_CALL_ARGS": ("TOOL_CALL_START", "toolCallId"),
    "TOOL_CALL_END": ("TOOL_CALL_START", "toolCallId"),
    "STEP_FINISHED": ("STEP_STARTED", "stepName"),
}
CLOSERS = {"TEXT_MESSAGE_END", "TOOL_CALL_END", "STEP_FINISHED"}
TERMINAL = {"RUN_FINISHED", "RUN_ERROR"}


class Ungrammatical(AssertionError):
    """The stream breaks a rule; the message names the event's place."""


def check_run(events: Sequence[dict[str, Any]], waiting: Iterable[str] = ()) -> None:
    """One whole run: RUN_STARTED first, everything opened is closed, exactly one terminal event, and it is last.

    `waiting` are calls of the runs before that no result has come for.
    """
    if not events:
        raise Ungrammatical("an empty stream")
    opened: set[tuple[str, str]] = set()
    called: set[str] = set(waiting)
    for place, event in enumerate(events, start=1):
        kind = event.get("type", "?")
        _check_shape(place, event)
        if (kind == "RUN_STARTED") != (place == 1):
            raise Ungrammatical(f"{place}: RUN_STARTED must come first, and once; got {kind}")
        if kind in TERMINAL and place != len(events):
            raise Ungrammatical(f"{place}: {kind} before the end")
        if kind in OPENERS:
            key = (kind, event[OPENERS[kind]])
            if key in opened:
                raise Ungrammatical(f"{place}: {key} is open already")
            opened.add(key)
            if kind == "TOOL_CALL_START":
                called.add(event["toolCallId"])
        if kind in NEEDS_OPEN:
            opener, name = NEEDS_OPEN[kind]
            if (opener, event[name]) not in opened:
                raise Ungrammatical(f"{place}: {kind} for {event[name]}, which is not open")
            if kind in CLOSERS:
                opened.discard((opener, event[name]))
        if kind == "TOOL_CALL_RESULT" and event["toolCallId"] not in called:
            raise Ungrammatical(f"{place}: a result for a call that was never made")
        if kind == "RUN_STARTED" and event.get("protocolVersion") != "1.0":
            raise Ungrammatical(f"{place}: no protocolVersion")
        if kind == "RUN_FINISHED" and opened:
            raise Ungrammatical(f"{place}: finished with {opened} open")
    if events[-1]["type"] not in TERMINAL:
        raise Ungrammatical("no terminal event")


def _check_shape(place: int, event: dict[str, Any]) -> None:
    nulls = [name for name, value in event.items() if value is None]
    if nulls:
        raise Ungrammatical(f"{place}: explicit null in {nulls}")
    try:
        parsed = _EVENT.validate_python(event)
    except ValueError as error:
        raise Ungrammatical(f"{place}: {error}") from error
    unknown = set(event) - {field.alias or name for name, field in type(parsed).model_fields.items()}
    if unknown:
        raise Ungrammatical(f"{place}: {event['type']} has no {unknown}")
    if event["type"] == "TEXT_MESSAGE_CONTENT" and not event["delta"]:
        raise Ungrammatical(f"{place}: an empty delta")
