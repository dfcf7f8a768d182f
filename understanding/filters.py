"""What narrows or orders a search: cabin, airline, stops, one way or return, baggage, refunds, flexibility, order."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from understanding.denials import is_airline_refused, is_denied
from understanding.grammar import Grammar, Match, Rule, Vocabulary
from understanding.numbers import number_slot
from understanding.text import Text

_DENIABLE = {"cabin", "max_stops", "trip", "refundable"}
_LISTING = {",", "/", "&", "and", "or", "nor", "va", "hoac", "hay", "lan"}

_AFTER_MONTH = {"nay", "sau", "toi", "gieng", "chap", "mot", "hai", "ba", "tu", "nam", "bay", "tam", "chin", "muoi"}
"""Behind "thang" these make it "tháng", the month, and not "thẳng", straight."""

_CABINS = {
    "phổ thông": "economy",
    "hạng phổ thông": "economy",
    "economy": "economy",
    "economy class": "economy",
    "eco": "economy",
    "phổ thông đặc biệt": "premium_economy",
    "hạng phổ thông đặc biệt": "premium_economy",
    "phổ thông cao cấp": "premium_economy",
    "premium economy": "premium_economy",
    "thương gia": "business",
    "hạng thương gia": "business",
    "business": "business",
    "business class": "business",
    "hạng nhất": "first",
    "first class": "first",
}
_STOPS = {
    "bay thẳng": 0,
    "=thẳng": 0,
    "trực tiếp": 0,
    "bay trực tiếp": 0,
    "không quá cảnh": 0,
    "ko quá cảnh": 0,
    "không dừng": 0,
    "không điểm dừng": 0,
    "không nối chuyến": 0,
    "nonstop": 0,
    "non stop": 0,
    "direct": 0,
    "no stop": 0,
    "no stops": 0,
    "without stops": 0,
    "no layover": 0,
    "no layovers": 0,
    "no stopover": 0,
    "no stopovers": 0,
}
_TRIPS = {
    "một chiều": "one_way",
    "1 chiều": "one_way",
    "1c": "one_way",
    "one way": "one_way",
    "oneway": "one_way",
    "single ticket": "one_way",
    "khứ hồi": "round_trip",
    "2 chiều": "round_trip",
    "hai chiều": "round_trip",
    "vé kh": "round_trip",
    "round trip": "round_trip",
    "roundtrip": "round_trip",
    "return trip": "round_trip",
    "return ticket": "round_trip",
    "return tickets": "round_trip",
    "return flight": "round_trip",
    "return flights": "round_trip",
}
_OTHER_TRIP = {"one_way": "round_trip", "round_trip": "one_way"}
_SORTS = {
    "rẻ nhất": "price",
    "re nhat": "price",
    "rẻ hơn": "price",
    "đắt quá": "price",
    "mắc quá": "price",
    "too expensive": "price",
    "giá rẻ": "price",
    "vé rẻ": "price",
    "giá tốt nhất": "price",
    "giá thấp nhất": "price",
    "tiết kiệm nhất": "price",
    "cheapest": "price",
    "cheaper": "price",
    "cheap": "price",
    "lowest price": "price",
    "lowest fare": "price",
    "less expensive": "price",
    "sớm nhất": "departure",
    "sớm hơn": "departure",
    "earliest": "departure",
    "earlier": "departure",
    "đến sớm nhất": "arrival",
    "arrives earliest": "arrival",
    "earliest arrival": "arrival",
    "nhanh nhất": "duration",
    "nhanh hơn": "duration",
    "ngắn nhất": "duration",
    "fastest": "duration",
    "faster": "duration",
    "quickest": "duration",
    "shortest": "duration",
    "tốt nhất": "best",
    "best": "best",
}
_BAGS = {
    "hành lý ký gửi": True,
    "có ký gửi": True,
    "kèm hành lý": True,
    "có hành lý": True,
    "checked bag": True,
    "checked bags": True,
    "checked baggage": True,
    "checked luggage": True,
    "with baggage": True,
    "with luggage": True,
    "không hành lý": False,
    "không ký gửi": False,
    "không hành lý ký gửi": False,
    "chỉ xách tay": False,
    "chỉ hành lý xách tay": False,
    "hand luggage only": False,
    "carry on only": False,
    "no checked bag": False,
    "no checked bags": False,
    "no checked baggage": False,
}
_REFUNDS = {
    "vé hoàn được": True,
    "hoàn được": True,
    "được hoàn": True,
    "hoàn huỷ": True,
    "hoàn hủy": True,
    "refundable": True,
    "refundable only": True,
}


class FilterMention(NamedTuple):
    """A frame field and the value the words give it."""

    start: int
    end: int
    field: str
    value: Any


def find_filters(text: Text) -> list[FilterMention]:
    """Every filter, from left to right. A negated airline or cabin is left out: we have no filter for it."""
    refused: set[int] = set()

    def is_meant(match: Match) -> bool:
        field, value = match.rule.build(*match.values)
        if field == "airlines" and value:
            if not _is_airline_refused(text, match, refused):
                return True
            refused.update(range(match.start, match.end))
            return False
        return not (field in _DENIABLE and is_denied(text, match.start)) and not _is_month(text, match.end - 1)

    return [
        FilterMention(match.start, match.end, *match.rule.build(*match.values))
        for match in _grammar().scan(text, allow=is_meant)
    ]


def _is_airline_refused(text: Text, match: Match, refused: set[int]) -> bool:
    """By itself, as part of a longer name, or as one of a list; `refused` are the tokens of those before."""
    is_listed = text.word(match.start - 1) in _LISTING and match.start - 2 in refused
    return match.start in refused or is_listed or is_airline_refused(text, match.start, match.end)


def _is_month(text: Text, index: int) -> bool:
    following = text.word(index + 1)
    is_thang = text.word(index) == "thang" and not text.tokens[index].marks
    return is_thang and (following.isdigit() or following in _AFTER_MONTH)


@cache
def _grammar() -> Grammar:
    return Grammar(
        _rules(),
        {
            "cabin": Vocabulary(_CABINS),
            "stops": Vocabulary(_STOPS),
            "trip": Vocabulary(_TRIPS),
            "sort": Vocabulary(_SORTS),
            "bag": Vocabulary(_BAGS),
            "refund": Vocabulary(_REFUNDS),
            "airline": _airlines(),
            "n": number_slot(),
        },
    )


def _rules() -> Iterator[Rule]:
    yield Rule("{cabin}", lambda value: ("cabin", value))
    yield Rule("{stops}", lambda value: ("max_stops", value))
    yield Rule("{n} điểm dừng", lambda value: ("max_stops", value))
    yield Rule("{n} stop|stops|layover|layovers", lambda value: ("max_stops", value))
    yield Rule("{trip}", lambda value: ("trip", value))
    yield Rule("make it|that a? {trip}", lambda value: ("trip", value))
    yield Rule("bỏ|drop|cancel the? {trip}", lambda value: ("trip", _OTHER_TRIP[value]))
    yield Rule("{sort}", lambda value: ("sort", value))
    yield Rule("{bag}", lambda value: ("checked_bag", value))
    yield Rule("{refund}", lambda value: ("refundable", value))
    yield Rule("non refundable", lambda: ("refundable", False))
    yield Rule("{airline}", lambda value: ("airlines", value))
    yield Rule("hãng nào cũng được", lambda: ("airlines", None))
    yield Rule("any airline", lambda: ("airlines", None))
    for days in ("± {n} ngày|days|day", "+ - {n} ngày|days|day", "+ / - {n} ngày|days|day"):
        yield Rule(days, lambda value: ("flexible_days", value))
    yield Rule("linh động|hoạt khoảng? {n} ngày", lambda value: ("flexible_days", value))
    yield Rule("xê dịch {n} ngày", lambda value: ("flexible_days", value))
    yield Rule("flexible by? {n} days|day", lambda value: ("flexible_days", value))
    yield Rule("give or take {n} days|day", lambda value: ("flexible_days", value))
    yield Rule("give or take a day", lambda: ("flexible_days", 1))


@cache
def _airlines() -> Vocabulary:
    table = Path(__file__).with_name("airlines.tsv").read_text(encoding="utf-8")
    lines = (line.split("\t") for line in table.splitlines()[1:])
    return Vocabulary([(name, code) for code, names in lines for name in names.split(", ")])
