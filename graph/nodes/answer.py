"""The only place a model is called: an agent's prompt, the facts of the turn, and the last messages."""

from __future__ import annotations

import json
from typing import Any, Protocol

from langchain_core.messages import AIMessage, AnyMessage, SystemMessage, ToolMessage
from langgraph.graph import END
from langgraph.runtime import Runtime
from langgraph.types import Command

from agents.handoff import find_target
from agents.spec import AgentSpec
from core.messages import say
from graph.calling import WRITE_NAMES
from graph.context import TurnContext
from graph.facts import gather_facts, render_facts
from graph.grounding import Screen, collect_evidence
from graph.state import PROMPT_MESSAGES, State, cut_recent
from prompts.load import hash_prompt, load_prompt
from providers.llm.asking import Answered, ask

MAX_CALLS_WITH_TOOLS = 3
"""Model calls of one turn that may still ask for a tool; the next one has to answer."""


class AnswerNode(Protocol):
    async def __call__(self, state: State, *, runtime: Runtime[TurnContext]) -> Command[str]: ...


def make_answer_node(spec: AgentSpec) -> AnswerNode:
    """The node of an agent."""

    async def answer(state: State, *, runtime: Runtime[TurnContext]) -> Command[str]:
        context = runtime.context
        runtime.stream_writer({"step": spec.name})
        context.record.prompt_hash = hash_prompt(spec.prompt)
        facts = gather_facts(spec.name, state, context)
        prompt: list[AnyMessage] = [
            SystemMessage(load_prompt(spec.prompt)),
            render_facts(facts),
            *cut_recent(state["messages"], PROMPT_MESSAGES),
        ]
        shown = _Shown(facts, state, runtime)
        answered = await ask(
            context.models.capable if spec.model == "capable" else context.models.small,
            prompt,
            spec.tools if context.record.llm_calls < MAX_CALLS_WITH_TOOLS else (),
            budget=context.budget,
            repair=load_prompt("repair.md"),
            listener=shown,
            count=context.record.count_call,
        )
        message = answered.message.model_copy(update={"content": shown.finish(answered)})
        return _go_on(message, state, runtime)

    return answer


class _Shown:
    """What of a model's words reaches the traveller: whole sentences, none with a figure nobody looked up."""

    def __init__(self, facts: dict[str, Any], state: State, runtime: Runtime[TurnContext]) -> None:
        self._runtime = runtime
        results = [each.text for each in state["messages"] if isinstance(each, ToolMessage)]
        self._evidence = collect_evidence(facts, results)
        self._screen = Screen(self._evidence, runtime.context.language)
        self._parts: list[str] = []

    def hear(self, delta: str) -> bool:
        self._show(self._screen.feed(delta))
        return bool(self._parts)

    def forget(self) -> None:
        self._screen = Screen(self._evidence, self._runtime.context.language)

    def finish(self, answered: Answered) -> str:
        """Show what is left; the whole text as it was shown."""
        record, language = self._runtime.context.record, self._runtime.context.language
        self._show(self._screen.finish())
        record.replaced_sentences += self._screen.replaced
        if answered.notice and not record.has_told_notice and not answered.message.tool_calls:
            record.has_told_notice = True
            self._show(f"\n\n{say(answered.notice, language)}")
        return "".join(self._parts)

    def _show(self, text: str) -> None:
        if text:
            self._parts.append(text)
            self._runtime.stream_writer({"text": text})


def _go_on(message: AIMessage, state: State, runtime: Runtime[TurnContext]) -> Command[str]:
    calls, record = message.tool_calls, runtime.context.record
    if any(call["name"] in WRITE_NAMES for call in calls):
        return Command(update=State(messages=[message]), goto="gate")
    target = find_target(state["agent"], [call["name"] for call in calls])
    if target is not None and not record.has_handed_over:
        record.has_handed_over = True
        runtime.stream_writer({"route": {"agent": target, "reason": "handoff"}})
        answers = [
            ToolMessage(json.dumps({"transferred_to": target}), tool_call_id=call["id"] or "", name=call["name"])
            for call in calls
        ]
        return Command(update=State(messages=[message, *answers], agent=target), goto=target)
    return Command(update=State(messages=[message]), goto="tools" if calls else END)
