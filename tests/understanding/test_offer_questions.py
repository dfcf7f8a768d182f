"""What is asked of prices, seats and rules, told apart from wishes for another search."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from domain.money import Money
from tests.understanding.tables import in_lots
from understanding.frame import DateRange, Frame, TimeWindow
from understanding.read import read_message
from understanding.reading import Choice, IntentName, Reading

NOW = datetime(2026, 11, 21, 9, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))


def read(message: str, shown: int = 8) -> Reading:
    frame = read_message("Hà Nội đi Đà Nẵng 20/12", frame=Frame(), now=NOW).frame
    return read_message(message, frame=frame, now=NOW, offers_shown=shown)


@in_lots(
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
    ]
)
def test_question_about_an_offer_changes_nothing(message: str, intent: IntentName, position: int | None) -> None:
    reading = read(message)
    assert (reading.intent.name, reading.changed) == (intent, ())
    assert reading.choice == (Choice(position=position) if position else None)


@pytest.mark.parametrize("message", ["tìm vé hoàn được", "cho 2 ghế đi Huế mai", "đổi sang 21/12"])
def test_wish_for_another_search_is_no_question_about_an_offer(message: str) -> None:
    assert read(message).intent.name == "refine"


def test_rules_are_asked_of_an_offer_only_where_one_is_shown() -> None:
    assert read("hoàn vé được không", shown=0).intent.name == "policy"


@in_lots(
    [
        ("lịch giá", date(2026, 12, 20), None),
        ("lich gia", date(2026, 12, 20), None),
        ("giá rẻ nhất quanh ngày 22/12", date(2026, 12, 22), None),
        ("ngày nào rẻ nhất tháng 12", None, DateRange(first=date(2026, 12, 1), last=date(2026, 12, 31))),
        ("what is the cheapest day?", date(2026, 12, 20), None),
        ("prices around 22 December", date(2026, 12, 22), None),
        ("cheapest day in December", None, DateRange(first=date(2026, 12, 1), last=date(2026, 12, 31))),
    ]
)
def test_calendar_is_of_the_days_named_or_known(message: str, day: date | None, span: DateRange | None) -> None:
    reading = read(message)
    assert (reading.intent.name, reading.frame.depart_on, reading.frame.depart_range) == ("price_calendar", day, span)


@pytest.mark.parametrize(
    ("message", "field", "value"),
    [
        ("giá quanh 2 triệu", "budget", Money.parse("2000000", "VND")),
        ("prices around 100 USD", "budget", Money.parse("100", "USD")),
        ("cheapest around noon", "depart_time", TimeWindow(first=time(11), last=time(13, 59))),
        ("rẻ nhất quanh 8 giờ sáng", "depart_time", TimeWindow(first=time(7), last=time(9))),
        ("giá quanh ngày 22/12 dưới 2 triệu", "budget", Money.parse("2000000", "VND")),
    ],
)
def test_budget_or_hour_that_something_is_around_is_a_wish_for_a_search(
    message: str, field: str, value: object
) -> None:
    reading = read(message)
    assert (reading.intent.name, getattr(reading.frame, field)) == ("refine", value)


@pytest.mark.parametrize(
    ("answer", "nights", "trip"), [("4 đêm", 4, "round_trip"), ("4", 4, "round_trip"), ("không", None, "one_way")]
)
def test_stay_asked_for_is_answered_in_nights_or_refused(answer: str, nights: int | None, trip: str) -> None:
    frame = read_message("lịch giá Hà Nội đi Đà Nẵng tháng 12 khứ hồi", frame=Frame(), now=NOW).frame
    after = read_message(answer, frame=frame, now=NOW, asked=frozenset({"stay_nights"})).frame
    assert (after.stay_nights, after.trip, after.depart_range) == (nights, trip, frame.depart_range)


def test_return_day_answers_a_question_about_the_stay() -> None:
    frame = read_message("lịch giá Hà Nội đi Đà Nẵng 20/12 khứ hồi", frame=Frame(), now=NOW).frame
    after = read_message("24/12", frame=frame, now=NOW, asked=frozenset({"stay_nights"})).frame
    assert (after.depart_on, after.return_on) == (date(2026, 12, 20), date(2026, 12, 24))
