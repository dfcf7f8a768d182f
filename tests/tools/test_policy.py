"""What we say on our own account: every topic, in both languages, and true of this product."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import get_args

import pytest
from pydantic import ValidationError

from core.messages import Language
from core.messages.catalogue import LANGUAGES
from db.session import Transactions
from domain.travellers import CHILD_AGE
from prompts.load import load_policies
from services.bookings.announcements import CHECK_IN_BEFORE, DEPARTURE_ABROAD_BEFORE, DEPARTURE_BEFORE
from services.bookings.policy import PASSPORT_MONTHS_LEFT
from services.conversations.vault import VALUE_KEPT
from services.flights.market import Market
from services.payments.links import LINK_LIFE
from tests.tools.desk import Desk
from tools.policy import PolicyTopic, read_policy
from understanding.policy_topics import list_topics

TOPICS = get_args(PolicyTopic)
HOUR = timedelta(hours=1)
NUMBERS: dict[str, set[int]] = {
    "payment": {int(LINK_LIFE.total_seconds()) // 60},
    "check_in": {CHECK_IN_BEFORE // HOUR, DEPARTURE_BEFORE // HOUR, DEPARTURE_ABROAD_BEFORE // HOUR},
    "documents": {PASSPORT_MONTHS_LEFT},
    "children": {12, CHILD_AGE, 11},
    "privacy": {VALUE_KEPT.days},
}
"""All the figures there are, and where they come from."""


def test_topics_are_the_files_and_the_ones_found_in_words() -> None:
    assert set(TOPICS) == set(load_policies()) == set(list_topics())


@pytest.mark.parametrize("topic", TOPICS)
def test_topic_has_a_title_and_a_short_text_in_both_languages(topic: str) -> None:
    sections = load_policies()[topic]
    assert set(sections) == set(LANGUAGES)
    for section in sections.values():
        assert section.title
        assert 100 < len(section.text) < 900
        assert not set("{}<>#") & set(section.text)
    assert sections["vi"].title != sections["en"].title


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_are_those_the_code_goes_by(topic: str, language: Language) -> None:
    figures = {int(number) for number in re.findall(r"\d+", load_policies()[topic][language].text)}
    assert figures == NUMBERS.get(topic, set())


async def test_section_is_read_in_the_language_of_the_turn(transactions: Transactions) -> None:
    for language in LANGUAGES:
        answer = await Desk(transactions, Market(()), language=language).call(read_policy, topic="cancellation")
        section = load_policies()["cancellation"][language]
        assert answer.facts == {"topic": "cancellation", "title": section.title, "text": section.text}
        assert answer.cards == []


async def test_topic_there_is_not_cannot_be_read(transactions: Transactions) -> None:
    with pytest.raises(ValidationError):
        await Desk(transactions, Market(())).call(read_policy, topic="../concierge")
