"""What a turn costs, what a conversation keeps, and that both stay the same however long it lasts."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from types import ModuleType
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from psycopg.conninfo import make_conninfo

from api.deps import Parts
from core.ids import new_id
from core.security import Actor
from graph.build import build_graph
from graph.context import TurnContext
from graph.runner import Runner
from graph.state import KEPT_MESSAGES, PROMPT_MESSAGES
from prompts.load import load_prompt
from providers.llm.base import FACTS_MESSAGE_ID
from tests.conftest import NOW, StartApp
from tests.support.accounts import Lobby
from tests.support.models import Call, Say, ScriptedModel, scripted_models
from tests.support.scripted import ScriptedApp
from tests.support.talk import SEARCH, Talk

CYCLE = ("còn chuyến nào rẻ hơn không", "chi tiết chuyến số 2", "bay buổi chiều", "bay buổi sáng", "hôm sau thì sao?")
"""Turns that search, look up, narrow and widen, over and over."""
LONG_CYCLE = (SEARCH, "chi tiết chuyến số 2", "cảm ơn bạn", "điều kiện vé số 1", "có được mang mèo không?")
"""Turns of every length, few of which search: what is measured is what they leave."""
TOLERANCE = 0.05


def model_of(models: Any) -> ScriptedModel:
    model = models.capable[0].model
    assert isinstance(model, ScriptedModel)
    return model


def saver_of(client: httpx.AsyncClient) -> BaseCheckpointSaver[Any]:
    runner: Runner = client.app.state.parts.runner  # type: ignore[attr-defined]  # set by start_app
    return runner._parts.checkpointer


@pytest.mark.parametrize(
    ("messages", "calls"),
    [
        ((SEARCH,), 1),
        (("mình muốn bay đi Đà Nẵng",), 1),
        ((SEARCH, "chi tiết chuyến số 2"), 1),
        (("xin chào",), 1),
        ((SEARCH, "có mang được mèo không?"), 1),
    ],
    ids=["complete search", "missing slot", "details", "small talk", "question"],
)
async def test_model_calls_of_a_turn_answered_by_one_model(
    start_app: StartApp, messages: tuple[str, ...], calls: int
) -> None:
    models = scripted_models(*[Say("Vâng.")] * len(messages))
    async with start_app(models) as client:
        talk = await Talk.open(client)
        replies = [await talk.ask(message) for message in messages]
    assert replies[-1]["usage"]["llm_calls"] == calls
    assert len(model_of(models).prompts) == len(messages) * calls


async def test_model_that_searches_itself_is_called_twice(start_app: StartApp) -> None:
    search = Call("search_flights", origin="HAN", destination="DAD", departs_on="2026-12-01")
    models = scripted_models(Say("Đi đâu ạ?"), search, Say("Đây ạ."))
    async with start_app(models) as client:
        talk = await Talk.open(client)
        await talk.ask("mình muốn bay đi Đà Nẵng")
        reply = await talk.ask("gần đó có gì chơi không?")
    assert reply["agent_name"] == "flight"
    assert reply["usage"] == {
        "llm_calls": 2,
        "input_tokens": 200,
        "output_tokens": 40,
        "cost_usd": "0.000054",
        "replaced_sentences": 0,
    }
    assert [each["type"] for each in reply["attachments"]] == ["flight_offers"]


async def test_failed_call_counts_and_makes_the_cost_unknown(start_app: StartApp) -> None:
    async with start_app(scripted_models(RuntimeError("down"))) as client:
        reply = await (await Talk.open(client)).ask(SEARCH)
    assert (reply["usage"]["llm_calls"], reply["usage"]["cost_usd"]) == (2, None)


async def test_prompt_is_the_constant_text_then_the_facts_then_the_last_messages(start_app: StartApp) -> None:
    models = scripted_models(*[Say("Vâng.")] * 9)
    async with start_app(models) as client:
        talk = await Talk.open(client)
        for message in (SEARCH, *CYCLE, "2 người lớn"):
            await talk.ask(message)
    for prompt in model_of(models).prompts:
        assert prompt[0] == SystemMessage(load_prompt("flight.md"))
        assert prompt[1].id == FACTS_MESSAGE_ID
        assert isinstance(prompt[2], HumanMessage)
        assert len(prompt) <= 2 + PROMPT_MESSAGES
    facts = json.loads(model_of(models).prompts[-1][1].text.partition("\n")[2])
    assert facts["frame"]["adults"] == 2
    assert facts["frame"]["destination"]["iata"] == "DAD"
    assert facts["now"] == "2026-11-21T09:00+07:00"
    assert (facts["weekday"], facts["language"], facts["currency"], facts["world"]) == (
        "Saturday",
        "vi",
        "VND",
        "simulated",
    )
    assert (facts["missing"], facts["travellers_assumed"]) == ([], False)
    assert facts["ready_call"]["name"] == "search_flights"


async def measure_checkpoint(database_url: str, thread_id: str) -> tuple[int, int]:
    """Checkpoints of a thread, and their bytes before compression."""
    statement = """
        SELECT (SELECT count(*) FROM checkpoints WHERE thread_id = %(id)s),
               (SELECT sum(length(checkpoint::text)) FROM checkpoints WHERE thread_id = %(id)s)
             + (SELECT sum(length(blob)) FROM checkpoint_blobs WHERE thread_id = %(id)s)
             + (SELECT coalesce(sum(length(blob)), 0) FROM checkpoint_writes WHERE thread_id = %(id)s)"""
    conninfo = make_conninfo(database_url, options="-csearch_path=checkpoints")
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        row = await (await connection.execute(statement, {"id": thread_id})).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


async def test_long_conversation_is_stored_in_no_more_than_a_short_one(start_app: StartApp, database_url: str) -> None:
    models = scripted_models(*[Say("Vâng, mình xem rồi ạ.")] * 21)
    stored: dict[int, int] = {}
    async with start_app(models) as client:
        talk = await Talk.open(client)
        for turn in range(21):
            await talk.ask(CYCLE[turn % len(CYCLE)] if turn % 5 else SEARCH)
            if turn in (10, 20):
                count, stored[turn] = await measure_checkpoint(database_url, talk.id)
                assert count == 1, "older checkpoints are pruned"
        state = await saver_of(client).aget({"configurable": {"thread_id": talk.id}})
    assert state is not None
    assert len(state["channel_values"]["messages"]) <= KEPT_MESSAGES
    assert stored[20] == pytest.approx(stored[10], rel=TOLERANCE)


async def test_turn_200_costs_what_turn_10_did(scripted: ScriptedApp) -> None:
    """The graph alone, without the log around it: prompts and state are all there is to grow."""
    parts: Parts = scripted.app.state.parts
    conversation = UUID((await Talk.open(Lobby(scripted.app).visitor())).id)
    scripted.model.play(*[Say("Vâng, mình xem rồi ạ.")] * 201)
    graph = build_graph(saver := InMemorySaver())
    thread: RunnableConfig = {"configurable": {"thread_id": "long"}}
    kept: dict[int, int] = {}
    for turn in range(201):
        message = HumanMessage(LONG_CYCLE[turn % len(LONG_CYCLE)])
        await graph.ainvoke({"messages": [message]}, thread, context=make_context(parts, conversation))
        if turn in (10, 200):
            values = (await graph.aget_state(thread)).values
            kept[turn] = len(saver.serde.dumps_typed(values)[1])
    told = [sum(len(message.text) for message in prompt) for prompt in scripted.model.prompts]
    assert len(told) == 201, "one call a turn"
    assert told[200] == pytest.approx(told[10], rel=TOLERANCE)
    assert kept[200] == pytest.approx(kept[10], rel=TOLERANCE)
    assert max(told[190:]) <= max(told[:20])


def make_context(parts: Parts, conversation_id: UUID) -> TurnContext:
    """A visitor's turn."""
    inner = parts.runner._parts
    return TurnContext(
        actor=Actor(),
        conversation_id=conversation_id,
        run_id=new_id(),
        message_id=new_id(),
        language="vi",
        now=NOW,
        currency=inner.currency,
        transactions=inner.transactions,
        market=inner.market,
        keys=inner.keys,
        gateways=inner.gateways,
        calendar=inner.calendar,
        client_address="",
        support_email=inner.support_email,
        models=inner.models,
        desk=inner.desk,
    )


async def test_conversation_goes_on_after_a_restart(start_app: StartApp) -> None:
    async with start_app() as client:
        talk = await Talk.open(client)
        before = await talk.ask(SEARCH)
    async with start_app() as client:
        after = await talk.over(client).ask("chi tiết chuyến số 2")
        moved = await talk.over(client).ask("hôm sau thì sao?")
    assert after["state"]["frame"] == before["state"]["frame"]
    assert before["attachments"][0]["offers"][1]["carrier"]["name"] in after["content"]
    assert moved["state"]["frame"]["depart_on"] == "2026-11-28"


async def test_call_left_open_by_a_killed_turn_is_answered_before_a_model_sees_it(start_app: StartApp) -> None:
    models = scripted_models(Say("Chào bạn."), Say("Vâng."))
    async with start_app(models) as client:
        talk = await Talk.open(client)
        await talk.ask("xin chào")
        graph = client.app.state.parts.runner._graph  # type: ignore[attr-defined]  # set by start_app
        config = {"configurable": {"thread_id": talk.id}}
        killed = [
            HumanMessage("bay đi Huế"),
            AIMessage("", tool_calls=[{"name": "search_flights", "args": {}, "id": "lost", "type": "tool_call"}]),
        ]
        await graph.aupdate_state(config, {"messages": killed}, as_node="understand")
        await talk.ask("cảm ơn")
    told = model_of(models).prompts[-1]
    place = next(index for index, each in enumerate(told) if isinstance(each, AIMessage) and each.tool_calls)
    assert (told[place + 1].type, json.loads(told[place + 1].text)) == ("tool", {"error": "cancelled"})
    assert told[-1].text == "cảm ơn"


@pytest.fixture
async def saver(start_app: StartApp) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """The product's own way of reading checkpoints."""
    async with start_app() as client:
        yield saver_of(client)


class _Bait:
    """Stands for a type of somebody else's that a checkpoint names."""

    def __init__(self, word: str) -> None:
        self.word = word
        LURED.append(word)


LURED: list[str] = []


async def test_checkpoint_that_names_a_foreign_type_imports_nothing(saver: BaseCheckpointSaver[Any]) -> None:
    module = ModuleType("bait")
    module.Bait = _Bait  # type: ignore[attr-defined]  # made here
    _Bait.__module__, _Bait.__qualname__, _Bait.__name__ = "bait", "Bait", "Bait"
    sys.modules["bait"] = module
    try:
        planted = make_planted_value()
        LURED.clear()
        assert not isinstance(await asyncio.to_thread(saver.serde.loads_typed, planted), _Bait)
        assert LURED == []
        trusting = JsonPlusSerializer(allowed_msgpack_modules=True)
        assert isinstance(trusting.loads_typed(planted), _Bait), "the mutant shows that the bait works"
    finally:
        del sys.modules["bait"]


def make_planted_value() -> tuple[str, bytes]:
    """What an attacker with a pen in the database would write."""
    import ormsgpack
    from langgraph.checkpoint.serde import jsonplus

    code = jsonplus.EXT_CONSTRUCTOR_SINGLE_ARG
    inner = ormsgpack.packb(("bait", "Bait", "hello"))
    return "msgpack", ormsgpack.packb(ormsgpack.Ext(code, inner))
