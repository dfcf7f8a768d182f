"""Offers as a conversation remembers them, for tests."""

from __future__ import annotations

from typing import Any, cast

from tools.shown import ShownOffer


def make_shown(offer_id: str = "a", **changes: Any) -> ShownOffer:
    """An offer on the screen; only what a test is about is named."""
    shown = ShownOffer(
        id=offer_id,
        price=1,
        currency="VND",
        duration=1,
        departure=0.0,
        arrival=0.0,
        stops=0,
        airline="VN",
        departs="07:05",
    )
    return cast("ShownOffer", shown | changes)
