"""No false alarm: what our own code says of real results is shown as it is."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any, get_args

import pytest
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.messages import BaseMessage, ToolMessage
from langchain_core.outputs import ChatGenerationChunk
from pydantic import PrivateAttr

from core.messages import Language
from core.messages.catalogue import LANGUAGES, load_catalogue
from graph.grounding import Screen, collect_evidence, find_ungrounded
from providers.llm.base import FACTS_MESSAGE_ID, Models, NamedModel
from providers.llm.offline import OfflineChatModel
from providers.llm.replies import compose_reply
from tests.conftest import StartApp
from tests.support.talk import Talk
from understanding.reading import IntentName

NOW = "2026-11-25T10:00+07:00"
TALKS: dict[str, tuple[str, ...]] = {
    "vi": (
        *("từ Hà Nội", "Hà Nội đi Đà Nẵng thứ sáu tuần sau cho 2 người lớn 1 trẻ em", "còn chuyến nào rẻ hơn không"),
        *("chi tiết chuyến số 2", "sơ đồ ghế chuyến số 1", "điều kiện vé số 1", "chỉ bay Bamboo, dưới 500k"),
        *("ngày nào rẻ nhất?", "ngày 31/2"),
    ),
    "en": (
        *("cheapest nonstop from Saigon to Bangkok on 20 December, one way", "details of option 2"),
        *("seat map of option 1", "fare rules for 1", "under $50", "which day is cheapest?"),
        *("Hanoi to Paris on 5 January, back on 15 January, 2 adults 1 infant", "details of option 99", "help"),
    ),
}


class Listening(OfflineChatModel):
    """The offline model, with what it was given and what it said."""

    word_pause_seconds: float = 0
    _heard: list[tuple[list[BaseMessage], list[str]]] = PrivateAttr(default_factory=list)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        said: list[str] = []
        self._heard.append((messages, said))
        async for chunk in super()._astream(messages, stop, run_manager, **kwargs):
            said.append(chunk.text)
            yield chunk


@pytest.mark.parametrize("language", LANGUAGES)
async def test_nothing_the_offline_model_says_of_real_results_is_replaced(
    start_app: StartApp, language: Language
) -> None:
    model = Listening()
    named = NamedModel("offline", "offline", model)
    async with start_app(Models(capable=(named,), small=(named,))) as client:
        talk = await Talk.open(client)
        for message in TALKS[language]:
            await talk.ask(message)
    replies = [(messages, "".join(said)) for messages, said in model._heard if any(said)]
    assert len(replies) >= len(TALKS[language]) - 2
    assert sum("**" in said for _, said in replies) >= 5, "the talk came to see offers"
    for messages, said in replies:
        facts = next(json.loads(each.text.partition("\n")[2]) for each in messages if each.id == FACTS_MESSAGE_ID)
        evidence = collect_evidence(facts, [each.text for each in messages if isinstance(each, ToolMessage)])
        screen = Screen(evidence, facts["language"])
        shown = "".join(screen.feed(word) for word in said.split(" ") for word in (word, " ")) + screen.finish()
        claims = [find_ungrounded(line, evidence, facts["language"]) for line in said.splitlines()]
        assert shown.rstrip() == said.rstrip(), claims
        assert screen.replaced == 0


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("agent", ["concierge", "flight"])
def test_small_talk_and_questions_pass_without_any_result(language: Language, agent: str) -> None:
    for intent in get_args(IntentName):
        for turn in range(3):
            facts = {"agent": agent, "language": language, "intent": intent, "changed": [], "now": NOW}
            said = compose_reply(facts, [], turn)
            screen = Screen(collect_evidence(facts, []), language)
            assert screen.feed(said) + screen.finish() == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_sentences_about_nothing_in_particular_pass(language: Language) -> None:
    """Those a reply may be made of, as they stand in the catalogue."""
    evidence = collect_evidence({"now": NOW}, [])
    checked = 0
    for key, sentence in load_catalogue(language).items():
        if "{" in sentence or not key.startswith(
            ("concierge.", "flight.", "replies.", "ask.", "errors.", "grounding.")
        ):
            continue
        if not key.endswith(".one"):
            screen = Screen(evidence, language)
            assert screen.feed(sentence) + screen.finish() == sentence, key
            checked += 1
    assert checked > 150
