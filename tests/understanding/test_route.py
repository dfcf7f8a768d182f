"""Which places are said and which end of the trip they are, however it is put."""

from __future__ import annotations

import pytest

from tests.understanding.tables import NOW, in_lots, read_table, without_marks
from understanding.frame import Frame
from understanding.read import read_message


def route_of(frame: Frame) -> str:
    """The places of a frame as the table writes them."""
    origin, destination = (end.iata if end else "-" for end in (frame.origin, frame.destination))
    legs = [f"{leg.origin.iata}-{leg.destination.iata}" for leg in frame.legs]
    doubts = [
        f"{one.field}?{'|'.join(one.readings)}" for one in frame.ambiguous if one.field in {"origin", "destination"}
    ]
    problems = [f"{one.field}!{one.code}" for one in frame.problems if one.field in {"origin", "destination"}]
    home = ["home"] if frame.trip == "round_trip" else []
    return " ".join((f"{origin}>{destination}", *legs, *home, *doubts, *problems))


@in_lots(read_table("routes.tsv"))
def test_route_is_read(message: str, route: str) -> None:
    assert route_of(read_message(message, frame=Frame(), now=NOW).frame) == route


@in_lots(read_table("routes.tsv"))
def test_route_without_diacritics_is_the_same(message: str, route: str) -> None:
    assert route_of(read_message(without_marks(message), frame=Frame(), now=NOW).frame) == route


@pytest.mark.parametrize(
    ("message", "days"),
    [
        ("London to Paris on 9 Feb, then Paris to Milan on 12 Feb", ["2027-02-09", "2027-02-12"]),
        (
            "hcm di bangkok 10/4 roi bangkok sang singapore 14/4, xong ve hcm 18/4",
            ["2027-04-10", "2027-04-14", "2027-04-18"],
        ),
        ("Hà Nội - Đà Nẵng - Sài Gòn, bắt đầu từ 5/12", ["2026-12-05", None]),
        ("từ Hà Nội đi Huế rồi 14/4 sang Đà Lạt", [None, "2027-04-14"]),
        ("Saigon - Bangkok 3/3, Bangkok - Tokyo, Tokyo - Saigon 15/3", ["2027-03-03", None, "2027-03-15"]),
    ],
)
def test_each_leg_has_the_day_said_beside_it(message: str, days: list[str | None]) -> None:
    legs = read_message(message, frame=Frame(), now=NOW).frame.legs
    assert [leg.depart_on and leg.depart_on.isoformat() for leg in legs] == days


def test_first_leg_takes_the_day_said_later() -> None:
    frame = read_message("Hà Nội - Đà Nẵng - Sài Gòn", frame=Frame(), now=NOW).frame
    frame = read_message("ngày 5/12", frame=frame, now=NOW, asked=frozenset({"depart_on"})).frame
    assert [leg.depart_on and leg.depart_on.isoformat() for leg in frame.legs] == ["2026-12-05", None]


@pytest.mark.parametrize(("answer", "code"), [("alabama", "BHM"), ("the one in England", "BHX"), ("BHM", "BHM")])
def test_state_or_country_settles_which_city_is_meant(answer: str, code: str) -> None:
    frame = read_message("I want to go to Birmingham", frame=Frame(), now=NOW).frame
    after = read_message(answer, frame=frame, now=NOW, previous_language="en").frame
    assert (after.destination and after.destination.iata, after.ambiguous) == (code, ())


def test_airport_named_alone_replaces_the_city_it_belongs_to() -> None:
    frame = read_message("Inverness to London", frame=Frame(), now=NOW).frame
    assert route_of(read_message("gatwick pls", frame=frame, now=NOW, asked=frozenset({"origin"})).frame) == "INV>LGW"


@in_lots(
    [
        "my dad can not go",
        "what have you got",
        "VÉ CHO SINH VIÊN",
        "BUDGET TICKET PLEASE",
        "HEADED HOME",
        "Đi Công Tác Tuần Sau",
    ]
)
def test_words_that_are_codes_or_towns_are_no_places(message: str) -> None:
    assert route_of(read_message(message, frame=Frame(), now=NOW).frame) == "->-"


@in_lots(
    [
        ("change boston to providence", "PVD>MIA"),
        ("can i change from boston to providence", "PVD>MIA"),
        ("swap miami for tampa", "BOS>TPA"),
        ("đổi Boston thành Providence", "PVD>MIA"),
        ("thay Miami bằng Tampa", "BOS>TPA"),
        ("ngược lại mới đúng", "MIA>BOS"),
        ("no, the other way round", "MIA>BOS"),
        ("reverse that", "MIA>BOS"),
        ("và ngược lại", "BOS>MIA"),
        ("Nguyễn Thị Huế và Trần Mai", "BOS>MIA"),
    ]
)
def test_known_route_is_turned_or_replaced_where_it_stands(message: str, route: str) -> None:
    frame = read_message("Boston to Miami on 3 Dec", frame=Frame(), now=NOW).frame
    assert route_of(read_message(message, frame=frame, now=NOW).frame) == route


def test_falling_afterthought_takes_the_place_before_back() -> None:
    assert route_of(read_message("đi Đài Bắc, à Cao Hùng", frame=Frame(), now=NOW).frame) == "->KHH"
