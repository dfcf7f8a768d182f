"""Whatever a model or a tool does, a run ends with exactly one terminal event and the conversation goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

import httpx
import pytest
from langchain_core.messages import AIMessageChunk, AnyMessage, HumanMessage, ToolMessage
from structlog.testing import capture_logs

import tools.flights
from core.messages import say
from graph import runner
from graph.build import RECURSION_LIMIT
from graph.nodes import answer
from providers.llm import asking
from providers.llm.base import Models
from tests.conftest import StartApp
from tests.support.models import Call, Say, ScriptedModel, offline_models, scripted_models
from tests.support.raw_models import STOP, calls, raw_models, text
from tests.support.sse import Received, text_of
from tests.support.talk import SEARCH, Talk, results_of, terminals_of, types_of

GREETING = "xin chào"
SHORT_SECONDS = 2.5


async def talk_through(client: httpx.AsyncClient, message: str) -> list[Received]:
    """One turn, checked, and then another: the message is kept, the reply is what was shown, the next one works."""
    talk = await Talk.open(client)
    events = await talk.say(message)
    assert len(terminals_of(events)) == 1
    asked, reply = (await talk.detail())["messages"]
    assert (asked["role"], asked["content"]) == ("user", message)
    assert reply["content"] == text_of(events)
    assert reply["run"] == ("error" if terminals_of(events) == ["RUN_ERROR"] else "success")
    following = await talk.ask("cảm ơn bạn")
    assert following["state"]["run"] == "success"
    assert following["content"]
    return events


@pytest.fixture
async def offline_reply(start_app: StartApp) -> AsyncIterator[str]:
    """What the offline model says to SEARCH."""
    async with start_app(offline_models()) as client:
        yield text_of(await (await Talk.open(client)).say(SEARCH))


async def test_success_ends_once(start_app: StartApp) -> None:
    async with start_app(scripted_models(Say("Bay sáng nhé."))) as client:
        events = await talk_through(client, SEARCH)
    assert text_of(events) == "Bay sáng nhé. "
    assert events[-1].data["outcome"] == {"type": "success"}


SILENT_FAILURES: dict[str, Callable[[], Models]] = {
    "raises": lambda: scripted_models(RuntimeError("503")),
    "ends without a word": lambda: raw_models([]),
    "breaks off in its first sentence": lambda: scripted_models(Say("Mình đang", then=RuntimeError("cut"))),
    "is cut before a word": lambda: raw_models([AIMessageChunk(content="")]),
    "hangs": lambda: raw_models([None]),
    "is cut in a tool call": lambda: raw_models(
        [calls(("search_flights", '{"origin": "SGN"', "c")).model_copy(update={"response_metadata": {}})]
    ),
}


@pytest.mark.parametrize("failure", SILENT_FAILURES)
async def test_model_that_fails_before_a_word_is_replaced(
    start_app: StartApp, offline_reply: str, failure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if failure == "hangs":  # the model that takes over has no more time than this
        monkeypatch.setattr(asking, "CALL_SECONDS", SHORT_SECONDS)
    async with start_app(SILENT_FAILURES[failure]()) as client:
        events = await talk_through(client, SEARCH)
    assert text_of(events) == f"{offline_reply}\n\n{say('models.fell_back', 'vi')}"
    assert terminals_of(events) == ["RUN_FINISHED"]


MID_FAILURES: dict[str, Callable[[], Models]] = {
    "raises": lambda: scripted_models(Say("Mình xem đây. Rồi", then=RuntimeError("cut"))),
    "is cut": lambda: scripted_models(Say("Mình xem đây. Rồi", then="cut")),
    "hangs": lambda: raw_models([text("Mình xem đây. Rồi "), None]),
}


@pytest.mark.parametrize("failure", MID_FAILURES)
async def test_model_that_fails_in_mid_text_keeps_the_sentences_it_said(
    start_app: StartApp, failure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "CALL_SECONDS", SHORT_SECONDS)
    async with start_app(MID_FAILURES[failure]()) as client:
        events = await talk_through(client, SEARCH)
    assert text_of(events) == "Mình xem đây."
    assert (events[-1].data["type"], events[-1].data["code"]) == ("RUN_ERROR", "model_failed")
    assert "TEXT_MESSAGE_END" in types_of(events)


async def test_all_models_failing_ends_in_an_error(start_app: StartApp) -> None:
    async with start_app(scripted_models(RuntimeError("down"), Say("Lại đây rồi."), fall_back=False)) as client:
        events = await talk_through(client, GREETING)
    assert (events[-1].data["code"], text_of(events)) == ("model_failed", "")


async def test_turn_as_a_whole_has_a_time_limit(start_app: StartApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "TURN_SECONDS", SHORT_SECONDS)
    async with start_app(raw_models([text("Mình xem đây. Rồi "), None], [text("Không có gì ạ."), STOP])) as client:
        talk = await Talk.open(client)
        events = await talk.say(GREETING)
        monkeypatch.setattr(runner, "TURN_SECONDS", 60)
        assert (await talk.ask("cảm ơn"))["content"] == "Không có gì ạ."
    assert (events[-1].data["code"], text_of(events)) == ("turn_too_long", "Mình xem đây.")


async def test_who_calls_tools_without_end_is_answered_for(start_app: StartApp) -> None:
    models = scripted_models(*[Call("get_offer_details", number=1)] * RECURSION_LIMIT)
    async with start_app(models) as client:
        talk = await Talk.open(client)
        events = await talk.say(SEARCH)
        assert text_of(events).endswith(say("models.fell_back", "vi"))
        model = models.capable[0].model
        assert isinstance(model, ScriptedModel)
        assert len(model.prompts) == answer.MAX_CALLS_WITH_TOOLS + 1
        model.script[:] = [Say("Không có gì.")]
        assert (await talk.ask("cảm ơn"))["content"].strip() == "Không có gì."


async def test_after_three_calls_a_model_gets_no_tools_and_has_to_answer(start_app: StartApp) -> None:
    models = scripted_models(*[Call("get_offer_details", number=1)] * 3, Say("Đây là chuyến rẻ nhất."))
    async with start_app(models) as client:
        events = await talk_through(client, SEARCH)
    model = models.capable[0].model
    assert isinstance(model, ScriptedModel)
    assert [bool(tools) for tools in model.tools[:4]] == [True] * answer.MAX_CALLS_WITH_TOOLS + [False]
    assert isinstance(model.prompts[3][-1], ToolMessage), "the fourth call saw the third result"
    assert text_of(events) == "Đây là chuyến rẻ nhất. "


async def test_bug_in_a_tool_is_told_as_a_sentence(start_app: StartApp, monkeypatch: pytest.MonkeyPatch) -> None:
    async def break_down(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(tools.flights, "search", break_down)
    with capture_logs() as logged:
        async with start_app(offline_models()) as client:
            events = await talk_through(client, SEARCH)
    assert [each["tool"] for each in logged if each["event"] == "tool.failed"] == ["search_flights"]
    (result,) = results_of(events)
    assert result["error"] == "tool_failed"
    assert text_of(events) == result["message"]
    assert "secret" not in str(events)


class Misuse(NamedTuple):
    message: str
    call: Call
    error: str


MISUSES = {
    "unknown tool": Misuse(SEARCH, Call("book_flight", number=1), "tool_not_allowed"),
    "another agent's tool": Misuse(
        GREETING, Call("search_flights", origin="HAN", destination="DAD", departs_on="2026-12-01"), "tool_not_allowed"
    ),
    "missing arguments": Misuse(SEARCH, Call("search_flights", origin="HAN"), "tool_arguments"),
    "wrong type": Misuse(SEARCH, Call("get_offer_details", number="một"), "tool_arguments"),
    "wrong choice": Misuse(
        SEARCH,
        Call("search_flights", origin="HAN", destination="DAD", departs_on="2026-12-01", cabin="royal"),
        "tool_arguments",
    ),
    "injected argument": Misuse(
        SEARCH, Call("get_offer_details", number=99, runtime={"context": 1}), "offer_number_unknown"
    ),
    "no such offer": Misuse(SEARCH, Call("get_offer_details", number=0), "offer_number_unknown"),
    "no such place": Misuse(
        SEARCH, Call("search_flights", origin="Atlantis", destination="DAD", departs_on="2026-12-01"), "unknown_place"
    ),
    "past day": Misuse(
        SEARCH, Call("search_flights", origin="HAN", destination="DAD", departs_on="2020-01-01"), "date_in_past"
    ),
    "a long place": Misuse(
        SEARCH, Call("search_flights", origin="x" * 2_000, destination="DAD", departs_on="2026-12-01"), "tool_arguments"
    ),
}


async def test_misused_tool_is_answered_and_the_model_goes_on(start_app: StartApp) -> None:
    models = scripted_models()
    model = models.capable[0].model
    assert isinstance(model, ScriptedModel)
    async with start_app(models) as client:
        for name, misuse in MISUSES.items():
            model.script[:] = [misuse.call, Say("Mình xin lỗi."), Say("Không có gì.")]
            model.prompts.clear()
            events = await talk_through(client, misuse.message)
            refused = results_of(events)[-1]
            assert refused["error"] == misuse.error, name
            assert 0 < len(refused["message"]) < 500, f"{name}: a sentence that does not echo the argument"
            assert text_of(events) == "Mình xin lỗi. ", name
            told = model.prompts[1][-1]
            assert isinstance(told, ToolMessage)
            assert told.status == "error", name


async def test_parallel_calls_are_all_answered(start_app: StartApp) -> None:
    both = [calls(("get_offer_details", '{"number": 1}', "a"), ("get_offer_details", '{"number": 99}', "b"))]
    async with start_app(raw_models([text("Để mình xem. "), *both], [text("Xong."), STOP])) as client:
        talk = await Talk.open(client)
        events = await talk.say(SEARCH)
        reply = await talk.last_message()
    details, refused = results_of(events)[-2:]
    assert details["number"] == 1
    assert refused["error"] == "offer_number_unknown"
    assert reply["content"] == "Để mình xem. \n\nXong.", "two texts of a run are two paragraphs"


async def test_question_of_a_failed_turn_is_not_forgotten(start_app: StartApp) -> None:
    models = scripted_models(Say("Một câu. Nửa câu", then=RuntimeError("cut")), Say("Vâng."))
    async with start_app(models) as client:
        await talk_through(client, GREETING)
    told: list[AnyMessage] = models.capable[0].model.prompts[-1]  # type: ignore[attr-defined]  # a ScriptedModel
    assert [each.text for each in told if isinstance(each, HumanMessage)] == [GREETING, "cảm ơn bạn"]
