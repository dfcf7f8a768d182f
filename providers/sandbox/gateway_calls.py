"""The calls of a shop to a simulated gateway, which fail on request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from providers.sandbox.faults import FaultKind, Faults, GatewayOperation

CALL_FAULTS: tuple[FaultKind, ...] = ("slow", "server_error", "server_error_after", "garbage", "duplicate_request")

Act = Callable[[], Awaitable[JSONResponse]]


async def answer_call(faults: Faults, operation: GatewayOperation, act: Act, *, duplicate: JSONResponse) -> Response:
    """Do it and answer, unless a fault stands between; `duplicate` is how the gateway says it has that already."""
    fault = faults.take(operation, CALL_FAULTS)
    if fault is None:
        return await act()
    match fault.kind:
        case "duplicate_request":
            return duplicate
        case "server_error":
            return Response("<html>", 502)
        case "slow":
            await asyncio.sleep(fault.seconds)
    answer = await act()
    if fault.kind == "server_error_after":
        return Response("<html>", 502)
    if fault.kind == "garbage":
        return Response("<html>", 200, media_type="application/json")
    return answer


async def read_json(request: Request) -> dict[str, Any]:
    """The body's object; an empty one where there is none."""
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
