from __future__ import annotations

from domain.airports import city_airports
from tests.understanding.tables import in_lots, notation, read_table, typed, without_marks
from understanding.frame import Ambiguity, PlaceRef, Problem
from understanding.places import find_places, resolve_place
from understanding.text import read_text

CASES = read_table("places.tsv")


@in_lots(CASES)
def test_place_is_known_however_it_is_typed(phrase: str, code: str) -> None:
    for spelling in typed(phrase):
        assert notation(resolve_place(spelling, language="vi")) == code, spelling


@in_lots([(phrase, code) for phrase, code in CASES if phrase not in {"ĐN", "Mỹ", "Úc"}])
def test_place_without_diacritics_is_the_same(phrase: str, code: str) -> None:
    assert notation(resolve_place(without_marks(phrase), language="vi")) == code


@in_lots(
    [
        ("Sài Gòn", "vi", "TP. Hồ Chí Minh"),
        ("Sài Gòn", "en", "Ho Chi Minh City"),
        ("Hanoi", "vi", "Hà Nội"),
        ("Beijing", "vi", "Bắc Kinh"),
        ("Tân Sơn Nhất", "vi", "Tân Sơn Nhất"),
        ("Tan Son Nhat", "en", "Tan Son Nhat"),
        ("Changi", "vi", "Changi"),
    ]
)
def test_place_is_named_in_the_language_of_the_message(phrase: str, language: str, name: str) -> None:
    place = resolve_place(phrase, language="en" if language == "en" else "vi")
    assert isinstance(place, PlaceRef)
    assert place.name == name


def test_short_codes_are_ambiguous_in_an_english_sentence() -> None:
    assert resolve_place("SG", language="en") == Ambiguity(field="place", phrase="SG", readings=("SGN", "SIN"))


def test_problem_carries_the_phrase() -> None:
    expected = Problem(field="origin", code="unknown_place", params={"phrase": "Wakanda"})
    assert resolve_place(" Wakanda ", language="en", field="origin") == expected


def test_every_code_we_can_give_has_airports() -> None:
    for phrase, _ in CASES:
        place = resolve_place(phrase, language="vi")
        codes = (place.iata,) if isinstance(place, PlaceRef) else getattr(place, "readings", ())
        assert all(city_airports(code) for code in codes)


@in_lots(
    [
        "đồng ý",
        "gặp nhân viên",
        "chủ nhật nhé anh",
        "can you help dad",
        "cho anh hỏi",
        "my flight",
        "I like it",
        "not a sin",
    ]
)
def test_everyday_words_are_no_places(sentence: str) -> None:
    assert [mention.phrase for mention in find_places(read_text(sentence), "vi") if mention.is_sure] == []
