"""What each of Duffel's errors becomes, and what no answer leaves open."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from core.deadlines import deadline
from providers.flights.base import (
    AlreadyBooked,
    FlightProviderError,
    InvalidRequest,
    OfferGone,
    OutcomeUnknown,
    ProviderBusy,
    ProviderDown,
    ProviderRetired,
    SoldOut,
)
from tests.providers.flights.duffel_support import (
    FakeDuffel,
    found,
    order,
    purchase,
    refusal,
)

OFFER, SEATS, BOOK = "GET /air/offers/off_1", "GET /air/seat_maps", "POST /air/orders"
ORDER = "GET /air/orders/ord_1"


@pytest.fixture
def duffel() -> FakeDuffel:
    return FakeDuffel()


REFUSALS = [
    (refusal(422, "offer_no_longer_available", "airline_error"), OfferGone),
    (refusal(422, "offer_expired", "invalid_state_error"), OfferGone),
    (refusal(422, "offer_request_already_booked", "invalid_state_error"), AlreadyBooked),
    (refusal(404, "not_found"), OfferGone),
    (refusal(422, "unsupported_action", "airline_error"), SoldOut),
    (refusal(401, "access_token_not_found", "authentication_error"), ProviderRetired),
    (refusal(403, "insufficient_permissions", "authentication_error"), InvalidRequest),
    (refusal(400, "unsupported_version"), ProviderRetired),
    (refusal(422, "validation_required", "validation_error"), InvalidRequest),
    (refusal(422, "duplicate_booking", "airline_error"), InvalidRequest),
    (refusal(422, "insufficient_balance", "invalid_state_error"), InvalidRequest),
    (refusal(400, "missing_version_header"), InvalidRequest),
    (refusal(429, "rate_limit_exceeded", "rate_limit_error"), ProviderBusy),
    (httpx.ConnectError("x"), ProviderDown),
    (httpx.ConnectTimeout("x"), ProviderDown),
    (httpx.PoolTimeout("x"), ProviderDown),
]
UNANSWERED: list[Any] = [
    refusal(500, "internal_server_error", "api_error"),
    refusal(502, "bad_gateway", "api_error"),
    refusal(503, "service_unavailable", "api_error"),
    refusal(504, "gateway_timeout_error", "api_error"),
    refusal(422, "airline_unknown", "airline_error"),
    httpx.Response(500, text="<html>"),
    httpx.Response(403, text="<html>"),
    httpx.Response(302, headers={"location": "https://elsewhere.test"}),
    httpx.Response(200, text="<html>"),
    httpx.Response(200, json={"data": {"id": "ord_1"}}),
    httpx.ReadTimeout("x"),
    httpx.WriteTimeout("x"),
    httpx.RemoteProtocolError("x"),
    httpx.ReadError("x"),
]


@pytest.mark.parametrize(("reply", "error"), REFUSALS, ids=str)
async def test_a_refusal_is_the_same_for_a_read_and_a_write(
    duffel: FakeDuffel, reply: Any, error: type[FlightProviderError]
) -> None:
    duffel.on(OFFER, reply)
    duffel.on(BOOK, reply)
    with pytest.raises(error):
        await duffel.provider().price(found())
    with pytest.raises(error) as told:
        await duffel.provider().book(found(), purchase())
    assert "NGUYEN" not in str(told.value)


@pytest.mark.parametrize("reply", UNANSWERED, ids=str)
async def test_no_clear_answer_leaves_a_write_open_and_a_read_without_effect(duffel: FakeDuffel, reply: Any) -> None:
    duffel.on(OFFER, reply)
    duffel.on(BOOK, reply)
    with pytest.raises(ProviderDown):
        await duffel.provider().price(found())
    with pytest.raises(OutcomeUnknown) as told:
        await duffel.provider().book(found(), purchase())
    assert len(duffel.calls(BOOK)) == 1
    assert told.value.__cause__ is None, "what httpx says may quote what was sent or received"


async def test_an_error_names_its_code_and_request_for_the_log(duffel: FakeDuffel) -> None:
    duffel.on(OFFER, refusal(500, "internal_server_error"))
    with pytest.raises(ProviderDown, match="500 internal_server_error, request req-1"):
        await duffel.provider().price(found())


@pytest.mark.parametrize(
    "body", [{"errors": "x"}, {"errors": [7]}, {"errors": [{"code": "NGUYEN VAN A"}]}, {"meta": []}]
)
async def test_an_error_of_another_shape_is_no_refusal(duffel: FakeDuffel, body: Any) -> None:
    duffel.on(OFFER, httpx.Response(422, json=body))
    with pytest.raises(ProviderDown, match=r"^422 no code, request -$"):
        await duffel.provider().price(found())


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"ratelimit-reset": "Sat, 21 Nov 2026 02:00:30 GMT", "retry-after": "5"}, 30),
        ({"ratelimit-reset": "Sat, 21 Nov 2026 01:00:00 GMT"}, 0),
        ({"ratelimit-reset": "soon", "retry-after": "5"}, 5),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
async def test_busy_says_how_long(duffel: FakeDuffel, headers: dict[str, str], seconds: float | None) -> None:
    duffel.on(OFFER, refusal(429, "rate_limit_exceeded", "rate_limit_error", **headers))
    with pytest.raises(ProviderBusy) as told:
        await duffel.provider().price(found())
    assert told.value.retry_after == seconds


async def test_calls_wait_as_long_as_is_left_and_are_not_sent_after_that(duffel: FakeDuffel) -> None:
    duffel.on(BOOK, (201, order()))
    with deadline(20):
        await duffel.provider().book(found(), purchase())
    (timeout,) = (each.extensions["timeout"] for each in duffel.requests)
    assert 19 < timeout["read"] <= 20
    assert (timeout["connect"], timeout["pool"]) == (3, 3)
    with deadline(0), pytest.raises(ProviderDown):
        await duffel.provider().book(found(), purchase())
    assert len(duffel.calls(BOOK)) == 1


async def test_ids_stay_within_their_path(duffel: FakeDuffel) -> None:
    duffel.on("GET /air/orders/../offers?x", refusal(404, "not_found"))
    with pytest.raises(OfferGone):
        await duffel.provider().get_order("../offers?x")
    assert duffel.requests[0].url.raw_path == b"/air/orders/..%2Foffers%3Fx"
