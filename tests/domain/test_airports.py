from __future__ import annotations

import subprocess
import sys

import airportsdata
import pytest

from domain.airports import (
    cities,
    city_airports,
    city_code,
    city_code_of,
    city_name,
    distance_km,
    find_airport,
    nearby_airports,
)


@pytest.mark.parametrize(
    ("code", "airports"),
    [
        ("HAN", ("HAN",)),
        ("SGN", ("SGN",)),
        ("BKK", ("BKK", "DMK")),
        ("DMK", ("DMK",)),
        ("TYO", ("HND", "NRT")),
        ("NRT", ("NRT",)),
        ("LON", ("LHR", "LGW", "STN", "LTN", "LCY")),
        ("THR", ("IKA", "THR")),
        ("PNH", ("KTI",)),
        ("REP", ("SAI",)),
        ("ZZZ", ()),
        ("", ()),
    ],
)
def test_city_code_gives_its_airports(code: str, airports: tuple[str, ...]) -> None:
    assert city_airports(code) == airports


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [
        ("HAN", "vi", "Hà Nội"),
        ("HAN", "en", "Hanoi"),
        ("SGN", "vi", "TP. Hồ Chí Minh"),
        ("SGN", "en", "Ho Chi Minh City"),
        ("DAD", "vi", "Đà Nẵng"),
        ("DAD", "en", "Da Nang"),
        ("BJS", "vi", "Bắc Kinh"),
        ("PEK", "vi", "Bắc Kinh"),
        ("NRT", "en", "Tokyo"),
        ("PNH", "en", "Phnom Penh"),
        ("SLC", "en", "Salt Lake City"),
        ("ZZZ", "en", "ZZZ"),
    ],
)
def test_cities_are_named_in_the_readers_language(code: str, language: str, name: str) -> None:
    assert city_name(code, language) == name


def test_vietnam_is_right_where_the_library_is_not() -> None:
    long_thanh, quy_nhon = find_airport("LTH"), find_airport("UIH")
    assert long_thanh is not None
    assert long_thanh.zone == "Asia/Ho_Chi_Minh"
    assert quy_nhon is not None
    assert quy_nhon.city == "Quy Nhơn"


@pytest.mark.parametrize(("old", "new"), [("PNH", "KTI"), ("REP", "SAI")])
def test_closed_airport_gives_its_successor(old: str, new: str) -> None:
    airport = find_airport(old)
    assert airport is not None
    assert (airport.iata, airport.country, airport.zone) == (new, "KH", "Asia/Phnom_Penh")


def test_airfield_without_airline_service_is_unknown() -> None:
    assert find_airport("SQH") is None


def test_unknown_code_has_no_airport() -> None:
    assert find_airport("ZZZ") is None


@pytest.mark.parametrize(("a", "b", "km"), [("HAN", "SGN", 1160), ("SGN", "BKK", 718), ("SGN", "SIN", 1092)])
def test_distance_follows_the_great_circle(a: str, b: str, km: float) -> None:
    start, end = find_airport(a), find_airport(b)
    assert start is not None
    assert end is not None
    assert distance_km(start, end) == pytest.approx(km, rel=0.02)
    assert distance_km(start, end) == pytest.approx(distance_km(end, start))
    assert distance_km(start, start) == 0


def test_our_positions_agree_with_the_library() -> None:
    library = airportsdata.load("IATA")
    ours = [airport for code in cities() for airport in map(find_airport, city_airports(code)) if airport]
    checked = [airport for airport in ours if airport.country == "VN" and airport.iata in library]
    assert len(checked) >= 22
    for airport in checked:
        row = library[airport.iata]
        assert (airport.latitude, airport.longitude) == pytest.approx((row["lat"], row["lon"]), abs=0.01)


def test_every_airport_of_every_city_exists_in_that_country() -> None:
    for city in cities().values():
        for code in city.airports:
            airport = find_airport(code)
            assert airport is not None, code
            assert airport.country == city.country, code


def test_a_domestic_trip_does_not_load_the_library() -> None:
    program = (
        "import sys; from domain.airports import *; find_airport('HAN'); city_airports('SGN'); city_name('BKK', 'vi');"
        "sys.exit('airportsdata' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(
    ("code", "km", "nearby"),
    [
        ("HAN", 200, ("HPH", "THD", "VDO")),
        ("SGN", 60, ("LTH",)),
        ("NRT", 100, ("HND",)),
        ("HND", 100, ("NRT",)),
        ("PNH", 50, ()),
        ("HAN", 0, ()),
        ("ZZZ", 1000, ()),
    ],
)
def test_nearby_airports_come_nearest_first_and_without_oneself(code: str, km: float, nearby: tuple[str, ...]) -> None:
    assert nearby_airports(code, km) == nearby


def test_a_city_code_stands_for_all_airports_of_a_city_and_nothing_else() -> None:
    assert city_code(("NRT", "HND")) == "TYO"
    assert [city_code(each) for each in (("NRT",), ("HAN",), ("HAN", "HPH"), ("BKK", "DMK"))] == [None] * 4


def test_an_airport_belongs_to_one_city() -> None:
    assert [city_code_of(each) for each in ("NRT", "DMK", "HAN", "QQQ")] == ["TYO", "BKK", "HAN", "QQQ"]
