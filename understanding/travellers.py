"""Who travels: counts, ages and the ways people speak of themselves and of those who come along."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from understanding.ages import ages_slot, years_slot
from understanding.companions import (
    Counts,
    TravellerField,
    counts_of_ages,
    own_child_slot,
    person_slot,
)
from understanding.corrections import without_taken_back
from understanding.grammar import DIGITS, Found, Grammar, Match, Reader, Rule, Vocabulary
from understanding.numbers import number_slot, number_words
from understanding.text import Text

_YOUNG: tuple[TravellerField, ...] = ("children", "infants", "minor")
_KINDS: tuple[TravellerField, ...] = ("adults", *_YOUNG, "total")
_YOUNG_WITH_AGE = ("boy", "girl", "boys", "girls", "son", "daughter")
_WITHIN_A_COUPLE = frozenset(
    ("of", "more", "days", "weeks", "hours", "nights", "stops", "bags", "options", "things", "months", "minutes")
)
"""Before these "a couple" is the number."""
_SELVES_EN = ("me", "myself", "i")
_SELVES_VI = (
    *("tôi", "mình", "em", "=e", "e", "anh", "chị", "tớ", "tui", "mk", "=a", "a", "c", "cháu", "tao", "bản thân"),
)
_SINGULAR: dict[str, TravellerField] = {
    **dict.fromkeys(("adult", "senior", "senior citizen", "grown up", "teenager", "teen"), "adults"),
    **dict.fromkeys(("child", "kid"), "children"),
    **dict.fromkeys(
        ("infant", "baby", "lap infant", "lap child", "newborn", "lap baby", "infant on lap", "infant in lap"),
        "infants",
    ),
    **dict.fromkeys(("person", "passenger", "traveler", "traveller", "friend"), "total"),
    **dict.fromkeys(("toddler",), "minor"),
}
_JOINED_KINDS: dict[str, TravellerField] = {
    **dict.fromkeys(("nl", "adt", "adl", "ad", "adults"), "adults"),
    **dict.fromkeys(("te", "chd", "ch"), "children"),
    **dict.fromkeys(("eb", "inf"), "infants"),
    **dict.fromkeys(("ng", "nguoi", "pax", "ppl", "khach", "ve"), "total"),
}
_JOINED = re.compile(rf"(?:\d{{1,2}}(?:{'|'.join(_JOINED_KINDS)})){{1,3}}")
_JOINED_COUNT = re.compile(r"(\d+)([a-z]+)")

_TICKET_WORDS = frozenset(("tickets", "ticket", "seats", "seat", "fares", "passengers", "passes", "tix"))
_OF_TICKETS = frozenset(
    (
        *("round", "trip", "roundtrip", "return", "one", "way", "oneway", "single", "business", "economy", "first"),
        *("class", "premium", "coach", "cheap", "cheapest", "direct", "nonstop", "non", "stop", "-", "plane", "air"),
        *("flight", "airline", "available", "adult", "refundable", "main", "cabin", "open", "more", "separate"),
    )
)
_MOST_WORDS_OF_TICKETS = 5
_ENDING = frozenset(
    (
        *(
            "",
            ",",
            ".",
            "!",
            "?",
            ";",
            ")",
            "please",
            "pls",
            "plz",
            "thanks",
            "from",
            "to",
            "flying",
            "going",
            "leaving",
        ),
        *("traveling", "travelling", "departing", "and", "with", "on", "nhe", "nha", "a", "thoi", "nhé", "total"),
        *("altogether", "then", "instead", "actually", "now", "max", "so", "if", "thank", "di", "tu", "bay"),
    )
)
"""What may follow a number that stands for people without saying so: "a ticket for two from Boston"."""
_STAYING = frozenset(
    (
        *(
            "stay",
            "staying",
            "stayed",
            "live",
            "living",
            "lives",
            "meet",
            "meeting",
            "speak",
            "talk",
            "talked",
            "spoke",
        ),
        *(
            "visit",
            "visiting",
            "o",
            "gap",
            "tham",
            "noi",
            "met",
            "see",
            "seeing",
            "lunch",
            "dinner",
            "deal",
            "hang",
            "driving",
            "drive",
            "ride",
        ),
    )
)
""" "Staying with my parents", "visit my son" and "ở với mẹ" are no travellers."""
_ADDING = {"them", "add", "adding", "another", "cong", "addition", "additional", "extra"}
_MORE = {"nua", "more", "extra"}
_LESS = ("bớt", "bỏ", "bỏ bớt", "giảm", "trừ", "remove", "drop", "minus", "take off", "leave out", "take out", "cut")
_NONE = (
    *(
        "no",
        "without",
        "without any",
        "không có",
        "ko có",
        "không kèm",
        "không còn",
        "k có",
        "zero",
        "not bringing any",
    ),
    *("not bringing", "khỏi", "không mang", "không dẫn", "không đi cùng", "ko mang", "không cho"),
)
_ARTICLES = frozenset(("a", "an", "the", "my", "our", "one", "mot"))


class TravellerMention(NamedTuple):
    """A number of travellers of one kind; `is_change` when it is added to (or taken from) those known."""

    start: int
    end: int
    phrase: str
    field: TravellerField
    number: int
    is_change: bool = False
    is_named: bool = False
    """Adults said by who they are ("me and my wife"), not counted; a count beside them holds."""
    also: Counts = ()
    """What the same words say of other kinds: "2 bé 5 tuổi và 1 tuổi"."""

    @property
    def counts(self) -> Counts:
        return ((self.field, self.number), *self.also)


class _Said(NamedTuple):
    """What the words of a rule mean."""

    counts: Counts
    is_change: bool = False
    is_named: bool = False
    selves: int = 0
    """Adults among the counts who are the speaker."""
    continues: bool = False
    """It only counts right behind another traveller: "and my mother"."""


def find_travellers(text: Text) -> list[TravellerMention]:
    """Every count of travellers, from left to right. What is taken back ("two adults, no wait, three") is left out."""
    mentions: list[TravellerMention] = []

    def is_meant(match: Match) -> bool:
        said: _Said = match.rule.build(*match.values)
        if not _is_meant(text, match) or (said.continues and not (mentions and mentions[-1].end == match.start)):
            return False
        if said.selves and any(mention.is_named for mention in mentions):
            # "vợ chồng mình với mẹ": the speaker was counted already
            said = said._replace(counts=tuple((field, n - (field == "adults")) for field, n in said.counts))
        (field, number), *also = said.counts
        is_change = said.is_change or (number > 0 and _is_added(text, match))
        phrase = text.phrase(match.start, match.end)
        mentions.append(
            TravellerMention(match.start, match.end, phrase, field, number, is_change, said.is_named, tuple(also))
        )
        return True

    _grammar().scan(text, allow=is_meant)
    return without_taken_back(text, mentions, lambda one: {_question(field) for field, _ in one.counts})


def _is_meant(text: Text, match: Match) -> bool:
    before, after = text.word(match.start - 1), text.word(match.end)
    if after in {"san", "hang"} and text.word(match.end - 1) in {"khach", "ve"}:
        return False  # "2 khách sạn" are hotels
    if text.word(match.start) == "a" and text.word(match.end - 1) == "couple" and after in _WITHIN_A_COUPLE:
        return False
    if text.word(match.start) == "cho" and after in {"hoi", "xin", "biet", "xem", "tham"}:
        return False  # "cho con hỏi": let me ask
    is_company = {text.word(match.start), before} & {"with", "voi", "cung"}
    reach = 3 if is_company else 1
    return not any(text.word(match.start - distance) in _STAYING for distance in range(1, reach + 1))


def _is_added(text: Text, match: Match) -> bool:
    at = match.start - 1
    while text.word(at) in _ARTICLES:
        at -= 1
    return text.word(at) in _ADDING or text.word(match.end) in _MORE


def _question(field: TravellerField) -> TravellerField:
    return "adults" if field == "total" else field


@cache
def _grammar() -> Grammar:
    words = _read_words()
    young = {word: kind for kind in _YOUNG for word in words[kind]}
    kinds: dict[str, TravellerField] = {word: kind for kind in _KINDS for word in words[kind]}
    figures = number_words().starts | {DIGITS}
    return Grammar(
        _rules(),
        {
            "n": number_slot(),
            "kind": Vocabulary(kinds),
            "young": Vocabulary({**young, **dict.fromkeys(_YOUNG_WITH_AGE, "minor")}),
            "one": Vocabulary(_SINGULAR),
            "alone": Vocabulary(dict.fromkeys(words["alone"], 1)),
            "couple": Vocabulary(dict.fromkeys(words["couple"], 2)),
            "me": Vocabulary(dict.fromkeys(_SELVES_EN, 1)),
            "mình": Vocabulary(dict.fromkeys(_SELVES_VI, 1)),
            "less": Vocabulary(dict.fromkeys(_LESS, True)),
            "none": Vocabulary(dict.fromkeys(_NONE, True)),
            "ages": ages_slot(),
            "years": years_slot(),
            "person": person_slot("en"),
            "người": person_slot("vi"),
            "own_child": own_child_slot(),
            "only": Reader(figures, _read_number_alone),
            "of_tickets": Reader(figures, _read_number_of_tickets),
            "joined": Reader(frozenset({DIGITS}), _read_joined),
        },
    )


def _read_words() -> dict[str, list[str]]:
    """The phrases for each kind of traveller, for one alone and for two."""
    table = Path(__file__).with_name("traveller_words.tsv").read_text(encoding="utf-8")
    rows = (row.split("\t") for row in table.splitlines()[1:])
    return {kind: phrases.split(", ") for kind, phrases in rows}


def _read_number_alone(text: Text, index: int) -> list[Found]:
    """A number that can only be one of people, for nothing is counted by it."""
    return [
        (number, end)
        for number, end in number_slot().read(text, index)
        if 0 < number < 100 and text.word(end) in _ENDING and not _is_broken_figure(text, end)
    ]


def _is_broken_figure(text: Text, index: int) -> bool:
    """ "7.30" and "1,500"."""
    return text.word(index) in {",", "."} and text.word(index + 1)[:1].isdigit()


def _read_number_of_tickets(text: Text, index: int) -> list[Found]:
    """A number before "round trip tickets": those words mean something themselves, so they are left to others."""
    for number, end in number_slot().read(text, index):
        at = end
        if text.word(at) in {"way", "stop", "-"}:
            continue
        while at < end + _MOST_WORDS_OF_TICKETS and text.word(at) in _OF_TICKETS:
            at += 1
        if at > end and text.word(at) in _TICKET_WORDS:
            return [(number, end)]
    return []


def _read_joined(text: Text, index: int) -> list[Found]:
    """ "2nl1te"."""
    word = text.word(index)
    if not _JOINED.fullmatch(word):
        return []
    return [(tuple((_JOINED_KINDS[kind], int(number)) for number, kind in _JOINED_COUNT.findall(word)), index + 1)]


def _count(field: TravellerField, number: int) -> _Said:
    return _Said(((field, number),))


def _named(*persons: Counts, selves: int = 0, continues: bool = False) -> _Said:
    """People listed by who they are, the speaker perhaps among them."""
    counts: dict[TravellerField, int] = {"adults": selves} if selves else {}
    for field, number in (count for person in persons for count in person):
        counts[field] = counts.get(field, 0) + number
    return _Said(tuple(counts.items()), is_named=True, selves=selves, continues=continues)


def _rules() -> Iterator[Rule]:
    yield from _rules_of_counts()
    yield from _rules_of_ages()
    yield from _rules_of_company()
    yield from _rules_of_changes()


def _rules_of_counts() -> Iterator[Rule]:
    yield Rule("{n} {kind}", lambda n, kind: _count(kind, n))
    yield Rule("{n} vé|suất|khách|chỗ|ghế {kind}", lambda n, kind: _count(kind, n))
    yield Rule("{of_tickets}", lambda n: _count("total", n))
    yield Rule("{joined}", lambda counts: _Said(counts))
    yield Rule("a|an {one}", lambda kind: _count(kind, 1))
    yield Rule("{alone}", lambda n: _count("total", n))
    yield Rule("for|just|only {only}", lambda n: _count("total", n))
    for us in ("we're|us {only}", "we are {only}", "there are|were {only}", "total of {only}"):
        yield Rule(us, lambda n: _count("total", n))
    yield Rule("family|party|group|team|crew of {n}", lambda n: _count("total", n))
    yield Rule("make it|that {only}", lambda n: _count("total", n))
    yield Rule("make it|that {n} {kind}", lambda n, kind: _count(kind, n))
    yield Rule("cả? nhà|nhóm|đoàn|hội {n} người|đứa|bạn|mạng", lambda n: _count("total", n))
    yield Rule("cả? nhà|nhóm|đoàn|hội {only}", lambda n: _count("total", n))
    yield Rule("{couple}", lambda n: _Said((("adults", n),), is_named=True))
    yield Rule("{couple} tôi|mình|em|e|anh|chị|tui|mk|nhà", lambda n: _Said((("adults", n),), is_named=True))
    yield Rule("a couple", lambda: _Said((("adults", 2),), is_named=True))
    yield Rule("{n} couples|cặp|đôi", lambda n: _count("adults", 2 * n))
    yield Rule("{n} cặp vợ chồng|đôi", lambda n: _count("adults", 2 * n))
    yield Rule("{n} married couples", lambda n: _count("adults", 2 * n))
    yield Rule(
        "{n} mẹ|bố|cha|ba|má|bà|ông con|cháu",
        lambda n: _Said((("adults", 1), ("minor", n - 1)) if n > 1 else (("adults", 1),), is_named=True),
    )


def _rules_of_ages() -> Iterator[Rule]:
    def aged(n: int | None, kind: TravellerField, ages: tuple[int, ...]) -> _Said:
        return _Said(counts_of_ages(kind, n or len(ages), ages))

    yield Rule("{n} {young} {ages}", aged)
    yield Rule("a|an {young} {ages}", lambda kind, ages: aged(None, kind, ages))
    yield Rule("{young} {ages}", lambda kind, ages: aged(None, kind, ages))
    yield Rule("a|an? {years} {young}?", lambda ages, kind: aged(None, kind or "minor", ages))
    yield Rule("my|our {years} {young}?", lambda ages, kind: aged(None, kind or "minor", ages))
    yield Rule("my|our? {n} {years} {young}?", lambda n, ages, kind: aged(n, kind or "minor", ages))
    yield Rule("{own_child}", lambda counts: _Said(counts))


def _rules_of_company() -> Iterator[Rule]:
    for opening in ("for?", "just", "only"):
        for link in ("and|&|plus|with", ",", ", and", "and also"):
            yield Rule(f"{opening} {{me}} {link} {{person}}", lambda me, person: _named(person, selves=me))
        for link in ("and|&|plus", ", and"):
            yield Rule(f"{opening} {{person}} {link} {{me}}", lambda person, me: _named(person, selves=me))
    for link in ("và|với|vs|cùng|&|+", "cùng với", "và cả"):
        yield Rule(f"cho? {{mình}} {link} {{người}}", lambda me, person: _named(person, selves=me))
        yield Rule(f"cho? {{người}} {link} {{mình}}", lambda person, me: _named(person, selves=me))
    yield Rule("me|myself {person} and {person}", lambda first, second: _named(first, second, selves=1))
    for with_somebody in ("with|bringing|taking {person}", "traveling|travelling|flying|going with {person}"):
        yield Rule(with_somebody, lambda person: _named(person, selves=1))
    for with_somebody in ("với|cùng|dẫn|đưa|rủ|=chở {người}", "cùng|đi|bay với {người}"):
        yield Rule(with_somebody, lambda person: _named(person, selves=1))
    for alone in ("for {person}", "cho {người}", "can|could my|our {person}"):
        yield Rule(alone, lambda person: _named(person))
    for link in ("and|&|plus|with", ",", ", and", "and also", "as well as"):
        yield Rule(f"{link} {{person}}", lambda person: _named(person, continues=True))
    for link in ("và|với|cùng|&|+", ",", ", và", "cùng với"):
        yield Rule(f"{link} {{người}}", lambda person: _named(person, continues=True))


def _rules_of_changes() -> Iterator[Rule]:
    for added in ("add {person}", "thêm {người}"):
        yield Rule(added, lambda person: _Said(person, is_change=True))
    yield Rule("add {n} more? {kind}", lambda n, kind: _Said(((kind, n),), is_change=True))
    yield Rule("thêm {n} {kind}", lambda n, kind: _Said(((kind, n),), is_change=True))
    yield Rule("{n} more {kind}", lambda n, kind: _Said(((kind, n),), is_change=True))
    for another in ("another {one}", "add a|an|another {one}", "one more {one}"):
        yield Rule(another, lambda kind: _Said(((kind, 1),), is_change=True))
    yield Rule("{less} đi? {n} {kind}", lambda _, n, kind: _Said(((kind, -n),), is_change=True))
    yield Rule("{less} a|an|one {one}", lambda _, kind: _Said(((kind, -1),), is_change=True))
    yield Rule("{less} the|my|our? {young}", lambda _, kind: _gone(kind))
    yield Rule("{less} bớt {young}", lambda _, kind: _gone(kind))
    yield Rule("{none} the|my|our? {young}", lambda _, kind: _gone(kind))


def _gone(kind: TravellerField) -> _Said:
    return _Said((("children", 0), ("infants", 0)) if kind == "minor" else ((kind, 0),))
