"""Duffel telling of its orders: events as its imitation writes and signs them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core.clock import clock
from providers.flights.duffel_webhooks import DuffelWebhooks
from providers.sandbox.duffel_webhooks import create_webhook

SECRET = "a webhook's secret"
SIGNATURE = "X-Duffel-Signature"


class Ears(DuffelWebhooks):
    """Hears a provider of any name as if it were Duffel."""

    def __init__(self, provider: str) -> None:
        super().__init__(SECRET)
        self.provider = provider


def tell(
    order_id: str | None,
    *,
    reference: str | None = None,
    kind: str = "order.updated",
    happening: str = "1",
    is_live: bool = False,
    age: timedelta = timedelta(),
    secret: str = SECRET,
) -> tuple[bytes, dict[str, str]]:
    """The body and the headers of a delivery; `happening` tells one event of a kind and an order from another."""
    subject: dict[str, Any] = {"id": order_id}
    if reference is not None:
        subject["metadata"] = {"reference": reference}
    event = {
        "id": f"wev_{happening}",
        "api_version": "v2",
        "type": kind,
        "data": {"object": subject},
        "live_mode": is_live,
        "idempotency_key": f"{order_id}_{happening}",
    }
    return create_webhook(event, secret, clock.now() - age)
