"""What letters say, in both languages."""

from __future__ import annotations

import re

import pytest

from core.messages import Language
from core.messages.catalogue import LANGUAGES, load_catalogue
from providers.messaging.base import Mail
from services.notifications.letters import LETTER_TYPES, compose

CODE = "481516"
WITH_CODE = ("verify_email", "reset_password")
TICKET = {"number": "1001", "who": "1", "conversation": "2", "topic": "Paid twice.", "words": "help, please"}


def write(letter_type: str, language: Language = "en", *, is_simulated: bool = True, **params: str) -> Mail:
    filled = {"code": CODE, "minutes": "5"} if letter_type in WITH_CODE else {}
    if letter_type == "support_ticket":
        filled = TICKET
    return compose(
        letter_type, language, filled | params, message_id="1", to="an@example.com", is_simulated=is_simulated
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter_type", LETTER_TYPES)
def test_letter_reads_the_same_as_text_and_as_page(letter_type: str, language: Language) -> None:
    mail = write(letter_type, language)
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", mail.html))
    for line in filter(None, (line.strip(" []") for line in mail.text.splitlines())):
        assert line in page
    assert mail.html.startswith("<!doctype html>")
    assert f'<html lang="{language}">' in mail.html
    assert (CODE in mail.text) == (letter_type in WITH_CODE)
    assert load_catalogue(language)["mail.simulated"] in mail.text


@pytest.mark.parametrize("letter_type", WITH_CODE)
def test_code_stands_by_itself_and_comes_with_a_warning(letter_type: str) -> None:
    mail = write(letter_type)
    assert CODE in [line.strip() for line in mail.text.splitlines()]
    assert "Never share this code" in mail.text
    assert "5 minutes" in mail.text


def test_subjects_take_no_parameter_because_they_are_kept() -> None:
    for language in LANGUAGES:
        subjects = [load_catalogue(language)[f"mail.{letter_type}.subject"] for letter_type in LETTER_TYPES]
        assert len(set(subjects)) == len(LETTER_TYPES)
        assert not any("{" in subject for subject in subjects)


def test_real_mail_does_not_call_itself_simulated() -> None:
    mail = write("verify_email", is_simulated=False)
    assert "simulated" not in mail.text + mail.html
    assert not mail.text.startswith("\n")


def test_parameters_are_text_and_never_markup() -> None:
    mail = write("verify_email", code="<b>1&2</b>")
    assert "<b>1&2</b>" in mail.text
    assert "&lt;b&gt;1&amp;2&lt;/b&gt;" in mail.html


def test_mail_does_not_tell_its_content_when_it_is_printed() -> None:
    assert repr(write("verify_email")) == "Mail(1)"


def test_travellers_words_are_no_page_of_their_own() -> None:
    mail = write("support_ticket", words="<img src=x> {number} {{ code }}")
    assert "<img" not in mail.html
    assert "<img src=x> {number} {{ code }}" in mail.text
