"""What is asked of prices, seats and rules, told apart from wishes for another search."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from understanding.frame import DateRange, Frame
from understanding.read import read_message
from understanding.reading import Choice, IntentName, Reading

NOW = datetime(2026, 11, 21, 9, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))


def read(message: str, shown: int = 8) -> Reading:
    frame = read_message("Hà Nội đi Đà Nẵng 20/12", frame=Frame(), now=NOW).frame
    return read_message(message, frame=frame, now=NOW, offers_shown=shown)


@pytest.mark.parametrize(
    ("message", "intent", "position"),
    [
        ("sơ đồ ghế số 2", "seat_map", 2),
        ("sơ đồ ghế chuyến 2", "seat_map", 2),
        ("so do ghe 2", "seat_map", 2),
        ("còn ghế cửa sổ không", "seat_map", None),
        ("seat map of 2", "seat_map", 2),
        ("are there window seats?", "seat_map", None),
        ("show me the seats of option 3", "seat_map", 3),
        ("điều kiện vé số 1", "fare_rules", 1),
        ("hoàn vé được không", "fare_rules", None),
        ("vé này có hoàn được không", "fare_rules", None),
        ("fare rules for 1", "fare_rules", 1),
        ("can I refund the first one", "fare_rules", 1),
        ("is it refundable", "fare_rules", None),
    ],
)
def test_question_about_an_offer_changes_nothing(message: str, intent: IntentName, position: int | None) -> None:
    reading = read(message)
    assert (reading.intent.name, reading.changed) == (intent, ())
    assert reading.choice == (Choice(position=position) if position else None)


@pytest.mark.parametrize("message", ["tìm vé hoàn được", "cho 2 ghế đi Huế mai", "đổi sang 21/12"])
def test_wish_for_another_search_is_no_question_about_an_offer(message: str) -> None:
    assert read(message).intent.name == "refine"


def test_rules_are_asked_of_an_offer_only_where_one_is_shown() -> None:
    assert read("hoàn vé được không", shown=0).intent.name == "question"


@pytest.mark.parametrize(
    ("message", "day", "span"),
    [
        ("lịch giá", date(2026, 12, 20), None),
        ("lich gia", date(2026, 12, 20), None),
        ("giá rẻ nhất quanh ngày 22/12", date(2026, 12, 22), None),
        ("ngày nào rẻ nhất tháng 12", None, DateRange(first=date(2026, 12, 1), last=date(2026, 12, 31))),
        ("what is the cheapest day?", date(2026, 12, 20), None),
        ("cheapest day in December", None, DateRange(first=date(2026, 12, 1), last=date(2026, 12, 31))),
    ],
)
def test_calendar_is_of_the_days_named_or_known(message: str, day: date | None, span: DateRange | None) -> None:
    reading = read(message)
    assert (reading.intent.name, reading.frame.depart_on, reading.frame.depart_range) == ("price_calendar", day, span)
