"""What of a vendor's JSON is let in."""

from __future__ import annotations

from typing import Any

import pytest

from providers.flights.wire_json import read_json


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"data": [1, 1.5, null, "x"]}', {"data": [1, 1.5, None, "x"]}),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\\\u0000"', "\\u0000"),
        (b"1e308", 1e308),
        ("\ufeff{}".encode(), {}),
    ],
)
def test_what_a_database_can_keep_is_read(body: bytes, value: Any) -> None:
    assert read_json(body) == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"a":',
        b"\xff\xff",
        b"[" * 99_999,
        b"NaN",
        b"[-Infinity]",
        b"1e999",
        b'"a\\u0000b"',
        b'"\\\\\\u0000"',
        b'{"\\ud800": 1}',
        b"9" * 5000,
    ],
)
def test_what_no_database_keeps_is_refused_without_being_quoted(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"^(unreadable JSON|a NUL character)$") as refused:
        read_json(body)
    assert refused.value.__cause__ is None
