"""What a model is told when a tool call cannot be done: a code, its facts, and one plain sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping

import structlog
from langchain_core.messages import ToolMessage
from pydantic import ValidationError

from core.errors import AppError, Unauthorized
from core.messages import Language, say

log = structlog.get_logger()


class NotUnderstood(AppError):
    """A phrase a model passed on has no meaning, or several; `code` says which, as in the frame's problems."""

    status = 422

    def __init__(self, code: str, params: Mapping[str, str]) -> None:
        self.code = code
        super().__init__()
        self.params = dict(params)


class ToolNotAllowed(AppError):
    code = "tool_not_allowed"
    status = 403


class ArgumentsInvalid(AppError):
    """Arguments no tool can be called with."""

    code = "tool_arguments"
    status = 422

    def __init__(self, error: ValidationError) -> None:
        places = (fault["loc"] for fault in error.errors(include_url=False, include_input=False))
        super().__init__(fields=", ".join(sorted({str(place[0]) for place in places if place})))


class OfferNumberUnknown(AppError):
    code = "offer_number_unknown"
    status = 404


class LegsAndReturn(AppError):
    """A trip through several places and a way back in one call: where the way back begins is not said."""

    code = "legs_and_return"
    status = 422


class SpanReversed(AppError):
    """The last day of a span is before its first."""

    code = "span_reversed"
    status = 422


class StayTooLong(AppError):
    """The way back would be later than any seat is sold."""

    code = "stay_too_long"
    status = 422


class SignInNeeded(Unauthorized):
    """Only somebody who is signed in has bookings and travellers; the way to sign in is on the screen."""

    code = "sign_in_needed"


class NoTravellersKnown(AppError):
    """Nobody is in the caller's address book yet."""

    code = "no_travellers_known"
    status = 409


class TravellersUnclear(AppError):
    """Who travels was not said, or names nobody the caller can book for; `people` are those they can."""

    code = "travellers_unclear"
    status = 422


class FlightUnclear(AppError):
    """A seat on a trip of several flights, or on a flight the offer does not have."""

    code = "flight_unclear"
    status = 422


class SeatNotFree(AppError):
    code = "seat_not_free"
    status = 409


class BagNotSold(AppError):
    code = "bag_not_sold"
    status = 409


class NoOtherFlights(AppError):
    """Nothing a booking could be changed to."""

    code = "no_other_flights"
    status = 409


class WayNumberUnknown(AppError):
    """Not the number of a way to fly otherwise that was listed last."""

    code = "way_number_unknown"
    status = 404


class DocumentUnclear(AppError):
    """Which of a traveller's documents is meant was not said, or there is no such; `documents` are those there are."""

    code = "document_unclear"
    status = 422


def explain_failure(error: Exception, *, tool: str, call_id: str, language: Language) -> ToolMessage:
    """The answer to a call that failed. A bug is logged and told as "try again", never as a traceback."""
    code, params = "tool_failed", {}
    if isinstance(error, AppError):
        code, params = error.code, error.params
    else:
        log.exception("tool.failed", tool=tool)
    body = {"error": code, "params": params, "message": say(f"errors.{code}", language, **params)}
    return ToolMessage(json.dumps(body, ensure_ascii=False), tool_call_id=call_id, name=tool, status="error")
