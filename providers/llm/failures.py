"""What a vendor's error means: which kind it is, and how long to leave the model alone.

Groq says the same thing in three places: an HTTP status, a code in the body, and, once a stream has begun, an error
event whose exception has no status at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import groq
import httpx

FailureKind = Literal[
    "rate_limited",
    "too_large",
    "bad_call",
    "refused",
    "unknown_model",
    "unavailable",
    "timed_out",
    "cut",
    "empty",
    "broken",
]
"""`bad_call`: the model wrote a call no tool takes. `refused`: the key is. `cut`: no proper end. `broken`: anything
else, also an answer nobody can read."""

MAX_PROBLEM_CHARACTERS = 1_000
"""Of what is shown to a model that is to try again."""

UNTOLD_REST_SECONDS = 60
"""After a refusal that does not say for how long."""
DAILY_REST_SECONDS = 900
"""After a daily limit that does not say: the quota comes back bit by bit."""
LONG_REST_SECONDS = 3600
"""After what only a person can put right: a refused key, a model there is no more."""
SILENCE_REST_SECONDS = 15
"""After a timeout, so that not every turn waits for another."""

_PER_DAY = re.compile(r"per day|\((?:TPD|RPD)\)", re.IGNORECASE)
_TRY_AGAIN = re.compile(r"try again in ((?:\d+(?:\.\d+)?(?:ms|h|m|s))+)", re.IGNORECASE)
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)", re.IGNORECASE)
_UNIT_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


@dataclass(frozen=True, slots=True)
class Failure:
    kind: FailureKind
    rest_seconds: float = 0.0
    """How long the model is not to be asked; for `rate_limited` also how long to wait before asking again."""
    problem: str = ""
    """For `bad_call`: what was wrong with it, to be shown to the model."""


class AnswerFailed(Exception):
    """An answer that ended, but cannot be used."""

    def __init__(self, kind: FailureKind, problem: str = "") -> None:
        super().__init__(kind)
        self.failure = Failure(kind, problem=problem[:MAX_PROBLEM_CHARACTERS])


def read_failure(error: Exception) -> Failure:
    """What an exception of a model call means."""
    match error:
        case AnswerFailed():
            return error.failure
        case groq.APITimeoutError() | httpx.TimeoutException() | TimeoutError():
            return Failure("timed_out", SILENCE_REST_SECONDS)
        case groq.APIStatusError():
            return _read_error(error.status_code, _unwrap(error.body), error.response.headers.get("retry-after"))
        case groq.APIConnectionError() | httpx.TransportError():
            return Failure("unavailable")
        case groq.APIError():
            body = _unwrap(error.body)
            status = body.get("status_code")
            return _read_error(status if isinstance(status, int) else None, body, None)
        case _:
            return Failure("broken")


def _unwrap(body: object) -> Mapping[str, Any]:
    """The error itself: an HTTP body wraps it, a stream's exception has it bare."""
    if not isinstance(body, Mapping):
        return {}
    inner = body.get("error")
    return inner if isinstance(inner, Mapping) else body


def _read_error(status: int | None, body: Mapping[str, Any], retry_after: str | None) -> Failure:
    code, message = str(body.get("code") or ""), str(body.get("message") or "")
    # the same code as for a limit that passes, but this request would never fit
    if status == 413 or message.startswith("Request too large"):
        return Failure("too_large")
    if code == "tool_use_failed":
        said = str(body.get("failed_generation") or "")
        return Failure("bad_call", problem=f"{message}\n{said}".strip()[:MAX_PROBLEM_CHARACTERS])
    if status == 429 or code == "rate_limit_exceeded":
        return Failure("rate_limited", _read_wait(retry_after, message))
    if status in (401, 403) or code == "invalid_api_key":
        return Failure("refused", LONG_REST_SECONDS)
    if status == 404 or code == "model_not_found":
        return Failure("unknown_model", LONG_REST_SECONDS)
    if status is None or status == 498 or status >= 500:
        return Failure("unavailable")
    return Failure("broken")


def _read_wait(retry_after: str | None, message: str) -> float:
    """Seconds until a limit passes: from the header, else from the sentence, else a guess."""
    try:
        return max(0.0, min(float(retry_after or ""), 24 * 3600.0))
    except ValueError:
        pass
    if told := _TRY_AGAIN.search(message):
        return sum(float(number) * _UNIT_SECONDS[unit.lower()] for number, unit in _DURATION_PART.findall(told[1]))
    return DAILY_REST_SECONDS if _PER_DAY.search(message) else UNTOLD_REST_SECONDS
