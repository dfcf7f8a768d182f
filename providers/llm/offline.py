"""The model that needs no key: it reads the facts of the turn and answers from the message catalogue.

It binds the same tools and streams like any other chat model, so the graph cannot tell it from one.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any
from zlib import crc32

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, ToolMessage
from langchain_core.messages.tool import tool_call, tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from core.ids import new_id
from providers.llm.base import FACTS_MESSAGE_ID
from providers.llm.replies import compose_reply

_WORDS = re.compile(r"\S+\s*|\s+")


class OfflineChatModel(BaseChatModel):
    """A chat model made of code."""

    word_pause_seconds: float = 0.012
    """Between words, so that a reply can be read as it comes."""

    @property
    def _llm_type(self) -> str:
        return "offline"

    def bind_tools(
        self, tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool], **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        return self.bind(tools=[convert_to_openai_tool(each) for each in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - the signature is LangChain's
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> ChatResult:
        text, calls = _answer(messages, kwargs.get("tools") or [])
        message = AIMessage(
            text,
            tool_calls=[tool_call(name=name, args=args, id=f"call_{new_id().hex}") for name, args in calls],
            response_metadata={"finish_reason": "tool_calls" if calls else "stop"},
            usage_metadata={"input_tokens": 0, "output_tokens": 0, "total_tokens": 0},
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        text, calls = _answer(messages, kwargs.get("tools") or [])
        for word in _WORDS.findall(text):
            yield ChatGenerationChunk(message=AIMessageChunk(content=word))
            await asyncio.sleep(self.word_pause_seconds)
        yield ChatGenerationChunk(
            message=AIMessageChunk(
                content="",
                tool_call_chunks=[
                    tool_call_chunk(name=name, args=json.dumps(args), id=f"call_{new_id().hex}", index=n)
                    for n, (name, args) in enumerate(calls)
                ],
                response_metadata={"finish_reason": "tool_calls" if calls else "stop"},
                usage_metadata={"input_tokens": 0, "output_tokens": 0, "total_tokens": 0},
            )
        )


def _answer(messages: Sequence[BaseMessage], tools: Sequence[dict[str, Any]]) -> tuple[str, list[tuple[str, Any]]]:
    """What to say, or which tools to call, for a prompt."""
    facts = _read_facts(messages)
    results = _results_of_turn(messages)
    names = {each["function"]["name"] for each in tools}
    call = facts.get("ready_call")
    if call and not results and call["name"] in names:
        return "", [(call["name"], call["args"])]
    return compose_reply(facts, results, _tell_apart(messages), _reply_before(messages)), []


def _tell_apart(messages: Sequence[BaseMessage]) -> int:
    """A number for the turn that is the same each time: of what was said, and how often something was said."""
    said = [message.text for message in messages if isinstance(message, HumanMessage)]
    return crc32(said[-1].encode()) + len(said) if said else 0


def _reply_before(messages: Sequence[BaseMessage]) -> str:
    """What was said before the traveller last spoke."""
    last = max((n for n, message in enumerate(messages) if isinstance(message, HumanMessage)), default=0)
    said = (message.text for message in reversed(messages[:last]) if isinstance(message, AIMessage))
    return next(filter(None, said), "")


def _read_facts(messages: Sequence[BaseMessage]) -> dict[str, Any]:
    for message in messages:
        if message.id == FACTS_MESSAGE_ID:
            facts: dict[str, Any] = json.loads(message.text.partition("\n")[2])
            return facts
    return {}


def _results_of_turn(messages: Sequence[BaseMessage]) -> list[dict[str, Any]]:
    """The tool results since the traveller last spoke, each with the name of its tool."""
    results: list[dict[str, Any]] = []
    for message in reversed(messages):
        if isinstance(message, HumanMessage):
            break
        if isinstance(message, ToolMessage):
            results.insert(0, {"tool": message.name} | json.loads(message.text))
    return results
