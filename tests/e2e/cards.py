"""Cards as the server makes them, and a chat whose conversation holds them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from playwright.sync_api import BrowserContext, Route, expect

from tests.e2e.conftest import Chat

Card = dict[str, Any]

CONVERSATION = "0198f0c0-0000-7000-8000-000000000001"
HAN = {"code": "HAN", "name": "Hà Nội", "airport": "Noi Bai International Airport"}
DAD = {"code": "DAD", "name": "Đà Nẵng", "airport": "Da Nang International Airport"}


def start_card(kind: str, language: str) -> Card:
    return {
        "type": kind,
        "schema_version": 1,
        "id": f"card-{kind}",
        "language": language,
        "text": f"{kind} in words",
        "simulated": True,
    }


def price_calendar(language: str, *, stay_nights: int | None = None) -> Card:
    """From 18 December, a Friday, to 6 January: 20 December is the cheapest, 22 has no flights, 23 is not known."""
    days: list[Card] = []
    for offset in range(20):
        day = date(2026, 12, 18) + timedelta(days=offset)
        state = {4: "none", 5: "unknown"}.get(offset, "priced")
        amount = 1_290_000 if offset == 2 else 1_894_000 + offset * 737_000
        days.append(
            {
                "date": day.isoformat(),
                "return_date": (day + timedelta(days=stay_nights)).isoformat() if stay_nights else None,
                "state": state,
                "total": {"amount": str(amount), "currency": "VND"} if state == "priced" else None,
                "is_cheapest": offset == 2,
            }
        )
    return start_card("price_calendar", language) | {
        "search": {
            "origin": {"code": "HAN", "name": "Hà Nội" if language == "vi" else "Hanoi"},
            "destination": {"code": "DAD", "name": "Đà Nẵng" if language == "vi" else "Da Nang"},
            "travellers": {"adults": 2, "children": 1, "infants": 0},
            "cabin": "economy",
            "stay_nights": stay_nights,
            "missing": [],
        },
        "days": days,
    }


def seat_map(language: str) -> Card:
    """A narrow body in two cabins, then a wide one; row 12 is an exit row, 12B is taken and there is no 12F."""
    narrow = [
        cabin("business", ["A", "C", "", "D", "F"], range(1, 3)),
        cabin("economy", ["A", "B", "C", "", "D", "E", "F"], range(10, 28)),
    ]
    wide = [cabin("economy", [*"ABC", "", *"DEFG", "", *"HJK"], range(30, 40))]
    return start_card("seat_map", language) | {
        "offer_id": "0198f0c0-0000-7000-8000-0000000000aa",
        "maps": [flight("VN157", HAN, DAD, "Airbus A321", narrow), flight("VN158", DAD, HAN, "Boeing 787-10", wide)],
    }


def flight(designator: str, origin: Card, destination: Card, aircraft: str, cabins: list[Card]) -> Card:
    return {
        "designator": designator,
        "origin": origin,
        "destination": destination,
        "departs_at_local": "2026-12-20T07:05:00",
        "aircraft": aircraft,
        "cabins": cabins,
    }


def cabin(name: str, columns: list[str], rows: range) -> Card:
    letters = [column for column in columns if column]
    return {
        "cabin": name,
        "deck": "main",
        "columns": columns,
        "rows": [{"row": row, "seats": [seat(row, letter, letters) for letter in letters]} for row in rows],
    }


def seat(row: int, column: str, letters: list[str]) -> Card | None:
    if (row, column) == (12, "F"):
        return None
    features = ["window"] if column in (letters[0], letters[-1]) else ["middle"]
    if row == 12:
        features += ["exit_row", "extra_legroom", "no_infant"]
    is_available = (row * 7 + ord(column)) % 3 > 0
    price = {"amount": "250000" if row == 12 else "0", "currency": "VND"}
    return {
        "designator": f"{row}{column}",
        "column": column,
        "is_available": is_available,
        "price": price if is_available else None,
        "features": features,
    }


def fare_rules(language: str) -> Card:
    return start_card("fare_rules", language) | {
        "offer_id": "0198f0c0-0000-7000-8000-0000000000aa",
        "airline": "Vietnam Airlines",
        "fare_brand": "Economy Classic",
        "refund": {"allowed": False, "fee": None},
        "change": {"allowed": True, "fee": {"amount": "360000", "currency": "VND"}},
        "carry_on": "1 × 10 kg",
        "checked": "1 × 23 kg",
        "notes": [
            {"title": "PENALTIES", "text": "CHANGES\nBEFORE DEPARTURE CHARGE VND 360000.\nTICKET NON-REFUNDABLE."}
        ],
    }


def flight_offers(language: str) -> Card:
    """One offer of a provider that says neither bags, nor who operates, nor a price for each."""
    segment: Card = {
        "designator": "VN157",
        "carrier": "Vietnam Airlines",
        "operating_carrier": None,
        "origin": HAN,
        "destination": DAD,
        "departs_at_local": "2026-12-20T07:05:00",
        "arrives_at_local": "2026-12-20T08:30:00",
        "duration_minutes": 85,
        "aircraft": None,
        "cabin": "economy",
        "carry_on": None,
        "checked": None,
    }
    way: Card = {name: segment[name] for name in ("origin", "destination", "departs_at_local", "arrives_at_local")}
    way |= {"day_difference": 0, "duration_minutes": 85, "stops": 0, "segments": [segment], "layovers": []}
    unsaid = {"allowed": None, "fee": None}
    offer = {
        "offer_id": "0198f0c0-0000-7000-8000-0000000000aa",
        "position": 1,
        "badges": [],
        "carrier": {"code": "VN", "name": "Vietnam Airlines"},
        "fare_brand": "Economy Classic",
        "cabin": "economy",
        "slices": [way],
        "conditions": {"refund": unsaid, "change": unsaid},
        "total": {"amount": "3780000", "currency": "VND"},
        "per_adult": None,
        "price_parts": [],
        "seats_left": None,
        "expires_at": "2026-11-21T03:00:00Z",
    }
    return start_card("flight_offers", language) | {
        "search": {
            "slices": [{"origin": HAN, "destination": DAD, "departs_on": "2026-12-20"}],
            "travellers": {"adults": 2, "children": 0, "infants": 0},
            "cabin": "economy",
            "updated_minutes": 12,
            "missing": ["Duffel"],
        },
        "offers": [offer],
        "more": 0,
    }


class CardChat(Chat):
    """A chat that comes back to a conversation of one answer with these cards, and notes what it sends."""

    def __init__(
        self, context: BrowserContext, url: str, *cards: Card, plain: int = 0, waiting: Sequence[Card] = ()
    ) -> None:
        """`plain` is how many of them stay in their words; `waiting` are the interrupts the server has."""
        self.sent: list[str] = []
        self.waiting = list(waiting)
        self._cards = cards
        context.route(f"**/conversations/{CONVERSATION}", self._give_conversation)
        context.route(f"**/conversations/{CONVERSATION}/messages", self._note_message)
        super().__init__(context, url)
        thread = json.dumps({"id": CONVERSATION, "token": "t"})
        self.page.evaluate("([url, thread]) => sessionStorage.setItem(`travel-chat:${url}`, thread)", [url, thread])
        self.page.reload()
        self.find(".card").nth(len(cards) - 1).wait_for()
        expect(self.find(".card.plain")).to_have_count(plain)

    def _give_conversation(self, route: Route) -> None:
        answer: Card = {
            "id": "message-1",
            "role": "assistant",
            "content": "",
            "blocks": [],
            "attachments": self._cards,
            "error": None,
            "run": "success",
            "suggested_actions": [],
        }
        question = {"id": "message-0", "role": "user", "content": "?"}
        conversation = {"messages": [question, answer], "pending_interrupts": self.waiting, "active_run": None}
        route.fulfill(json=conversation)

    def _note_message(self, route: Route) -> None:
        self.sent.append(json.loads(route.request.post_data or "{}")["message"])
        route.fulfill(content_type="text/event-stream", body='id: 1\ndata: {"type": "RUN_FINISHED"}\n\n')
