"""One question to a gateway, sent once, and the JSON object of its answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Literal

import httpx

from core.deadlines import seconds_left
from providers.payments.base import GatewayDown, GatewayUnknown

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
REFUND_SECONDS = 30.0
"""What has an effect is waited for, whoever has gone."""

Effect = Literal["read", "refund"]


async def post_json(http: httpx.AsyncClient, url: str, body: Mapping[str, Any], effect: Effect) -> dict[str, Any]:
    """The answer whatever its status: gateways say in the body what they mean.

    Raises GatewayDown where nothing can have happened, GatewayUnknown for a refund that was sent and not answered.
    """
    seconds = REFUND_SECONDS if effect == "refund" else seconds_left(READ_SECONDS)
    if not seconds:
        raise GatewayDown("no time left to ask")
    timeout = httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
    unanswered = GatewayUnknown if effect == "refund" else GatewayDown
    try:
        async with asyncio.timeout(seconds):  # httpx's own limit starts anew with every chunk
            response = await http.post(url, json=body, timeout=timeout)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise GatewayDown(type(error).__name__) from error
    except (httpx.RequestError, TimeoutError) as error:
        raise unanswered(type(error).__name__) from error
    try:
        answer = json.loads(response.content)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        # no cause: a parser's error quotes what it could not read
        raise unanswered(f"{response.status_code} without an answer")
    return answer
