"""Chat models that misbehave below the level of words and calls: silence, hanging, and pieces no sane model sends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from providers.llm.base import Models, NamedModel
from tests.support.models import offline_models

HANG_SECONDS = 60
STOP = AIMessageChunk(content="", response_metadata={"finish_reason": "stop"})


def text(words: str) -> AIMessageChunk:
    return AIMessageChunk(content=words)


def calls(*written: tuple[str, str, str | None]) -> AIMessageChunk:
    """Tool calls by name, arguments as the model wrote them, and id, with a proper end."""
    return AIMessageChunk(
        content="",
        tool_call_chunks=[
            tool_call_chunk(name=name, args=args, id=call_id, index=index)
            for index, (name, args, call_id) in enumerate(written)
        ],
        response_metadata={"finish_reason": "tool_calls"},
    )


class RawModel(BaseChatModel):
    """Streams prepared pieces, one list a call; None stands for a silence longer than anybody waits."""

    answers: list[list[Any]]

    @property
    def _llm_type(self) -> str:
        return "raw"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Any:
        return self.bind(**kwargs)

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
        for piece in self.answers.pop(0):
            if piece is None:
                await asyncio.sleep(HANG_SECONDS)
            else:
                yield ChatGenerationChunk(message=piece)


def raw_models(*answers: list[Any]) -> Models:
    """One raw model, with the offline one behind it."""
    chain = (NamedModel("groq", "openai/gpt-oss-120b", RawModel(answers=list(answers))), *offline_models().capable)
    return Models(capable=chain, small=chain)
