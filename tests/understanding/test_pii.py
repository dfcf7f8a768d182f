from __future__ import annotations

import unicodedata

import pytest

from understanding.pii import find_pii, redact


@pytest.mark.parametrize(
    ("message", "redacted"),
    [
        ("hộ chiếu B1234567 nhé", "hộ chiếu [passport] nhé"),
        ("my passport number is C12345678", "my passport number is [passport]"),
        ("B1234567", "[passport]"),
        ("thẻ 4111 1111 1111 1111 hạn 12/28", "thẻ [card] hạn 12/28"),
        ("4111-1111-1111-1111", "[card]"),
        ("gửi về an.nguyen@example.com.vn nhé", "gửi về [email] nhé"),
        ("gọi 0912 345 678", "gọi [phone]"),
        ("+84 912 345 678", "[phone]"),
        ("84912345678", "[phone]"),
        ("028 3829 5488", "[phone]"),
        ("+1 (415) 555-0132", "[phone]"),
        ("cccd 001099012345", "cccd [id]"),
        ("căn cước công dân số 001099012345", "căn cước công dân số [id]"),
        ("001099012345", "[id]"),
        ("sinh ngày 14/02/1990", "sinh ngày [date of birth]"),
        ("sinh ngày 14 tháng 2 năm 1990", "sinh ngày [date of birth]"),
        ("born on 14 Feb 1990", "born on [date of birth]"),
        ("DOB: 1990-02-14", "DOB: [date of birth]"),
        ("P<VNMNGUYEN<<VAN<AN<<<<<<<<<<<<<<<<<<<<<<<<<", "[passport]"),
    ],
)
def test_personal_data_becomes_its_kind(message: str, redacted: str) -> None:
    assert redact(message) == redacted
    assert redact(unicodedata.normalize("NFD", message)) == redacted


@pytest.mark.parametrize(
    "message",
    [
        "giá 1.890.000 đ",
        "vé 2.500.000 - 3.000.000",
        "dưới 2000000 vnd",
        "1 890 000₫ cho 2 người",
        "VN123 và QH1234 ngày 20/12/2026, mã ABC123",
        "từ 20/12/2026 đến 25/12/2026",
        "bay 14/02/2027 lúc 07:30",
        "2026-12-20",
        "4111 1111 1111 1112",
        "chuyến số 2",
    ],
)
def test_travel_data_survives(message: str) -> None:
    assert redact(message) == message


def test_a_number_hidden_by_invisible_characters_is_found() -> None:
    assert redact("09\u200b12 345 \u2060678") == "[phone]"


def test_spans_point_at_the_data_alone() -> None:
    message = "an@example.com, 0912345678"
    assert [message[span.start : span.end] for span in find_pii(message)] == ["an@example.com", "0912345678"]


def test_a_card_must_have_its_check_digit() -> None:
    valid = [number for number in range(4111111111111110, 4111111111111120) if redact(str(number)) == "[card]"]
    assert valid == [4111111111111111]
