"""Whose word a webhook is, and what it says."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from providers.flights.duffel_webhooks import DuffelEvent, is_signed, parse_event

SECRET = "a_secret"
SIGNED_AT = datetime.fromtimestamp(1641667496, UTC)
HEADER = "t=1641667496,v1=691f25ffb1f206c0fda5bb7b1a9d60fafe42c5f42819d44a06a7cfe09486f102"
BODY = (
    b'{"created_at":"2022-01-08T18:44:56.129339Z","data":{"changes":{},"object":{}},'
    b'"id":"eve_0000AFEsrBKZAcKgGtZCnQ","live_mode":false,"object":"order","type":"order.updated"}'
)


def sign(body: bytes, timestamp: str) -> str:
    return hmac.new(SECRET.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def test_the_published_signature_is_accepted() -> None:
    assert is_signed(BODY, HEADER, secret=SECRET, now=SIGNED_AT)


@pytest.mark.parametrize("seconds", [-300, 300])
def test_a_signature_is_good_for_five_minutes(seconds: int) -> None:
    assert is_signed(BODY, HEADER, secret=SECRET, now=SIGNED_AT + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-301, 301, 86400])
def test_an_old_or_early_signature_is_refused(seconds: int) -> None:
    assert not is_signed(BODY, HEADER, secret=SECRET, now=SIGNED_AT + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("body", "header", "secret"),
    [
        (BODY + b"\n", HEADER, SECRET),
        (BODY.replace(b"false", b"true"), HEADER, SECRET),
        (BODY, HEADER, "another"),
        (BODY, HEADER[:-1] + "3", SECRET),
        (BODY, HEADER.replace("v1=", "v2="), SECRET),
        (BODY, HEADER.replace("t=1641667496", "t=1641667497"), SECRET),
        (BODY, HEADER.replace("t=", "x="), SECRET),
        (BODY, "t=1641667496", SECRET),
        (BODY, "t=1641667496,v1=", SECRET),
        (BODY, "t=１６４１６６７４９６,v1=é", SECRET),
        (BODY, "", SECRET),
    ],
)
def test_a_forged_signature_is_refused(body: bytes, header: str, secret: str) -> None:
    assert not is_signed(body, header, secret=secret, now=SIGNED_AT)


def test_one_of_several_signatures_is_enough() -> None:
    header = f"t=1641667496, v1={'0' * 64}, v1={sign(BODY, '1641667496')}"
    assert is_signed(BODY, header, secret=SECRET, now=SIGNED_AT)


def event(subject: Any, **fields: Any) -> bytes:
    body = {
        "id": "wev_1",
        "api_version": "v2",
        "type": "order.created",
        "data": {"object": subject},
        "live_mode": True,
        "idempotency_key": "ord_1",
        "created_at": "2026-11-21T02:00:00Z",
    }
    return json.dumps(body | fields).encode()


def test_an_event_names_its_order_and_our_reference() -> None:
    assert parse_event(event({"id": "ord_1", "metadata": {"reference": "our-1"}, "slices": []})) == DuffelEvent(
        event_id="wev_1",
        event_type="order.created",
        idempotency_key="ord_1",
        order_id="ord_1",
        reference="our-1",
        live_mode=True,
    )


@pytest.mark.parametrize(
    ("subject", "order_id"),
    [({"id": "pay_1", "order_id": "ord_2"}, "ord_2"), ({"id": "pay_1"}, None), ({}, None), ({"metadata": None}, None)],
)
def test_an_event_about_something_else_names_the_order_where_it_can(subject: Any, order_id: str | None) -> None:
    parsed = parse_event(event(subject))
    assert (parsed.order_id, parsed.reference) == (order_id, None)


def test_an_older_event_without_a_key_is_read() -> None:
    assert parse_event(BODY).idempotency_key is None


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", event("x"), event({}, live_mode=None), event({}, id=7)])
def test_what_is_no_event_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match="validation error"):
        parse_event(body)
