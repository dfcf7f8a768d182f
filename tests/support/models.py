"""Chat models that follow a script, for everything a real one may do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.tools import BaseTool
from pydantic import PrivateAttr

from providers.llm.base import Models, NamedModel
from providers.llm.offline import OfflineChatModel


class Say:
    """Words, streamed one by one; `then` happens after them: a proper end, a cut, or an error."""

    def __init__(self, text: str, *, then: str | Exception = "stop", pause: float = 0) -> None:
        self.text, self.then, self.pause = text, then, pause


class Call:
    """A tool call; a list of them is one answer with several."""

    def __init__(self, name: str, **args: Any) -> None:
        self.name, self.args = name, args


class ScriptedModel(BaseChatModel):
    """Plays its script, one entry a call, and keeps the prompts and tools it was given."""

    script: list[Any]
    _prompts: list[list[BaseMessage]] = PrivateAttr(default_factory=list)
    _tools: list[list[BaseTool]] = PrivateAttr(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    @property
    def prompts(self) -> list[list[BaseMessage]]:
        return self._prompts

    @property
    def tools(self) -> list[list[BaseTool]]:
        """Those of each call, in the order of the prompts."""
        return self._tools

    def play(self, *script: Any) -> None:
        """Begin anew with another script."""
        self.script[:] = script
        self._prompts.clear()
        self._tools.clear()

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Any:
        return self.bind(tools=tools, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        raise NotImplementedError("the graph streams")

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        self._prompts.append(messages)
        self._tools.append(list(kwargs.get("tools", ())))
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        if isinstance(step, Call | list):
            yield _chunk(calls=step if isinstance(step, list) else [step], finish_reason="tool_calls")
            return
        for word in step.text.split(" "):
            yield _chunk(word + " ")
            await asyncio.sleep(step.pause)
        if isinstance(step.then, Exception):
            raise step.then
        if step.then == "stop":
            yield _chunk(finish_reason="stop")


def _chunk(text: str = "", calls: Sequence[Call] = (), finish_reason: str | None = None) -> ChatGenerationChunk:
    message = AIMessageChunk(
        content=text,
        tool_call_chunks=[
            tool_call_chunk(name=call.name, args=json.dumps(call.args), id=f"call_{index}_{id(call)}", index=index)
            for index, call in enumerate(calls)
        ],
        response_metadata={"finish_reason": finish_reason} if finish_reason else {},
        usage_metadata={"input_tokens": 100, "output_tokens": 20, "total_tokens": 120} if finish_reason else None,
    )
    return ChatGenerationChunk(message=message)


def offline_models() -> Models:
    """The product's own offline model, without its pauses."""
    offline = NamedModel("offline", "offline", OfflineChatModel(word_pause_seconds=0))
    return Models(capable=(offline,), small=(offline,))


def scripted_models(*script: Any, fall_back: bool = True) -> Models:
    """One scripted model, with the offline one behind it."""
    named = NamedModel("groq", "openai/gpt-oss-120b", ScriptedModel(script=list(script)))
    chain = (named, *offline_models().capable) if fall_back else (named,)
    return Models(capable=chain, small=chain)
