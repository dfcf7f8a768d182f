"""Answers that say nothing by themselves: what they mean follows from what was asked or said before."""

from __future__ import annotations

from datetime import datetime

import pytest

from evals.understanding.score import describe_frame
from tests.understanding.tables import in_lots
from understanding.batch import follow

NOW = datetime.fromisoformat("2026-11-20T09:00:00+07:00")


def last_frame(*said: str) -> dict[str, str]:
    """After a conversation of the traveller's and, behind "A:", the assistant's words."""
    turns = [("assistant", each[2:]) if each.startswith("A:") else ("user", each) for each in said]
    return describe_frame(follow(NOW, turns)[-1].frame)


@in_lots(
    [
        ("Bạn bay ngày nào?", "25", "depart_on", "2026-11-25"),
        ("Bạn bay ngày nào?", "ngày 25 nhé", "depart_on", "2026-11-25"),
        ("Bạn bay ngày nào?", "mùng 3", "ambiguous", "depart_on 2026-12-03|2026-12-11|2027-02-08"),
        ("What day?", "the uh, the twelfth", "depart_on", "2026-12-12"),
        ("What day?", "uh the twenty-second please", "depart_on", "2026-11-22"),
        ("What day?", "thirty first", "depart_on", "2026-12-31"),
        ("Mấy người ạ?", "2", "adults", "2"),
        ("Mấy người ạ?", "dạ hai ạ", "adults", "2"),
        ("How many passengers?", "uh two... no, three", "adults", "3"),
        ("How many nights?", "five", "stay_nights", "5"),
        ("When do you come back?", "no", "trip", "one_way"),
    ]
)
def test_bare_answer_fills_the_slot_asked_about(asked: str, answer: str, slot: str, value: str) -> None:
    assert last_frame("Hanoi to Hue" if asked[0] in "HW" else "Hà Nội đi Huế", f"A:{asked}", answer)[slot] == value


@pytest.mark.parametrize(
    ("correction", "slot", "value"),
    [
        ("à không, 22 cơ", "depart_on", "2026-12-22"),
        ("nhầm, 18", "depart_on", "2026-12-18"),
        ("actually the twenty-third", "depart_on", "2026-12-23"),
        ("à nhầm, về 29 mới đúng", "return_on", "2026-12-29"),
        ("no sorry, back on the 30th", "return_on", "2026-12-30"),
    ],
)
def test_figure_behind_a_correction_is_another_day_of_that_month(correction: str, slot: str, value: str) -> None:
    frame = last_frame("HN đi Huế 20/12 về 27/12", correction)
    assert frame[slot] == value
    assert sum(day.startswith("2026-12") for day in map(str, frame.values())) == 2


def test_figure_within_a_span_is_a_day_of_it() -> None:
    frame = last_frame("HN đi Huế tháng 3", "A:Bạn chọn ngày nào?", "14")
    assert (frame["depart_on"], "depart_range" in frame) == ("2027-03-14", False)


@in_lots(["2", "5", "22", "the first", "bay 22", "22 kg", "room 22", "22 tuổi"])
def test_figure_that_answers_nothing_changes_nothing(said: str) -> None:
    assert last_frame("HN đi Huế", said).keys() == {"origin", "destination"}


@in_lots(
    [
        ("2", "2026-12-01"),
        ("1", "2026-11-29"),
        ("29 đi", "2026-11-29"),
        ("cái thứ hai", "2026-12-01"),
        ("the first one", "2026-11-29"),
        ("chủ nhật", "2026-11-29"),
        ("1/12", "2026-12-01"),
    ]
)
def test_one_of_the_days_offered_is_chosen(answer: str, day: str) -> None:
    frame = last_frame("Hà Nội đi Huế", "A:Bạn muốn ngày 29/11 hay 1/12?", answer)
    assert frame == {"origin": "HAN", "destination": "HUI", "depart_on": day}


def test_choice_not_taken_leaves_nothing_open() -> None:
    frame = last_frame("Hà Nội đi Huế 5/12", "A:Bạn muốn ngày 29/11 hay 1/12?", "hành lý bao nhiêu ký?")
    assert frame == {"origin": "HAN", "destination": "HUI", "depart_on": "2026-12-05"}


def test_what_is_said_beside_a_choice_is_heard_too() -> None:
    frame = last_frame("Hà Nội đi Huế next Friday", "ngày 27, cho 2 người, buổi sáng")
    assert frame == {
        "origin": "HAN",
        "destination": "HUI",
        "depart_on": "2026-11-27",
        "adults": "2",
        "depart_time": "05:00-11:59",
    }
