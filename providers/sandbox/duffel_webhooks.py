"""Events as Duffel sends them: the signature is over the time and the body, byte for byte."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any


def create_webhook(event: Mapping[str, Any], secret: str, now: datetime) -> tuple[bytes, dict[str, str]]:
    """The body and headers of an event's delivery at an instant; every delivery of an event has the same body."""
    body = json.dumps(event, separators=(",", ":")).encode()
    sent_at = int(now.timestamp())
    digest = hmac.new(secret.encode(), f"{sent_at}.".encode() + body, hashlib.sha256).hexdigest()
    return body, {"Content-Type": "application/json", "X-Duffel-Signature": f"t={sent_at},v1={digest}"}
