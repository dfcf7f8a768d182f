from __future__ import annotations

import csv
from pathlib import Path
from typing import get_args

import pytest

from domain import visas
from domain.countries import countries, country_name
from domain.visas import HINTS_AS_OF, VisaHint, find_visa_hint
from tests.conftest import NOW


@pytest.mark.parametrize(
    ("passport", "destination", "hint"),
    [
        ("VN", "TH", "free"),
        ("VN", "SG", "free"),
        ("VN", "JP", "needed"),
        ("VN", "US", "needed"),
        ("VN", "BR", "unsure"),
        ("VN", "VN", "home"),
        ("SG", "VN", "free"),
        ("US", "VN", "unsure"),
        ("JP", "FR", "unsure"),
        ("XX", "TH", "unsure"),
    ],
)
def test_hint_is_what_is_sure_and_nothing_else(passport: str, destination: str, hint: str) -> None:
    assert find_visa_hint(passport, destination) == hint


def test_table_names_countries_once_and_hints_there_are() -> None:
    path = Path(visas.__file__).with_name("visa_hints.tsv")
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines(), delimiter="\t"))
    pairs = [(one, other) for row in rows for one in row["passport"].split() for other in row["countries"].split()]
    assert len(pairs) == len(set(pairs)) > 40
    assert {code for pair in pairs for code in pair} <= countries()
    assert {row["hint"] for row in rows} <= set(get_args(VisaHint))
    assert NOW.date() > HINTS_AS_OF


def test_countries_are_named_in_both_languages() -> None:
    assert (country_name("JP", "vi"), country_name("JP", "en")) == ("Nhật Bản", "Japan")
    assert country_name("XX", "vi") == "XX"
