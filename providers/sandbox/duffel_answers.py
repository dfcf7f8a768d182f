"""How the simulated Duffel answers: its envelope, errors and headers, and the ways of the wire to fail.

Faults before the effect leave the world alone; the others let it happen and then keep the answer from the client.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, ValidationError

from core.clock import clock
from core.ids import new_id
from core.settings import DUFFEL_TEST_PREFIX
from domain.orders import Order
from providers.flights.base import (
    FlightProvider,
    FlightProviderError,
    InvalidRequest,
    OfferGone,
    Operation,
    PriceChanged,
    ProviderBusy,
    SoldOut,
)
from providers.sandbox.duffel_requests import PageParams
from providers.sandbox.duffel_state import RATE_LIMIT, DuffelMemory
from providers.sandbox.faults import WIRE_FAULTS, Fault, Faults, WireFault

API_VERSION = "v2"
SPOILING: tuple[WireFault, ...] = ("wrong_route", "bad_price")
"""Faults of what a search answers; the others are faults of how."""
_HOW = tuple(kind for kind in WIRE_FAULTS if kind not in SPOILING)
_CUT_AFTER_BYTES = 8
_LENGTH_OF_NO_ANSWER = 4096

ModelT = TypeVar("ModelT", bound=BaseModel)
RowT = TypeVar("RowT")


class Refused(Exception):
    """An answer of Duffel's that is an error; the message never repeats what was sent."""

    def __init__(self, status: int, kind: str, code: str, message: str, *, pointer: str | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.kind = kind
        self.code = code
        self.message = message
        self.pointer = pointer


@dataclass(frozen=True, slots=True)
class Answer:
    body: Mapping[str, Any]
    status: int = 200
    headers: Mapping[str, str] | None = None


Act = Callable[[], Awaitable[Answer]]


def invalid(pointer: str, code: str, message: str) -> Refused:
    return Refused(422, "validation_error", code, message, pointer=pointer)


def not_found() -> Refused:
    return Refused(404, "invalid_request_error", "not_found", "The resource you are trying to access does not exist.")


def in_wrong_state(code: str, message: str) -> Refused:
    return Refused(422, "invalid_state_error", code, message)


def offer_gone() -> Refused:
    return Refused(422, "airline_error", "offer_no_longer_available", "The offer is no longer available.")


def price_changed() -> Refused:
    return Refused(422, "airline_error", "price_changed", "The offer is no longer available for the same price.")


class World(FlightProvider, Protocol):
    """A world that can tell what was booked in it."""

    async def list_orders(self, limit: int) -> list[Order]:
        """The newest first."""


class Call:
    """One request: who asks, what they sent, and what answers."""

    def __init__(self, request: Request, world: World, faults: Faults, memory: DuffelMemory) -> None:
        self.request = request
        self.world = world
        self.faults = faults
        self.memory = memory
        self.now = clock.now()

    async def read(self, model: type[ModelT]) -> ModelT:
        """What the body's `data` says. Raises Refused."""
        try:
            body = json.loads(await self.request.body() or b"{}")
        except ValueError:
            raise Refused(400, "invalid_request_error", "bad_request", "The body is not valid JSON.") from None
        data = body.get("data", {}) if isinstance(body, dict) else {}
        return _parse(model, data)

    def params(self, model: type[ModelT]) -> ModelT:
        """What the query string says. Raises Refused."""
        return _parse(model, dict(self.request.query_params))

    async def answer(self, operation: Operation | None, act: Act) -> Response:
        """Do it and answer, unless a fault stands between; None where the port has no such operation."""
        refusal = self._check_headers()
        if refusal is not None:
            return self._write(_write_error(refusal))
        fault = self.faults.take(operation, _HOW) if operation else None
        if fault is None:
            return self._write(await _run(act))
        failed = await self._fail_before(fault)
        return failed or await self._fail_after(fault, await _run(act))

    def _check_headers(self) -> Refused | None:
        headers = self.request.headers
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if not token:
            return Refused(
                401, "authentication_error", "missing_authorization_header", "The Authorization header is required."
            )
        if scheme != "Bearer" or not token.startswith(DUFFEL_TEST_PREFIX):
            return _unknown_token()
        version = headers.get("duffel-version")
        if version is None:
            return Refused(
                400, "invalid_request_error", "missing_version_header", "The Duffel-Version header is required."
            )
        if version != API_VERSION:
            return Refused(400, "invalid_request_error", "unsupported_version", "This version is not supported.")
        return None

    async def _fail_before(self, fault: Fault) -> Response | None:
        """The answer where the fault comes before the effect."""
        match fault.kind:
            case "slow":
                await asyncio.sleep(fault.seconds)
                return None
            case "timeout_before":
                await asyncio.sleep(fault.seconds)
                return self._write(_timed_out())
            case "rate_limited" | "quota_spent":
                return self._write(_too_many(self.now + timedelta(seconds=fault.seconds)))
            case "server_error":
                return self._write(_broken())
            case "revoked":
                return self._write(_write_error(_unknown_token()))
            case "cut_before":
                return self._cut(b'{"data":', _LENGTH_OF_NO_ANSWER, 200)
            case _:
                return None

    async def _fail_after(self, fault: Fault, answer: Answer) -> Response:
        raw = _dump(answer.body)
        match fault.kind:
            case "timeout_after":
                await asyncio.sleep(fault.seconds)
                return self._write(_timed_out())
            case "server_error_after":
                return self._write(_broken())
            case "garbage":
                return Response(b"<html>", 200, self._headers(), media_type="application/json")
            case "half_body":
                return self._cut(raw[: len(raw) // 2], len(raw), answer.status)
            case "cut_after":
                return self._cut(raw[:_CUT_AFTER_BYTES], len(raw), answer.status)
            case _:
                return self._write(answer)

    def _write(self, answer: Answer) -> Response:
        body = dict(answer.body)
        headers = self._headers() | dict(answer.headers or {})
        if "errors" in body:
            body["meta"] = {"status": answer.status, "request_id": headers["x-request-id"]}
        return Response(_dump(body), answer.status, headers, media_type="application/json")

    def _cut(self, sent: bytes, promised: int, status: int) -> Response:
        """Fewer bytes than promised: the server closes the connection when they are out."""
        headers = self._headers() | {"content-length": str(promised)}
        return Response(sent, status, headers, media_type="application/json")

    def _headers(self) -> dict[str, str]:
        remaining, resets_at = self.memory.count_request(self.now)
        return {
            "ratelimit-limit": str(RATE_LIMIT),
            "ratelimit-remaining": str(remaining),
            "ratelimit-reset": format_datetime(resets_at, usegmt=True),
            "x-request-id": f"F{new_id().hex[:19]}",
        }


async def get_call(request: Request) -> Call:
    state = request.app.state
    memory: DuffelMemory | None = getattr(state, "sandbox_duffel", None)
    if memory is None:
        memory = state.sandbox_duffel = DuffelMemory()
    return Call(request, state.sandbox_flights, state.sandbox_faults, memory)


CallDep = Annotated[Call, Depends(get_call)]


def paginate(
    rows: Sequence[RowT], name: Callable[[RowT], str], asked: PageParams
) -> tuple[Sequence[RowT], dict[str, Any]]:
    """A page and its `meta`: a cursor names the row after which the page lies. Raises Refused."""
    names = [name(row) for row in rows]
    start = _find(names, asked.after) + 1 if asked.after is not None else 0
    stop = start + asked.limit
    meta = {
        "limit": asked.limit,
        "before": _write_cursor(names[start]) if 0 < start < len(rows) else None,
        "after": _write_cursor(names[stop - 1]) if stop < len(rows) else None,
    }
    return rows[start:stop], meta


def _find(names: list[str], cursor: str) -> int:
    try:
        return names.index(base64.urlsafe_b64decode(cursor).decode())
    except (binascii.Error, ValueError):
        raise invalid("/after", "validation_format", "The cursor is not valid.") from None


def _write_cursor(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _parse(model: type[ModelT], data: Any) -> ModelT:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        code = "validation_required" if first["type"] == "missing" else "validation_format"
        pointer = "".join(f"/{part}" for part in first["loc"])
        raise invalid(pointer, code, first["msg"]) from None


async def _run(act: Act) -> Answer:
    try:
        return await act()
    except Refused as refused:
        return _write_error(refused)
    except FlightProviderError as error:
        return _refuse(error)


def _refuse(error: FlightProviderError) -> Answer:
    """What the world does not do, in Duffel's words."""
    match error:
        case OfferGone():
            return _write_error(offer_gone())
        case PriceChanged():
            return _write_error(price_changed())
        case SoldOut():
            return _write_error(Refused(422, "airline_error", "unsupported_action", "The airline has no seats left."))
        case InvalidRequest():
            return _write_error(
                Refused(422, "validation_error", "validation_format", "The request cannot be answered as it is.")
            )
        case ProviderBusy():
            return _too_many(clock.now() + timedelta(seconds=error.retry_after or 1))
        case _:
            return _broken()


def _write_error(refused: Refused) -> Answer:
    error: dict[str, Any] = {
        "type": refused.kind,
        "title": refused.code.replace("_", " ").capitalize(),
        "message": refused.message,
        "documentation_url": "https://duffel.com/docs/api/overview/response-handling",
        "code": refused.code,
    }
    if refused.pointer is not None:
        error["source"] = {"field": refused.pointer.rpartition("/")[2], "pointer": refused.pointer}
    return Answer({"errors": [error]}, refused.status)


def _unknown_token() -> Refused:
    return Refused(401, "authentication_error", "access_token_not_found", "The access token was not recognised.")


def _timed_out() -> Answer:
    return _write_error(Refused(504, "api_error", "gateway_timeout_error", "The airline did not answer in time."))


def _broken() -> Answer:
    return _write_error(Refused(500, "api_error", "internal_server_error", "Something went wrong on our side."))


def _too_many(until: datetime) -> Answer:
    refusal = _write_error(Refused(429, "rate_limit_error", "rate_limit_exceeded", "Too many requests."))
    headers = {"ratelimit-remaining": "0", "ratelimit-reset": format_datetime(until, usegmt=True)}
    return Answer(refusal.body, refusal.status, headers)


def _dump(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
