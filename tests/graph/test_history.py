"""What a conversation remembers: bounded, whole, beginning with the traveller's words."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langchain_core.messages.tool import tool_call

from graph.state import KEPT_MESSAGES, PROMPT_MESSAGES, answer_open_calls, cut_recent, keep_last, keep_recent
from tests.support.shown import make_shown

Kinds = Sequence[str]


def make_call(*ids: str) -> AIMessage:
    return AIMessage("", tool_calls=[tool_call(name="search_flights", args={}, id=call_id) for call_id in ids])


def make_message(kind: str, place: int) -> AnyMessage:
    if kind == "human":
        return HumanMessage(f"{place}", id=f"m{place}")
    if kind == "tool":
        return ToolMessage("{}", tool_call_id=f"call{place}", id=f"m{place}")
    return AIMessage(f"{place}", id=f"m{place}")


def make_history(kinds: Kinds) -> list[AnyMessage]:
    return [make_message(kind, place) for place, kind in enumerate(kinds)]


histories = st.lists(st.sampled_from(["human", "ai", "tool"]), max_size=60)


@given(histories)
@settings(deadline=None, max_examples=60)
def test_recent_messages_are_the_last_ones_and_begin_with_the_traveller(kinds: Kinds) -> None:
    history = make_history(kinds)
    kept = keep_recent([], list(history))
    assert len(kept) <= KEPT_MESSAGES
    assert [each.id for each in kept] == [each.id for each in history[len(history) - len(kept) :]]
    assert not kept or isinstance(kept[0], HumanMessage)
    dropped_for_nothing = history[-KEPT_MESSAGES:][: len(history[-KEPT_MESSAGES:]) - len(kept)]
    assert not any(isinstance(each, HumanMessage) for each in dropped_for_nothing)


@given(st.lists(st.sampled_from([["human", "ai"], ["human", "ai", "tool", "ai"]]), max_size=12))
@settings(deadline=None, max_examples=40)
def test_the_turn_under_way_is_never_forgotten(turns: list[list[str]]) -> None:
    history = make_history([kind for turn in turns for kind in turn])
    kept: list[AnyMessage] = []
    latest = None
    for each in history:
        kept = keep_recent(kept, [each])
        latest = each.id if isinstance(each, HumanMessage) else latest
        assert latest in [other.id for other in kept]
    assert [each.id for each in kept] == [each.id for each in history[len(history) - len(kept) :]]


@given(histories)
@settings(deadline=None, max_examples=60)
def test_prompt_window_begins_with_the_traveller(kinds: Kinds) -> None:
    window = cut_recent(make_history(kinds), PROMPT_MESSAGES)
    assert len(window) <= PROMPT_MESSAGES
    assert not window or isinstance(window[0], HumanMessage)


def test_open_call_is_answered_right_after_its_message() -> None:
    history: list[AnyMessage] = [HumanMessage("a"), make_call("1", "2"), HumanMessage("b")]
    repaired = answer_open_calls(history)
    assert [type(each) for each in repaired] == [HumanMessage, AIMessage, ToolMessage, ToolMessage, HumanMessage]
    answers = [each for each in repaired if isinstance(each, ToolMessage)]
    assert [(each.tool_call_id, each.status) for each in answers] == [("1", "error"), ("2", "error")]


def test_half_answered_call_gets_only_the_missing_answer() -> None:
    answered = ToolMessage("{}", tool_call_id="1")
    repaired = answer_open_calls([HumanMessage("a"), make_call("1", "2"), answered, HumanMessage("b")])
    tools = [each for each in repaired if isinstance(each, ToolMessage)]
    assert sorted(each.tool_call_id for each in tools) == ["1", "2"]
    assert isinstance(repaired[-1], HumanMessage)


def test_whole_history_is_left_alone() -> None:
    history: list[AnyMessage] = [HumanMessage("a"), make_call("1"), ToolMessage("{}", tool_call_id="1"), AIMessage("b")]
    assert answer_open_calls(history) == history


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=8))
@settings(deadline=None, max_examples=60)
def test_repaired_history_has_every_call_answered_once(turns: list[tuple[int, int]]) -> None:
    history: list[AnyMessage] = []
    for turn, (called, answered) in enumerate(turns):
        ids = [f"{turn}-{n}" for n in range(called)]
        history += [HumanMessage("?"), make_call(*ids), *(ToolMessage("{}", tool_call_id=i) for i in ids[:answered])]
    repaired = answer_open_calls(history)
    for place, each in enumerate(repaired):
        if isinstance(each, AIMessage):
            block = repaired[place + 1 : place + 1 + len(each.tool_calls)]
            ids_answered = {reply.tool_call_id for reply in block if isinstance(reply, ToolMessage)}
            assert ids_answered == {call["id"] for call in each.tool_calls}
    assert answer_open_calls(repaired) == repaired


def test_offers_shown_last_replace_those_before() -> None:
    before, shown = [make_shown("old")], [make_shown("new")]
    assert keep_last(before, shown) == keep_last([], shown) == shown
