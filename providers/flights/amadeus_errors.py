"""What Amadeus refuses with, in the port's words. Codes arrive as numbers or as strings, and not always."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from providers.flights.base import (
    FlightProviderError,
    InvalidRequest,
    OfferGone,
    OutcomeUnknown,
    ProviderBusy,
    ProviderDown,
    ProviderRetired,
    QuotaSpent,
    SoldOut,
    UnsoldCurrency,
)

QUOTA_SPENT = 38195
TOO_MANY_REQUESTS = 38194
PRICE_DISCREPANCY = 37200
SEGMENT_SELL_FAILURE = 34651
SERVICE_TAKEN = 38034
TIMED_OUT_INSIDE = frozenset({141, 38189})
FAILED_ON_THE_WAY = frozenset({9112, 36870})
"""Ticketing or the booking failed: how far it had come is not said."""
KEY_REFUSED = frozenset({38187, 39683, 39686})
"""The key is wrong or revoked. A path that is not served (38196, 38197) says nothing about the others."""
INVALID_DATA = 4926
OFFER_GONE = frozenset({1797, INVALID_DATA, 34107})
"""Not found, data that is no longer valid, a fare that no longer applies; said of an offer."""
FLIGHT_DOES_NOT_OPERATE = 4481
ORDER_GONE = frozenset({1797})
NOTHING_GOES = frozenset[int]()
"""For questions that name no offer and no order."""


class PriceDiscrepancy(InvalidRequest):
    """The order's price is not the one the offer has now; nothing was bought."""


class Refusal(NamedTuple):
    """An answer that is not a success."""

    status: int
    codes: frozenset[int]
    fields: tuple[str, ...]
    """What of our request it points at."""
    retry_after: float | None
    """Seconds."""

    @property
    def is_of_token(self) -> bool:
        """Whether a fresh token may help: the key itself is not what was refused."""
        return self.status == 401 and not self.codes & KEY_REFUSED

    @property
    def reason(self) -> str:
        return " ".join([f"status {self.status}", *(f"code {code}" for code in sorted(self.codes))])

    def points_at(self, part: str) -> bool:
        return any(part in field for field in self.fields)


def read_refusal(status: int, retry_after: str | None, body: bytes) -> Refusal:
    """Whatever of the answer can be read; a body that cannot has no codes."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    errors = _list_errors(answer)
    codes = (_read_code(error.get("code")) for error in errors)
    return Refusal(
        status=status,
        codes=frozenset(code for code in codes if code is not None),
        fields=tuple(field for error in errors for field in _list_fields(error.get("source"))),
        retry_after=float(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else None,
    )


def to_port_error(refusal: Refusal, *, gone: frozenset[int], has_effect: bool) -> FlightProviderError:
    """What the caller can do about it. `gone` are the codes that mean so for what was asked."""
    status, codes, reason = refusal.status, refusal.codes, refusal.reason
    if QUOTA_SPENT in codes:
        return QuotaSpent(reason)
    if status == 429 or TOO_MANY_REQUESTS in codes:
        return ProviderBusy(reason, refusal.retry_after)
    if codes & KEY_REFUSED:
        return ProviderRetired(reason)
    if not 400 <= status < 500 or status == 408 or codes & TIMED_OUT_INSIDE:
        return OutcomeUnknown(reason) if has_effect else ProviderDown(reason)
    if has_effect and codes & FAILED_ON_THE_WAY:
        return OutcomeUnknown(reason)
    if codes & {SEGMENT_SELL_FAILURE, SERVICE_TAKEN}:
        return SoldOut(reason)
    if PRICE_DISCREPANCY in codes:
        return PriceDiscrepancy(reason)
    if INVALID_DATA in codes and refusal.points_at("/travelers"):  # at the people, not at the offer
        return InvalidRequest(reason)
    if codes & gone:
        return OfferGone(reason)
    if status in (401, 403, 404):  # a way station's, as far as we can read: nobody looked at the request
        return ProviderDown(reason)
    if refusal.points_at("currencyCode"):
        return UnsoldCurrency(reason)
    return InvalidRequest(reason)


def _list_errors(answer: Any) -> list[dict[str, Any]]:
    """The errors of an answer; a refused token is one by itself."""
    if not isinstance(answer, dict):
        return []
    errors = answer.get("errors", [answer])
    return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


def _read_code(code: Any) -> int | None:
    text = str(code)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _list_fields(source: Any) -> list[str]:
    return [str(value) for value in source.values()] if isinstance(source, dict) else []
