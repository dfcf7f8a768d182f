"""The only place a model is called: an agent's prompt, the facts of the turn, and the last messages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any, Literal, Protocol

import structlog
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, AnyMessage, SystemMessage
from langchain_core.messages.tool import tool_call
from langchain_core.runnables import Runnable
from langgraph.runtime import Runtime
from langgraph.types import Command, StreamWriter

from agents.spec import AgentSpec
from core.ids import new_id
from core.metrics import MODEL_CALLS
from graph.context import TurnContext, TurnRecord
from graph.facts import render_facts
from graph.state import PROMPT_MESSAGES, State, cut_recent
from prompts.load import hash_prompt, load_prompt
from providers.llm.base import NamedModel

log = structlog.get_logger()

MODEL_SECONDS = 30
MAX_CALLS_WITH_TOOLS = 3
"""Model calls of one turn that may still ask for a tool; the next one has to answer."""


MAX_CALLS_AT_ONCE = 4
"""Of one answer; the rest is dropped."""
MAX_ARGUMENT_CHARACTERS = 4_000

Next = Literal["tools", "__end__"]


class ModelFailed(Exception):
    """No model could finish: either all failed, or one broke off after part of its answer was shown."""


class AnswerNode(Protocol):
    async def __call__(self, state: State, *, runtime: Runtime[TurnContext]) -> Command[Next]: ...


def make_answer_node(spec: AgentSpec) -> AnswerNode:
    """The node of an agent."""

    async def answer(state: State, *, runtime: Runtime[TurnContext]) -> Command[Next]:
        context = runtime.context
        runtime.stream_writer({"step": spec.name})
        context.record.prompt_hash = hash_prompt(spec.prompt)
        prompt: list[AnyMessage] = [
            SystemMessage(load_prompt(spec.prompt)),
            render_facts(spec.name, state, context),
            *cut_recent(state["messages"], PROMPT_MESSAGES),
        ]
        models = context.models.capable if spec.model == "capable" else context.models.small
        reply = await _ask_in_turn(models, spec, prompt, context.record, runtime.stream_writer)
        following: Next = "tools" if reply.tool_calls else "__end__"
        return Command(update={"messages": [reply]}, goto=following)

    return answer


async def _ask_in_turn(
    models: Sequence[NamedModel],
    spec: AgentSpec,
    prompt: Sequence[AnyMessage],
    record: TurnRecord,
    write: StreamWriter,
) -> AIMessage:
    """The first answer a model of the chain finishes. Once words are shown they stay, and no other model goes on."""
    tools = spec.tools if record.llm_calls < MAX_CALLS_WITH_TOOLS else ()
    for named in models:
        model: Runnable[LanguageModelInput, AIMessage] = named.model.bind_tools(tools) if tools else named.model
        whole: AIMessageChunk | None = None
        shown: list[str] = []
        try:
            async with asyncio.timeout(MODEL_SECONDS):
                async for chunk in model.astream(list(prompt)):
                    assert isinstance(chunk, AIMessageChunk)
                    whole = chunk if whole is None else whole + chunk
                    if delta := clean_text(chunk.text if shown else chunk.text.lstrip()):
                        write({"text": delta})
                        shown.append(delta)
            reply = _read_reply(named, whole, "".join(shown))
        except Exception as error:  # whatever a vendor raises: the next model answers
            log.warning("model.failed", provider=named.provider, model=named.name, error=type(error).__name__)
            record.count_call(named, None)
            MODEL_CALLS.labels(named.name, "failed").inc()
            if shown:
                raise ModelFailed from error
            continue
        record.count_call(named, whole.usage_metadata if whole else None)
        MODEL_CALLS.labels(named.name, "answered").inc()
        return reply
    raise ModelFailed


def _read_reply(named: NamedModel, whole: AIMessageChunk | None, text: str) -> AIMessage:
    """The finished answer; raises ModelFailed for one that was cut off, is empty, or calls nothing that can be called.

    A provider's stream that is cut ends without an error, and without a reason.
    """
    reason = whole.response_metadata.get("finish_reason") if whole else None
    if whole is None or reason in (None, "length"):
        raise ModelFailed(f"{named.name} stopped in mid-answer")
    calls = [
        tool_call(
            name=clean_text(call["name"]), args=clean_value(call["args"]), id=call["id"] or f"call_{new_id().hex}"
        )
        for call in whole.tool_calls[:MAX_CALLS_AT_ONCE]
        if len(json.dumps(call["args"])) <= MAX_ARGUMENT_CHARACTERS
    ]
    if not (text or calls):
        raise ModelFailed(f"{named.name} said nothing")
    return AIMessage(text, tool_calls=calls, response_metadata={"model": named.name})


def clean_text(text: str) -> str:
    """What a database and UTF-8 can hold: a model may write NUL and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


def clean_value(value: Any) -> Any:
    """A JSON value with every text of it cleaned."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [clean_value(each) for each in value]
    if isinstance(value, dict):
        return {clean_text(key): clean_value(each) for key, each in value.items()}
    return value
