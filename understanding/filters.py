"""What narrows or orders a search: cabin, airline, stops, one way or return, baggage, refunds, flexibility, order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from understanding.airlines import airline_slot
from understanding.corrections import is_correction, without_taken_back
from understanding.denials import is_airline_refused, is_cabin_refused, is_denied
from understanding.grammar import DIGITS, Found, Grammar, Match, Reader, Rule, Vocabulary
from understanding.numbers import number_slot, number_words
from understanding.text import Text

_DENIABLE = {"cabin", "max_stops", "trip", "refundable", "sort", "flexible_days"}
_LISTING = {",", "/", "&", "and", "or", "nor", "va", "hoac", "hay", "lan"}
_VALUES: dict[str, Any] = {"true": True, "false": False, "any": None, "0": 0, "1": 1}
_OTHER_TRIP = {"one_way": "round_trip", "round_trip": "one_way", "multi_city": "one_way"}
_MOST_STOPS = 3
_WEIGHT_UNITS = {"kg", "kgs", "kilo", "kilos", "ki", "ky", "can", "lb", "lbs", "pounds"}
_WEIGHT = re.compile(rf"(\d{{1,2}})(?:{'|'.join(sorted(_WEIGHT_UNITS))})")
_ONLY_AT_END = {"single", "return"}
"""What a ticket is called when nothing follows: "1 March, single", but not "single passenger"."""

_AFTER_MONTH = {"nay", "sau", "toi", "gieng", "chap", "mot", "hai", "ba", "tu", "nam", "bay", "tam", "chin", "muoi"}
"""Behind "thang" these make it "tháng", the month, and not "thẳng", straight."""
_PEOPLE = {"nguoi", "ng", "khach", "ve", "nl", "dua", "ban"}

_MEANT_BEFORE = {
    "business": {"on", "for", "my", "our", "do", "of", "family", "some"},
    "trực tiếp": {"gap", "noi", "xem", "lien", "tu", "chuyen", "mua", "hoi"},
    "thẳng": {"noi", "hoi", "chay"},
    "chỉ đi": {"va", "voi"},  # "ảnh với chỉ" are he and she
}
_MEANT_BEHIND = {
    "business": {
        "trip",
        "trips",
        "travel",
        "meeting",
        "meetings",
        "days",
        "hours",
        "partner",
        "center",
        "visa",
        "purposes",
    },
    "best": {
        "time",
        "day",
        "days",
        "regards",
        "wishes",
        "way",
        "friend",
        "season",
        "month",
        "seat",
        "seats",
        "western",
    },
    "tốt nhất": {"la", "nen", "minh"},
    "direct": {"me", "message", "deposit", "billing", "line", "number"},
    "thương gia": {"lounge"},
    "theo giá": {"nao"},
    "single stop": {"in"},
    "premium": {"lounge", "member", "card", "seat", "seats"},
    "check bags": {"at"},
    "cheapest": {"day", "days", "month", "time"},
}
"""Words beside a phrase that make it something else: "business trip", "the best time"."""
_QUESTIONS = Vocabulary(
    dict.fromkeys(
        (
            *(
                "how much",
                "how many",
                "how heavy",
                "how big",
                "allowance",
                "policy",
                "policies",
                "fee",
                "fees",
                "charge",
            ),
            *(
                "limit",
                "limits",
                "what is the",
                "what's the",
                "what are the",
                "bao nhiêu",
                "mấy ký",
                "mấy kg",
                "mấy cân",
            ),
            *(
                "mấy kiện",
                "quy định",
                "chính sách",
                "phí",
                "tính sao",
                "giá sao",
                "does it include",
                "is a checked bag",
            ),
            *(
                "included ?",
                "gồm gì",
                "có gồm",
                "giá này gồm",
                "hành lý chưa",
                "ký gửi chưa",
                "có kèm",
                "có được",
                "thế nào",
                "như thế nào",
                "là gì",
                "lost",
                "thất lạc",
            ),
            *("cost", "costs", "weigh", "có bao gồm", "đã bao gồm", "do i get", "am i allowed", "is it possible"),
            *("where is my", "can i bring", "can i carry", "can i take", "được mang", "mang được", "được phép"),
        ),
        True,
    )
)
"""A message that asks such a thing of baggage or refunds wishes for nothing yet."""
_ASKED_ABOUT = {"checked_bag", "refundable"}


class FilterMention(NamedTuple):
    """A frame field and the value the words give it."""

    start: int
    end: int
    field: str
    value: Any


def find_filters(text: Text) -> list[FilterMention]:
    """Every filter, from left to right. A refused airline or cabin is left out: we have no filter for it."""
    found: list[FilterMention] = []
    refused: set[int] = set()
    taken: set[int] = set()

    def is_meant(match: Match) -> bool:
        said = match.rule.build(*match.values)
        if said is None or _is_month(text, match.end - 1):
            return False
        field, value = said
        if field == "trip" and text.word(match.start - 1) in ("ghe", "seat"):
            return False  # 1C is a seat there, and no way
        if field == "airlines" and value and _is_airline_refused(text, match, refused):
            refused.update(range(match.start, match.end))
            return False
        if field == "airlines" and value and _picks_offer(text, match):
            return False
        is_no = is_denied(text, match.start, taken)
        if field == "cabin" and (is_no or is_cabin_refused(text, match.start, taken)):
            return False
        if field == "checked_bag" and value and is_no:
            value = False
        elif is_no and field in _DENIABLE and value is not None:
            return False
        found.append(FilterMention(match.start, match.end, field, value))
        taken.update(range(match.start, match.end))
        return True

    _grammar().scan(text, allow=is_meant)
    if any(one.field in _ASKED_ABOUT for one in found) and _asks(text):
        found = [one for one in found if one.field not in _ASKED_ABOUT]
    return _without_alternatives(text, without_taken_back(text, found, lambda one: {one.field}))


def _is_airline_refused(text: Text, match: Match, refused: set[int]) -> bool:
    """By itself, as part of a longer name, or as one of a list; `refused` are the tokens of those before."""
    is_listed = text.word(match.start - 1) in _LISTING and match.start - 2 in refused
    return match.start in refused or is_listed or is_airline_refused(text, match.start, match.end)


def _picks_offer(text: Text, match: Match) -> bool:
    """ "The Emirates one" and "cái Jeju Air" are one of the flights shown, no wish for an airline."""
    before = text.word(match.start - 1)
    return (before == "the" and text.word(match.end) in {"one", "option", ""}) or before == "cai"


def _without_alternatives(text: Text, found: list[FilterMention]) -> list[FilterMention]:
    """Of two cabins neither is chosen ("economy or business?"), unless the first is given up for the second."""
    cabins = [one for one in found if one.field == "cabin"]
    if len({one.value for one in cabins}) < 2:
        return found
    is_changed = text.word(cabins[-1].start - 1) in {"to", "into", "sang", "thanh", "len", "xuong"}
    chosen = cabins[-1] if is_changed or is_correction(text, cabins[-2].end, cabins[-1].start) else None
    return [one for one in found if one.field != "cabin" or one is chosen]


def _asks(text: Text) -> bool:
    return any(_QUESTIONS.read(text, index) for index in range(len(text.tokens)))


def _is_month(text: Text, index: int) -> bool:
    following = text.word(index + 1)
    is_thang = text.word(index) == "thang" and not text.tokens[index].marks
    is_count = text.word(index + 2) in _PEOPLE
    return is_thang and not is_count and (following.isdigit() or following in _AFTER_MONTH)


@cache
def _grammar() -> Grammar:
    words = _read_words()
    return Grammar(
        _rules(),
        {
            "said": words,
            "trip": Vocabulary(_phrases_of("trip")),
            "airline": airline_slot(),
            "n": number_slot(),
            "weight": Reader(number_words().starts | {DIGITS}, _read_weight),
            "days": Reader(number_words().starts | {DIGITS}, _read_days),
        },
    )


@cache
def _table() -> list[tuple[str, Any, str]]:
    """Field, value and phrase."""
    rows = Path(__file__).with_name("filter_words.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return [
        (field, _VALUES.get(value, value), phrase)
        for field, value, phrases in (row.split("\t") for row in rows)
        for phrase in phrases.split(", ")
    ]


def _phrases_of(field: str) -> list[tuple[str, Any]]:
    return [(phrase, value) for name, value, phrase in _table() if name == field]


def _read_words() -> Reader:
    """The phrases of the table, where the words around them leave them their meaning."""
    phrases = Vocabulary([(phrase, (field, value, phrase)) for field, value, phrase in _table()])

    def read(text: Text, index: int) -> Iterator[Found]:
        for (field, value, phrase), end in phrases.read(text, index):
            key = phrase.lstrip("=^~")
            is_other = text.word(index - 1) in _MEANT_BEFORE.get(key, ()) or text.word(end) in _MEANT_BEHIND.get(
                key, ()
            )
            if phrase in _ONLY_AT_END:
                is_other = text.word(index - 1) not in {"", ",", "a"} or text.word(end) not in {"", ",", ".", "please"}
            if not is_other:
                yield (field, value), end

    return Reader(phrases.starts, read)


def _read_days(text: Text, index: int) -> list[Found]:
    """How many days: "2", "một hai", "1-2"; the larger of two."""
    found: list[Found] = []
    for first, end in number_slot().read(text, index):
        found.append((first, end))
        at = end + (text.word(end) in {"-", "or", "to", "den", "hoac", "/"})
        found.extend((second, stop) for second, stop in _number_at(text, at) if first < second <= first + 2)
    return found


def _read_weight(text: Text, index: int) -> list[Found]:
    """ "20kg", "20 ký"."""
    if joined := _WEIGHT.fullmatch(text.word(index)):
        return [(int(joined[1]), index + 1)]
    return [(number, end + 1) for number, end in number_slot().read(text, index) if text.word(end) in _WEIGHT_UNITS]


def _number_at(text: Text, index: int) -> list[Found]:
    return list(number_slot().read(text, index)) if index < len(text.tokens) else []


def _stops(number: int) -> tuple[str, int] | None:
    return ("max_stops", number) if number <= _MOST_STOPS else None


def _given_up(said: tuple[str, Any]) -> tuple[str, Any] | None:
    """A wish taken back."""
    field, value = said
    if field == "trip":
        return field, _OTHER_TRIP[value]
    is_wish = value is not None and value is not False
    return (field, False if field == "checked_bag" else None) if is_wish else None


def _rules() -> Iterator[Rule]:
    yield Rule("{said}", lambda said: said)
    yield Rule("{airline}", lambda value: ("airlines", value))
    yield Rule("{n} điểm dừng|dừng|chặng|transit", _stops)
    yield Rule("{n} điểm|chặng|lần quá|trung cảnh|chuyển", _stops)
    yield Rule("{n} - stop|stops|layover", _stops)
    for bound in ("no|not more than", "at most", "up to", "max|maximum of?"):
        yield Rule(f"{bound} {{n}} stop|stops|layover|layovers|stopover|stopovers|connection|connections", _stops)
    for bound in ("tối đa", "không quá", "nhiều nhất"):
        yield Rule(f"{bound} {{n}} điểm|lần|chặng? dừng|transit|quá|nối|trung cảnh|chuyến|chuyển?", _stops)
    yield Rule("{n} stop|stops|layover|layovers|stopover|stopovers|connection|connections", _stops)
    yield Rule("make it|that a? {trip}", lambda value: ("trip", value))
    yield Rule("bỏ|drop|cancel the? {trip}", lambda value: ("trip", _OTHER_TRIP[value]))
    yield Rule("dừng|transit tối|không|nhiều đa|quá|nhất {n} điểm|lần|chặng|nơi", _stops)
    yield Rule("bỏ {said}", _given_up)
    for given_up in (
        "scrap|drop|forget|remove|ignore about? the|that|my? {said}",
        "never mind about? the|that? {said}",
    ):
        yield Rule(given_up, _given_up)
    yield from _baggage_rules()
    yield from _flexibility_rules()


def _baggage_rules() -> Iterator[Rule]:
    def bag(number: int, *_: object) -> tuple[str, bool]:
        return "checked_bag", number > 0

    yield Rule("{n} checked|check|hold - in? bag|bags|suitcase|suitcases|luggage|baggage|pieces", bag)
    yield Rule("{n} checked|check|hold bag|bags|suitcase|suitcases|luggage|baggage|pieces", bag)
    yield Rule("{weight} of? luggage|baggage|bag|bags|suitcase", bag)
    yield Rule("{weight} checked|check|hold in? luggage|baggage|bag|bags", bag)
    yield Rule("{weight} hành|ký|kí lý|lí|gửi", bag)
    yield Rule("{weight} hành lý|lí ký|kí gửi", bag)
    yield Rule("ký|kí gửi {weight}", bag)
    yield Rule("hành lý|lí {weight}", bag)
    yield Rule("hành lý|lí ký|kí gửi {weight}", bag)
    yield Rule("mua|thêm|kèm|có {weight}", bag)
    yield Rule("{n} kiện hành|ký|kí lý|lí|gửi", bag)
    yield Rule("{n} vali|va ký|kí gửi", bag)
    yield Rule("{n} bags|suitcases to check", bag)


def _flexibility_rules() -> Iterator[Rule]:
    def flexible(days: int) -> tuple[str, int]:
        return "flexible_days", days

    for opening in ("±", "+ -", "+ / -", "plus or|and minus", "plus minus", "cộng trừ", "give or take"):
        yield Rule(f"{opening} {{days}} ngày|days|day|hôm", flexible)
    yield Rule("give or take a day", lambda: flexible(1))
    yield Rule("plus or|and minus a day", lambda: flexible(1))
    yield Rule("a day either|each side|way|direction", lambda: flexible(1))
    yield Rule("a day or two either|each side|way|direction", lambda: flexible(2))
    yield Rule("a day before or|and after", lambda: flexible(1))
    yield Rule("give or take a day or two", lambda: flexible(2))
    yield Rule("linh động|hoạt khoảng|trong|được|tầm? {days} ngày|hôm", flexible)
    yield Rule("linh hoạt|động ngày|giờ? trong? {days} ngày|hôm", flexible)
    for moved in ("xê", "xích", "dao"):
        yield Rule(f"{moved} dịch|xích|động khoảng|tầm|trong? {{days}} ngày|hôm", flexible)
    yield Rule("chênh|lệch|nhích|du|lùi lệch|nhau|di|qua|khoảng? {days} ngày|hôm", flexible)
    yield Rule("trước sau {days} ngày|hôm", flexible)
    yield Rule("sớm|trước hoặc|hay muộn|trễ|sau {days} ngày|hôm", flexible)
    yield Rule("sớm|trước muộn|trễ|sau {days} ngày|hôm", flexible)
    yield Rule("sớm|trước hơn hoặc|hay muộn|trễ hơn {days} ngày|hôm", flexible)
    yield Rule("{days} ngày trước hoặc|hay sau", flexible)
    yield Rule("flexible by|within|up to|of? {days} days|day", flexible)
    yield Rule("flexible by|within a day", lambda: flexible(1))
    yield Rule("flexible by|within up? to? {days} days|day", flexible)
    yield Rule("{days} days|day either|each side|way|direction", flexible)
    yield Rule("{days} days|day before or|and after", flexible)
    yield Rule("{days} days|day earlier or later", flexible)
    yield Rule("{days} days|day flexibility|flex|flexible", flexible)
    yield Rule("flexibility of {days} days|day", flexible)
    yield Rule("flexible on? my|the|our? dates|date|days by|within|, {days} days|day", flexible)
