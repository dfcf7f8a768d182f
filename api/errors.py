"""Errors as HTTP: `{"detail", "code", "request_id"}` in the caller's language; a malformed payload lists its faults."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from core.errors import AppError, Overloaded
from core.messages import Language, choose_language, say
from core.messages.catalogue import load_catalogue

log = structlog.get_logger()

HTTP_CODES = {400: "invalid_json", 401: "unauthorized", 404: "not_found", 405: "method_not_allowed"}


class FieldFault(BaseModel):
    """One fault of a malformed payload."""

    loc: list[str | int]
    msg: str
    type: str


class ErrorBody(BaseModel):
    """What every error answers with."""

    detail: str | list[FieldFault]
    code: str
    request_id: str


def describe_errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error responses of an endpoint, for its declaration: its own, and those that any request may meet."""
    return {status: {"model": ErrorBody} for status in sorted({*statuses, 400, 413, 422, 429, 503})}


def language_of(request: Request) -> Language:
    """The language of the request's message where it has one, else what the client asked for."""
    language: Language | None = getattr(request.state, "language", None)
    return language or choose_language(request.headers.get("accept-language"))


def answer_error(
    request: Request,
    status: int,
    code: str,
    detail: str | Sequence[dict[str, Any]],
    extra: dict[str, str] | None = None,
    retry_after: int | None = None,
) -> JSONResponse:
    body = {"detail": detail, "code": code, "request_id": request.state.request_id, **(extra or {})}
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else None
    return JSONResponse(body, status, headers=headers)


def install_error_handlers(app: FastAPI) -> None:
    @app.exception_handler(AppError)
    async def answer_app_error(request: Request, error: AppError) -> JSONResponse:
        detail = say(f"errors.{error.code}", language_of(request), **error.params)
        return answer_error(request, error.status, error.code, detail, error.extra, error.retry_after)

    @app.exception_handler(RequestValidationError)
    async def answer_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        language = language_of(request)
        faults = [
            {"loc": list(fault["loc"]), "msg": _say_fault(fault, language), "type": fault["type"]}
            for fault in error.errors()
        ]
        return answer_error(request, 422, "invalid_request", faults)

    @app.exception_handler(HTTPException)
    async def answer_http(request: Request, error: HTTPException) -> JSONResponse:
        if isinstance(error.__cause__, AppError):  # what our own layers raise while the framework reads the body
            return await answer_app_error(request, error.__cause__)
        code = HTTP_CODES.get(error.status_code, "invalid_input")
        response = answer_error(request, error.status_code, code, say(f"errors.{code}", language_of(request)))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(PoolTimeout)
    @app.exception_handler(OperationalError)
    async def answer_database_trouble(request: Request, error: Exception) -> JSONResponse:
        """The database is away or full: nothing was done, and the client may come again."""
        log.warning("database.unavailable", error=type(error).__name__)
        return await answer_app_error(request, Overloaded())


def _say_fault(error: dict[str, Any], language: Language) -> str:
    """A fault in our words, in the caller's language and without the value that was sent."""
    key = f"faults.{error['type']}"
    context = dict(error.get("ctx", {}))
    if "expected" in context:  # the one sentence in it that is not ours to write
        context["expected"] = context["expected"].replace(" or ", say("faults.or", language))
    return say(key if key in load_catalogue(language) else "faults.other", language, **context)
