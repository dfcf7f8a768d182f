"""What Amadeus's codes mean to a caller."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.flights.amadeus_errors import OFFER_GONE, PriceDiscrepancy, read_refusal, to_port_error
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

CODES: list[tuple[int, int, type[FlightProviderError]]] = [
    (429, 38194, ProviderBusy),
    (429, 38195, QuotaSpent),
    (401, 38191, ProviderDown),
    (403, 38197, ProviderDown),
    (401, 38187, ProviderRetired),
    (401, 39683, ProviderRetired),
    (401, 39686, ProviderRetired),
    (404, 38196, ProviderDown),
    (401, 38190, ProviderDown),
    (401, 38193, ProviderDown),
    (500, 141, ProviderDown),
    (500, 38189, ProviderDown),
    (400, 141, ProviderDown),
    (400, 34651, SoldOut),
    (400, 37200, PriceDiscrepancy),
    (400, 4926, OfferGone),
    (404, 1797, OfferGone),
    (400, 34107, OfferGone),
    (400, 477, InvalidRequest),
    (400, 36870, InvalidRequest),
    (400, 9112, InvalidRequest),
    (400, 38034, SoldOut),
]


def read(status: int, body: Any, *, retry_after: str | None = None, has_effect: bool = False) -> FlightProviderError:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    refusal = read_refusal(status, retry_after, content)
    return to_port_error(refusal, gone=OFFER_GONE, has_effect=has_effect)


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize(("status", "code", "kind"), CODES)
def test_codes_are_read_as_numbers_and_as_strings(
    status: int, code: int, kind: type[FlightProviderError], as_text: bool
) -> None:
    error = {"status": str(status) if as_text else status, "code": str(code) if as_text else code}
    assert type(read(status, {"errors": [error]})) is kind


@pytest.mark.parametrize(("status", "code"), [(500, 141), (500, 38189), (400, 141), (502, 1), (408, 1)])
def test_a_write_that_the_server_lost_is_unknown(status: int, code: int) -> None:
    assert type(read(status, {"errors": [{"code": code}]}, has_effect=True)) is OutcomeUnknown


@pytest.mark.parametrize(("status", "code"), [(400, 36870), (400, 9112)])
def test_a_booking_that_failed_on_its_way_is_unknown(status: int, code: int) -> None:
    assert type(read(status, {"errors": [{"code": code}]}, has_effect=True)) is OutcomeUnknown


@pytest.mark.parametrize(
    ("status", "code", "kind"), [each for each in CODES if each[2] is not ProviderDown and each[1] not in (36870, 9112)]
)
def test_a_refused_write_is_as_clear_as_a_refused_question(
    status: int, code: int, kind: type[FlightProviderError]
) -> None:
    assert type(read(status, {"errors": [{"code": code}]}, has_effect=True)) is kind


def test_the_same_data_error_is_no_lost_offer_where_none_was_sent() -> None:
    refusal = read_refusal(400, None, b'{"errors": [{"code": 4926}]}')
    assert type(to_port_error(refusal, gone=frozenset(), has_effect=False)) is InvalidRequest


@pytest.mark.parametrize(
    ("where", "kind"),
    [
        ("/data/travelers/0/name/lastName", InvalidRequest),
        ("/data/flightOffers/0", OfferGone),
        ("/data/flightOffers/0/travelerPricings/0", OfferGone),
    ],
)
def test_a_data_error_of_the_people_is_no_lost_offer(where: str, kind: type[FlightProviderError]) -> None:
    assert type(read(400, {"errors": [{"code": 4926, "source": {"pointer": where}}]}, has_effect=True)) is kind


def test_the_wait_that_is_asked_for_is_passed_on() -> None:
    busy = read(429, {"errors": [{"code": 38194}]}, retry_after="3")
    assert isinstance(busy, ProviderBusy)
    assert busy.retry_after == 3
    without = read(429, b"", retry_after="Wed, 21 Oct 2026 07:28:00 GMT")
    assert isinstance(without, ProviderBusy)
    assert without.retry_after is None


def test_a_refused_currency_is_told_apart() -> None:
    error = {"code": 477, "source": {"pointer": "/currencyCode"}}
    assert type(read(400, {"errors": [error]})) is UnsoldCurrency


NO_ERRORS: list[Any] = [b"", b"<html>", b"[]", b"5", b"null", b"\xff", b"[" * 100_000, {"errors": None}, {"errors": {}}]
NO_CODES: list[Any] = [None, [], {}, "x", "９", "9" * 5000, -1, 1.5, True]


@pytest.mark.parametrize(
    "body", [*NO_ERRORS, {"errors": [None, 5]}, *({"errors": [{"code": code}]} for code in NO_CODES)]
)
@pytest.mark.parametrize(("status", "kind"), [(400, InvalidRequest), (404, ProviderDown), (403, ProviderDown)])
def test_any_body_is_read(body: Any, status: int, kind: type[FlightProviderError]) -> None:
    assert type(read(status, body)) is kind


def test_what_amadeus_says_stays_out_of_the_message() -> None:
    said = {"code": 477, "title": "NGUYEN", "detail": "C1234567", "source": {"parameter": "lan@example.com"}}
    assert str(read(400, {"errors": [said]})) == "status 400 code 477"
