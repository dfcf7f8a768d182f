"""Asks the models of a chain, best first, for one finished answer: the only policy there is for when one fails."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, Protocol

import structlog
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, AnyMessage, HumanMessage, SystemMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import ToolCall, ToolCallChunk, tool_call
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool

from core.ids import new_id
from core.metrics import MODEL_CALLS
from providers.llm.base import Budget, NamedModel
from providers.llm.failures import AnswerFailed, Failure, FailureKind, read_failure

log = structlog.get_logger()

CALL_SECONDS = 30
MAX_WAIT_SECONDS = 3
"""A limit that passes sooner is waited for; behind any other, the next model answers."""

MAX_CALLS_AT_ONCE = 4
"""Of one answer; the rest is dropped."""
MAX_ARGUMENT_CHARACTERS = 4_000
MAX_ARGUMENT_DEPTH = 20
MAX_WHOLE_NUMBER = 2**63 - 1
"""What fits into a checkpoint, as the depth does."""
CHARACTERS_PER_TOKEN = 4
"""To guess what a call took that does not say; Vietnamese has fewer."""

Reason = FailureKind | Literal["resting", "run_spent", "day_spent"]
Count = Callable[[NamedModel, UsageMetadata | None], None]


class Listener(Protocol):
    """Who hears a model's words as they come, and decides what of them is shown, and when."""

    def hear(self, delta: str) -> bool:
        """Take the next words; whether anything of this answer has been shown by now."""
        ...

    def forget(self) -> None:
        """Drop what was heard and not shown: another model begins anew."""
        ...


class ModelFailed(Exception):
    """No model could finish: either all failed, or one broke off after part of its answer was shown."""


@dataclass(frozen=True, slots=True)
class Answered:
    message: AIMessage
    """Its calls are at most MAX_CALLS_AT_ONCE, with arguments that are JSON objects of a bounded size."""
    model: NamedModel
    reason: Reason | None
    """Why the offline model answered where a metered one should have; None where it did not."""

    @property
    def notice(self) -> Literal["models.fell_back", "models.budget_spent"] | None:
        """The sentence of the catalogue that tells the traveller."""
        if self.reason is None:
            return None
        return "models.budget_spent" if self.reason == "day_spent" else "models.fell_back"


async def ask(
    models: Sequence[NamedModel],
    prompt: Sequence[AnyMessage],
    tools: Sequence[BaseTool],
    *,
    budget: Budget,
    repair: str,
    listener: Listener,
    count: Count,
) -> Answered:
    """The first answer a model of the chain finishes.

    `listener` gets the words as they come; what is shown stays, and no other model goes on. `repair` is what a model
    is told, with its `{problem}`, that wrote a call nobody can take. `count` hears of every call, also of those
    that failed, with what it used where that is known. Each remedy (waiting, repairing, shrinking) is tried once.
    Raises ModelFailed.
    """
    heard = _Heard(listener)
    tried: list[FailureKind] = []
    why: Reason | None = None
    messages = list(prompt)
    for named in models:
        note: list[AnyMessage] = []
        while (hindrance := _find_hindrance(named, budget)) is None:
            try:
                message = await _call(named, [*messages, *note], tools, budget, heard, count)
            except Exception as error:  # whatever a vendor raises: the next model answers
                failure = read_failure(error)
                why = failure.kind
                _note_failure(named, failure, error)
                if heard.is_shown:
                    raise ModelFailed from error
                heard.forget()
            else:
                MODEL_CALLS.labels(named.name, "answered").inc()
                should_have = not named.is_metered and any(each.is_metered for each in models)
                return Answered(message, named, why if should_have else None)
            if await _can_go_on(failure, tried, messages, budget):
                tried.append(failure.kind)
                if failure.kind == "bad_call":
                    note = [SystemMessage(repair.format(problem=failure.problem))]
                elif failure.kind == "too_large":
                    messages = drop_history(messages)
                continue
            if failure.rest_seconds:
                named.rest.begin(failure.rest_seconds)
            break
        why = why or hindrance
    raise ModelFailed


class _Heard:
    """The words of one answer, without what is blank before them."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.text = ""
        self.is_shown = False

    def take(self, delta: str) -> None:
        delta = delta if self.text else delta.lstrip()
        if delta:
            self.text += delta
            self.is_shown = self._listener.hear(delta)

    def forget(self) -> None:
        self.text = ""
        self._listener.forget()


def _find_hindrance(named: NamedModel, budget: Budget) -> Reason | None:
    """Why a model is not to be asked now."""
    if not named.is_metered:
        return None
    if budget.is_day_spent:
        return "day_spent"
    if budget.is_spent:
        return "run_spent"
    return "resting" if named.rest.is_on else None


async def _can_go_on(
    failure: Failure, tried: Sequence[FailureKind], messages: Sequence[AnyMessage], budget: Budget
) -> bool:
    """Whether there is a point in asking the same model again; waits for a limit that is about to pass."""
    if failure.kind in tried:
        return False
    match failure.kind:
        case "rate_limited":
            if failure.rest_seconds > min(MAX_WAIT_SECONDS, budget.seconds):
                return False
            await asyncio.sleep(failure.rest_seconds)
            budget.seconds -= failure.rest_seconds
            return True
        case "too_large":
            return len(drop_history(messages)) < len(messages)
        case kind:
            return kind == "bad_call"


def drop_history(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """A prompt without what was said before this turn: what the system says, and the turn, stay."""
    turn = max((n for n, each in enumerate(messages) if isinstance(each, HumanMessage)), default=0)
    return [each for n, each in enumerate(messages) if n >= turn or isinstance(each, SystemMessage)]


def _note_failure(named: NamedModel, failure: Failure, error: Exception) -> None:
    level = log.error if failure.kind in ("refused", "unknown_model") else log.warning
    level("model.failed", provider=named.provider, model=named.name, reason=failure.kind, error=type(error).__name__)
    MODEL_CALLS.labels(named.name, failure.kind).inc()


async def _call(
    named: NamedModel,
    prompt: list[AnyMessage],
    tools: Sequence[BaseTool],
    budget: Budget,
    heard: _Heard,
    count: Count,
) -> AIMessage:
    """One call of one model, heard as it comes; raises AnswerFailed, and whatever the vendor does."""
    model: Runnable[LanguageModelInput, AIMessage] = named.model.bind_tools(tools) if tools else named.model
    seconds = min(CALL_SECONDS, budget.seconds) if named.is_metered else CALL_SECONDS
    whole: AIMessageChunk | None = None
    began = time.monotonic()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in model.astream(prompt):
                assert isinstance(chunk, AIMessageChunk)
                whole = chunk if whole is None else whole + chunk
                heard.take(clean_text(chunk.text))
        return _finish(named, whole, heard.text, may_call=bool(tools))
    finally:  # a call that is cancelled was made too
        usage = whole.usage_metadata if whole else None
        count(named, usage)
        if named.is_metered:
            tokens = usage["total_tokens"] if usage else _guess_tokens(prompt, whole)
            budget.spend(tokens=tokens, seconds=time.monotonic() - began)


def _guess_tokens(prompt: Sequence[AnyMessage], whole: AIMessageChunk | None) -> int:
    """What a call took that began to answer and did not say; one that was refused took nothing."""
    if whole is None:
        return 0
    return sum(len(each.text) for each in (*prompt, whole)) // CHARACTERS_PER_TOKEN


def _finish(named: NamedModel, whole: AIMessageChunk | None, text: str, *, may_call: bool) -> AIMessage:
    """The finished answer; raises AnswerFailed for one that was cut off, is empty, or calls nothing that can be called.
    Calls of a model that was given no tools are left out.

    A provider's stream that is cut ends without an error, and without a reason.
    """
    if whole is None or whole.response_metadata.get("finish_reason") in (None, "length"):
        raise AnswerFailed("cut")
    calls: list[ToolCall] = []
    problems: list[str] = []
    for chunk in whole.tool_call_chunks[: MAX_CALLS_AT_ONCE if may_call else 0]:
        if len(chunk["args"] or "") > MAX_ARGUMENT_CHARACTERS:
            continue
        try:
            calls.append(_read_call(chunk))
        except (ValueError, RecursionError) as error:
            problems.append(f"{chunk['name']}: {error}\n{chunk['args']}")
    if problems and not calls:
        raise AnswerFailed("bad_call", "\n".join(problems))
    if not (text or calls):
        raise AnswerFailed("empty")
    return AIMessage(text, tool_calls=calls, response_metadata={"model": named.name})


def _read_call(chunk: ToolCallChunk) -> ToolCall:
    """A call as it was written, strictly: what LangChain reads completes half an object. Raises ValueError."""
    args = json.loads((chunk["args"] or "").strip() or "{}", parse_constant=_refuse_constant, parse_int=_read_whole)
    if args is None:  # Groq's way to write no arguments
        args = {}
    if not isinstance(args, dict):
        raise ValueError("the arguments are no JSON object")
    # an id of ours: a model may write one twice, or anything at all
    return tool_call(name=clean_text(chunk["name"] or ""), args=clean_value(args), id=f"call_{new_id().hex}")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _read_whole(digits: str) -> int:
    if abs(number := int(digits)) > MAX_WHOLE_NUMBER:
        raise ValueError(f"{digits} is too large")
    return number


def clean_text(text: str) -> str:
    """What a database and UTF-8 can hold: a model may write NUL and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


def clean_value(value: Any, depth: int = MAX_ARGUMENT_DEPTH) -> Any:
    """A JSON value with every text of it cleaned; raises ValueError for one nested deeper than `depth`."""
    if not depth:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [clean_value(each, depth - 1) for each in value]
    if isinstance(value, dict):
        return {clean_text(key): clean_value(each, depth - 1) for key, each in value.items()}
    return value
