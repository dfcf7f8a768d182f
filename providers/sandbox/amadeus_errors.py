"""How Amadeus says no: a status, a code of its own, a title, and perhaps where in the request the trouble lies."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from providers.flights import base

Place = Literal["parameter", "pointer"]
"""A name in the query string, or a path into the body."""


class Answer(NamedTuple):
    """What goes out: a body of None is a 204 without one."""

    status: int
    body: dict[str, Any] | None


class Problem(NamedTuple):
    status: int
    code: int
    title: str
    detail: str | None = None
    source: dict[Place, str] | None = None

    def answer(self) -> Answer:
        error: dict[str, Any] = {"status": self.status, "code": self.code, "title": self.title}
        if self == MISSING_TOKEN:  # the one error that was seen with its numbers as strings
            error |= {"status": str(self.status), "code": str(self.code)}
        if self.detail is not None:
            error["detail"] = self.detail
        if self.source is not None:
            error["source"] = self.source
        return Answer(self.status, {"errors": [error]})


class Refusal(Exception):
    """A request that is not served."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.title)
        self.problem = problem


INVALID_TOKEN = Problem(401, 38190, "Invalid access token", "The access token provided is invalid")
MISSING_TOKEN = Problem(401, 38191, "Invalid HTTP header", "Missing or invalid format for the Authorization header")
EXPIRED_TOKEN = Problem(401, 38192, "Access token expired", "The access token is expired")
REVOKED_KEY = Problem(401, 39683, "API key revoked")
TOO_MANY_REQUESTS = Problem(429, 38194, "Too many requests", "The network rate limit is exceeded, try again later")
QUOTA_SPENT = Problem(429, 38195, "Quota limit exceeded", "The quota limit is exceeded")
INTERNAL_ERROR = Problem(500, 38189, "Internal error", "An internal error occurred")
PRIMITIVE_TIMEOUT = Problem(500, 141, "SYSTEM ERROR HAS OCCURRED", "Primitive Timeout")
NO_SUCH_RESOURCE = Problem(404, 38196, "Resource not found", "The targeted resource doesn't exist")
NO_SUCH_ORDER = Problem(404, 1797, "NOT FOUND")
TICKETED = Problem(400, 4926, "INVALID DATA RECEIVED", "The order has been ticketed")
SELL_FAILURE = Problem(400, 34651, "SEGMENT SELL FAILURE", "Could not sell segment 1")
SEAT_TAKEN = Problem(400, 38034, "ONE OR MORE SERVICES ARE NOT AVAILABLE")
PRICE_DISCREPANCY = Problem(400, 37200, "PRICE DISCREPANCY", "Current price is different from the one sent")

_OF_PROVIDER_ERRORS: dict[type[base.FlightProviderError], Problem] = {
    base.OfferGone: Problem(400, 4926, "INVALID DATA RECEIVED", "No fare applicable"),
    base.SoldOut: SELL_FAILURE,
    base.PriceChanged: PRICE_DISCREPANCY,
    base.InvalidRequest: Problem(400, 477, "INVALID FORMAT"),
    base.ProviderBusy: TOO_MANY_REQUESTS,
    base.QuotaSpent: QUOTA_SPENT,
    base.ProviderRetired: REVOKED_KEY,
    base.Unsupported: NO_SUCH_RESOURCE,
}


def problem_of(error: base.FlightProviderError) -> Problem:
    """What Amadeus would say where the provider behind the face says this."""
    return next((no for kind, no in _OF_PROVIDER_ERRORS.items() if isinstance(error, kind)), INTERNAL_ERROR)


def invalid_date(where: str) -> Refusal:
    return Refusal(Problem(400, 425, "INVALID DATE", source={"pointer": where}))


def invalid_format(where: str) -> Refusal:
    return Refusal(Problem(400, 477, "INVALID FORMAT", source={"pointer": where}))


def invalid_data(where: str) -> Refusal:
    return Refusal(Problem(400, 4926, "INVALID DATA RECEIVED", source={"pointer": where}))


def missing(where: str, place: Place = "pointer") -> Refusal:
    return Refusal(Problem(400, 32171, "MANDATORY DATA MISSING", source={place: where}))


def invalid_combination(detail: str) -> Refusal:
    return Refusal(Problem(400, 2668, "PARAMETER COMBINATION INVALID/RESTRICTED", detail))


def unreadable(error: ValidationError) -> Refusal:
    """The first thing wrong with a request. The value stays out: it may be somebody's name."""
    first = error.errors(include_input=False, include_context=False, include_url=False)[0]
    where = "/" + "/".join(str(part) for part in first["loc"])
    return missing(where) if first["type"] == "missing" else invalid_format(where)
