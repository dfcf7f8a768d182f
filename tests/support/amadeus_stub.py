"""A small Amadeus on loopback that answers what it was told to, badly too, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

TOKEN_PATH = "/v1/security/oauth2/token"
SEARCH_PATH = "/v2/shopping/flight-offers"
PRICING_PATH = "/v1/shopping/flight-offers/pricing"
SEATS_PATH = "/v1/shopping/seatmaps"
ORDERS_PATH = "/v1/booking/flight-orders"
PREFIX = "/sandbox/amadeus"
CLIENT_ID, CLIENT_SECRET = "key-of-the-stub", "secret-of-the-stub"
JSON = "application/vnd.amadeus+json"
SLOW_SECONDS = 0.3


@dataclass(frozen=True)
class Reply:
    """`body` is written as JSON unless it is bytes; `fault` is what the wire does to it."""

    status: int = 200
    body: Any = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    fault: Literal["drop", "truncate", "slow"] | None = None


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    """With names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class AmadeusStub:
    """Replies are used up in order, the last one stays."""

    def __init__(self, port: int) -> None:
        self.base_url = f"http://127.0.0.1:{port}{PREFIX}"
        self.asked: list[Asked] = []
        self.expired: set[str] = set()
        """Tokens that are refused, whatever they are sent with."""
        self._replies: dict[tuple[str, str], list[Reply]] = {}
        self._lock = threading.Lock()

    def on(self, method: str, path: str, *replies: Reply) -> None:
        self._replies[method, path] = list(replies)

    def asked_for(self, path: str) -> list[Asked]:
        return [each for each in self.asked if each.path.partition("?")[0] == PREFIX + path]

    async def is_asked(self) -> bool:
        return bool(self.asked)

    def reply_to(self, asked: Asked) -> Reply:
        path = asked.path.partition("?")[0].removeprefix(PREFIX)
        with self._lock:
            self.asked.append(asked)
            replies = self._replies.get((asked.method, path))
            if asked.headers.get("authorization", "").removeprefix("Bearer ") in self.expired:
                return error_reply(401, 38192)
            if replies is None and path == TOKEN_PATH:
                return token_reply(f"token-{len(self.asked_for(TOKEN_PATH))}")
            if replies is None:
                return error_reply(404, 38196)
            return replies.pop(0) if len(replies) > 1 else replies[0]


def token_reply(token: str, expires_in: Any = 1799) -> Reply:
    return Reply(body={"type": "amadeusOAuth2Token", "access_token": token, "expires_in": expires_in})


def error_reply(status: int, code: int | str, **more: Any) -> Reply:
    return Reply(status, {"errors": [{"status": status, "code": code, "title": "SOME TITLE", **more}]})


@contextmanager
def serve_amadeus() -> Iterator[AmadeusStub]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.stub = AmadeusStub(server.server_address[1])  # type: ignore[attr-defined]  # for the handlers
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.stub  # type: ignore[attr-defined]  # as above
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 32
    """So that nobody of a crowd is turned away."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.stub.reply_to(Asked(self.command, self.path, headers, body))  # type: ignore[attr-defined]  # set above
        self.close_connection = True
        if reply.fault == "drop":
            return
        if reply.fault == "slow":
            threading.Event().wait(SLOW_SECONDS)
        self._write(reply)

    do_POST = do_DELETE = do_GET  # noqa: N815  http.server's names

    def _write(self, reply: Reply) -> None:
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        try:
            self.send_response(reply.status)
            if reply.status != 204:
                self.send_header("Content-Type", reply.content_type)
                self.send_header("Content-Length", str(len(body)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if reply.fault == "truncate" else body)
        except (BrokenPipeError, ConnectionResetError):  # who asked has stopped waiting
            pass

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  http.server's name
        pass


def wire_segment(number: int = 123, **changes: Any) -> dict[str, Any]:
    """Hanoi to Đà Nẵng in the morning of 20 December 2026."""
    segment = {
        "id": "1",
        "departure": {"iataCode": "HAN", "terminal": "1", "at": "2026-12-20T08:00:00"},
        "arrival": {"iataCode": "DAD", "at": "2026-12-20T09:25:00"},
        "carrierCode": "VN",
        "number": str(number),
        "aircraft": {"code": "321"},
        "operating": {"carrierCode": "BL"},
        "duration": "PT1H25M",
        "numberOfStops": 0,
        "blacklistedInEU": False,
    }
    return {**segment, **changes}


def wire_fare(segment_id: str = "1", **changes: Any) -> dict[str, Any]:
    fare = {
        "segmentId": segment_id,
        "cabin": "ECONOMY",
        "fareBasis": "QPXVNF",
        "brandedFare": "ECOLITE",
        "brandedFareLabel": "ECONOMY LITE",
        "class": "Q",
        "includedCheckedBags": {"weight": 23, "weightUnit": "KG"},
        "includedCabinBags": {"quantity": 1},
        "amenities": [
            {"description": "REFUNDABLE TICKET", "isChargeable": True, "amenityType": "BRANDED_FARES"},
            {"description": "CHANGEABLE TICKET", "isChargeable": False, "amenityType": "BRANDED_FARES"},
        ],
    }
    return {**fare, **changes}


def wire_traveller(
    traveller_id: str = "1", kind: str = "ADULT", total: str = "1200000", base: str = "1000000", **changes: Any
) -> dict[str, Any]:
    traveller = {
        "travelerId": traveller_id,
        "fareOption": "STANDARD",
        "travelerType": kind,
        "price": {"currency": "VND", "total": total, "base": base},
        "fareDetailsBySegment": [wire_fare()],
    }
    return {**traveller, **changes}


def wire_offer(total: str = "1200000", **changes: Any) -> dict[str, Any]:
    """One adult, with every field that live answers were seen to have."""
    offer = {
        "type": "flight-offer",
        "id": "1",
        "source": "GDS",
        "instantTicketingRequired": False,
        "nonHomogeneous": False,
        "oneWay": False,
        "isUpsellOffer": False,
        "lastTicketingDate": "2026-12-01",
        "lastTicketingDateTime": "2026-12-01",
        "numberOfBookableSeats": 4,
        "itineraries": [{"duration": "PT1H25M", "segments": [wire_segment()]}],
        "price": {"currency": "VND", "total": total, "base": "1000000", "grandTotal": total},
        "pricingOptions": {"fareType": ["PUBLISHED"], "includedCheckedBagsOnly": True},
        "validatingAirlineCodes": ["VN"],
        "travelerPricings": [wire_traveller(total=total)],
    }
    return {**offer, **changes}


def bare_offer() -> dict[str, Any]:
    """Everything that may be missing is."""
    segment = wire_segment()
    for name in ("duration", "operating", "aircraft", "numberOfStops", "blacklistedInEU"):
        del segment[name]
    return {
        "type": "flight-offer",
        "id": "2",
        "itineraries": [{"segments": [segment]}],
        "price": {"currency": "VND", "total": "900000"},
    }


def search_reply(*offers: Any) -> Reply:
    return Reply(body={"meta": {"count": len(offers)}, "data": list(offers)})


def pricing_reply(*offers: Any, **more: Any) -> Reply:
    return Reply(body={"data": {"type": "flight-offers-pricing", "flightOffers": list(offers)}, **more})


def order_reply(order_id: str, *offers: Any, status: int = 201, **more: Any) -> Reply:
    data = {
        "type": "flight-order",
        "id": order_id,
        "associatedRecords": [{"reference": "2EKSGC", "originSystemCode": "GDS", "flightOfferId": "1"}],
        "flightOffers": list(offers),
        **more,
    }
    return Reply(status, {"data": data})
