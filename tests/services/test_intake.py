"""What of a message may be stored: readable, bounded, in one form, without personal data."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.conversations.errors import MessageEmpty, MessageTooLong
from services.conversations.intake import MAX_MESSAGE_CHARACTERS, make_readable, take_in_context
from understanding.pii import redact

DECOMPOSED = unicodedata.normalize("NFD", "Đà Nẵng ngày mai")


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        (DECOMPOSED, "Đà Nẵng ngày mai"),
        ("a\x00\u0301", "á"),
        ("  xin chào \n", "xin chào"),
        ("hai\ndòng\tcách", "hai\ndòng\tcách"),
        ("a\x00b\x07c\x1b[31md", "abc[31md"),
        ("a\x7fb\x85c", "abc"),
        ("a\ud800b", "ab"),
        ("a\ue000b", "ab"),
        ("a\U000e0fffb", "ab"),
        ("cờ 🇻🇳 và 👧", "cờ 🇻🇳 và 👧"),
        ("SGN → HAN", "SGN → HAN"),
        ("nhà 👨\u200d👩\u200d👧 ❤\ufe0f", "nhà 👨\u200d👩\u200d👧 ❤\ufe0f"),
        ("ฉันต้องการบิน, नमस्ते", "ฉันต้องการบิน, नमस्ते"),
        ("Đà\u200b Nẵng\u00ad \u202enha", "Đà Nẵng nha"),
    ],
    ids=[
        "NFC",
        "NFC behind a control",
        "trimmed",
        "line breaks",
        "controls",
        "more controls",
        "surrogate",
        "private",
        "unassigned",
        "emoji",
        "arrow",
        "joined emoji",
        "other scripts",
        "invisible",
    ],
)
def test_text_is_stored_in_one_readable_form(written: str, stored: str) -> None:
    assert make_readable(written) == stored


@pytest.mark.parametrize(
    "written",
    ["", "   ", "\n\t ", "\x00\x01\x02", "\u2003\u00a0", "\ud800", "\u200b", "\u00ad", "\u200b \u200d", "\u0301"],
)
def test_message_without_a_readable_character_is_empty(written: str) -> None:
    with pytest.raises(MessageEmpty):
        make_readable(written)


def test_longest_message_passes_and_one_more_character_does_not() -> None:
    assert len(make_readable("a" * MAX_MESSAGE_CHARACTERS)) == MAX_MESSAGE_CHARACTERS
    with pytest.raises(MessageTooLong) as refused:
        make_readable("a" * (MAX_MESSAGE_CHARACTERS + 1))
    assert refused.value.params == {"limit": MAX_MESSAGE_CHARACTERS}


@pytest.mark.parametrize(
    ("written", "secret"),
    [
        ("hộ chiếu của tôi C1234567 nhé", "C1234567"),
        ("mail cho an.nguyen@example.com", "an.nguyen@example.com"),
        ("thẻ 4111 1111 1111 1111", "4111"),
        ("gọi 0912 345 678", "345 678"),
        (unicodedata.normalize("NFD", "hộ chiếu số C1234567"), "C1234567"),
        ("hộ\x00 chiếu số C12\x0034567", "C1234567"),
        ("thẻ 4111\u200b1111\u200d1111\u00ad1111", "1111"),
    ],
)
def test_personal_data_never_gets_through(written: str, secret: str) -> None:
    assert secret not in redact(make_readable(written))


@given(st.text(max_size=200))
@settings(deadline=None, max_examples=80)
def test_what_is_taken_in_can_be_stored_and_taken_in_again_unchanged(written: str) -> None:
    try:
        stored = redact(make_readable(written))
        again = redact(make_readable(stored))
    except MessageEmpty:
        return
    stored.encode()
    assert "\x00" not in stored
    assert unicodedata.is_normalized("NFC", stored)
    assert again == stored


def test_context_is_redacted_in_every_text_and_otherwise_left_alone() -> None:
    context: dict[str, Any] = {
        "page": "/trips",
        "user": {"mail": "an.nguyen@example.com", "tags": ["vip", "mail b.tran@example.com", 3, None, True]},
    }
    taken = take_in_context(context)
    assert "@example.com" not in str(taken)
    assert (taken["page"], taken["user"]["tags"][2:]) == ("/trips", [3, None, True])
