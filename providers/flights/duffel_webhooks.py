"""What Duffel tells us by itself: whether it is Duffel who speaks, and what of it we need."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.offers import Value
from providers.flights.base import EventForged, EventUnreadable, OrderEvent
from providers.flights.duffel_offers import NAME

TOLERANCE_SECONDS = 300
"""How old a signature may be, or how far ahead: an overheard one cannot be used later."""

_TIMESTAMP = re.compile(r"[0-9]{1,12}")


WireName = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,200}$")]
"""What Duffel calls things; nothing that a database would stumble over."""


class DuffelWebhooks:
    """Hears Duffel, by the secret it gave out when the webhook was made."""

    provider = NAME

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def read(self, body: bytes, signature: str, *, now: datetime) -> OrderEvent:
        if not is_signed(body, signature, secret=self._secret, now=now):
            raise EventForged
        try:
            event = parse_event(body)
        except ValueError as error:
            raise EventUnreadable from error
        return OrderEvent(
            # one happening has one key of each type: an order is created, and later updated, under its own name
            key=f"{event.event_type} {event.idempotency_key or event.event_id}",
            event_type=event.event_type,
            order_id=event.order_id,
            reference=event.reference,
            is_live=event.live_mode,
        )


class DuffelEvent(Value):
    """Delivered at least once and in no order: read the order it names, do not believe its state."""

    event_id: str
    event_type: str
    """For example order.created or order.creation_failed."""
    idempotency_key: str | None
    """The same for every delivery of one happening."""
    order_id: str | None
    reference: str | None
    """Ours, where the event carries the order's metadata."""
    live_mode: bool


def is_signed(body: bytes, header: str, *, secret: str, now: datetime) -> bool:
    """Whether `X-Duffel-Signature` is over exactly these bytes, with our secret, and fresh."""
    pairs = [part.strip().partition("=") for part in header.split(",")]
    timestamp = next((value for name, _, value in pairs if name == "t"), "")
    if not _TIMESTAMP.fullmatch(timestamp) or abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    expected = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest().encode()
    return any(name == "v1" and hmac.compare_digest(expected, value.encode()) for name, _, value in pairs)


def parse_event(body: bytes) -> DuffelEvent:
    """Read the body of a signed event; raises ValueError for what is none."""
    event = _Event.model_validate_json(body)
    subject = event.data.object
    is_order = subject.id is not None and subject.id.startswith("ord_")
    return DuffelEvent(
        event_id=event.id,
        event_type=event.type,
        idempotency_key=event.idempotency_key,
        order_id=subject.order_id or (subject.id if is_order else None),
        reference=subject.metadata.reference if subject.metadata else None,
        live_mode=event.live_mode,
    )


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class _Metadata(_Wire):
    reference: WireName | None = None


class _Subject(_Wire):
    id: WireName | None = None
    order_id: WireName | None = None
    metadata: _Metadata | None = None


class _Data(_Wire):
    object: _Subject = Field(default_factory=_Subject)


class _Event(_Wire):
    id: WireName
    type: WireName
    live_mode: bool
    idempotency_key: WireName | None = None
    data: _Data = Field(default_factory=_Data)
