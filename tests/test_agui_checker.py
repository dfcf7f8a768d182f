"""The grammar checker refuses every kind of stream a strict client would refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.agui import Ungrammatical, check_run
from tests.support.sse import Received, check_log

Event = dict[str, Any]

STARTED: Event = {"type": "RUN_STARTED", "threadId": "t", "runId": "r", "protocolVersion": "1.0"}
FINISHED: Event = {"type": "RUN_FINISHED", "threadId": "t", "runId": "r", "outcome": {"type": "success"}}
FAILED: Event = {"type": "RUN_ERROR", "message": "broken", "code": "model_failed"}
CALLED: list[Event] = [
    {"type": "TOOL_CALL_START", "toolCallId": "c", "toolCallName": "search_flights"},
    {"type": "TOOL_CALL_ARGS", "toolCallId": "c", "delta": "{}"},
    {"type": "TOOL_CALL_END", "toolCallId": "c"},
    {"type": "TOOL_CALL_RESULT", "messageId": "m0", "toolCallId": "c", "content": "{}", "role": "tool"},
]
CARD: Event = {"type": "ACTIVITY_SNAPSHOT", "messageId": "a", "activityType": "flight_offers", "content": {"id": "a"}}
STEP: Event = {"type": "STEP_STARTED", "stepName": "flight"}
STEP_OVER: Event = {"type": "STEP_FINISHED", "stepName": "flight"}
TEXT: Event = {"type": "TEXT_MESSAGE_START", "messageId": "m", "role": "assistant"}
WORDS: Event = {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": "Hello"}
TEXT_OVER: Event = {"type": "TEXT_MESSAGE_END", "messageId": "m", "metadata": {"blocks": []}}
CHIPS: Event = {"type": "CUSTOM", "name": "suggested_actions", "value": []}

GOOD: list[Event] = [STARTED, *CALLED, CARD, STEP, TEXT, WORDS, TEXT_OVER, STEP_OVER, CHIPS, FINISHED]


def without(*dropped: Event) -> list[Event]:
    return [event for event in GOOD if event not in dropped]


def with_after(place: Event, *added: Event) -> list[Event]:
    index = GOOD.index(place) + 1
    return [*GOOD[:index], *added, *GOOD[index:]]


def instead(event: Event, **changed: Any) -> list[Event]:
    return [each | changed if each is event else each for each in GOOD]


@pytest.mark.parametrize(
    "stream",
    [
        GOOD,
        [STARTED, FINISHED],
        [STARTED, FAILED],
        [*without(FINISHED), FAILED],
        with_after(TEXT_OVER, TEXT, WORDS, TEXT_OVER),
        instead(FINISHED, outcome={"type": "cancelled"}),
        # a failure may come at any time, so what is open then need not be closed
        [STARTED, STEP, TEXT, WORDS, FAILED],
    ],
)
def test_good_streams_pass(stream: list[Event]) -> None:
    check_run(stream)


BROKEN: dict[str, list[Event]] = {
    "nothing at all": [],
    "no start": GOOD[1:],
    "started late": [STEP, STARTED, STEP_OVER, FINISHED],
    "started twice": with_after(STARTED, STARTED),
    "no protocol version": instead(STARTED, protocolVersion="0.9"),
    "no terminal event": without(FINISHED),
    "two terminal events": [*GOOD, FINISHED],
    "error after the end": [*GOOD, FAILED],
    "end before the rest": with_after(CARD, FINISHED),
    "something after an error": [STARTED, FAILED, CHIPS],
    "text opened twice": with_after(TEXT, TEXT),
    "text never opened": without(TEXT),
    "words after the text": with_after(TEXT_OVER, WORDS),
    "words of another text": instead(WORDS, messageId="other"),
    "text ended twice": with_after(TEXT_OVER, TEXT_OVER),
    "text left open": without(TEXT_OVER),
    "empty words": instead(WORDS, delta=""),
    "call opened twice": with_after(CALLED[0], CALLED[0]),
    "arguments of no call": without(CALLED[0]),
    "arguments after the call": with_after(CALLED[2], CALLED[1]),
    "call left open": without(CALLED[2]),
    "result of no call": instead(CALLED[3], toolCallId="other"),
    "step opened twice": with_after(STEP, STEP),
    "step never opened": without(STEP),
    "step of another name": instead(STEP_OVER, stepName="concierge"),
    "step left open": without(STEP_OVER),
    "explicit null": instead(STEP, subagentRunId=None),
    "unknown event": with_after(CARD, {"type": "FLIGHT_CARDS", "content": {}}),
    "unknown property": instead(CARD, colour="red"),
    "missing property": with_after(CARD, {"type": "CUSTOM", "value": 1}),
    "property of the wrong type": instead(WORDS, delta=5),
    "no type": with_after(CARD, {"name": "suggested_actions"}),
    "outcome of no known kind": instead(FINISHED, outcome={"type": "maybe"}),
    "interrupt without interrupts": instead(FINISHED, outcome={"type": "interrupt"}),
}


@pytest.mark.parametrize("stream", BROKEN.values(), ids=BROKEN.keys())
def test_broken_stream_is_refused(stream: list[Event]) -> None:
    with pytest.raises(Ungrammatical):
        check_run(stream)


SHIFTS: list[Callable[[int], int]] = [lambda n: n - 1, lambda n: n + 1, lambda n: n + (n > 3), lambda n: min(n, 5)]


@pytest.mark.parametrize("number", SHIFTS, ids=["from zero", "from two", "gap", "repeat"])
def test_log_whose_numbers_are_not_dense_from_one_is_refused(number: Callable[[int], int]) -> None:
    check_log([Received(place, event) for place, event in enumerate(GOOD, start=1)])
    with pytest.raises(AssertionError):
        check_log([Received(number(place), event) for place, event in enumerate(GOOD, start=1)])
