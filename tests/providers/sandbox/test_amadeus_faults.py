"""Failures of the simulated Amadeus, as they look on the wire."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from decimal import Decimal

import pytest
import uvicorn

from providers.flights.base import Operation
from providers.sandbox.amadeus_api import PATH
from providers.sandbox.faults import FaultKind
from tests.providers.sandbox.amadeus_client import (
    ORDERS,
    PRICING,
    SEARCH,
    SEAT_MAPS,
    Face,
    ask,
    code_of,
    pricing,
    segments_of,
)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("rate_limited", (429, 38194)),
        ("quota_spent", (429, 38195)),
        ("server_error", (500, 141)),
        ("server_error_after", (500, 38189)),
        ("timeout_before", (500, 141)),
        ("timeout_after", (500, 141)),
        ("revoked", (401, 39683)),
        ("token_expired", (401, 38192)),
    ],
)
async def test_a_fault_is_an_error_of_amadeus_once(face: Face, kind: FaultKind, expected: tuple[int, int]) -> None:
    face.faults.arm("search", kind, seconds=0.01)
    assert code_of(await face.post(SEARCH, ask())) == expected
    assert (await face.post(SEARCH, ask())).status_code == 200


@pytest.mark.parametrize(
    ("kind", "has_effect"),
    [
        ("slow", True),
        ("timeout_after", True),
        ("server_error_after", True),
        ("garbage", True),
        ("half_body", True),
        ("cut_after", True),
        ("timeout_before", False),
        ("server_error", False),
        ("cut_before", False),
        ("rate_limited", False),
        ("revoked", False),
        ("token_expired", False),
    ],
)
async def test_an_order_is_there_after_the_effect_and_not_before(face: Face, kind: FaultKind, has_effect: bool) -> None:
    offer = (await face.search())["data"][0]
    face.faults.arm("book", kind, seconds=0.01)
    await face.book(offer)
    assert (await face.world.find_order(face.reference) is not None) == has_effect


@pytest.mark.parametrize(
    ("operation", "path"),
    [("price", PRICING), ("fare_rules", f"{PRICING}?include=detailed-fare-rules"), ("seat_map", SEAT_MAPS)],
)
async def test_each_call_meets_the_faults_of_its_own_operation(face: Face, operation: Operation, path: str) -> None:
    offer = (await face.search())["data"][0]
    body = {"data": [offer]} if path == SEAT_MAPS else pricing(offer)
    fault = face.faults.arm(operation, "quota_spent")
    assert code_of(await face.post(path, body)) == (429, 38195)
    assert fault.met == 1


async def test_orders_meet_their_faults(face: Face) -> None:
    face.reference = f"unticketed {face.reference}"
    path = f"{ORDERS}/{(await face.make_order())['id']}"
    face.faults.arm("get_order", "rate_limited")
    assert code_of(await face.get(path)) == (429, 38194)
    face.faults.arm("cancel", "server_error_after")
    assert code_of(await face.http.delete(PATH + path)) == (500, 38189)
    assert code_of(await face.http.delete(PATH + path)) == (404, 1797)


async def test_a_request_without_a_token_uses_up_no_fault(face: Face) -> None:
    fault = face.faults.arm("search", "server_error")
    await face.http.post(PATH + SEARCH, json=ask(), headers={"Authorization": ""})
    assert fault.met == 0


async def test_garbage_calls_itself_json(face: Face) -> None:
    face.faults.arm("search", "garbage")
    answer = await face.post(SEARCH, ask())
    assert (answer.status_code, answer.headers["content-type"], answer.text) == (200, "application/json", "<html>")


async def test_a_half_body_announces_the_whole(face: Face) -> None:
    face.faults.arm("search", "half_body")
    answer = await face.post(SEARCH, ask())
    announced = int(answer.headers["content-length"])
    assert len(answer.content) == announced // 2
    with pytest.raises(json.JSONDecodeError):
        answer.json()


async def test_another_route_can_be_answered(face: Face) -> None:
    face.faults.arm("search", "wrong_route")
    offers = (await face.search())["data"]
    assert "HAN" not in {segments_of(offer)[-1]["arrival"]["iataCode"] for offer in offers}


async def test_the_first_price_can_be_no_number(face: Face) -> None:
    face.faults.arm("search", "bad_price")
    first, second, *_ = (await face.search())["data"]
    assert (first["price"]["total"], first["price"]["grandTotal"]) == ("NaN", "NaN")
    assert Decimal(second["price"]["total"]).is_finite()


# on a real socket, where a cut is a cut


@pytest.fixture
def port(face: Face) -> Iterator[int]:
    config = uvicorn.Config(face.app, port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while thread.is_alive() and not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(5)


@pytest.mark.parametrize("kind", ["cut_before", "cut_after"])
async def test_a_cut_connection_ends_within_the_body(face: Face, port: int, kind: FaultKind) -> None:
    face.faults.arm("cancel", kind)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("DELETE", f"{PATH}{ORDERS}/eJw%3D", headers=dict(face.http.headers))
    answer = connection.getresponse()
    with pytest.raises(http.client.IncompleteRead):
        answer.read()
    connection.close()
