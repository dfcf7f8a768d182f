"""What every call of the simulated Amadeus passes: its token, the faults that were armed, and its errors."""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from hashlib import sha256
from typing import Any

from fastapi.responses import Response

from core.clock import clock
from providers.flights.base import FlightProviderError, Operation
from providers.sandbox.amadeus_errors import (
    EXPIRED_TOKEN,
    INTERNAL_ERROR,
    INVALID_TOKEN,
    MISSING_TOKEN,
    PRIMITIVE_TIMEOUT,
    QUOTA_SPENT,
    REVOKED_KEY,
    TOO_MANY_REQUESTS,
    Answer,
    Problem,
    Refusal,
    problem_of,
)
from providers.sandbox.faults import TOKEN_FAULTS, WIRE_FAULTS, Fault, FaultKind, Faults

SANDBOX_AMADEUS_ID = "sandbox-amadeus"
SANDBOX_AMADEUS_SECRET = "not-a-secret"  # noqa: S105 - opens nothing but the simulation
TOKEN_SECONDS = 1799
MEDIA_TYPE = "application/vnd.amadeus+json"

Act = Callable[[], Awaitable[Answer]]

_REFUSED_BEFORE: dict[FaultKind, Problem] = {
    "rate_limited": TOO_MANY_REQUESTS,
    "quota_spent": QUOTA_SPENT,
    "server_error": PRIMITIVE_TIMEOUT,
    "revoked": REVOKED_KEY,
    "token_expired": EXPIRED_TOKEN,
}
_CUT_BODY = b'{"data": {}}' + b" " * 500


class Gate:
    """Serves one request: `act` is its effect and its answer, and is called once or, where a fault says so, never."""

    def __init__(self, faults: Faults, authorization: str | None) -> None:
        self._faults = faults
        self._authorization = authorization

    async def serve(self, operation: Operation, act: Act) -> Response:
        try:
            _check_token(self._authorization, clock.now())
        except Refusal as refusal:
            return write(refusal.problem.answer())
        fault = self._faults.take(operation, (*WIRE_FAULTS, *TOKEN_FAULTS))
        if fault is None:
            return write(await _attempt(act))
        return await _meet_before(fault) or await _meet_after(fault, await _attempt(act))


class CutResponse(Response):
    """Announces a whole body and sends its beginning, at which the server has to drop the connection."""

    def __init__(self, whole: bytes, sent: int) -> None:
        super().__init__(whole[:sent], headers={"Content-Length": str(len(whole))}, media_type=MEDIA_TYPE)


def write(answer: Answer) -> Response:
    """The content type is exact: Amadeus's own client does not read one that names a charset."""
    if answer.body is None:
        return Response(status_code=answer.status)
    return Response(_to_json(answer.body), answer.status, media_type=MEDIA_TYPE)


async def _attempt(act: Act) -> Answer:
    try:
        return await act()
    except Refusal as refusal:
        return refusal.problem.answer()
    except FlightProviderError as error:
        return problem_of(error).answer()


async def _meet_before(fault: Fault) -> Response | None:
    """What a fault answers in place of any effect; None where the effect comes first."""
    if (problem := _REFUSED_BEFORE.get(fault.kind)) is not None:
        return write(problem.answer())
    if fault.kind == "cut_before":
        return CutResponse(_CUT_BODY, 1)
    if fault.kind in ("slow", "timeout_before"):
        await asyncio.sleep(fault.seconds)
    return write(PRIMITIVE_TIMEOUT.answer()) if fault.kind == "timeout_before" else None


async def _meet_after(fault: Fault, answer: Answer) -> Response:
    match fault.kind:
        case "timeout_after":
            await asyncio.sleep(fault.seconds)
            return write(PRIMITIVE_TIMEOUT.answer())
        case "server_error_after":
            return write(INTERNAL_ERROR.answer())
        case "cut_after":
            return CutResponse(_CUT_BODY, 1)
        case "garbage":
            return Response("<html>", media_type="application/json")
        case "half_body":
            whole = _to_json(answer.body) if answer.body else _CUT_BODY
            return CutResponse(whole, len(whole) // 2)
        case "wrong_route":
            _send_elsewhere(_offers_in(answer))
        case "bad_price":
            for offer in _offers_in(answer)[:1]:
                offer["price"] |= {"total": "NaN", "grandTotal": "NaN"}
    return write(answer)


def _offers_in(answer: Answer) -> list[dict[str, Any]]:
    """The offers of a search or of a pricing; none in other answers."""
    data = (answer.body or {}).get("data")
    if isinstance(data, dict):
        data = data.get("flightOffers")
    return [each for each in data or () if each["type"] == "flight-offer"]


def _send_elsewhere(offers: list[dict[str, Any]]) -> None:
    for offer in offers:
        arrival = offer["itineraries"][-1]["segments"][-1]["arrival"]
        arrival["iataCode"] = "LHR" if arrival["iataCode"] != "LHR" else "SIN"


def _to_json(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def is_client(client_id: str, client_secret: str) -> bool:
    is_ours = hmac.compare_digest(client_secret.encode(), SANDBOX_AMADEUS_SECRET.encode())
    return is_ours and client_id == SANDBOX_AMADEUS_ID


def issue_token(now: datetime) -> str:
    """A token that ends after TOKEN_SECONDS; no two are the same. Any process can check it by its seal."""
    claim = f"{int(now.timestamp()) + TOKEN_SECONDS}.{secrets.token_hex(8)}"
    return f"{claim}.{_seal(claim)}"


def _check_token(authorization: str | None, now: datetime) -> None:
    """Raises the Refusal an `Authorization` header deserves."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refusal(MISSING_TOKEN)
    claim, _, seal = token.rpartition(".")
    if not hmac.compare_digest(seal.encode(), _seal(claim).encode()):
        raise Refusal(INVALID_TOKEN)
    if now.timestamp() >= int(claim.partition(".")[0]):
        raise Refusal(EXPIRED_TOKEN)


def _seal(claim: str) -> str:
    return hmac.new(SANDBOX_AMADEUS_SECRET.encode(), claim.encode(), sha256).hexdigest()[:32]
