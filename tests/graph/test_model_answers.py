"""What a model may say that cannot be stored, shown or called: the traveller still gets an answer."""

from __future__ import annotations

import json

import pytest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage

from graph.state import PROMPT_MESSAGES, answer_open_calls, cut_recent
from providers.llm.asking import MAX_CALLS_AT_ONCE
from providers.llm.base import Models
from tests.conftest import StartApp
from tests.graph.test_failures import talk_through
from tests.support.models import Call, Say, scripted_models
from tests.support.raw_models import STOP, calls, raw_models, text
from tests.support.sse import text_of
from tests.support.talk import SEARCH


@pytest.mark.parametrize(
    "models",
    [
        pytest.param(scripted_models(Say("xin\x00 chào")), id="nul"),
        pytest.param(scripted_models(Say("xin\ud800 chào")), id="half a surrogate pair"),
        pytest.param(raw_models([calls(("get\x00", "{}", "x"))], [text("ok"), STOP]), id="nul in a tool's name"),
        pytest.param(scripted_models(Call("search_flights", origin="Hà\x00 Nội"), Say("ok")), id="nul in an argument"),
    ],
)
async def test_characters_nobody_can_store_are_left_out(start_app: StartApp, models: Models) -> None:
    async with start_app(models) as client:
        assert "chào" in (said := text_of(await talk_through(client, SEARCH))) or "ok" in said


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param([STOP], id="nothing"),
        pytest.param([text("  "), STOP], id="blanks"),
        pytest.param([calls(("search_flights", "nonsense", "x"))], id="arguments that are no JSON"),
        pytest.param([calls(("search_flights", "[1]", "x"))], id="arguments that are no object"),
        pytest.param([calls(("search_flights", json.dumps({"origin": "x" * 9000}), "x"))], id="huge arguments"),
    ],
)
async def test_an_empty_answer_is_the_next_models_turn(start_app: StartApp, answer: list[object]) -> None:
    async with start_app(raw_models(answer)) as client:
        assert "Đà Nẵng" in text_of(await talk_through(client, SEARCH))


async def test_only_the_first_calls_of_an_answer_run(start_app: StartApp) -> None:
    arguments = json.dumps({"origin": "HAN", "destination": "DAD", "departs_on": "2026-12-01"})
    many = calls(*(("search_flights", arguments, f"call_{n}") for n in range(30)))
    async with start_app(raw_models([many], [text("done"), STOP])) as client:
        events = await talk_through(client, "hello")
    searches = [event for event in events if event.data["type"] == "TOOL_CALL_START"]
    assert len(searches) <= MAX_CALLS_AT_ONCE


def test_a_reused_call_id_is_no_answer_to_a_later_call() -> None:
    def call() -> AIMessage:
        return AIMessage("", tool_calls=[{"name": "x", "args": {}, "id": "same", "type": "tool_call"}])

    history: list[AnyMessage] = [
        HumanMessage("a"),
        call(),
        ToolMessage("{}", tool_call_id="same"),
        HumanMessage("b"),
        call(),
    ]
    repaired = answer_open_calls([*history, HumanMessage("c")])
    assert [type(each).__name__ for each in repaired[4:]] == ["AIMessage", "ToolMessage", "HumanMessage"]


def test_the_question_stays_however_many_results_follow() -> None:
    results: list[AnyMessage] = [ToolMessage("{}", tool_call_id=str(n)) for n in range(PROMPT_MESSAGES + 3)]
    history: list[AnyMessage] = [HumanMessage("old"), AIMessage("x"), HumanMessage("asked"), AIMessage(""), *results]
    assert cut_recent(history, PROMPT_MESSAGES)[0].text == "asked"
