"""What the offline model says of bookings and payments."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from core.messages.catalogue import LANGUAGES
from providers.llm.replies import compose_reply

FACTS = {"language": "en", "agent": "booking", "intent": "my_bookings", "changed": [], "frame": {}}
TRIP = "Hanoi (HAN) → Da Nang (DAD), Sunday 20 December 2026 08:00–09:25"
HELD = {
    "number": 1,
    "booking_reference": "QX7K2M",
    "state": "Held, not paid for",
    "reason": None,
    "trip": TRIP,
    "travellers": ["NGUYEN/AN"],
    "total": "₫1,000,000",
    "to_pay": "₫1,000,000",
    "pay_by": "10:00 Saturday 21 November 2026",
    "simulated": True,
}
TICKETED = HELD | {"number": 2, "booking_reference": "B4ZZ9T", "state": "Ticketed", "to_pay": None, "pay_by": None}
DETAILS = HELD | {
    "tool": "booking_details",
    "flights": ["VN100"],
    "fare": "Classic",
    "refund": "not allowed",
    "change": "allowed for ₫350,000",
    "warnings": ["This passport has expired."],
}
PAYMENT = {
    "method": "VNPAY",
    "amount": "₫1,000,000",
    "status": "paid",
    "pay_before": None,
    "paid_at": "09:30 Saturday 21 November 2026",
    "refunded": "₫0",
    "simulated": False,
}
PAID: dict[str, Any] = {
    "tool": "payment_status",
    "booking_reference": "QX7K2M",
    "state": "Ticketed",
    "to_pay": None,
    "pay_by": None,
    "payments": [PAYMENT],
    "notes": [],
}


def listed(*bookings: dict[str, Any]) -> dict[str, Any]:
    return {"tool": "list_my_bookings", "bookings": list(bookings)}


def test_bookings_are_listed_by_number_with_what_is_due() -> None:
    lines = compose_reply(FACTS, [listed(HELD, TICKETED)]).splitlines()
    assert lines[1].startswith("1. **QX7K2M** · Hanoi (HAN)")
    assert lines[1].endswith("**₫1,000,000** to pay by 10:00 Saturday 21 November 2026")
    assert lines[2].startswith("2. **B4ZZ9T**")
    assert lines[2].endswith("Ticketed · ₫1,000,000")
    assert lines[-1] == "(Flights and prices here are simulated.)"


def test_booking_without_a_reference_yet_is_listed_all_the_same() -> None:
    text = compose_reply(FACTS, [listed(HELD | {"booking_reference": None})])
    assert f"1. {TRIP}" in text
    assert "None" not in text


def test_long_list_says_how_many_more_the_card_shows() -> None:
    many = [HELD | {"number": number} for number in range(1, 8)]
    text = compose_reply(FACTS, [listed(*many)])
    assert "5. " in text
    assert "6. " not in text
    assert "2 more are on the card." in text


@pytest.mark.parametrize(
    ("intent", "words"),
    [
        ("cancel", "Which number would you like to cancel?"),
        ("change", "to which day?"),
        ("pay", "pay for?"),
        ("calendar", "calendar?"),
    ],
)
def test_list_asks_which_one_is_meant_by_what_is_wanted(intent: str, words: str) -> None:
    assert words in compose_reply(FACTS | {"intent": intent}, [listed(HELD, TICKETED)])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("intent", ["my_bookings", "cancel", "change", "pay", "calendar", "status"])
def test_nothing_is_there_to_be_done_without_a_booking(intent: str, language: str) -> None:
    text = compose_reply(FACTS | {"intent": intent, "language": language}, [listed()])
    assert ("no bookings" in text) or ("list of bookings is empty" in text) or ("chưa có đặt chỗ nào" in text)


def test_booking_is_told_in_full() -> None:
    text = compose_reply(FACTS, [DETAILS])
    assert text.startswith("Booking **QX7K2M**: Held, not paid for.")
    for line in (
        f"- {TRIP}",
        "- Flights: VN100",
        "- Travellers: NGUYEN/AN",
        "- Total: ₫1,000,000",
        "- Fare: Classic",
        "- Refund: not allowed. Changes: allowed for ₫350,000.",
        "- This passport has expired.",
    ):
        assert line in text.splitlines()
    assert "**₫1,000,000** to pay by 10:00" in text
    assert "“pay”" in text


def test_reason_is_told_and_what_is_not_known_is_left_out() -> None:
    bare: dict[str, Any] = {"booking_reference": None, "fare": None, "to_pay": None, "pay_by": None, "warnings": []}
    text = compose_reply(FACTS, [DETAILS | bare | {"state": "Not booked", "reason": "The flight is sold out."}])
    assert text.startswith("This booking has no reference yet: Not booked. The flight is sold out.")
    assert "None" not in text
    assert "“pay”" not in text


def test_payment_is_told_with_when_it_was_paid() -> None:
    text = compose_reply(FACTS, [PAID])
    assert text == "Booking **QX7K2M**: Ticketed.\n- VNPAY ₫1,000,000: paid, at 09:30 Saturday 21 November 2026"


def test_refund_of_nothing_is_not_told() -> None:
    given_back = PAYMENT | {"status": "refunded", "refunded": "₫650,000"}
    assert "₫650,000 given back" in compose_reply(FACTS, [PAID | {"payments": [given_back]}])
    assert "given back" not in compose_reply(FACTS, [PAID])


def test_what_is_due_is_told_with_the_way_to_pay() -> None:
    due = {"state": "Held, not paid for", "to_pay": "₫1,000,000", "pay_by": "10:00", "payments": []}
    text = compose_reply(FACTS, [PAID | due | {"notes": ["Nothing has been paid."]}])
    assert "**₫1,000,000** to pay by 10:00." in text
    assert "“pay”" in text
    assert text.endswith("Nothing has been paid.")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("result", [listed(HELD, TICKETED), DETAILS, PAID], ids=["list", "one", "paid"])
def test_every_number_said_was_looked_up(result: dict[str, Any], language: str) -> None:
    known = {*re.findall(r"\d+", json.dumps(result, ensure_ascii=False)), str(len(result.get("bookings", ())))}
    for turn in range(4):
        said = re.findall(r"\d+", compose_reply(FACTS | {"language": language}, [result], turn))
        assert said
        assert set(said) <= known
