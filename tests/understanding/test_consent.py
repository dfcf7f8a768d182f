"""A yes to a card is only a message that is nothing but yes: a table of what is one, what is a no, what is neither."""

from __future__ import annotations

import unicodedata
from typing import get_args

from tests.understanding.tables import in_lots, read_table
from understanding.consent import CardAction, read_answer
from understanding.frame import Language

CASES = read_table("consent.tsv")
LANGUAGES: tuple[Language, ...] = get_args(Language)
ACTIONS: tuple[CardAction | None, ...] = (*get_args(CardAction), None)


def _answer(message: str, language: str, action: str) -> str:
    spoken: Language = "vi" if language == "vi" else "en"
    about = next((each for each in ACTIONS if each == action), None)
    return read_answer(message, spoken, about) or "-"


@in_lots(CASES)
def test_card_is_answered_by_a_plain_yes_or_no_only(message: str, language: str, action: str, answer: str) -> None:
    for spelling in (message, unicodedata.normalize("NFD", message), message.upper(), f"  {message}\n"):
        assert _answer(spelling, language, action) == answer, spelling


@in_lots(["{}?", "{} ???", '"{}"', "{}...", "{} nhưng rẻ hơn", "{} but not today", "nếu {}"])
def test_no_yes_survives_a_doubt(around: str) -> None:
    said = [(message, language, action) for message, language, action, answer in CASES if answer == "yes"]
    assert len(said) > 100
    for message, language, action in said:
        assert _answer(around.format(message), language, action) != "yes", message


def test_what_is_no_yes_is_none_to_any_card_in_any_language() -> None:
    """Of what names no act: a card for another act makes no yes of it."""
    said = [message for message, _, action, answer in CASES if answer != "yes" and action == "book"]
    acts = {"huỷ vé giúp mình", "cancel my booking", "yes, cancel it", "ok huỷ đi", "yes, change it", "yes, delete it"}
    acts |= {"ok đổi đi", "dong y", "ok dat di", "chot", "dc"}
    assert len(said) > 150
    for message in set(said) - acts:
        for language in LANGUAGES:
            for action in ACTIONS:
                assert read_answer(message, language, action) != "yes", (message, action)


def test_two_yeses_in_a_row_are_one_and_a_yes_with_a_no_is_neither() -> None:
    said = {wanted: [row[0] for row in CASES if row[1:] == ("vi", "book", wanted)] for wanted in ("yes", "no")}
    pairs = [(yes, no) for yes in said["yes"][:20] for no in said["no"]]
    assert len(pairs) > 400
    assert all(read_answer(f"{yes}, {no}", "vi", "book") is None for yes, no in pairs)
    assert read_answer("ok, đồng ý", "vi", "book") == "yes"
