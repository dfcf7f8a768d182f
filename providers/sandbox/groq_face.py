"""A simulated Groq: its paths and formats, and behind them no model but a script that is written from outside.

Nothing here can think. It is for trying what a model, or a model's vendor, may do: `GROQ_BASE_URL` names it, and each
request takes the next step of the script.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from providers.sandbox.gateway_calls import read_json
from providers.sandbox.groq_wire import (
    MODELS,
    Asked,
    Refusal,
    Step,
    complete,
    describe,
    split_pieces,
    status_of,
    stream,
)

KEPT_REQUESTS = 50

router = APIRouter(prefix="/sandbox/groq", include_in_schema=False)


class SandboxGroq:
    """The script, and the requests that came; in this process."""

    def __init__(self) -> None:
        self.script: deque[Step] = deque()
        self.requests: deque[dict[str, Any]] = deque(maxlen=KEPT_REQUESTS)
        self.models = MODELS


async def get_groq(request: Request) -> SandboxGroq:
    groq: SandboxGroq = request.app.state.sandbox_groq
    return groq


GroqDep = Annotated[SandboxGroq, Depends(get_groq)]


@router.get("/script")
async def read_script(groq: GroqDep) -> dict[str, Any]:
    """What is still to come, and what was asked last, oldest first."""
    return {"steps": [step.model_dump() for step in groq.script], "requests": list(groq.requests)}


@router.post("/script", status_code=201)
async def add_to_script(steps: list[Step], groq: GroqDep) -> dict[str, int]:
    groq.script.extend(steps)
    return {"steps": len(groq.script)}


@router.delete("/script", status_code=204)
async def clear_script(groq: GroqDep) -> None:
    groq.script.clear()
    groq.requests.clear()


@router.get("/openai/v1/models")
async def list_models(request: Request, groq: GroqDep) -> Response:
    if not _has_key(request):
        return _refuse(Step(), "invalid_key", Asked("", 0))
    data = [
        {
            "id": name,
            "object": "model",
            "created": 1_754_000_000,
            "owned_by": name.partition("/")[0],
            "active": True,
            "context_window": 131_072,
            "max_completion_tokens": 65_536,
        }
        for name in groq.models
    ]
    return JSONResponse({"object": "list", "data": data})


@router.post("/openai/v1/chat/completions")
async def create_completion(request: Request, groq: GroqDep) -> Response:
    body = await read_json(request)
    groq.requests.append(body)
    asked = Asked(str(body.get("model")), len(json.dumps([body.get("messages"), body.get("tools")])))
    if not _has_key(request):
        return _refuse(Step(), "invalid_key", asked)
    if asked.model not in groq.models:
        return _refuse(Step(), "unknown_model", asked)
    if not groq.script:
        return _refuse(Step(), "unavailable", asked)
    step = groq.script.popleft()
    await asyncio.sleep(step.seconds)
    if step.refusal is not None and step.ends != "with_error":
        return _refuse(step, step.refusal, asked)
    if not body.get("stream"):
        return JSONResponse(complete(step, asked), headers=_limits())
    events = stream(step, asked)
    headers = _limits()
    if step.ends == "cut":  # fewer bytes than promised: the server drops the connection when they are out
        headers["content-length"] = str(sum(map(len, events)) + 1)

    async def send() -> AsyncIterator[bytes]:
        for piece in split_pieces(events, step.piece_bytes):
            yield piece

    return StreamingResponse(send(), media_type="text/event-stream", headers=headers)


def _has_key(request: Request) -> bool:
    return request.headers.get("authorization", "").startswith("Bearer gsk_")


def _refuse(step: Step, refusal: Refusal, asked: Asked) -> Response:
    headers = _limits()
    if refusal in ("rate_limited", "day_spent") and step.retry_after is not None:
        headers["retry-after"] = f"{step.retry_after:g}"
    return JSONResponse({"error": describe(step, refusal, asked)}, status_of(refusal), headers)


def _limits() -> dict[str, str]:
    """Requests are counted a day, tokens a minute."""
    return {
        "x-ratelimit-limit-requests": "14400",
        "x-ratelimit-limit-tokens": "6000",
        "x-ratelimit-remaining-requests": "14399",
        "x-ratelimit-remaining-tokens": "5843",
        "x-ratelimit-reset-requests": "6s",
        "x-ratelimit-reset-tokens": "1.57s",
    }
