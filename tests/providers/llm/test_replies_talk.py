"""What the agents say when nothing was looked up, and how they get back to what was open."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from itertools import product
from typing import Any, get_args

import pytest

from agents.registry import AGENTS
from core.messages import Language
from core.messages.catalogue import LANGUAGES, load_catalogue
from graph.router import SURE
from providers.llm.replies import compose_reply
from understanding.frame import Frame
from understanding.read import read_message
from understanding.reading import IntentName

NOW = datetime(2026, 11, 22, 9, tzinfo=timezone(timedelta(hours=7)))
HANOI_DANANG: dict[str, Any] = {
    "origin": {"iata": "HAN", "name": "Hà Nội", "kind": "city"},
    "destination": {"iata": "DAD", "name": "Đà Nẵng", "kind": "city"},
}
POLICY = {"tool": "read_policy", "topic": "baggage", "title": "Baggage", "text": "Every fare has its own."}
EMPTY_LIST: dict[str, Any] = {"tool": "list_my_bookings", "bookings": []}


def facts_of(agent: str, intent: str, language: str = "en", **more: Any) -> dict[str, Any]:
    return {"language": language, "agent": agent, "intent": intent, "changed": [], "frame": {}} | more


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("agent", sorted(AGENTS))
def test_every_agent_has_words_for_every_intent(agent: str, language: str) -> None:
    for intent in get_args(IntentName):
        said = [compose_reply(facts_of(agent, intent, language), [], turn) for turn in range(3)]
        assert all(said)
        again = compose_reply(facts_of(agent, intent, language), [], 0, said[0])
        assert again != said[0]


@pytest.mark.parametrize(
    ("agent", "intent", "words"),
    [
        ("booking", "cancel", "reference"),
        ("booking", "question", "booking"),
        ("profile", "change_email", "e-mail"),
        ("profile", "remember", "remember"),
        ("calendar", "calendar", "Calendar"),
        ("validation", "visa", "embassy"),
        ("validation", "question", "passports"),
        ("notification", "resend", "e-mail"),
    ],
)
def test_agent_says_what_it_needs_or_what_it_can_do(agent: str, intent: str, words: str) -> None:
    assert words in compose_reply(facts_of(agent, intent), [])


def test_specialist_keeps_to_its_own_matter_while_a_trip_is_open() -> None:
    begun: dict[str, Any] = {"frame": HANOI_DANANG, "asked": "depart_on"}
    for agent in AGENTS.keys() - {"concierge", "flight"}:
        assert "Hà Nội" not in compose_reply(facts_of(agent, "question", **begun), [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_that_can_be_done_is_denied(language: Language) -> None:
    """Booking, paying and the rest were refused in the chat once."""
    denials = (
        "later version",
        "bản sau",
        "cannot book",
        "can't book",
        "yet from",
        "chưa đặt vé được",
        "chưa huỷ vé được",
    )
    told = [
        text for key, text in load_catalogue(language).items() if key.startswith(("concierge.", "flight.", "replies."))
    ]
    assert told
    assert not [text for text, denial in product(told, denials) if denial in text]


@pytest.mark.parametrize(("language", "words"), [("en", "Which day"), ("vi", "ngày nào")])
def test_question_of_the_trip_is_asked_again_after_something_else_was_looked_up(language: str, words: str) -> None:
    begun = facts_of("concierge", "policy", language, frame=HANOI_DANANG, asked="depart_on")
    text = compose_reply(begun, [POLICY])
    assert text.index(POLICY["text"]) < text.index(words)
    assert words not in compose_reply(begun | {"asked": None}, [POLICY])


def test_a_question_just_asked_is_the_only_one() -> None:
    begun = facts_of("booking", "my_bookings", frame=HANOI_DANANG, asked="depart_on")
    for turn in range(4):
        assert compose_reply(begun, [EMPTY_LIST], turn).count("?") == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_open_card_is_named_and_the_trip_is_not_offered_beside_it(language: str) -> None:
    """A yes to the offer to go on with the trip would be taken for a yes to the card."""
    facts = facts_of(
        "concierge", "thanks", language, frame=HANOI_DANANG | {"depart_on": "2026-12-20"}, card_open="Book?"
    )
    for results in ([], [POLICY]):
        text = compose_reply(facts, results)
        assert "Hà Nội" not in text
        assert "?" not in text
        assert ("card" in text) or ("thẻ" in text.lower())
        again = compose_reply(facts, results, 0, text)
        assert "still waiting" not in again


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_we_tell_to_say_we_understand(language: Language) -> None:
    """In quotation marks stand words for the traveller to say."""
    prefixes = tuple(f"{name}." for name in (*AGENTS, "replies", "way_on", "said"))
    told = [text for key, text in load_catalogue(language).items() if key.startswith(prefixes)]
    phrases = {phrase.replace("{number}", "1") for text in told for phrase in re.findall("“([^”]+)”", text)}
    assert len(phrases) > 15
    for phrase in phrases:
        read = read_message(phrase, frame=Frame(), now=NOW, previous_language=language, offers_shown=3)
        assert (phrase, read.intent.confidence >= SURE) == (phrase, True)
        assert (phrase, read.intent.name) != (phrase, "refine")
