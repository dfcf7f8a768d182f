"""How documents are numbered, what is shown of a number, and how long a document serves."""

from __future__ import annotations

from datetime import date

import pytest

from domain.countries import check_country, countries
from domain.documents import find_document_warnings, is_masked, is_number_of, mask_number, normalise_number
from domain.travellers import DocumentKind

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("country", "good", "bad"),
    [
        ("VN", ["C1234567", "P00123456"], ["12345678", "CC123456", "C123456"]),
        ("US", ["123456789", "A12345678"], ["12345678", "AB1234567"]),
        ("GB", ["123456789"], ["A12345678", "12345678"]),
        ("FR", ["12AB34567"], ["AB1234567", "123456789"]),
        ("DE", ["C01X00T47", "A1234567"], ["AB12345", "COIX00T47"]),
        ("JP", ["TK1234567"], ["T12345678", "TK123456"]),
        ("KR", ["M12345678", "M123A4567"], ["12345678", "MM123456"]),
        ("CN", ["E12345678", "EA1234567", "G12345678"], ["12345678", "E1234567"]),
        ("TH", ["AA1234567", "A123456"], ["1234567", "AAA123456"]),
        ("SG", ["K1234567E"], ["K12345678", "K1234567"]),
        ("AU", ["N1234567", "PA1234567"], ["12345678", "N123456"]),
        ("CA", ["AB123456", "A123456BC"], ["12345678"]),
        ("IN", ["Z1234567"], ["12345678", "ZZ123456"]),
        (None, ["ABCDE", "123456789012345"], ["ABCD", "1234567890123456", "AB.CDE", "ÀBCDE", "١٢٣٤٥", ""]),
        ("BR", ["FX123456"], ["FX12", ""]),
    ],
)
def test_passport_number_has_the_form_of_its_country(country: str | None, good: list[str], bad: list[str]) -> None:
    assert [number for number in good if not is_number_of("passport", country, number)] == []
    assert [number for number in bad if is_number_of("passport", country, number)] == []


@pytest.mark.parametrize(
    ("kind", "country", "number", "fits"),
    [
        ("identity_card", "VN", "001190012345", True),
        ("identity_card", "VN", "012345678", True),
        ("identity_card", "VN", "C1234567", False),
        ("identity_card", "CN", "110101199003074578", True),
        ("passport", "VN", "001190012345", False),
    ],
)
def test_a_card_is_numbered_otherwise_than_a_passport(
    kind: DocumentKind, country: str, number: str, fits: bool
) -> None:
    assert is_number_of(kind, country, number) is fits


@pytest.mark.parametrize(
    "text", ["c1234567", " C 123-4567 ", "C\u00a0123\u20134567", "Ｃ１２３４５６７", "C\u00ad1234567"]
)
def test_number_is_kept_in_capitals_without_blanks_and_dashes(text: str) -> None:
    assert normalise_number(text) == "C1234567"


@pytest.mark.parametrize(("number", "shown"), [("C1235678", "•••• 5678"), ("AB12345", "•••• 45"), ("ABCDE", "•••• DE")])
def test_list_shows_the_end_of_a_number_only(number: str, shown: str) -> None:
    assert mask_number(number) == shown
    assert is_masked(shown)
    assert not is_masked(number)


@pytest.mark.parametrize(
    ("expires_on", "warnings"),
    [
        (None, ["passport_expiry_missing"]),
        (date(2026, 11, 20), ["passport_expired"]),
        (TODAY, ["passport_expired"]),
        (date(2026, 11, 22), ["passport_expires_soon"]),
        (date(2027, 5, 20), ["passport_expires_soon"]),
        (date(2027, 5, 21), []),
        (date(9999, 12, 31), []),
    ],
)
def test_document_that_may_stop_its_holder_is_warned_of(expires_on: date | None, warnings: list[str]) -> None:
    assert find_document_warnings(expires_on, TODAY) == warnings


def test_six_months_after_the_end_of_august_is_the_end_of_february() -> None:
    assert find_document_warnings(date(2027, 2, 27), date(2026, 8, 31)) == ["passport_expires_soon"]
    assert find_document_warnings(date(2027, 2, 28), date(2026, 8, 31)) == []


def test_countries_are_those_of_the_standard_and_kosovo() -> None:
    assert len(countries()) == 249 + 1
    assert {"VN", "US", "GB", "TW", "HK", "PS", "XK"} <= countries()
    assert countries().isdisjoint({"UK", "EU", "ZZ", "XX", "UN", "AC", "SU", ""})


def test_country_is_taken_in_any_case() -> None:
    assert check_country(" vn ") == "VN"
    for text in ("", "VNM", "ZZ", "V", "Việt Nam", "840"):
        with pytest.raises(ValueError, match="no country"):
            check_country(text)
