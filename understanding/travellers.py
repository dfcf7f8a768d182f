"""Who travels: counts, ages and the ways people speak of themselves."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Literal, NamedTuple

from understanding.grammar import Grammar, Rule, Vocabulary
from understanding.numbers import number_slot
from understanding.text import Text

TravellerField = Literal["adults", "children", "infants", "total", "minor"]
"""`total` are people of unsaid age, `minor` a child whose age decides between child and infant."""

ADULT_AGE_YEARS = 12
CHILD_AGE_YEARS = 2

_ADULTS = ("người lớn", "nl", "lớn", "adult", "adults", "grown up", "grown ups")
_CHILDREN = ("trẻ em", "te", "trẻ", "trẻ con", "trẻ nhỏ", "nhỏ", "child", "children", "kid", "kids", "chd")
_INFANTS = ("em bé", "eb", "trẻ sơ sinh", "sơ sinh", "bé sơ sinh", "infant", "infants", "baby", "babies", "lap infant")
_MINORS = ("bé", "cháu", "cháu bé", "con nhỏ", "đứa nhỏ", "bé con")
_PEOPLE = (
    *(
        "đứa",
        "bạn",
        "người",
        "ng",
        "khách",
        "hành khách",
        "pax",
        "chỗ",
        "ghế",
        "vé",
        "people",
        "person",
        "persons",
        "passenger",
    ),
    *(
        "passengers",
        "traveller",
        "travellers",
        "traveler",
        "travelers",
        "of us",
        "seats",
        "tickets",
        "ticket",
        "guests",
    ),
)
_ALONE = (
    "một mình",
    "1 mình",
    "mình tôi",
    "mỗi tôi",
    "just me",
    "only me",
    "alone",
    "by myself",
    "solo",
    "chỉ mình tôi",
)
_COUPLES = (
    *("vợ chồng", "hai vợ chồng", "2 vợ chồng", "tôi và vợ", "tôi và chồng", "em và chồng", "anh và vợ", "mình và vợ"),
    *(
        "my wife and i",
        "my husband and i",
        "my wife and me",
        "my husband and me",
        "me and my wife",
        "me and my husband",
    ),
    *("with my wife", "with my husband", "with my partner", "with my girlfriend", "with my boyfriend", "với vợ"),
    *("bố mẹ", "ba mẹ", "cha mẹ", "my parents", "vc", "2 vc"),
    *("với chồng", "cùng vợ", "cùng chồng", "với bạn gái", "với bạn trai"),
    *("my partner and i", "my girlfriend and i", "my boyfriend and i", "the two of us", "both of us", "cặp đôi"),
)
_OFFSPRING = ("con gái", "con trai", "my son", "my daughter", "our son", "our daughter", "my kid", "our kid")


class TravellerMention(NamedTuple):
    """A number of travellers of one kind; `is_change` when it is added to (or taken from) those known."""

    start: int
    end: int
    phrase: str
    field: TravellerField
    number: int
    is_change: bool = False


def find_travellers(text: Text) -> list[TravellerMention]:
    """Every count of travellers, from left to right."""
    return [
        TravellerMention(match.start, match.end, text.phrase(match.start, match.end), *match.rule.build(*match.values))
        for match in _grammar().scan(text)
    ]


@cache
def _grammar() -> Grammar:
    kinds: dict[str, TravellerField] = {
        **dict.fromkeys(_ADULTS, "adults"),
        **dict.fromkeys(_CHILDREN, "children"),
        **dict.fromkeys(_INFANTS, "infants"),
        **dict.fromkeys(_MINORS, "minor"),
        **dict.fromkeys(_PEOPLE, "total"),
    }
    singular: dict[str, TravellerField] = {
        **dict.fromkeys(("adult",), "adults"),
        **dict.fromkeys(("child", "kid"), "children"),
        **dict.fromkeys(("infant", "baby"), "infants"),
        **dict.fromkeys(("person", "passenger"), "total"),
    }
    return Grammar(
        _rules(),
        {
            "n": number_slot(),
            "kind": Vocabulary(kinds),
            "young": Vocabulary(dict.fromkeys((*_CHILDREN, *_INFANTS, *_MINORS), True)),
            "one": Vocabulary(singular),
            "alone": Vocabulary(dict.fromkeys(_ALONE, 1)),
            "couple": Vocabulary(dict.fromkeys(_COUPLES, 2)),
            "offspring": Vocabulary(dict.fromkeys(_OFFSPRING, 1)),
        },
    )


def _rules() -> Iterator[Rule]:
    yield Rule("{n} {kind}", lambda n, kind: (kind, n))
    yield Rule("{n} vé|suất|khách {kind}", lambda n, kind: (kind, n))
    yield Rule("a|an {one}", lambda kind: (kind, 1))
    yield Rule("thêm {n} {kind}", lambda n, kind: (kind, n, True))
    yield Rule("add {n} more? {kind}", lambda n, kind: (kind, n, True))
    for another in ("another {one}", "add a|an|another {one}", "one more {one}"):
        yield Rule(another, lambda kind: (kind, 1, True))
    yield Rule("bớt {n} {kind}", lambda n, kind: (kind, -n, True))
    yield Rule("{alone}", lambda n: ("total", n))
    yield Rule("{couple}", lambda n: ("adults", n))
    yield Rule("{offspring}", lambda n: ("minor", n))
    yield Rule("{n} {offspring}", lambda n, _: ("minor", n))
    yield Rule("family|party|group of {n}", lambda n: ("total", n))
    yield Rule("make it|that {n}", lambda n: ("total", n))
    yield Rule("make it|that {n} {kind}", lambda n, kind: (kind, n))
    yield Rule("cả? nhà {n} người", lambda n: ("total", n))
    for aged in (
        "bé|cháu|con|trẻ {n} tuổi",
        "con gái|trai {n} tuổi",
        "a|an? {n} - year - old",
        "a|an? {n} year|years old",
    ):
        yield Rule(aged, lambda age: (_kind_of_age(age), 1))
    for aged in ("{n} {young} (|,? {n} year|years|tuổi old? )?", "{n} {young} (|,? age|aged {n} )?"):
        yield Rule(aged, lambda n, _, age: (_kind_of_age(age), n))
    for counted in ("{n} bé|cháu|con|trẻ {n} tuổi", "{n} trẻ em {n} tuổi"):
        yield Rule(counted, lambda n, age: (_kind_of_age(age), n))
    for months in ("bé|cháu|con|trẻ {n} tháng tuổi?", "a|an? {n} - month - old", "a|an? {n} month|months old"):
        yield Rule(months, lambda age: (_kind_of_age(age // 12), 1))
    yield Rule("{n} bé|cháu|con|trẻ {n} tháng tuổi?", lambda n, age: (_kind_of_age(age // 12), n))


def _kind_of_age(years: int) -> TravellerField:
    if years >= ADULT_AGE_YEARS:
        return "adults"
    return "children" if years >= CHILD_AGE_YEARS else "infants"
