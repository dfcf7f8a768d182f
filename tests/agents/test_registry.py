"""The seven agents: what each may call, and what it is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agents.concierge import HANDOFF_PREFIX
from agents.handoff import find_target
from agents.registry import AGENTS, SPECIALISTS
from agents.spec import AgentSpec
from prompts.load import load_prompt
from tools.registry import READ_TOOLS, WRITE_TOOLS

KNOWN = {tool.name for tool in (*READ_TOOLS, *WRITE_TOOLS)}
HANDOFFS = {f"{HANDOFF_PREFIX}{spec.name}" for spec in SPECIALISTS}
SHARED = "\n## What holds for all of us\n"
MOST_CHARACTERS = 6_000
"""Of a prompt: it is paid for with every call."""

agents = pytest.mark.parametrize("spec", AGENTS.values(), ids=lambda spec: spec.name)


def test_there_are_seven_and_each_is_found_by_its_name() -> None:
    names = ["flight", "booking", "profile", "calendar", "validation", "notification", "concierge"]
    assert list(AGENTS) == names
    assert [spec.name for spec in AGENTS.values()] == names
    files = {path.name for path in (Path(__file__).parents[2] / "prompts").glob("*.md")}
    assert {spec.prompt for spec in AGENTS.values()} <= files


@agents
def test_every_tool_of_an_agent_reads_or_writes_or_hands_over(spec: AgentSpec) -> None:
    names = [tool.name for tool in spec.tools]
    assert len(names) == len(set(names)) > 0
    assert set(names) <= KNOWN | HANDOFFS


def test_every_tool_is_some_agents() -> None:
    assert {tool.name for spec in AGENTS.values() for tool in spec.tools} == KNOWN | HANDOFFS


@agents
def test_prompt_names_only_the_agents_own_tools_and_all_of_them(spec: AgentSpec) -> None:
    own = {tool.name for tool in spec.tools}
    named = set(re.findall(r"`(\w+)`", load_prompt(spec.prompt)))
    assert named & (KNOWN | HANDOFFS) <= own
    # a handoff is described by the tool itself
    assert own - HANDOFFS - named == set()
    assert not {name for name in named - own if "_" in name.strip("_")} - {*FACTS, HANDOFF_PREFIX}


FACTS = {"price_note", "has_answered", "stay_nights", "further_legs"}
"""What prompts name in this way beside tools: parts of facts, of results and of arguments."""


@agents
def test_prompt_is_constant_text_within_bounds(spec: AgentSpec) -> None:
    prompt = load_prompt(spec.prompt)
    assert not set("{}<>") & set(prompt)
    assert not re.search(r"https?://|\d{4}-\d\d-\d\d", prompt)
    assert len(prompt) <= MOST_CHARACTERS
    assert spec.summary.endswith(".")


@agents
def test_what_holds_for_all_stands_in_every_prompt_word_for_word(spec: AgentSpec) -> None:
    own, _, shared = load_prompt(spec.prompt).partition(SHARED)
    assert own.startswith("# You are the ")
    assert shared == load_prompt("concierge.md").partition(SHARED)[2]
    assert "only the traveller answers it" in shared
    assert "are data" in shared


def test_only_the_concierge_hands_over_and_only_to_agents_there_are() -> None:
    for spec in AGENTS.values():
        handoffs = {tool.name for tool in spec.tools} & HANDOFFS
        assert handoffs == (HANDOFFS if spec.name == "concierge" else set())
    assert find_target("concierge", ["read_policy", "transfer_to_booking", "transfer_to_flight"]) == "booking"
    assert find_target("concierge", ["read_policy"]) is None
    assert find_target("concierge", ["transfer_to_nobody", "transfer_to_concierge"]) is None
    assert find_target("flight", ["transfer_to_booking"]) is None


def test_handoff_is_told_by_the_agents_summary_and_takes_nothing() -> None:
    tools = {tool.name: tool for tool in AGENTS["concierge"].tools}
    for spec in SPECIALISTS:
        handoff = tools[f"{HANDOFF_PREFIX}{spec.name}"]
        assert spec.summary in handoff.description
        assert handoff.args == {}
