"""Cards that wait for their traveller, and a conversation in which they do."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import BrowserContext, Route

from tests.e2e.cards import Card, CardChat, flight_offers, start_card

PROPOSAL = "0198f0c0-0000-7000-8000-0000000000b1"
BOOKING = "0198f0c0-0000-7000-8000-0000000000c1"
QUOTE_HASH = "5f" * 32

WORDS = {
    "vi": {
        "book": "Đặt chuyến này?",
        "cancel": "Hủy đặt chỗ ABC123?",
        "remember": "Ghi nhớ “ghế cạnh cửa sổ” cho bạn?\nCó hiệu lực đến 16:30 21/11/2026",
        "ways": "Các cách đổi đặt chỗ ABC123:",
        "sign_in": "Đăng nhập để đặt vé và xem đặt chỗ của bạn.\nĐăng nhập tại: /sign-in",
        "passenger_form": "Ai sẽ bay? Bạn điền vào mẫu này nhé.\nCũng có thể điền tại: /travellers#new",
        "payment": "VNPAY · 3.950.000 ₫ · chưa thanh toán\nThanh toán trước 16:15 21/11/2026\n{url}\nMô phỏng.",
        "paid": "VNPAY · 3.950.000 ₫ · đã thanh toán\nMô phỏng.",
        "calendar": "Hãy kết nối Google Calendar trước, rồi mình thêm chuyến bay vào.",
        "warning": "Hộ chiếu của khách số 1 hết hạn trong vòng 6 tháng sau chuyến bay.",
    },
    "en": {
        "book": "Book this trip?",
        "cancel": "Cancel booking ABC123?",
        "remember": "Remember “a window seat” for you?\nValid until 21 Nov 2026, 16:30",
        "ways": "Ways to change booking ABC123:",
        "sign_in": "Sign in to book, and to see your bookings.\nSign in here: /sign-in",
        "passenger_form": "Who flies? Please fill in this form.\nYou can also do this here: /travellers#new",
        "payment": "VNPAY · ₫3,950,000 · not paid yet\nPay before 21 Nov 2026, 16:15\n{url}\nA simulated payment.",
        "paid": "VNPAY · ₫3,950,000 · paid\nA simulated payment.",
        "calendar": "Please connect Google Calendar first, then I can add the flights.",
        "warning": "The passport of traveller 1 expires within 6 months of the flight.",
    },
}


def _money(amount: int) -> Card:
    return {"amount": str(amount), "currency": "VND"}


def ask(action: str, language: str, **fields: Any) -> Card:
    """A confirm card, as tools/confirm.py makes it."""
    asked = {"proposal_id": PROPOSAL, "quote_hash": QUOTE_HASH, "action": action, "expires_at": "2099-11-21T09:30:00Z"}
    return start_card("confirm", language) | asked | {"text": WORDS[language][action]} | fields


def _slices(language: str) -> list[Card]:
    slices: list[Card] = flight_offers(language)["offers"][0]["slices"]
    return slices


def booking_question(language: str) -> Card:
    return ask(
        "book",
        language,
        booking_reference=None,
        slices=_slices(language),
        old_slices=[],
        travellers=[
            {"given_name": "THI LAN", "family_name": "NGUYEN", "traveller_type": "adult"},
            {"given_name": "MINH", "family_name": "NGUYEN", "traveller_type": "child"},
        ],
        fare_brand="Economy Classic",
        cabin="economy",
        services=[
            {"kind": "seat", "quantity": 1, "traveller": 1, "seat": "12A", "price": _money(170_000)},
            {"kind": "checked_bag", "quantity": 1, "traveller": 2, "seat": None, "price": _money(0)},
        ],
        total=_money(3_950_000),
        fee=_money(0),
        refund=_money(0),
        refund_rule={"allowed": False, "fee": None},
        change_rule={"allowed": True, "fee": _money(360_000)},
        payee="Vietnam Airlines (Duffel)",
        warnings=[{"code": "passport_expires_soon", "message": WORDS[language]["warning"]}],
    )


def cancelling_question(language: str) -> Card:
    return booking_question(language) | {
        "action": "cancel",
        "text": WORDS[language]["cancel"],
        "booking_reference": "ABC123",
        "cabin": None,
        "fare_brand": None,
        "services": [],
        "total": _money(0),
        "fee": _money(450_000),
        "refund": _money(3_500_000),
        "refund_rule": None,
        "change_rule": None,
        "warnings": [],
    }


def change_options(language: str) -> Card:
    money = {"total": _money(510_000), "fee": _money(360_000), "refund": _money(0)}
    ways = [{"position": number, "slices": _slices(language)} | money for number in (1, 2)]
    return start_card("change_options", language) | {"text": WORDS[language]["ways"], "options": ways}


def step(kind: str, language: str, **fields: Any) -> Card:
    """A card whose next step is taken elsewhere."""
    return start_card(kind, language) | {"text": WORDS[language][kind], "simulated": False} | fields


def sign_in(language: str) -> Card:
    return step("sign_in", language, page_path="/sign-in")


def passenger_form(language: str) -> Card:
    return step("passenger_form", language, page_path="/travellers#new")


def payment(language: str, *, url: str | None) -> Card:
    text = WORDS[language]["payment" if url else "paid"].format(url=url)
    fields = {"booking_id": BOOKING, "booking_reference": "ABC123", "amount": _money(3_950_000), "simulated": True}
    return step("payment", language, payment_url=url, method="vnpay") | fields | {"text": text}


def calendar(language: str) -> Card:
    return step("calendar", language, connect_path="/v1/users/me/calendar/connect", events=[])


def wait_for(card: Card) -> Card:
    """As the detail of a conversation names a card that waits."""
    reason = "confirmation" if card["type"] == "confirm" else "input_required"
    return {"id": card.get("proposal_id") or card["id"], "reason": reason, "card": card}


class WaitingChat(CardChat):
    """A chat that comes back to cards of which one may wait; a click is taken, anything else leaves it waiting."""

    def __init__(self, context: BrowserContext, url: str, *cards: Card, waits: Card | None = None) -> None:
        self.posted: list[Card] = []
        super().__init__(context, url, *cards, waiting=[wait_for(waits)] if waits else ())

    def _note_message(self, route: Route) -> None:
        body = json.loads(route.request.post_data or "{}")
        self.posted.append(body)
        if "resume" in body:
            self.waiting = []
        left = [{"id": each["id"], "metadata": {"card": each["card"]}} for each in self.waiting]
        outcome = {"type": "interrupt", "interrupts": left} if left else {"type": "success"}
        events = [
            {"type": "TEXT_MESSAGE_START", "messageId": "reply"},
            {"type": "TEXT_MESSAGE_CONTENT", "messageId": "reply", "delta": "So it is."},
            {"type": "TEXT_MESSAGE_END", "messageId": "reply"},
            {"type": "RUN_FINISHED", "outcome": outcome},
        ]
        frames = [f"id: {seq}\ndata: {json.dumps(event)}\n\n" for seq, event in enumerate(events, start=1)]
        route.fulfill(content_type="text/event-stream", body="".join(frames))
