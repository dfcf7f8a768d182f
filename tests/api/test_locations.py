"""What a search field for places answers first, however people write."""

from __future__ import annotations

import pytest

from services.flights.locations import Location, count_letters_off, search_locations
from tests.support.accounts import Lobby

FIRST = {
    # codes
    "nrt": "airport NRT",
    "NRT": "airport NRT",
    "HAN": "city HAN",
    "han": "city HAN",
    "bkk": "city BKK",
    "dmk": "airport DMK",
    "tyo": "city TYO",
    "nyc": "city NYC",
    "pnh": "city KTI",
    "VIN": "airport VIN",
    "Sài Gòn (SGN)": "city SGN",
    # Vietnamese names
    "Sài Gòn": "city SGN",
    "sai gon": "city SGN",
    "SAIGON": "city SGN",
    "thành phố hồ chí minh": "city SGN",
    "Đà Nẵng": "city DAD",
    "da nang": "city DAD",
    "danang": "city DAD",
    "đà lạt": "city DLI",
    "huế": "city HUI",
    "hue": "city HUI",
    "vinh": "city VII",
    "nội bài": "airport HAN",
    "sân bay nội bài": "airport HAN",
    "sân bay quốc tế nội bài": "airport HAN",
    "sân bay hà nội": "airport HAN",
    "tan son nhat": "airport SGN",
    "phu quoc": "city PQC",
    "cam ranh": "airport CXR",
    "luân đôn": "city LON",
    "bắc kinh": "city BJS",
    "thượng hải": "city SHA",
    "nhật bản": "city TYO",
    # English names
    "ho chi minh city": "city SGN",
    "hanoi airport": "airport HAN",
    "london": "city LON",
    "tokyo japan": "city TYO",
    "bangkok suvarnabhumi": "airport BKK",
    "narita": "airport NRT",
    "paris cdg": "airport CDG",
    "seoul incheon": "airport ICN",
    "newark": "airport EWR",
    "washington dc": "city WAS",
    "mexico city": "city MEX",
    "san jose": "city SJC",
    "huesca": "airport HSK",
    # shorthand and other names
    "hcm": "city SGN",
    "tphcm": "city SGN",
    "hcm city": "city SGN",
    "hn": "city HAN",
    "sg": "city SGN",
    "pq": "city PQC",
    "sapa": "city HAN",
    "vũng tàu": "city SGN",
    "hạ long": "city VDO",
    "tokio": "city TYO",
    "roissy": "airport CDG",
    # beginnings
    "vin": "city VII",
    "hai": "city HPH",
    "nha": "city CXR",
    "singa": "city SIN",
    "suvar": "airport BKK",
    "new y": "city NYC",
    "city hong": "city HKG",
    # one or two letters off
    "da nag": "city DAD",
    "new yrok": "city NYC",
    "nha tranh": "city CXR",
    "hog kong": "city HKG",
    "san francsico": "city SFO",
    "melborne": "city MEL",
    "kuala lumpor": "city KUL",
    "suvarnabumi": "airport BKK",
}


def search(text: str, limit: int = 8) -> list[Location]:
    return search_locations(text, limit=limit, language="vi")


def named(location: Location) -> str:
    return f"{location.kind} {location.code}"


@pytest.mark.parametrize(("text", "first"), FIRST.items())
def test_the_likeliest_place_comes_first(text: str, first: str) -> None:
    assert [named(location) for location in search(text)[:1]] == [first]


def test_a_city_is_followed_by_its_airports() -> None:
    assert [named(each) for each in search("tokyo", 3)] == ["city TYO", "airport HND", "airport NRT"]


def test_a_city_and_its_only_airport_are_one_answer() -> None:
    assert [named(each) for each in search("Phú Quốc")] == ["city PQC"]
    assert [named(each) for each in search("sapporo", 1)] == ["city SPK"]


def test_a_small_airfield_stands_behind_the_places_people_mean() -> None:
    assert [named(each) for each in search("hcm")] == ["city SGN", "airport HCM"]


@pytest.mark.parametrize("text", ["", " ", "!!!", "…", "\x00\x1f", "\u200d", "🛫", "東京", "qwrtzp", "x" * 80])
def test_what_is_no_place_finds_nothing(text: str) -> None:
    assert search(text) == []


@pytest.mark.parametrize("text", ["a " * 40, "e\u0301" * 40, "Ⅷ", "\ud800", "(((", "san bay", "s", "ừ"])
def test_any_string_can_be_asked(text: str) -> None:
    assert len(search(text)) <= 8


@pytest.mark.parametrize(
    ("said", "known", "off"),
    [
        ("hanoi", "hanoi", 0),
        ("hanio", "hanoi", 1),
        ("hano", "hanoi", 1),
        ("hannoi", "hanoi", 1),
        ("hamoi", "hanoi", 1),
        ("hnaio", "hanoi", 2),
        ("dalat", "hanoi", 3),
        ("", "han", 3),
    ],
)
def test_letters_off_are_counted_up_to_a_number(said: str, known: str, off: int) -> None:
    assert count_letters_off(said, known, at_most=2) == off


async def test_places_are_told_in_the_readers_language(lobby: Lobby) -> None:
    visitor, path = lobby.visitor(), "/v1/locations/search"
    vietnamese = await visitor.get(path, params={"q": "hanoi"}, headers={"Accept-Language": "vi"})
    assert vietnamese.status_code == 200, vietnamese.text
    assert vietnamese.json()[0] == {
        "code": "HAN",
        "kind": "city",
        "name": "Hà Nội",
        "city": "Hà Nội",
        "country": "VN",
        "country_name": "Việt Nam",
        "airports": ["HAN"],
    }
    english = await visitor.get(path, params={"q": "tân sơn nhất"}, headers={"Accept-Language": "en"})
    assert english.json() == [
        {
            "code": "SGN",
            "kind": "airport",
            "name": "Tan Son Nhat",
            "city": "Ho Chi Minh City",
            "country": "VN",
            "country_name": "Vietnam",
            "airports": [],
        }
    ]


async def test_only_punctuation_is_no_mistake(lobby: Lobby) -> None:
    answer = await lobby.visitor().get("/v1/locations/search", params={"q": "?!\x01"})
    assert (answer.status_code, answer.json()) == (200, [])


async def test_no_more_answers_than_asked_for(lobby: Lobby) -> None:
    visitor = lobby.visitor()
    for limit in (1, 20):
        answer = await visitor.get("/v1/locations/search", params={"q": "s", "limit": limit})
        assert len(answer.json()) == limit


@pytest.mark.parametrize("params", [{}, {"q": ""}, {"q": "x" * 81}, {"q": "x", "limit": 0}, {"q": "x", "limit": 21}])
async def test_a_malformed_question_is_refused(lobby: Lobby, params: dict[str, str | int]) -> None:
    answer = await lobby.visitor().get("/v1/locations/search", params=params)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
