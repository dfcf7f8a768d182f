"""Whether two days said in one breath are those of a trip, out and back, or the ends of a span to choose a day from."""

from __future__ import annotations

from datetime import date

from understanding.draft import Draft
from understanding.grammar import Vocabulary
from understanding.text import Text

SHORTEST_TRIP_DAYS = 2
_BEFORE_SPAN = {"from", "between", "tu", "giua", "khoang", "tam", "trong", "during", "within", "around", "about"}
"""Right before the first day these make a span."""
_ONE_OF_THEM = Vocabulary(
    [
        (phrase, True)
        for phrase in (
            *(
                "any",
                "anytime",
                "sometime",
                "some day",
                "someday",
                "somewhere between",
                "flexible",
                "whichever",
                "flex",
            ),
            *("whenever", "either", "cheapest day", "cheapest date", "cheapest days", "best day", "one day", "one way"),
            *("which day", "what day", "which date", "oneway", "one - way", "window", "open to", "what dates"),
            *("ngày nào", "hôm nào", "bữa nào", "lúc nào", "linh hoạt", "linh động", "bất kỳ", "bất kì", "một chiều"),
            *("1 chiều", "ngày rẻ nhất", "rẻ nhất ngày", "giai đoạn", "thời gian", "khoảng", "trong khoảng"),
        )
    ]
)
"""Anywhere in the message these ask for one day out of the span."""


def are_trip_days(draft: Draft, text: Text, start: int, first: date, last: date) -> bool:
    """With a route said and nothing that asks for one day of them; `start` is where the first is said."""
    is_route = bool(draft.get("origin") and draft.get("destination")) and not draft.get("legs")
    return (
        is_route
        and (last - first).days >= SHORTEST_TRIP_DAYS
        and draft.get("trip") != "one_way"
        and draft.get("stay_nights") is None
        and text.word(start - 1) not in _BEFORE_SPAN
        and not any(_ONE_OF_THEM.read(text, index) for index in range(len(text.tokens)))
    )
