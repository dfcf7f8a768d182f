"""Groq's chat completions as they look on the wire: answers, streams, and the ways both go wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from core.clock import clock
from core.ids import new_id

Refusal = Literal[
    "tool_use_failed",
    "invalid_key",
    "forbidden",
    "unknown_model",
    "too_large",
    "too_many_tokens",
    "rate_limited",
    "day_spent",
    "capacity",
    "internal",
    "bad_gateway",
    "unavailable",
]
"""`too_large` and `too_many_tokens`: two ways to say 413, of which the second has the code of a limit that passes."""

MODELS = ("openai/gpt-oss-120b", "openai/gpt-oss-20b", "qwen/qwen3.8-27b")
"""Of those there are; who asks for another gets Groq's 404."""


class WrittenCall(BaseModel):
    """A tool call, its arguments exactly as a model wrote them."""

    model_config = ConfigDict(extra="forbid")

    name: str
    arguments: str


class Step(BaseModel):
    """What one request meets."""

    model_config = ConfigDict(extra="forbid")

    text: str = ""
    reasoning: str = ""
    calls: list[WrittenCall] = []
    finish_reason: Literal["stop", "length", "tool_calls"] | None = None
    """None: what the answer implies."""
    ends: Literal["well", "without_reason", "cut", "with_error"] = "well"
    """Of a stream: `without_reason` stops politely, `cut` drops the connection, `with_error` sends `refusal`."""
    usage: Literal["both", "x_groq", "empty_choices", "nowhere"] = "both"
    """Where a stream tells what was used."""
    refusal: Refusal | None = None
    """Instead of an answer, or, `with_error`, after its words."""
    failed_generation: str = ""
    retry_after: float | None = None
    """Seconds, in the header of `rate_limited` and `day_spent`; their sentence says it too, where it is known."""
    seconds: float = Field(default=0, ge=0, le=60)
    """Before anything is sent."""
    piece_bytes: int = Field(default=0, ge=0)
    """How many bytes are sent at a time, whatever they split; 0 is an event at a time."""
    escapes: bool = False
    """Whether every letter beyond ASCII is written as an escape."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The parts of a request that its answer depends on."""

    model: str
    prompt_characters: int
    id: str = field(default_factory=lambda: new_id().hex)


_OF_MODEL = "for model `{model}` in organization `org_x` service tier `on_demand` on"
_TOO_MANY_TOKENS = (
    f"Request too large {_OF_MODEL} tokens per minute (TPM): Limit 8000, Requested 9412, please reduce your message "
    "size and try again."
)
_LIMIT_REACHED = (
    f"Rate limit reached {_OF_MODEL} tokens per {{window}}: Limit 15000, Used 11972, Requested 4351.{{again}} Visit "
    "https://console.groq.com/docs/rate-limits for more information."
)
_CALL_FAILED = "Failed to call a function. Please adjust your prompt. See 'failed_generation' for more details."
_NO_SUCH_MODEL = "The model `{model}` does not exist or you do not have access to it."

_ERRORS: dict[Refusal, tuple[int, str | None, str, str]] = {
    "tool_use_failed": (400, "tool_use_failed", "invalid_request_error", _CALL_FAILED),
    "invalid_key": (401, "invalid_api_key", "invalid_request_error", "Invalid API Key"),
    "forbidden": (403, None, "permissions_error", "Not allowed."),
    "unknown_model": (404, "model_not_found", "invalid_request_error", _NO_SUCH_MODEL),
    "too_large": (413, None, "invalid_request_error", "Request Entity Too Large"),
    "too_many_tokens": (413, "rate_limit_exceeded", "tokens", _TOO_MANY_TOKENS),
    "rate_limited": (429, "rate_limit_exceeded", "tokens", _LIMIT_REACHED),
    "day_spent": (429, "rate_limit_exceeded", "tokens", _LIMIT_REACHED),
    "capacity": (498, "capacity_exceeded", "internal_server_error", "Capacity exceeded for this tier."),
    "internal": (500, None, "internal_server_error", "Internal Server Error"),
    "bad_gateway": (502, None, "internal_server_error", "Bad Gateway"),
    "unavailable": (503, None, "internal_server_error", "Service Unavailable"),
}
"""Status, code, type, message."""


def status_of(refusal: Refusal) -> int:
    return _ERRORS[refusal][0]


def describe(step: Step, refusal: Refusal, asked: Asked) -> dict[str, Any]:
    """The error object."""
    _, code, kind, message = _ERRORS[refusal]
    again = f" Please try again in {step.retry_after}s." if step.retry_after is not None else ""
    window = "day (TPD)" if refusal == "day_spent" else "minute (TPM)"
    told: dict[str, Any] = {"message": message.format(model=asked.model, again=again, window=window), "type": kind}
    if code is not None:
        told["code"] = code
    if refusal == "tool_use_failed":
        told["failed_generation"] = step.failed_generation
    return told


def complete(step: Step, asked: Asked) -> dict[str, Any]:
    """A whole answer. With tool calls and no words there is no `content` at all."""
    message: dict[str, Any] = {"role": "assistant"}
    if step.text or not step.calls:
        message["content"] = step.text
    if step.reasoning:
        message["reasoning"] = step.reasoning
    if step.calls:
        message["tool_calls"] = _write_calls(step)
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish_reason(step)}
    return {
        **_head(asked, "chat.completion"),
        "choices": [choice],
        "usage": _count(step, asked),
        "usage_breakdown": None,
        "x_groq": {"id": f"req_{asked.id}"},
        "service_tier": "on_demand",
    }


def stream(step: Step, asked: Asked) -> list[bytes]:
    """The events of a streamed answer."""
    return [
        (f"event: {event}\n" if event else "").encode()
        + b"data: "
        + (data if isinstance(data, str) else json.dumps(data, ensure_ascii=step.escapes)).encode()
        + b"\n\n"
        for event, data in _list_events(step, asked)
    ]


def _list_events(step: Step, asked: Asked) -> Iterator[tuple[str | None, Any]]:
    yield None, _chunk(asked, {"role": "assistant"}) | {"x_groq": {"id": f"req_{asked.id}"}}
    if step.reasoning:
        yield None, _chunk(asked, {"reasoning": step.reasoning, "channel": "analysis"})
    for word in _split_words(step.text):
        yield None, _chunk(asked, {"content": word})
    if step.ends == "with_error":
        refusal = step.refusal or "tool_use_failed"
        yield "error", {"error": describe(step, refusal, asked) | {"status_code": status_of(refusal)}}
        return
    if step.calls:
        calls = [{"index": index, **call} for index, call in enumerate(_write_calls(step))]
        yield None, _chunk(asked, {"tool_calls": calls})
    if step.ends in ("without_reason", "cut"):
        return
    last, used = _chunk(asked, {}, _finish_reason(step)), _count(step, asked)
    if step.usage in ("both", "x_groq"):
        last["x_groq"] = {"id": f"req_{asked.id}", "usage": used}
    if step.usage == "both":
        last["usage"] = used
    yield None, last
    if step.usage == "empty_choices":
        yield None, {**_head(asked, "chat.completion.chunk"), "choices": [], "usage": used}
    yield None, "[DONE]"


def split_pieces(events: Sequence[bytes], piece_bytes: int) -> Iterator[bytes]:
    """The same bytes in pieces that mind neither events nor letters."""
    if not piece_bytes:
        yield from events
        return
    whole = b"".join(events)
    for start in range(0, len(whole), piece_bytes):
        yield whole[start : start + piece_bytes]


def _split_words(text: str) -> list[str]:
    return [word for word in text.replace(" ", " \0").split("\0") if word]


def _head(asked: Asked, kind: str) -> dict[str, Any]:
    created = int(clock.now().timestamp())
    return {"id": f"chatcmpl-{asked.id}", "object": kind, "created": created, "model": asked.model}


def _chunk(asked: Asked, delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return {**_head(asked, "chat.completion.chunk"), "choices": [choice]}


def _write_calls(step: Step) -> list[dict[str, Any]]:
    return [{"id": f"fc_{new_id().hex}", "type": "function", "function": call.model_dump()} for call in step.calls]


def _finish_reason(step: Step) -> str:
    return step.finish_reason or ("tool_calls" if step.calls else "stop")


def _count(step: Step, asked: Asked) -> dict[str, Any]:
    prompt = asked.prompt_characters // 4 + 1
    completion = len(step.text + step.reasoning + "".join(each.arguments for each in step.calls)) // 4 + 1
    return {
        "queue_time": 0.01,
        "prompt_tokens": prompt,
        "prompt_time": 0.01,
        "completion_tokens": completion,
        "completion_time": 0.01,
        "total_tokens": prompt + completion,
        "total_time": 0.02,
    }
