"""The errors our code raises on purpose.

AppError                 code, HTTP status, words in core/messages under errors.<code>
├── Unauthorized         401  no credential, or one that is not valid (any more)
├── Forbidden            403  a valid credential that does not reach this far
├── NotFound             404  no such row, or not this caller's
├── Conflict             409  the world is not in the state the caller assumed
├── InvalidInput         422  a field that cannot be, with a reason a person can act on
├── RateLimited          429  try again after `retry_after` seconds
├── Overloaded           503  try again after `retry_after` seconds
└── (a feature's own, beside its service)
"""

from __future__ import annotations

from collections.abc import Mapping


class AppError(Exception):
    """Something a caller can understand and act on; never a bug."""

    code = "error"
    status = 400
    retry_after: int | None = None
    """Seconds, for the Retry-After header."""

    def __init__(self, *, extra: Mapping[str, str] | None = None, **params: str | int) -> None:
        super().__init__(f"{self.code} {params}" if params else self.code)
        self.params: dict[str, str | int] = params
        """What fills the sentence in the message catalogue."""
        self.extra = dict(extra or {})
        """Further fields of the error body, for programs."""


class Unauthorized(AppError):
    code = "unauthorized"
    status = 401


class Forbidden(AppError):
    code = "forbidden"
    status = 403


class NotFound(AppError):
    code = "not_found"
    status = 404


class Conflict(AppError):
    code = "conflict"
    status = 409


class InvalidInput(AppError):
    code = "invalid_input"
    status = 422


class RateLimited(AppError):
    code = "rate_limited"
    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(count=retry_after)
        self.retry_after = retry_after


class Overloaded(AppError):
    code = "overloaded"
    status = 503
    retry_after = 2


class ConfigurationError(Exception):
    """The settings cannot work; the message says which one and what to do. Ends the program before it serves."""
