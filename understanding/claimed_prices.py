"""Amounts of money in a sentence, with how exactly each is meant: "1.890.000 đ", "khoảng 1,9 triệu", "one million"."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal, NamedTuple

from domain.money import Money
from understanding.amounts import read_money
from understanding.claim_base import Found
from understanding.numbers import number_words
from understanding.text import Text

Nearness = Literal["exact", "about", "over", "under"]

_CODES = "vnd|usd|eur|gbp|aud|sgd|cad|hkd|thb|krw|jpy|cny|twd|nzd|chf|myr|inr"
_SIGNS = {"₫": "VND", "đ": "VND", "vnđ": "VND", "đồng": "VND", "$": "USD", "us$": "USD", "€": "EUR", "£": "GBP"} | {
    "¥": "JPY",
    "₩": "KRW",
    "฿": "THB",
}
_SIGN = r"us\$|₫|\$|€|£|¥|₩|฿"
_FIGURE = r"\d{1,3}(?P<apart>[., '])\d{3}(?:(?P=apart)\d{3}){0,4}(?:[.,]\d{1,2})?|\d{1,15}(?:[.,]\d{1,2})?"
_UNIT = r"(?:triệu|trieu|tr|million|mil|nghìn|nghin|ngàn|ngan|thousand|k|tỷ|ty|billion|cu|củ)(?![^\W_])"
_BEFORE = re.compile(rf"(?<!\w)(?P<currency>{_CODES}|{_SIGN}) ?(?P<figure>{_FIGURE})(?! ?{_UNIT})(?!\d)", re.I)
_BEHIND = re.compile(rf"(?<![\w.,])(?P<figure>{_FIGURE}) ?(?P<currency>{_CODES}|vnđ|đồng|đ|{_SIGN})(?![^\W_])", re.I)
_BARE = re.compile(r"(?<![\w.,])(?P<figure>\d{1,3}(?P<apart>[., '])\d{3}(?:(?P=apart)\d{3})+|\d{7,12})(?![\w]|[.,]\d)")
"""An amount without a currency is one in đồng: nothing else on a trip has seven figures."""
_MILLION = r"(?:triệu|trieu|tr|million|mil)(?![^\W_])"
_FINE_MILLIONS = re.compile(
    rf"(?<![\w.,])(?:(?P<figure>\d{{1,3}}[.,]\d{{3}}) ?{_MILLION}|(?P<short>\d{{1,3}}[.,]\d{{1,3}}) ?m(?![^\W_]))", re.I
)
""" "1.895 triệu", where a full stop parts no thousands, and "1.89M"."""
_FROM_MILLIONS = re.compile(
    r"(?<![\w.,:/])(?P<figure>\d{1,3}(?:[.,]\d{1,3})?)(?= ?(?:-|–|đến|tới|den|toi|to|and) ?\d{1,3}(?:[.,]\d{1,3})? ?"
    rf"(?:{_MILLION}|m(?![^\W_])))",
    re.I,
)
"""The lower end of a range whose unit the upper end names: "1,2 - 1,8 triệu"."""
_ABOUT = {
    "khoang",
    "tam",
    "chung",
    "xap",
    "about",
    "around",
    "roughly",
    "approximately",
    "~",
    "circa",
    "some",
    "nearly",
}
_OVER = {"hon", "tren", "over", "above"}
_UNDER = {"gan", "duoi", "under", "almost", "below"}
_COMPARED = {"re", "dat", "cao", "thap", "nhieu", "it"}
_WORD_STARTS = {"nua", "tram", "trieu", "half", "hundred", "thousand", "million", "a", *_CODES.split("|")}
_REACH = 3


class Price(NamedTuple):
    """An amount; `step` is its last figure that is not a zero, in minor units."""

    money: Money
    step: int
    nearness: Nearness


def find_prices(found: Found) -> None:
    """Amounts in figures with a currency first, then all that are said with a unit or in words."""
    written = found.text.written
    for pattern in (_FROM_MILLIONS, _FINE_MILLIONS, _BEFORE, _BEHIND, _BARE):
        for match in pattern.finditer(written):
            if found.is_free(match.start(), match.end()) and (money := _read(match)) is not None:
                _add(found, match.start(), match.end(), money)
    text = found.text
    for index, token in enumerate(text.tokens):
        begins = token.word[0].isdigit() or token.word in _WORD_STARTS or token.word in number_words().starts
        if not begins or not found.is_free_token(index):
            continue
        for money, end in read_money(text, index):
            is_bare = end == index + 1 and token.word.isdigit()
            if not is_bare and money.amount_minor > 0:
                _add(found, token.start, text.tokens[end - 1].end, money)
            break


def _read(match: re.Match[str]) -> Money | None:
    groups = match.groupdict()
    figure = groups["figure"] or groups["short"]
    if match.re in (_FROM_MILLIONS, _FINE_MILLIONS):
        return Money.floor(Decimal(figure.replace(",", ".")) * 1_000_000, "VND")
    sign = (groups.get("currency") or "vnd").casefold()
    digits = figure
    if separated := re.match(r"\d{1,3}([., '])\d{3}", figure):
        digits = figure.replace(separated[1], "")
    value = Decimal(digits.replace(",", "."))
    try:
        return Money.floor(value, _SIGNS.get(sign, sign.upper()))
    except ValueError:
        return None


def _add(found: Found, start: int, end: int, money: Money) -> None:
    found.add("price", start, end, Price(money, _step_of(money.amount_minor), _nearness(found.text, start, end)))


def _step_of(amount: int) -> int:
    step = 1
    while amount and amount % (step * 10) == 0:
        step *= 10
    return step


def _nearness(text: Text, start: int, end: int) -> Nearness:
    before = [token.word for token in text.tokens if token.end <= start][-_REACH - 1 :]
    behind = [token.word for token in text.tokens if token.start >= end][:2]
    said = set(before[-_REACH:])
    if said & _ABOUT or behind == ["or", "so"]:
        return "about"
    is_comparison = any(
        word == "hon" and set(before[max(at - 1, 0) : at]) & _COMPARED for at, word in enumerate(before)
    )
    if (said & _OVER and not is_comparison) or ("more" in said and "than" in said):
        return "over"
    if said & _UNDER or ("less" in said and "than" in said):
        return "under"
    return "exact"
