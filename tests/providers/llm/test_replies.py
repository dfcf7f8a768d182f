"""What the offline model says of where prices come from and what stands behind them."""

from __future__ import annotations

from typing import Any

import pytest

from providers.llm.replies import compose_reply

FACTS = {"language": "en", "agent": "flight", "intent": "search", "changed": []}
OFFER = {
    "number": 1,
    "airline": "Vietnam Airlines",
    "flights": ["VN100"],
    "times": ["08:00–09:25"],
    "stops": ["nonstop"],
    "total": "₫1,000,000",
    "badges": [],
}
SEARCH = {
    "tool": "search_flights",
    "route": "Hanoi → Da Nang",
    "dates": ["Sunday 20 December 2026"],
    "travellers": {"adults": 1},
    "world": "live",
    "notes": [],
    "has_answered": True,
    "found": 1,
    "matching": 1,
    "offers": [OFFER],
    "cheapest_of_all": None,
}
CALENDAR = {
    "tool": "price_calendar",
    "route": "Hanoi → Da Nang",
    "travellers": {"adults": 1},
    "world": "live",
    "days": ["Sunday 20 December 2026: no price yet"],
    "unanswered_days": 1,
    "cheapest_day": None,
}


def reply(result: dict[str, Any], **changes: Any) -> str:
    return compose_reply(FACTS, [result | changes])


@pytest.mark.parametrize(
    ("world", "said"), [("simulated", "are simulated"), ("test", "This is test mode"), ("live", "**₫1,000,000**.")]
)
def test_reply_says_what_stands_behind_the_flights(world: str, said: str) -> None:
    text = reply(SEARCH, world=world)
    assert said in text
    assert ("(" in text.partition("**₫1,000,000**.")[2]) == (world != "live")


def test_reply_tells_how_old_prices_are_and_who_is_silent() -> None:
    notes = ["Prices are from 12 minutes ago.", "Duffel did not answer in time, so there may be more flights."]
    assert reply(SEARCH, notes=notes).endswith(" ".join(notes))


@pytest.mark.parametrize(
    "result", [SEARCH | {"offers": [], "found": 0, "has_answered": False}, CALENDAR], ids=["search", "calendar"]
)
def test_silence_is_never_told_as_no_flights(result: dict[str, Any]) -> None:
    text = reply(result)
    assert "not answering" in text
    assert "no flights" not in text
    assert "nothing suitable" not in text


def test_calendar_says_how_many_days_have_no_price() -> None:
    day = {"date": "Sunday 20 December 2026", "returns": None, "total": "₫1,000,000", "airline": "Vietnam Airlines"}
    text = reply(CALENDAR, cheapest_day=day, unanswered_days=3, days=["x"] * 7)
    assert "**Sunday 20 December 2026**, **₫1,000,000** (Vietnam Airlines)" in text
    assert "For 3 days I have no price yet." in text
