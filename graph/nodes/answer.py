"""The only place a model is called: an agent's prompt, the facts of the turn, and the last messages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal, Protocol

import structlog
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, AnyMessage, SystemMessage
from langchain_core.runnables import Runnable
from langgraph.runtime import Runtime
from langgraph.types import Command, StreamWriter

from agents.spec import AgentSpec
from core.metrics import MODEL_CALLS
from graph.context import TurnContext, TurnRecord
from graph.facts import render_facts
from graph.state import PROMPT_MESSAGES, State, start_on_human
from prompts.load import hash_prompt, load_prompt
from providers.llm.base import NamedModel

log = structlog.get_logger()

MODEL_SECONDS = 30
MAX_CALLS_WITH_TOOLS = 3
"""Model calls of one turn that may still ask for a tool; the next one has to answer."""


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
            *start_on_human(state["messages"][-PROMPT_MESSAGES:]),
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
        try:
            async with asyncio.timeout(MODEL_SECONDS):
                async for chunk in model.astream(list(prompt)):
                    assert isinstance(chunk, AIMessageChunk)
                    whole = chunk if whole is None else whole + chunk
                    if chunk.text:
                        write({"text": chunk.text})
            # a provider's stream that is cut ends without an error, and without a reason
            if whole is None or not whole.response_metadata.get("finish_reason"):
                raise ModelFailed(f"{named.name} stopped in mid-answer")
        except Exception as error:  # whatever a vendor raises: the next model answers
            log.warning("model.failed", provider=named.provider, model=named.name, error=type(error).__name__)
            record.count_call(named, None)
            MODEL_CALLS.labels(named.name, "failed").inc()
            if whole is not None and whole.text:
                raise ModelFailed from error
            continue
        record.count_call(named, whole.usage_metadata)
        MODEL_CALLS.labels(named.name, "answered").inc()
        return AIMessage(whole.content, tool_calls=whole.tool_calls, response_metadata={"model": named.name})
    raise ModelFailed
