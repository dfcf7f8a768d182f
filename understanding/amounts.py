"""Amounts of money as they are written and said: 2tr5, 500k, 1,5 triệu, một triệu rưỡi, $300, two hundred dollars."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, cast

from domain.money import Money
from understanding.grammar import DIGITS, Found, Grammar, Match, Reader, Rule, Vocabulary
from understanding.numbers import number_slot, number_words
from understanding.text import Text, find_marks

Bound = Literal["at_most", "at_least", "about"]

LEAST_PLAUSIBLE_DONG = 1000
"""Below this an amount in đồng was misread, or a thousand was left out."""
_LEAST_BEFORE_A_BARE_DO = 10
_LEAST_WITHOUT_UNIT = 50
"""A smaller figure is no fare, not even in thousands; "20 k" may be the 20th and "không"."""

_FIGURE = r"(?P<figure>\d{1,3}(?P<group>[., ])\d{3}(?:(?P=group)\d{3}){0,3}|\d{1,12}(?:[.,]\d{1,2})?)"
_COUNTED = (
    r"(?:nguoi|ng|ve|khach|ngay|dem|tre|em|be|lon|nl|te|eb|trieu|tr|h|g|gio|thang|tuan|adult|people|chang|kg|ky|chieu"
    r"|passenger|ticket|seat|kid|child|pax|lan|diem|sao|dua|ban|o)"
)
"""After "2 triệu 3" these make the 3 a count of its own."""
_UNITS = {
    **dict.fromkeys(("trieu", "tr", "million", "mil", "cu", "m", "chai"), 1_000_000),
    **dict.fromkeys(("nghin", "ngan", "thousand", "k", "grand"), 1000),
    **dict.fromkeys(("lit", "xi", "tram nghin", "tram ngan", "tram k"), 100_000),
    "ty": 1_000_000_000,
}
_SHORT = re.compile(
    _FIGURE
    + r" ?(?P<unit>trieu|tr|million|mil|cu|chai|m|thousand|nghin|ngan|k|lit|xi|ty|tram (?:nghin|ngan|k))(?![^\W\d_])"
    r"(?: ?(?P<thousands>\d{1,3}) ?(?:k|nghin|ngan|tram)(?![^\W_])|(?P<decimals>\d{1,3})(?![^\W_]|[/.,]\d)"
    r"| (?P<spaced>\d{1,3})(?![^\W_]|[/.,:-]\d| ?" + _COUNTED + r"| [/-] ?\d)| ?(?P<half>ruoi))?"
)
_CURRENCY = (
    r"(?P<currency>vnd|dong|d|usd|us|do (?:la )?(?:my|uc|sing(?:apore)?|canada|hong kong)|do la|do"
    r"|(?:us |american )?dollars?|bucks?|euros?|eur|pounds(?: sterling)?|quid|gbp|bang(?: anh)?"
    r"|(?:australian|aussie|aus) dollars?|aud|sgd"
    r"|sing(?:apore(?:an)?)? dollars?|canadian dollars?|cad|hong kong dollars?|hkd|baht|bat thai|thb|won|krw|jpy"
    r"|yen(?: nhat)?|nhan dan te|ndt|rmb|cny|yuan|ringgit|myr|rupees|inr|twd|nzd|chf|swiss francs?|₫|\$|€|£|¥|₩|฿)"
)
_PLAIN = re.compile(_FIGURE + r" ?(?P<times>k|thousand|grand|million|mil)? ?" + _CURRENCY + r"(?![^\W_])")
_SIGNS = (
    r"(?P<currency>(?:us|au|a|nz|sg|s|ca|c|hk|nt)?\$|€|£|¥|₫|₩|฿|(?:usd|eur|vnd|gbp|aud|sgd|cad|hkd|thb|krw|jpy|cny) ?)"
)
_PREFIXED = re.compile(
    _SIGNS + r" ?" + _FIGURE + r"(?: ?(?P<times>k|thousand|million|mil)(?![^\W_]))?(?!\d)"
    r"(?: ?(?:-|to|den) ?(?P<upper>\d{2,7})(?![^\W_]|[/.,:-]\d))?"
)
_GROUPED = re.compile(r"\d{1,3}(?P<group>[., ])\d{3}(?P=group)\d{3}(?![.,]?\d)|\d{4,7}00(?![\d/-]|[.,]\d)")
_CURRENCIES = {
    **dict.fromkeys(("d", "dong", "vnd", "₫"), "VND"),
    **dict.fromkeys(
        ("usd", "do", "do la", "do my", "do la my", "dollar", "buck", "us", "$", "us$", "us dollar"), "USD"
    ),
    "american dollar": "USD",
    **dict.fromkeys(("euro", "eur", "€"), "EUR"),
    **dict.fromkeys(("pound", "pounds sterling", "quid", "gbp", "bang", "bang anh", "£"), "GBP"),
    **dict.fromkeys(
        ("aud", "a$", "au$", "australian dollar", "aussie dollar", "aus dollar", "do uc", "do la uc"), "AUD"
    ),
    **dict.fromkeys(("sgd", "s$", "sg$", "singapore dollar", "singaporean dollar", "sing dollar", "do sing"), "SGD"),
    **dict.fromkeys(("do la sing", "do singapore", "do la singapore"), "SGD"),
    **dict.fromkeys(("cad", "c$", "ca$", "canadian dollar", "do la canada"), "CAD"),
    **dict.fromkeys(("hkd", "hk$", "hong kong dollar", "do la hong kong"), "HKD"),
    **dict.fromkeys(("nzd", "nz$"), "NZD"),
    **dict.fromkeys(("twd", "nt$"), "TWD"),
    **dict.fromkeys(("baht", "bat thai", "thb", "฿"), "THB"),
    **dict.fromkeys(("won", "krw", "₩"), "KRW"),
    **dict.fromkeys(("yen", "yen nhat", "jpy", "¥"), "JPY"),
    **dict.fromkeys(("nhan dan te", "ndt", "rmb", "cny", "yuan"), "CNY"),
    **dict.fromkeys(("ringgit", "myr"), "MYR"),
    **dict.fromkeys(("rupee", "inr"), "INR"),
    **dict.fromkeys(("chf", "swiss franc"), "CHF"),
}
_LEAST_FIGURES = {"d": 1000, "won": 1000, "yen": 100, "us": 20, "bang": 10, "buck": 5}
"""Below these the word is another: "2 d" and "3 won"."""
_DOLLAR_WORDS = Vocabulary(
    {
        **dict.fromkeys(("dollars", "dollar", "bucks", "usd", "us dollars", "american dollars", "đô", "đô la"), "USD"),
        **dict.fromkeys(("đô mỹ", "đô la mỹ"), "USD"),
        **dict.fromkeys(("euros", "euro"), "EUR"),
        **dict.fromkeys(("pounds", "quid"), "GBP"),
        **dict.fromkeys(("australian dollars", "aussie dollars", "đô úc"), "AUD"),
        **dict.fromkeys(("singapore dollars", "sing dollars", "đô sing"), "SGD"),
        **dict.fromkeys(("canadian dollars",), "CAD"),
        **dict.fromkeys(("baht",), "THB"),
        **dict.fromkeys(("won",), "KRW"),
        **dict.fromkeys(("yen",), "JPY"),
        **dict.fromkeys(("dong", "vnd", "đồng"), "VND"),
    }
)
_SPOKEN_UNITS = {
    "trieu": 1_000_000,
    "million": 1_000_000,
    "cu": 1_000_000,
    "nghin": 1000,
    "ngan": 1000,
    "thousand": 1000,
}
_NO_LIMITS = {"within", "inside", "spend", "<", "cao nhất"}
"""Of a bare figure these say nothing: "within 60 days"."""
_FOLLOWING_A_GUESS = {
    ",",
    ".",
    "!",
    "?",
    "thoi",
    "nhe",
    "den",
    "toi",
    "-",
    "per",
    "moi",
    "/",
    "nha",
    "ạ",
    "for",
    "please",
}
_NO_MONEY_BEFORE = {"ngay", "mung", "mong", "hom", "thang", "so", "chuyen", "vn", "vj", "flight", "lien", "december"}
_EARNED = {"luong", "nhap", "salary", "income", "earn", "earning"}
"""Behind these an amount is what the traveller has, no fare."""
_CHARGED = {"fee", "fees", "charge", "charges", "surcharge", "deposit"}
_DO_MARKS = find_marks("đô")
_BEHIND_THE_VERB = {"you", "we", "i", "not", "they", "lai", "xuong", "len"}
_LIQUID = {"nuoc", "mam", "dau", "ruou", "sua", "bia", "chat", "of"}


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
        for match in _grammar().scan(text, allow=lambda match: not _is_of_something_else(text, match))
    ]


def _is_of_something_else(text: Text, match: Match) -> bool:
    """ "Ngày 5 - 2 triệu" is a day before a price, "1 lít nước" is water."""
    if text.word(match.start - 1) in _EARNED or text.word(match.end) in _CHARGED:
        return True
    is_range = text.tokens[match.start].word.isdigit() and match.rule.pattern in _RANGES
    if is_range and text.word(match.start - 1) in _NO_MONEY_BEFORE:
        return True
    return text.word(match.end - 1) == "lit" and text.word(match.end) in _LIQUID


_RANGES = ("{figure} đến|tới|- {money}", "{money} đến|tới|- {money}", "{figure} to|or {money}", "{money} to {money}")


@cache
def _grammar() -> Grammar:
    def upper(_: object, money: Money) -> tuple[Money, Bound, bool]:
        return money, "at_most", True

    def bounded_upper(_: Bound, lower: object, money: Money) -> tuple[Money, Bound, bool]:
        return upper(lower, money)

    bounds = _read_bounds()
    rules = [
        Rule("{bound}? {money}", lambda bound, money: (money, bound, True)),
        Rule("{bound} {bound} {money}", lambda bound, nearer, money: (money, _stronger(bound, nearer), True)),
        Rule(
            "{bound} là|is|of|: {bound}? {money}", lambda bound, nearer, money: (money, _stronger(bound, nearer), True)
        ),
        Rule("{bound} a|an|the? {money}", lambda bound, money: (money, bound, True)),
        Rule("{money} {trailing}", lambda money, bound: (money, bound, True)),
        Rule("{bound} {money} {trailing}", lambda _, money, bound: (money, bound, True)),
        *(Rule(pattern, upper) for pattern in _RANGES),
        *(
            Rule(f"{opening} {lower} {between} {{money}}", upper)
            for opening, between in (("từ", "đến|tới|-|lên"), ("between", "and|to|-"), ("from", "to|-|and"))
            for lower in ("{money}", "{figure}")
        ),
        *(Rule(f"{{bound}} {pattern}", bounded_upper) for pattern in _RANGES),
        Rule("{limit} {guess}", lambda bound, figure: (_dong(Decimal(figure * 1000)), bound, False)),
    ]
    limits = [(phrase, bound) for phrase, bound in bounds["before"] if bound == "at_most" and phrase not in _NO_LIMITS]
    # fmt: off
    starts = number_words().starts | {
        DIGITS, "$", "€", "₫", "£", "¥", "₩", "฿", "us", "usd", "eur", "vnd", "gbp", "aud", "sgd", "cad", "hkd", "thb",
        "krw", "jpy", "cny", "au", "a", "nz", "sg", "s", "ca", "c", "hk", "nt", "nua", "tram", "trieu", "cu", "half",
        "hundred", "thousand",
    }
    # fmt: on
    return Grammar(
        rules,
        {
            "bound": Vocabulary(bounds["before"]),
            "limit": Vocabulary(limits),
            "trailing": Vocabulary(bounds["behind"]),
            "money": Reader(starts, read_money),
            "figure": Reader(frozenset({DIGITS}) | number_words().starts, _read_lower),
            "guess": Reader(frozenset({DIGITS}), _read_guess),
        },
    )


def _read_bounds() -> dict[str, list[tuple[str, Bound]]]:
    """Phrases before and behind an amount, and which side of it they mean."""
    bounds: dict[str, list[tuple[str, Bound]]] = {"before": [], "behind": []}
    for line in Path(__file__).with_name("bounds.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        bound, place, phrases = line.split("\t")
        bounds[place].extend((phrase, cast("Bound", bound)) for phrase in phrases.split(", "))
    return bounds


def _stronger(bound: Bound, nearer: Bound | None) -> Bound:
    """ "Ngân sách khoảng 3 củ" is about it, "không hơn tầm 2tr" is not more."""
    return bound if nearer is None or (bound == "at_most" and nearer == "at_least") else nearer


def _read_lower(text: Text, index: int) -> list[Found]:
    """The lower end of a range, whose unit the upper end names: "200 to 300 dollars"."""
    word = text.word(index)
    if word.isdigit():
        # "1.5 - 2 triệu"
        is_broken = (
            text.word(index + 1) in {",", "."} and text.word(index + 2).isdigit() and len(text.word(index + 2)) < 3
        )
        return [(int(word), index + 3 if is_broken else index + 1)] if len(word) <= 7 else []
    value, end = _read_hundreds(text, index)
    return [(value, end)] if value else []


def _read_guess(text: Text, index: int) -> list[Found]:
    """A bare number that could be thousands of đồng, with nothing behind it that would make it another count."""
    word, after = text.word(index), text.word(index + 1)
    if after and after not in _FOLLOWING_A_GUESS:
        return []
    if after in {",", "."} and text.word(index + 2).isdigit():
        return []
    is_fare = word.isdigit() and len(word) <= 4 and int(word) >= _LEAST_WITHOUT_UNIT
    return [(int(word), index + 1)] if is_fare else []


def read_money(text: Text, index: int) -> Iterator[Found]:
    """An amount that begins at a token, without the words that bound it."""
    start = text.tokens[index].start
    for pattern, build in ((_PREFIXED, _in_currency), (_PLAIN, _in_currency), (_SHORT, _short), (_GROUPED, _grouped)):
        figures = pattern.match(text.folded, start)
        end = text.token_ending_at(figures.end(), index) if figures else None
        money = build(figures) if figures and end else None
        if money is not None and end is not None and not _is_verb(text, end):
            tenths, stop = _tenths(text, end) if text.word(end - 1) == "trieu" else (0, end)
            yield _dong(Decimal(money.amount_minor + tenths * 100_000)) if tenths else money, stop
            return
    yield from _read_spoken(text, index)


def _is_verb(text: Text, end: int) -> bool:
    """ "On the 5 do you have", "500k đổ lại": "do" is the currency only when it is, or may be, "đô"."""
    if text.word(end - 1) != "do":
        return False
    marks = text.tokens[end - 1].marks
    return marks != _DO_MARKS if marks else text.word(end) in _BEHIND_THE_VERB


def _tenths(text: Text, index: int) -> tuple[int, int]:
    """The "hai" of "một triệu hai", in tenths; without diacritics too many words look like a number."""
    found = number_words().read(text, index) if index < len(text.tokens) and text.tokens[index - 1].marks else []
    value, end = found[0] if found else (0, index)
    is_counted = re.fullmatch(_COUNTED + "s?", text.word(end)) is not None or text.word(end) in _SPOKEN_UNITS
    return (value, end) if value < 10 and not is_counted and text.word(end) != "tram" else (0, index)


def _short(match: re.Match[str]) -> Money | None:
    """The digits after "tr" are the next decimal places: 2tr5 is 2,500,000 and 1tr250 is 1,250,000."""
    unit = _UNITS[match["unit"]]
    value = _number(match)
    if match["unit"] == "k" and match[0].split("k")[0].endswith(" ") and value < _LEAST_WITHOUT_UNIT:
        return None
    value *= unit
    if thousands := match["thousands"]:
        hundreds = match[0].rstrip().endswith("tram")
        value += int(thousands) * (100_000 if hundreds else 1000)
    elif decimals := match["decimals"] or match["spaced"]:
        value += Decimal(f"0.{decimals}") * unit
    elif match["half"]:
        value += unit // 2
    return _dong(value)


def _in_currency(match: re.Match[str]) -> Money | None:
    written = match["currency"].strip()
    word = written if written in _CURRENCIES else written.removesuffix("s")
    value = _number(match)
    if (upper := match.groupdict().get("upper")) and int(upper) > value:
        value = Decimal(upper)
    if value < _LEAST_FIGURES.get(word, 0) and not match["times"]:
        return None
    return _money(value * _UNITS.get(match["times"] or "", 1), _CURRENCIES.get(word))


def _money(value: Decimal, currency: str | None) -> Money | None:
    try:
        return Money.parse(f"{value:f}", currency) if currency else None
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
    """Words: "hai triệu rưỡi", "năm trăm ngàn", "nửa triệu", "two hundred and fifty dollars"."""
    if text.word(index) == "nua" and text.word(index + 1) in {"trieu", "cu"}:
        yield _dong(Decimal(500_000)), index + 2
        return
    if text.word(index) == "half" and "million" in {text.word(index + 1), text.word(index + 2)}:
        yield _dong(Decimal(500_000)), index + 2 + (text.word(index + 1) != "million")
        return
    if text.word(index) in {"trieu", "cu"} and text.word(index + 1) == "ruoi":
        yield _dong(Decimal(1_500_000)), index + 2
        return
    value, end = _read_amount(text, index)
    named = _DOLLAR_WORDS.read(text, end) if value and end < len(text.tokens) else []
    is_grand = text.word(end - 1) == "grand" and end - index > 1 and text.word(index) not in {"a", "an"}
    if not named and is_grand and value and (money := _money(Decimal(value), "USD")):
        yield money, end
    elif named:
        currency, stop = named[0]
        if value < _LEAST_BEFORE_A_BARE_DO and text.word(stop - 1) == "do" and not text.tokens[stop - 1].marks:
            return  # "sau do": after that
        money = None if _is_verb(text, stop) else _money(Decimal(value), currency)
        if money is not None and value >= _LEAST_FIGURES.get({"KRW": "won", "JPY": "yen"}.get(currency, ""), 1):
            yield money, stop
    elif value >= 10_000:
        yield _dong(Decimal(value)), end


def _read_amount(text: Text, index: int) -> tuple[int, int]:
    """A spoken amount of any size; 0 where there is none."""
    index += text.word(index) in {"a", "an"} and text.word(index + 1) in {"hundred", "thousand", "million", "grand"}
    value, end = _read_hundreds(text, index)
    if not value and text.word(index) in {"thousand", "million", "grand"}:
        value = 1
    scale = 1000 if value and text.word(end) == "grand" else _SPOKEN_UNITS.get(text.word(end), 0) if value else 0
    if not scale:
        return value, end
    total, end = value * scale, end + 1
    if text.word(end) == "ruoi":
        return total + scale // 2, end + 1
    at = end + (text.word(end) == "and")
    rest, rest_end = _read_hundreds(text, at)
    if not rest:
        return total, end
    if scale == 1_000_000 and text.word(rest_end) in {"nghin", "ngan", "k", "thousand"}:
        return total + rest * 1000, rest_end + 1
    if scale == 1_000_000:
        tenths, stop = _tenths(text, end)
        return total + tenths * 100_000, stop
    if re.fullmatch(_COUNTED + "s?", text.word(rest_end)):
        return total, end
    return total + rest, rest_end


def _read_hundreds(text: Text, index: int) -> tuple[int, int]:
    """A spoken number, with hundreds of either language; 0 where there is none."""
    if index >= len(text.tokens):
        return 0, index
    found = (
        number_slot().read(text, index)
        if text.word(index + 1) in {"tram", "hundred", "grand"}
        else number_words().read(text, index)
    )
    value, end = next(iter(found), (0, index))
    if text.word(end) == "tram" and (value or end == index):
        hundreds = (value or 1) * 100
        if text.word(end + 1) == "ruoi":
            return hundreds + 50, end + 2
        rest = number_words().read(text, end + 1) if end + 1 < len(text.tokens) else []
        return (hundreds + rest[0][0], rest[0][1]) if rest else (hundreds, end + 1)
    if text.word(end) == "hundred" and (value or end == index):
        at = end + 1 + (text.word(end + 1) == "and")
        rest = number_words().read(text, at) if at < len(text.tokens) else []
        return ((value or 1) * 100 + rest[0][0], rest[0][1]) if rest else ((value or 1) * 100, end + 1)
    return value, end
