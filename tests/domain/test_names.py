"""Names as people write them, and as a passport's machine-readable line and a ticket take them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.names import MAX_NAME_CHARACTERS, check_name, find_name_warnings, to_latin

TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
VIETNAMESE_LETTERS = {
    "A": "AĂÂ",
    "E": "EÊ",
    "I": "I",
    "O": "OÔƠ",
    "U": "UƯ",
    "Y": "Y",
}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_every_vietnamese_vowel_in_every_tone_becomes_its_latin_letter(form: str) -> None:
    seen = 0
    for latin, letters in VIETNAMESE_LETTERS.items():
        for letter in letters + letters.lower():
            for tone in TONES:
                written = unicodedata.normalize(form, letter + tone)  # type: ignore[arg-type]  # a name of a form
                assert to_latin(written) == latin, written
                seen += 1
    assert seen == 12 * 6 * 2


@pytest.mark.parametrize(
    ("name", "latin"),
    [
        ("Nguyễn Thị Đào", "NGUYEN THI DAO"),
        ("đỗ", "DO"),
        ("Trương Quỳnh Hương", "TRUONG QUYNH HUONG"),
        ("O’Brien-Smith", "OBRIEN SMITH"),
        ("Sam Jr.", "SAM JR"),
        ("Straße", "STRASSE"),
        ("Ærø Øst", "AEROE OEST"),
        ("Łukasz", "LUKASZ"),
        ("Þór Ðorđe", "THOR DORDE"),
        ("İpek Işık", "IPEK ISIK"),
        ("Ｌａｎ", "LAN"),
        ("Gal·la", "GALLA"),
    ],
)
def test_name_is_spelt_as_in_the_machine_readable_line(name: str, latin: str) -> None:
    assert to_latin(check_name(name)) == latin


@pytest.mark.parametrize(
    ("country", "latin"), [("DE", "MUELLER"), ("SE", "MUELLER"), ("TR", "MULLER"), ("ES", "MULLER"), (None, "MULLER")]
)
def test_umlaut_is_spelt_as_the_passports_country_does(country: str | None, latin: str) -> None:
    assert to_latin("Müller", country) == latin


@pytest.mark.parametrize(
    "name", ["Иван", "محمد", "דוד", "王小明", "さくら", "김민준", "สมชาย", "Γιώργος", "علی‌رضا", "Lan Ж"]
)
def test_name_in_any_script_is_accepted_without_a_latin_form_of_our_invention(name: str) -> None:
    assert check_name(name) == unicodedata.normalize("NFC", name)
    assert to_latin(name) is None


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            " ",
            "-",
            "...",
            "'",
            "Lan2",
            "Lan ٣",
            "😀",
            "Lan 😀",
            "👩‍👩‍👧",
            "<b>Lan</b>",
            "Lan&nbsp;",
            "Lan@x",
            "Lan/MR",
        ),
        *(
            "Lan\0",
            "Lan\nMai\x07",
            "\u3164",
            "\u115f\u1160",
            "\u0301Lan",
            "1\ufe0f\u20e3",
            "L\u20e3",
            "Lan\u202eiaM",
            "$",
        ),
        *("a" * (MAX_NAME_CHARACTERS + 1), "\ud800", "\ue000", "Lan;DROP", "Lan, Mai", "Lan_Mai", "\u2800"),
    ],
)
def test_what_no_name_has_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        check_name(name)


def test_name_is_kept_in_one_form_with_single_blanks() -> None:
    assert check_name(unicodedata.normalize("NFD", "  Thị \u00a0 Lan ")) == "Thị Lan"
    assert len(check_name("ễ" * MAX_NAME_CHARACTERS)) == MAX_NAME_CHARACTERS


@settings(derandomize=True, database=None, max_examples=300)
@given(st.text(max_size=30))
def test_whatever_is_accepted_has_a_form_a_ticket_takes_or_a_warning(text: str) -> None:
    try:
        name = check_name(text)
    except ValueError:
        return
    latin = to_latin(name)
    if latin is None:
        assert "latin_letters_needed" in find_name_warnings(name, "Nguyen")
    else:
        assert set(latin) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ ")
        assert latin == latin.strip() != ""


@pytest.mark.parametrize(
    ("first_name", "last_name", "warnings"),
    [
        ("Thị Lan", "Nguyễn", []),
        ("محمد", "علي", ["latin_letters_needed"]),
        ("Lan", "王", ["latin_letters_needed"]),
        ("Ngọc Phương Anh Thư Kỳ", "Lê", ["name_too_long"]),
        ("A" * 20, "B" * 20, []),
        ("A" * 21, "B", ["name_too_long"]),
        ("Suharto", "Suharto", ["single_name"]),
        ("suharto", "SUHARTO", ["single_name"]),
        ("FNU", "Suharto", ["single_name"]),
        ("Suharto", "lnu", ["single_name"]),
        ("王", "王", ["latin_letters_needed", "single_name"]),
    ],
)
def test_what_an_airline_may_not_take_is_warned_of(first_name: str, last_name: str, warnings: list[str]) -> None:
    assert find_name_warnings(first_name, last_name) == warnings
