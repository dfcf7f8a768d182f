"""The words we say: the same in both languages, and one for every error there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from string import Formatter

import pytest

from core.errors import AppError
from core.messages import (
    Language,
    choose_language,
    format_clock,
    format_day,
    format_duration,
    format_money,
    say,
)
from core.messages.catalogue import LANGUAGES, load_catalogue

ROOT = Path(__file__).parents[2]
ROOMS = ("api", "tools", "services", "understanding", "providers", "db", "graph", "agents", "core", "domain")


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def strip_number(key: str) -> str:
    return key.removesuffix(".one")


def test_both_languages_have_the_same_sentences() -> None:
    """English also has forms for one, which Vietnamese does not need."""
    vietnamese, english = load_catalogue("vi"), load_catalogue("en")
    assert {strip_number(key) for key in english} == {strip_number(key) for key in vietnamese}
    assert all(strip_number(key) in catalogue for catalogue in (vietnamese, english) for key in catalogue)


def test_a_sentence_has_the_same_placeholders_in_both_languages() -> None:
    vietnamese, english = load_catalogue("vi"), load_catalogue("en")
    for key, sentence in vietnamese.items():
        assert placeholders(sentence) == placeholders(english[key]), key
    for key, sentence in english.items():
        assert placeholders(sentence) <= placeholders(english[strip_number(key)]), key


def test_no_sentence_is_empty_or_left_untranslated() -> None:
    same = {key for key, sentence in load_catalogue("vi").items() if sentence == load_catalogue("en")[key]}
    assert same <= {"offers.column_number", "offers.bag_kg", "replies.trip", "replies.details_segment"}
    assert all(sentence.strip() for language in LANGUAGES for sentence in load_catalogue(language).values())


def error_classes(base: type[AppError] = AppError) -> Iterator[type[AppError]]:
    for error in base.__subclasses__():
        yield error
        yield from error_classes(error)


@pytest.fixture(scope="module")
def all_errors() -> list[type[AppError]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts:
                import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    return [error for error in error_classes() if error.__module__.split(".")[0] in ROOMS]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_has_a_sentence(all_errors: list[type[AppError]], language: Language) -> None:
    codes = {error.code for error in all_errors if error.code != AppError.code}
    assert {"run_active", "message_empty", "cursor_invalid", "same_place", "offer_expired", "id_not_uuid"} <= codes
    assert {f"errors.{code}" for code in codes} <= set(load_catalogue(language))


def test_every_code_the_frame_may_report_has_a_sentence() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "understanding").glob("*.py"))
    codes = set(re.findall(r"""code=["'](\w+)["']""", source))
    assert codes
    for language in LANGUAGES:
        assert {f"errors.{code}" for code in codes} <= set(load_catalogue(language))


def test_every_sentence_named_in_the_code_exists() -> None:
    named = {
        key
        for room in (*ROOMS, "cli.py")
        for path in ([ROOT / room] if room.endswith(".py") else (ROOT / room).rglob("*.py"))
        for key in re.findall(r"""say\(\s*["']([\w.]+)["']""", path.read_text())
    }
    assert len(named) > 20
    for language in LANGUAGES:
        assert named <= set(load_catalogue(language))


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("vi", "vi"),
        ("vi-VN,vi;q=0.9,en;q=0.8", "vi"),
        ("fr-FR, vi;q=0.5", "vi"),
        ("en-US,en;q=0.9,vi;q=0.8", "en"),
        ("de", "en"),
        (";;,=", "en"),
    ],
)
def test_the_first_of_our_languages_in_the_header_is_taken(header: str | None, language: str) -> None:
    assert choose_language(header) == language


def test_one_has_a_form_of_its_own_in_english() -> None:
    assert say("travellers.adults", "en", count=1) == "1 adult"
    assert say("travellers.adults", "en", count=2) == "2 adults"
    assert say("travellers.adults", "vi", count=1) == "1 người lớn"


def test_values_read_as_each_language_writes_them() -> None:
    assert format_money("1890000", "VND", "vi") == "1.890.000\u00a0₫"
    assert format_money("1890000", "VND", "en") == "₫1,890,000"
    assert format_money("75.5", "USD", "en") == "$75.50"
    assert format_day(date(2026, 12, 4), "vi") == "thứ Sáu 04/12/2026"
    assert format_day(date(2026, 12, 6), "vi") == "Chủ nhật 06/12/2026"
    assert format_day(date(2026, 12, 4), "en") == "Friday 4 December 2026"
    assert format_clock(datetime(2026, 12, 4, 7, 5)) == "07:05"  # noqa: DTZ001 - a wall time
    assert format_duration(timedelta(hours=2, minutes=10), "vi") == "2 giờ 10 phút"
    assert format_duration(timedelta(hours=2), "en") == "2h"
    assert format_duration(timedelta(minutes=45), "en") == "45m"
    assert format_duration(timedelta(), "en") == "0m"
