"""A chat model in the attacker's hands: whatever it is asked, it answers what a plan of ours says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr

from providers.llm.base import Models, NamedModel
from tests.support.models import offline_models

Ending = Literal["stop", "cut", "length"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A tool call, its arguments as the model writes them: JSON or not."""

    name: str
    args: str = "{}"


@dataclass(frozen=True, slots=True)
class Move:
    """One answer of the model."""

    calls: Sequence[Wanted] = ()
    text: str = ""
    ending: Ending = "stop"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the model was given: every word of the prompt, and the names of the tools bound."""

    prompt: str
    tools: frozenset[str]


Plan = Callable[[Asked], Move]


class ModelDown(Exception):
    """What an attacker does who wants another to answer."""


def be_down(_asked: Asked) -> Move:
    """Leave the answer to the offline model."""
    raise ModelDown


@dataclass
class Attacker:
    """The plan of the moment, and how often it was asked. One model stands behind every role."""

    plan: Plan = be_down
    answered: int = 0
    wanted: int = 0
    """Tool calls asked for; of one answer code reads only the first few."""
    models: Models = field(init=False)

    def __post_init__(self) -> None:
        model = _HostileModel()
        model._attacker = self
        named = NamedModel("groq", "openai/gpt-oss-120b", model)
        chain = (named, *offline_models().capable)
        self.models = Models(capable=chain, small=chain)

    def move(self, asked: Asked) -> Move:
        move = self.plan(asked)
        self.answered += 1
        self.wanted += len(move.calls)
        return move


class _HostileModel(BaseChatModel):
    _attacker: Attacker = PrivateAttr()

    @property
    def _llm_type(self) -> str:
        return "hostile"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Any:
        return self.bind(bound=tuple(tool.name for tool in tools), **kwargs)

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
        prompt = "\n".join(f"{each.text} {getattr(each, 'tool_calls', '') or ''}" for each in messages)
        move = self._attacker.move(Asked(prompt, frozenset(kwargs.get("bound", ()))))
        if move.text:
            yield ChatGenerationChunk(message=AIMessageChunk(content=move.text))
        if move.calls:
            chunks = [
                tool_call_chunk(name=call.name, args=call.args, id=f"call_{self._attacker.wanted}_{index}", index=index)
                for index, call in enumerate(move.calls)
            ]
            yield ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=chunks))
        reason = {"stop": "tool_calls" if move.calls else "stop", "length": "length"}.get(move.ending)
        yield ChatGenerationChunk(
            message=AIMessageChunk(
                content="",
                response_metadata={"finish_reason": reason} if reason else {},
                usage_metadata={"input_tokens": 100, "output_tokens": 20, "total_tokens": 120} if reason else None,
            )
        )
