"""How the simulated Duffel fails on the wire, and how it signs what it sends."""

from __future__ import annotations

import asyncio
import json
import socket
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import pytest
import uvicorn

from core.clock import clock
from providers.flights.base import Operation
from providers.sandbox.duffel_webhooks import create_webhook
from providers.sandbox.faults import FaultKind
from tests.providers.sandbox.duffel_client import HEADERS, Duffel, Json, code_of


@pytest.mark.parametrize(
    ("kind", "refusal", "booked"),
    [
        ("timeout_before", (504, "api_error", "gateway_timeout_error"), 0),
        ("timeout_after", (504, "api_error", "gateway_timeout_error"), 1),
        ("server_error", (500, "api_error", "internal_server_error"), 0),
        ("server_error_after", (500, "api_error", "internal_server_error"), 1),
        ("rate_limited", (429, "rate_limit_error", "rate_limit_exceeded"), 0),
        ("quota_spent", (429, "rate_limit_error", "rate_limit_exceeded"), 0),
        ("revoked", (401, "authentication_error", "access_token_not_found"), 0),
    ],
)
async def test_a_fault_has_its_effect_or_not_and_is_met_once(
    duffel: Duffel, kind: FaultKind, refusal: tuple[int, str, str], booked: int
) -> None:
    offer = (await duffel.search())["offers"][0]
    fault = duffel.faults.arm("book", kind, seconds=0.01)
    assert code_of(await duffel.book(offer)) == refusal
    assert len(duffel.world.orders) == booked
    assert fault.met == 1
    assert (await duffel.book_instant())["id"] == f"ord_w{booked + 1}"


@pytest.mark.parametrize(("kind", "booked"), [("garbage", 1), ("half_body", 1), ("cut_after", 1), ("cut_before", 0)])
async def test_a_broken_answer_is_no_json(duffel: Duffel, kind: FaultKind, booked: int) -> None:
    offer = (await duffel.search())["offers"][0]
    duffel.faults.arm("book", kind)
    answer = await duffel.book(offer)
    assert answer.is_success
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        answer.json()
    assert len(duffel.world.orders) == booked
    assert (int(answer.headers["content-length"]) > len(answer.content)) == (kind != "garbage")


async def test_a_slow_answer_is_the_right_one(duffel: Duffel) -> None:
    duffel.faults.arm("search", "slow", seconds=0.01)
    assert len((await duffel.search())["offers"]) == 3


async def test_a_rate_limit_tells_when_it_ends(duffel: Duffel) -> None:
    duffel.faults.arm("find_order", "rate_limited", seconds=40)
    answer = await duffel.get("/air/orders")
    assert answer.headers["ratelimit-remaining"] == "0"
    assert parsedate_to_datetime(answer.headers["ratelimit-reset"]) == clock.now() + timedelta(seconds=40)


@pytest.mark.parametrize("return_offers", ["true", "false"])
async def test_a_spoilt_search_is_met_by_the_request_and_shown_by_its_offers(
    duffel: Duffel, return_offers: str
) -> None:
    async def list_offers(kind: FaultKind) -> list[Json]:
        fault = duffel.faults.arm("search", kind)
        request = await duffel.ask(return_offers=return_offers)
        assert fault.met == 1
        listed: list[Json] = (await duffel.get("/air/offers", offer_request_id=request["id"])).json()["data"]
        assert request.get("offers", listed) == listed
        return listed

    assert [each["total_amount"] for each in await list_offers("bad_price")] == ["NaN", "62.50", "82.50"]
    for offer in await list_offers("wrong_route"):
        assert offer["slices"][0]["segments"][-1]["destination"]["iata_code"] == "LHR"
    assert (await duffel.search())["offers"][0]["total_amount"] == "102.50"


async def test_a_request_without_a_token_meets_no_fault(duffel: Duffel) -> None:
    fault = duffel.faults.arm("find_order", "server_error")
    await duffel.http.get("/air/orders", headers={"Authorization": "Bearer x"})
    assert fault.met == 0


@pytest.mark.parametrize(
    ("operation", "method", "path"),
    [
        ("price", "GET", "/air/offers/off_x"),
        ("services", "GET", "/air/offers/off_x?return_available_services=true"),
        ("seat_map", "GET", "/air/seat_maps?offer_id=off_x"),
        ("pay", "POST", "/air/payments"),
        ("get_order", "GET", "/air/orders/ord_x"),
        ("quote_cancellation", "POST", "/air/order_cancellations"),
        ("cancel", "POST", "/air/order_cancellations/ore_x/actions/confirm"),
        ("quote_change", "POST", "/air/order_change_requests"),
        ("change", "POST", "/air/order_changes/oce_x/actions/confirm"),
    ],
)
async def test_each_operation_of_the_port_meets_its_own_faults(
    duffel: Duffel, operation: Operation, method: str, path: str
) -> None:
    fault = duffel.faults.arm(operation, "server_error")
    assert (await duffel.http.request(method, path)).status_code == 500
    assert fault.met == 1


@pytest.mark.parametrize("kind", ["half_body", "cut_after", "cut_before"])
async def test_a_cut_answer_breaks_the_connection_of_a_real_client(duffel: Duffel, kind: FaultKind) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(duffel.app, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    duffel.faults.arm("find_order", kind)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/sandbox/duffel/air/orders"
    async with httpx.AsyncClient(headers=HEADERS, trust_env=False) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(url)
        assert (await client.get(url)).json()["data"] == []
    server.should_exit = True
    await serving


# Webhooks


def test_a_webhook_is_signed_as_duffel_signs() -> None:
    published = (
        '{"created_at":"2022-01-08T18:44:56.129339Z","data":{"changes":{},"object":{}},'
        '"id":"eve_0000AFEsrBKZAcKgGtZCnQ","live_mode":false,"object":"order","type":"order.updated"}'
    )
    body, headers = create_webhook(json.loads(published), "a_secret", datetime.fromtimestamp(1641667496, UTC))
    assert body == published.encode()
    assert headers["X-Duffel-Signature"] == (
        "t=1641667496,v1=691f25ffb1f206c0fda5bb7b1a9d60fafe42c5f42819d44a06a7cfe09486f102"
    )
