"""E-mail addresses as their owners are shown them."""

from __future__ import annotations

import pytest

from domain.contacts import mask_email


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("lan@example.com", "l…@example.com"),
        ("l@example.com", "l…@example.com"),
        ('"a@b"@example.com', '"…@example.com'),
        ("@example.com", "…@example.com"),
    ],
)
def test_address_is_shown_by_its_first_letter_and_its_domain(address: str, shown: str) -> None:
    assert mask_email(address) == shown
