"""How the simulated Amadeus remembers without a memory: what it has to know again travels in what it hands out."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from hashlib import sha256
from typing import Any

from domain.offers import FlightOffer
from providers.flights.base import FoundOffer

OFFER_KEY = "sandboxOffer"
"""Our own key in an offer, as live answers too have keys that no specification names."""
MAX_PACKED = 64 * 1024


class NotPacked(ValueError):
    """Nothing that we packed."""


def pack(value: Any) -> str:
    return base64.b64encode(zlib.compress(_canonical(value))).decode()


def unpack(text: str) -> Any:
    """Raises NotPacked."""
    try:
        packed = base64.b64decode(text, validate=True)
        unpacking = zlib.decompressobj()
        return json.loads(unpacking.decompress(packed, MAX_PACKED))
    except (binascii.Error, zlib.error, ValueError):
        raise NotPacked from None


def pack_offer(found: FoundOffer, written: dict[str, Any]) -> dict[str, Any]:
    """The written offer, with what it stands for."""
    inside = {"offer": found.offer.model_dump(mode="json"), "raw": found.raw, "written": _digest(written)}
    return {**written, OFFER_KEY: pack(inside)}


def unpack_offer(posted: dict[str, Any]) -> FoundOffer:
    """The offer behind one that came back. Raises NotPacked unless every field came back as it was."""
    inside = unpack(str(posted.get(OFFER_KEY)))
    written = {key: value for key, value in posted.items() if key != OFFER_KEY}
    if not isinstance(inside, dict) or inside.get("written") != _digest(written):
        raise NotPacked
    return FoundOffer(FlightOffer.model_validate(inside["offer"]), inside["raw"])


def _digest(written: dict[str, Any]) -> str:
    return sha256(_canonical(written)).hexdigest()[:32]


def _canonical(value: Any) -> bytes:
    """The same for the same fields in any order: a database may have kept them."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
