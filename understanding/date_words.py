"""The words of dates: days, weekdays, months, weeks and holidays, in both languages.

Where a phrase stands for a distance, it is in days, weeks, months or years from now.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

DAY_WORDS = {
    "hôm nay": 0,
    "ngày hôm nay": 0,
    "bữa nay": 0,
    "sáng nay": 0,
    "trưa nay": 0,
    "chiều nay": 0,
    "tối nay": 0,
    "đêm nay": 0,
    "today": 0,
    "tonight": 0,
    "this morning": 0,
    "this afternoon": 0,
    "this evening": 0,
    "mai": 1,
    "ngày mai": 1,
    "ngày mơi": 1,
    "bữa mai": 1,
    "tomorrow": 1,
    "tmr": 1,
    "tmrw": 1,
    "tomorow": 1,
    "tommorow": 1,
    "ngày kia": 2,
    "bữa kia": 2,
    "=mốt": 2,
    "ngày mốt": 2,
    "bữa mốt": 2,
    "day after tomorrow": 2,
    "the day after tomorrow": 2,
    "ngày =kìa": 3,
    "hôm qua": -1,
    "ngày hôm qua": -1,
    "yesterday": -1,
    "hôm kia": -2,
}
VIETNAMESE_WEEKDAYS = (
    ("hai", "2"),
    ("ba", "3"),
    ("tư", "4", "bốn"),
    ("năm", "5"),
    ("sáu", "6"),
    ("bảy", "7", "bẩy"),
)
ENGLISH_WEEKDAYS = (
    "monday mon",
    "tuesday tue tues",
    "wednesday wed weds",
    "thursday thur thurs",
    "friday fri",
    "saturday sat",
    "sunday sun",
)
ENGLISH_MONTHS = (
    "january jan",
    "february feb",
    "march mar",
    "april apr",
    "may",
    "june jun",
    "july jul",
    "august aug",
    "september sep sept",
    "october oct",
    "november nov",
    "december dec",
)
WEEKS = {
    "tuần này": 0,
    "tuần sau": 1,
    "tuần tới": 1,
    "tuần kế": 1,
    "tuần kế tiếp": 1,
    "tuần tiếp theo": 1,
    "tuần sau nữa": 2,
    "tuần tới nữa": 2,
    "tuần trước": -1,
    "tuần rồi": -1,
    "tuần vừa rồi": -1,
    "this week": 0,
    "next week": 1,
    "the following week": 1,
    "week after next": 2,
    "the week after next": 2,
    "last week": -1,
}
MONTHS_FROM_NOW = {
    "tháng này": 0,
    "tháng sau": 1,
    "tháng tới": 1,
    "tháng sau nữa": 2,
    "tháng trước": -1,
    "this month": 0,
    "next month": 1,
    "the month": 0,
    "last month": -1,
}
YEARS_FROM_NOW = {
    "năm nay": 0,
    "năm sau": 1,
    "sang năm": 1,
    "năm tới": 1,
    "this year": 0,
    "next year": 1,
    "the year": 0,
}
PARTS = {
    "đầu": "early",
    "giữa": "mid",
    "cuối": "late",
    "early": "early",
    "early in": "early",
    "mid": "mid",
    "late": "late",
    "late in": "late",
    "beginning of": "early",
    "start of": "early",
    "middle of": "mid",
    "end of": "late",
}
CALENDARS = {
    "âm lịch": True,
    "âm": True,
    "al": True,
    "ta": True,
    "lunar": True,
    "lunar calendar": True,
    "dương lịch": False,
    "dương": False,
    "dl": False,
    "tây": False,
}


def weekdays() -> Iterator[tuple[str, int]]:
    for weekday, names in enumerate(VIETNAMESE_WEEKDAYS):
        yield from ((f"thứ {name}", weekday) for name in names)
        yield f"t{weekday + 2}", weekday
        yield f"thứ{weekday + 2}", weekday
    yield from (("chủ nhật", 6), ("chúa nhật", 6), ("chủ nhựt", 6), ("cn", 6))
    for weekday, english in enumerate(ENGLISH_WEEKDAYS):
        yield from ((name, weekday) for name in english.split())


def named_days() -> Iterator[tuple[str, tuple[str, str, str]]]:
    table = Path(__file__).with_name("named_days.tsv").read_text(encoding="utf-8")
    for line in table.splitlines()[1:]:
        phrase, calendar, first, last = line.split("\t")
        yield phrase, (calendar, first, last)
