"""What the offline model says of travellers, preferences, letters, visas and policies."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from core.messages.catalogue import LANGUAGES
from providers.llm.replies import compose_reply

FACTS = {"language": "en", "agent": "profile", "intent": "passengers", "changed": [], "frame": {}}
AN = {
    "number": 1,
    "name": "An Nguyen",
    "handle": "pax_00ff00ff00ff",
    "is_caller": True,
    "missing": [],
    "passport": "passport valid until 01/2031",
}
LAN = AN | {"number": 2, "name": "Lan Nguyen", "missing": ["date of birth", "gender"], "passport": "no passport yet"}
PEOPLE: dict[str, Any] = {"tool": "list_passengers", "passengers": [AN, LAN], "not_listed": 0}
READY: dict[str, Any] = {
    "tool": "check_travel_readiness",
    "number": 2,
    "travellers": [],
    "ready": True,
    "verdict": "The travellers can be booked on this trip.",
    "problems": [],
    "warnings": [],
}
LIKES = {"tool": "my_preferences", "preferences": [{"kind": "seat", "text": "a window seat"}]}
LETTERS: dict[str, Any] = {
    "tool": "my_notifications",
    "planned": ["08:00 Saturday 19 December 2026 · check-in reminder · QX7K2M"],
    "sent": [],
    "channels": ["Reminders before a flight are on."],
}
VISA: dict[str, Any] = {
    "tool": "visa_hints",
    "destinations": ["Thailand"],
    "hints": ["A short visit to Thailand usually needs no visa."],
    "notes": ["This is only a hint; please check with the embassy before you book."],
}


def test_travellers_are_told_with_what_they_lack_and_without_handles() -> None:
    lines = compose_reply(FACTS, [PEOPLE]).splitlines()
    assert lines[1] == "1. **An Nguyen** · passport valid until 01/2031"
    assert lines[2] == "2. **Lan Nguyen** · no passport yet · still missing: date of birth, gender"
    assert "pax_" not in "".join(lines)
    assert "3 more" in compose_reply(FACTS, [PEOPLE | {"not_listed": 3}])


def test_empty_list_points_to_the_form() -> None:
    assert "form" in compose_reply(FACTS, [PEOPLE | {"passengers": []}])


@pytest.mark.parametrize("turn", range(3))
def test_form_is_where_documents_are_entered(turn: int) -> None:
    text = compose_reply(FACTS, [{"tool": "open_passenger_form", "shown": "passenger_form"}], turn)
    assert "form" in text
    assert "document" in text.lower()


def test_ready_travellers_can_be_booked() -> None:
    text = compose_reply(FACTS, [READY])
    assert text == "The travellers can be booked on this trip. To book it, say “book option 2”."


def test_what_is_missing_is_listed_before_how_to_mend_it() -> None:
    lacking = {
        "ready": False,
        "verdict": "Something is missing:",
        "problems": ["An: no passport."],
        "warnings": ["Soon."],
    }
    lines = compose_reply(FACTS, [READY | lacking]).splitlines()
    assert lines[:3] == ["Something is missing:", "- An: no passport.", "- Soon."]
    assert "form" in lines[-1]


def test_preferences_are_listed_or_said_to_be_none() -> None:
    assert "- a window seat" in compose_reply(FACTS, [LIKES]).splitlines()
    assert "window seat" not in compose_reply(FACTS, [LIKES | {"preferences": []}], 1)


def test_letters_planned_and_sent_are_told_with_the_channels() -> None:
    lines = compose_reply(FACTS, [LETTERS]).splitlines()
    assert lines[1] == "- 08:00 Saturday 19 December 2026 · check-in reminder · QX7K2M"
    assert "No letter about your bookings has been sent yet." in lines
    assert lines[-1] == "Reminders before a flight are on."


def test_visa_is_told_as_a_hint() -> None:
    text = compose_reply(FACTS, [VISA])
    assert text.startswith("Hints about visas:\n- A short visit to Thailand")
    assert text.endswith("check with the embassy before you book.")
    domestic = VISA | {"destinations": [], "hints": ["This trip crosses no border."], "notes": []}
    assert compose_reply(FACTS, [domestic]) == "This trip crosses no border."


@pytest.mark.parametrize(("language", "head"), [("en", "From the section **Pets**:"), ("vi", "Theo mục **Pets**:")])
def test_policy_is_quoted_word_for_word_under_its_title(language: str, head: str) -> None:
    section = {"tool": "read_policy", "topic": "pets", "title": "Pets", "text": "Ask the airline.\nBefore you book."}
    assert compose_reply(FACTS | {"language": language}, [section]) == f"{head}\n\n{section['text']}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("result", [PEOPLE, READY, LIKES, LETTERS, VISA], ids=lambda result: str(result["tool"]))
def test_every_number_said_was_looked_up(result: dict[str, Any], language: str) -> None:
    known = re.findall(r"\d+", json.dumps(result, ensure_ascii=False))
    for turn in range(4):
        text = compose_reply(FACTS | {"language": language}, [result], turn)
        assert text
        assert set(re.findall(r"\d+", text)) <= set(known)
