"""Amounts of money as they are written and said: 2tr5, 500k, 1,5 triệu, một triệu rưỡi, $300."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Literal, NamedTuple

from domain.money import Money
from understanding.grammar import DIGITS, Found, Grammar, Reader, Rule, Vocabulary
from understanding.numbers import number_words
from understanding.text import Text

Bound = Literal["at_most", "at_least", "about"]

LEAST_PLAUSIBLE_DONG = 1000
"""Below this an amount in đồng was misread, or a thousand was left out."""

_FIGURE = r"(?P<figure>\d{1,3}(?P<group>[., ])\d{3}(?:(?P=group)\d{3}){0,3}|\d{1,12}(?:[.,]\d{1,2})?)"
_COUNTED = (
    r"(?:nguoi|ng|ve|khach|ngay|dem|tre|em|be|lon|nl|te|eb|trieu|tr|k|nghin|ngan|h|g|gio|thang|tuan|adult|people|chang)"
)
"""After "2 triệu 3" these make the 3 a count of its own."""
_SHORT = re.compile(
    _FIGURE + r" ?(?P<unit>trieu|tr|million|mil|cu|m|thousand|nghin|ngan|k|lit|xi|ty)(?![^\W\d_])"
    r"(?:(?P<decimals>\d{1,3})(?![^\W_]|[/.,]\d)| (?P<spaced>\d{1,3})(?![^\W_]|[/.,:]\d| ?"
    + _COUNTED
    + r")| (?P<half>ruoi))?"
)
_PLAIN = re.compile(_FIGURE + r" ?(?P<currency>d|dong|vnd|usd|do|dollars?|euros?|eur|₫|\$|€)(?![^\W_])")
_PREFIXED = re.compile(r"(?P<currency>us\$|\$|€|₫|usd ?|eur ?|vnd ?)" + _FIGURE + r"(?!\d)")
_GROUPED = re.compile(r"\d{1,3}(?P<group>[., ])\d{3}(?P=group)\d{3}(?![.,]?\d)|\d{6,9}(?![\d/-]|[.,]\d)")
_MULTIPLIERS = {
    **dict.fromkeys(("trieu", "tr", "million", "mil", "cu", "m"), 1_000_000),
    **dict.fromkeys(("nghin", "ngan", "thousand", "k"), 1000),
    **dict.fromkeys(("lit", "xi"), 100_000),
    "ty": 1_000_000_000,
}
_CURRENCIES = {
    **dict.fromkeys(("d", "dong", "vnd", "₫"), "VND"),
    **dict.fromkeys(("usd", "do", "dollar", "dollars", "$", "us$"), "USD"),
    **dict.fromkeys(("euro", "euros", "eur", "€"), "EUR"),
}
_BOUNDS: dict[str, Bound] = {
    "dưới": "at_most",
    "không quá": "at_most",
    "ko quá": "at_most",
    "tối đa": "at_most",
    "nhiều nhất": "at_most",
    "trở xuống": "at_most",
    "under": "at_most",
    "below": "at_most",
    "less than": "at_most",
    "at most": "at_most",
    "up to": "at_most",
    "max": "at_most",
    "maximum": "at_most",
    "no more than": "at_most",
    "trên": "at_least",
    "hơn": "at_least",
    "over": "at_least",
    "more than": "at_least",
    "tầm": "about",
    "khoảng": "about",
    "cỡ": "about",
    "around": "about",
    "about": "about",
    "ngân sách": "at_most",
    "budget": "at_most",
    "budget of": "at_most",
    "budget is": "at_most",
    "giá": "about",
}


class AmountMention(NamedTuple):
    """An amount; `is_certain` is False for a bare figure whose unit is a guess."""

    start: int
    end: int
    phrase: str
    money: Money
    bound: Bound | None
    is_certain: bool = True


def find_amounts(text: Text) -> list[AmountMention]:
    """Every amount of money, with the words that bound it. A bare small figure counts only after such a word."""
    return [
        AmountMention(match.start, match.end, text.phrase(match.start, match.end), *match.rule.build(*match.values))
        for match in _grammar().scan(text)
    ]


@cache
def _grammar() -> Grammar:
    rules = [
        Rule("{bound}? {money}", lambda bound, money: (money, bound, True)),
        Rule("{money} trở xuống", lambda money: (money, "at_most", True)),
        Rule("từ {money} đến|tới|- {money}", lambda _, money: (money, "at_most", True)),
        Rule("từ {figure} đến|tới|- {money}", lambda _, money: (money, "at_most", True)),
        Rule("between {money} and {money}", lambda _, money: (money, "at_most", True)),
        Rule("{limit} {figure}", lambda bound, figure: (_dong(Decimal(figure * 1000)), bound, False)),
    ]
    limits = {phrase: bound for phrase, bound in _BOUNDS.items() if bound == "at_most"}
    starts = number_words().starts | {DIGITS, "$", "€", "₫", "us", "usd", "eur", "vnd", "nua", "tram"}
    return Grammar(
        rules,
        {
            "bound": Vocabulary(_BOUNDS),
            "limit": Vocabulary(limits),
            "money": Reader(starts, _read_money),
            "figure": Reader(frozenset({DIGITS}), _read_figure),
        },
    )


def _read_figure(text: Text, index: int) -> list[Found]:
    """A bare number that could be thousands of đồng, with nothing behind it that would make it another count."""
    word, after = text.word(index), text.word(index + 1)
    if after and after not in {",", ".", "!", "?", "thoi", "nhe", "den", "toi", "-", "per", "moi", "/"}:
        return []
    return [(int(word), index + 1)] if word.isdigit() and len(word) <= 4 else []


def _read_money(text: Text, index: int) -> Iterator[Found]:
    start = text.tokens[index].start
    for pattern, build in ((_PREFIXED, _in_currency), (_SHORT, _short), (_PLAIN, _in_currency), (_GROUPED, _grouped)):
        figures = pattern.match(text.folded, start)
        end = text.token_ending_at(figures.end(), index) if figures else None
        money = build(figures) if figures and end else None
        if money is not None and end is not None:
            yield money, end
            return
    yield from _read_spoken(text, index)


def _short(match: re.Match[str]) -> Money | None:
    """The digits after "tr" are the next decimal places: 2tr5 is 2,500,000 and 1tr250 is 1,250,000."""
    unit = _MULTIPLIERS[match["unit"]]
    value = _number(match) * unit
    if decimals := match["decimals"] or match["spaced"]:
        value += Decimal(f"0.{decimals}") * unit
    elif match["half"]:
        value += unit // 2
    return _dong(value)


def _in_currency(match: re.Match[str]) -> Money | None:
    try:
        return Money.parse(str(_number(match)), _CURRENCIES[match["currency"].strip()])
    except ValueError:
        return None


def _grouped(match: re.Match[str]) -> Money | None:
    return _dong(Decimal(re.sub(r"\D", "", match[0])))


def _number(match: re.Match[str]) -> Decimal:
    if match["group"]:
        return Decimal(match["figure"].replace(match["group"], ""))
    return Decimal(match["figure"].replace(",", "."))


def _dong(value: Decimal) -> Money:
    return Money(amount_minor=int(value), currency="VND")


def _read_spoken(text: Text, index: int) -> Iterator[Found]:
    """Words: "hai triệu rưỡi", "năm trăm ngàn", "nửa triệu"."""
    if text.word(index) == "nua" and text.word(index + 1) == "trieu":
        yield _dong(Decimal(500_000)), index + 2
        return
    value, end = _read_hundreds(text, index)
    unit = _MULTIPLIERS.get(text.word(end)) if value and text.word(end) in {"trieu", "nghin", "ngan", "cu"} else None
    if unit is None:
        return
    total = value * unit
    end += 1
    if text.word(end) == "ruoi":
        yield _dong(Decimal(total + unit // 2)), end + 1
        return
    rest, rest_end = _read_hundreds(text, end)
    if unit == 1_000_000 and rest and text.word(rest_end) in {"nghin", "ngan", "k"}:
        yield _dong(Decimal(total + rest * 1000)), rest_end + 1
        return
    yield _dong(Decimal(total)), end


def _read_hundreds(text: Text, index: int) -> tuple[int, int]:
    """A spoken number up to 999; 0 where there is none."""
    if index >= len(text.tokens):
        return 0, index
    found = number_words().read(text, index)
    value, end = found[0] if found else (0, index)
    if text.word(end) == "tram" and (value or end == index):
        hundreds = (value or 1) * 100
        if text.word(end + 1) == "ruoi":
            return hundreds + 50, end + 2
        rest = number_words().read(text, end + 1) if end + 1 < len(text.tokens) else []
        return (hundreds + rest[0][0], rest[0][1]) if rest else (hundreds, end + 1)
    return value, end
