"""The words of dates: days, weekdays, months, weeks and holidays, in both languages.

Where a phrase stands for a distance, it is in days, weeks, months or years from now.
"""

from __future__ import annotations

from collections.abc import Iterator

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
    **dict.fromkeys(
        ("tmr", "tmrw", "tmw", "tomo", "tomoz", "tmoz", "tomorow", "tommorow", "tommorrow", "tomorrow's"), 1
    ),
    "ngày kia": 2,
    "bữa kia": 2,
    "tomorrow week": 8,
    "a week tomorrow": 8,
    "=mốt": 2,
    "ngày mốt": 2,
    "bữa mốt": 2,
    "day after tomorrow": 2,
    "the day after tomorrow": 2,
    "day after tmr": 2,
    "overmorrow": 2,
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
    "tuần tới": 1,
    "tuần kế": 1,
    "tuần kế tiếp": 1,
    "tuần tiếp theo": 1,
    "tuần sau": 1,
    "tuần sau nữa": 2,
    "tuần tiếp": 1,
    "tuần tới nữa": 2,
    "tuần trước": -1,
    "tuần rồi": -1,
    "tuần vừa rồi": -1,
    "this week": 0,
    "next week": 1,
    "nxt week": 1,
    "nxt wk": 1,
    "next wk": 1,
    "this coming week": 1,
    "the coming week": 1,
    "next week's": 1,
    "week after next": 2,
    "the week after next": 2,
    "the week after": 2,
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
    "nxt month": 1,
    "the following month": 1,
    "month after next": 2,
    "the month after next": 2,
    "tháng tới nữa": 2,
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
    **dict.fromkeys(("first half of", "nửa đầu"), "first half"),
    **dict.fromkeys(("second half of", "last half of", "nửa cuối", "nửa sau"), "second half"),
    "beginning of": "early",
    "beginning": "early",
    "start of": "early",
    "first part of": "early",
    "early part of": "early",
    "middle of": "mid",
    "the middle of": "mid",
    "mid part of": "mid",
    "middle part of": "mid",
    "end of": "late",
    "tail end of": "late",
    "very end of": "late",
    "latter part of": "late",
    "late part of": "late",
    "trung tuần": "mid",
    "thượng tuần": "early",
    "hạ tuần": "late",
}
UNMARKED_AM = "am"
"""Âm without its mark, or the morning in an English message."""
CALENDARS: dict[str, bool | str] = {
    "âm lịch": True,
    "=âm": True,
    "am": UNMARKED_AM,
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


STAYING = (
    *(
        "for",
        "stay",
        "stay for",
        "staying",
        "staying for",
        "stay there for",
        "stay there",
        "staying there for",
        "spend",
    ),
    *("spending", "be there for", "be there", "there for", "gone for", "gone", "be gone for", "be gone", "for about"),
    *(
        "away for",
        "đi",
        "trong",
        "trong vòng",
        "ở",
        "ở lại",
        "ở chơi",
        "ở đó",
        "ở đấy",
        "ở bển",
        "ở bên đó",
        "ở lại đó",
    ),
    *(
        "ở lại chơi",
        "chơi",
        "nghỉ",
        "nghỉ dưỡng",
        "du lịch",
        "lưu trú",
        "đi chơi",
        "đi công tác",
        "công tác",
        "đi tour",
    ),
    *("chuyến đi", "chuyến", "lịch trình", "tour", "hành trình"),
)
"""Before a number of days these make it a length of stay."""
ABOUT = ("about", "around", "roughly", "like", "only", "just", "khoảng", "tầm", "chừng", "độ", "cỡ", "được", "đúng")
JOURNEYS = ("trip", "stay", "vacation", "holiday", "visit", "getaway", "long trip", "business trip", "round trip")
WHICH_WORDS = {
    "first": 1,
    "1st": 1,
    "second": 2,
    "2nd": 2,
    "third": 3,
    "3rd": 3,
    "fourth": 4,
    "4th": 4,
    "last": 5,
    "final": 5,
}
WHICH_BEHIND = {
    "đầu tiên": 1,
    "đầu": 1,
    "thứ nhất": 1,
    "thứ hai": 2,
    "thứ ba": 3,
    "thứ tư": 4,
    "cuối cùng": 5,
    "cuối": 5,
}
"""Which week, weekend or weekday of a month; 5 is the last."""
COUNTED = frozenset(
    (
        *("adult", "adults", "people", "person", "persons", "passenger", "passengers", "pax", "ppl", "ticket"),
        *("tickets", "seat", "seats", "kid", "kids", "child", "children", "infant", "infants", "baby", "babies"),
        *("traveler", "travelers", "traveller", "travellers", "day", "days", "night", "nights", "week", "weeks"),
        *("month", "months", "am", "pm", "a", "p", "o'clock", "oclock", "hundred", "thousand", "dollars", "bucks"),
        *("usd", "stop", "stops", "bag", "bags", "hours", "hour", "way", "guys", "guests", "grown", "friends"),
        *("colleagues", "students", "seniors", "h", "g", "thirty", "fifteen", "forty", "%", "year", "years", "yr"),
        *("nguoi", "khach", "ve", "tre", "be", "nl", "te", "dem", "trieu", "tr", "k", "nghin", "ngan", "gio"),
    )
)
"""Behind a cardinal these say what it counts: "in december two people" is no 2 December."""
LISTED = frozenset(
    (
        *(
            "one",
            "option",
            "flight",
            "offer",
            "choice",
            "result",
            "cheapest",
            "ticket",
            "class",
            "leg",
            "time",
            "thing",
        ),
        *("available", "person", "passenger", "day", "week", "weekend", "month", "seat", "row", "floor", "stop", "two"),
        *("three", "item", "line", "row", "part", "half", "quarter", "trip", "segment", "connection", "airport", "bag"),
    )
)
"""Behind an ordinal these say what is counted: "the sixth option" is no day."""
AFTER_ORDINAL_DAY = frozenset(
    (
        *("of", "to", "from", "through", "thru", "until", "till", "and", "or", "at", "around", "about", "in", "for"),
        *("please", "pls", "if", "is", "would", "with", "returning", "coming", "back", "return", "leaving", "leave"),
        *(
            "departing",
            "flying",
            "fly",
            "going",
            "go",
            "then",
            "but",
            "so",
            "uh",
            "um",
            "preferably",
            "before",
            "after",
        ),
        *("by", "between", "what", "what's", "which", "do", "does", "are", "can", "could", "i", "i'd", "i'm", "we"),
        *(
            "we're",
            "it's",
            "that's",
            "morning",
            "afternoon",
            "evening",
            "night",
            "early",
            "late",
            "anytime",
            "anything",
        ),
        *("sometime", "no", "not", "nonstop", "direct", "economy", "business", "how", "thanks", "thank", "ok", "okay"),
        *("maybe", "also", "on", "either", "just", "round", "into", "out", "arriving", "landing", "because", "as"),
        *("works", "work", "sounds", "looks", "instead", "will", "using", "via", "under", "flights", "traveling"),
        *(
            "travelling",
            "departure",
            "any",
            "you",
            "yeah",
            "yes",
            "right",
            "good",
            "actually",
            "sorry",
            "wait",
            "rather",
        ),
        *("home", "one-way", "non", "all", "my", "me", "has", "have", "it", "where", "when", "whatever", "give"),
    )
)
"""Behind "the first" to "the fifth" these leave it a day; before anything else it may be a place in a list."""
AFTER_LONE_FIGURE = frozenset(
    (
        *("ve", "nhe", "nha", "a", "nhi", "thi", "la", "roi", "cho", "va", "di", "bay", "hn", "sg", "tu", "tim", "gia"),
        *(
            "minh",
            "em",
            "toi",
            "gi",
            "re",
            "khu",
            "con",
            "co",
            "duoc",
            "dc",
            "nho",
            "giup",
            "luon",
            "moi",
            "thoi",
            "hen",
        ),
    )
)
"""Behind a figure these leave it a bare one."""
