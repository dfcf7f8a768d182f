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
    party_slot,
    person_slot,
)
from understanding.corrections import without_taken_back
from understanding.grammar import DIGITS, Found, Grammar, Match, Reader, Rule, Slot, Vocabulary
from understanding.numbers import number_slot, number_words
from understanding.people import is_titled
from understanding.text import Text

_YOUNG: tuple[TravellerField, ...] = ("children", "infants", "minor")
_KINDS: tuple[TravellerField, ...] = ("adults", *_YOUNG, "total")
_YOUNG_WITH_AGE = ("boy", "girl", "boys", "girls", "son", "daughter")
_WITHIN_A_COUPLE = frozenset(
    ("of", "more", "days", "weeks", "hours", "nights", "stops", "bags", "options", "things", "months", "minutes")
)
"""Before these "a couple" is the number."""
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
_SEATS_OF_CABIN = {("ghe", "thuong"), ("ve", "thuong"), ("ghe", "pho"), ("ve", "pho"), ("ghe", "hang"), ("ve", "hang")}
_SEATS_OF_CABIN |= {("ve", "khu"), ("cho", "thuong"), ("cho", "hang"), ("suat", "thuong"), ("ve", "business")}
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
_SENTENCE_BEGINS = {"", ",", ".", ":", ";", "!", "?", "("}
_TOLD_OF = {"has", "had", "have", "lives", "live", "got", "graduates", "studies", "works", "plays", "gets", "turns"}
"""Behind "my son" these tell something else of him."""
_COUPLE_ENDS = {"", ",", ".", "+", "with", "and", "from", "&"}
_LIST_ENDS = _SENTENCE_BEGINS | {")", "from", "flying", "going", "travelling", "traveling", "want", "need", "tu", "bay"}
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
    is_list: bool = False
    """Without the speaker it only counts where nothing else is said of those listed: "mom, dad and 3 kids"."""


_RANKS = {"hai", "ba", "tu", "nam", "sau", "bay", "tam", "chin", "muoi"}
"""Behind a title these are names."""


def find_travellers(text: Text) -> list[TravellerMention]:
    """Every count of travellers, from left to right. What is taken back ("two adults, no wait, three") is left out."""
    mentions: list[TravellerMention] = []

    def is_meant(match: Match) -> bool:
        said: _Said = match.rule.build(*match.values)
        is_name = text.word(match.start) in _RANKS and is_titled(text, match.start)  # "chú Năm nhờ mình"
        if is_name or not _is_meant(text, match):
            return False
        if said.is_list and not said.selves and not _stands_alone(text, match, said.counts):
            return False
        if said.selves and any(one.is_named and dict(one.counts).get("adults") for one in mentions):
            # "vợ chồng mình với mẹ": the speaker was counted already
            said = said._replace(counts=tuple((field, n - (field == "adults")) for field, n in said.counts))
        if said.selves and mentions and _is_taken_along(text, mentions[-1], match):
            said = said._replace(counts=tuple((field, n - (field == "adults")) for field, n in said.counts))
        if mentions and text.word(match.start - 1) == "(" and _is_same(mentions[-1], match, said.counts):
            older = tuple(count for count in mentions[-1].counts if count[0] not in _YOUNG)
            (field, number), *also = (*older, *said.counts)
            mentions[-1] = mentions[-1]._replace(field=field, number=number, also=tuple(also))
            return True
        (field, number), *also = said.counts
        end = match.end - ((text.word(match.end - 1), text.word(match.end)) in _SEATS_OF_CABIN)
        is_change = said.is_change or (number > 0 and _is_added(text, match))
        phrase = text.phrase(match.start, end)
        mentions.append(
            TravellerMention(match.start, end, phrase, field, number, is_change, said.is_named, tuple(also))
        )
        return True

    begins, index = _grammar().starts, 0
    while index < len(text.tokens):
        word, match = text.tokens[index].word, None
        if mentions and mentions[-1].end == index:
            match = _continuations().match_at(text, index)
        if match is None and (word in begins or word[0].isdigit()):
            match = _grammar().match_at(text, index)
        index = match.end if match and is_meant(match) else index + 1
    return without_taken_back(text, mentions, lambda one: {_question(field) for field, _ in one.counts})


def _is_meant(text: Text, match: Match) -> bool:
    before, after = text.word(match.start - 1), text.word(match.end)
    if after in {"san", "hang"} and text.word(match.end - 1) in {"khach", "ve"}:
        return False  # "2 khách sạn" are hotels
    if text.word(match.start) == "a" and text.word(match.end - 1) == "couple" and after in _WITHIN_A_COUPLE:
        return False
    if match.rule.pattern == "{own_child}" and (after in _TOLD_OF or before in {"la", "hay"}):
        return False  # "em là con trai" says what I am
    if text.word(match.start) == "bay" and not text.tokens[match.start].marks and text.word(match.start + 1) == "ve":
        return False  # "bay về"
    if before in {"hay", "thuong"} and text.word(match.start) in {"bay", "di"}:
        return False  # "người hay bay cùng mình": whom one often flies with
    if match.rule.pattern == "couple" and (before not in _SENTENCE_BEGINS or after not in _COUPLE_ENDS):
        return False
    if text.word(match.start) == "cho" and after in {"hoi", "xin", "biet", "xem", "tham"}:
        return False  # "cho con hỏi": let me ask
    is_company = {text.word(match.start), before} & {"with", "voi", "cung"}
    reach = 3 if is_company else 1
    return not any(text.word(match.start - distance) in _STAYING for distance in range(1, reach + 1))


def _is_same(before: TravellerMention, match: Match, counts: Counts) -> bool:
    """ "1 trẻ em (bé 9 tuổi)": as many young ones as were counted right before the bracket."""
    young = sum(number for field, number in before.counts if field in _YOUNG)
    return before.end == match.start - 1 and young == sum(number for _, number in counts) > 0


def _is_taken_along(text: Text, before: TravellerMention, match: Match) -> bool:
    """ "Bé 5 tuổi đi cùng mẹ": whoever is named goes along with the child, not with the speaker."""
    is_next = all(text.word(at) in {"di", "bay", "flying", "traveling"} for at in range(before.end, match.start))
    is_young = all(field in _YOUNG for field, _ in before.counts)
    return is_young and is_next and text.word(match.start) in {"di", "bay", "cung", "voi", "with"}


def _stands_alone(text: Text, match: Match, counts: Counts) -> bool:
    """Children are named because they travel; of adults alone something else may be told."""
    is_opened = text.word(match.start) in {"for", "just", "only", "cho"}
    is_young = any(field in _YOUNG for field, _ in counts)
    is_apart = text.word(match.start - 1) in _SENTENCE_BEGINS and text.word(match.end) in _LIST_ENDS
    return is_opened or is_young or is_apart


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
    kinds: dict[str, TravellerField] = {word: kind for kind in _KINDS for word in words[kind]}
    figures = number_words().starts | {DIGITS}
    return Grammar(
        _rules(),
        {
            "n": number_slot(),
            "kind": Vocabulary(kinds),
            "young": Vocabulary(_young()),
            "one": Vocabulary(_SINGULAR),
            "alone": Vocabulary(dict.fromkeys(words["alone"], 1)),
            "couple": Vocabulary(dict.fromkeys(words["couple"], 2)),
            "less": Vocabulary(dict.fromkeys(_LESS, True)),
            "none": Vocabulary(dict.fromkeys(_NONE, True)),
            "ages": ages_slot(),
            "years": years_slot(),
            "person": person_slot("en"),
            "người": person_slot("vi"),
            "party": party_slot("en"),
            "hội": party_slot("vi"),
            "own_child": own_child_slot(),
            "only": Reader(figures, _read_number_alone),
            "of_tickets": Reader(figures, _read_number_of_tickets),
            "joined": Reader(frozenset({DIGITS}), _read_joined),
        },
    )


@cache
def _continuations() -> Grammar:
    slots: dict[str, Slot] = {
        "one": Vocabulary(_SINGULAR),
        "n": number_slot(),
        "young": Vocabulary(_young()),
        "ages": ages_slot(),
        "person": person_slot("en"),
        "người": person_slot("vi"),
    }
    return Grammar(_rules_of_more(), slots)


def _young() -> dict[str, TravellerField]:
    words = _read_words()
    young = {word: kind for kind in _YOUNG for word in words[kind]}
    return {**young, **dict.fromkeys(_YOUNG_WITH_AGE, "minor")}


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
    if text.word(index + 1) not in _OF_TICKETS and text.word(index + 2) not in _OF_TICKETS:
        return []
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


def _named(*persons: Counts, selves: int = 0, is_list: bool = False) -> _Said:
    """People listed by who they are, the speaker perhaps among them."""
    counts: dict[TravellerField, int] = {"adults": selves} if selves else {}
    for field, number in (count for person in persons for count in person):
        counts[field] = counts.get(field, 0) + number
    return _Said(tuple(counts.items()), is_named=True, selves=selves, is_list=is_list)


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
    for friends in ("{n} bạn với|và|cùng mình|tôi|em|tui|mk|tớ", "{n} người|đứa bạn với|và|cùng mình|tôi|em|tui|mk|tớ"):
        yield Rule(friends, lambda n: _count("total", n + 1))
    yield Rule("{couple}", lambda n: _Said((("adults", n),), is_named=True))
    yield Rule("{couple} tôi|mình|em|e|anh|chị|tui|mk|nhà", lambda n: _Said((("adults", n),), is_named=True))
    yield Rule("couple", lambda: _Said((("adults", 2),), is_named=True))
    yield Rule("{n} nam ,|và|với? {n} nữ", lambda men, women: _count("adults", men + women))
    yield Rule("{n} nữ ,|và|với? {n} nam", lambda women, men: _count("adults", men + women))
    yield Rule("a couple", lambda: _Said((("adults", 2),), is_named=True))
    yield Rule("{n} couples|cặp|đôi", lambda n: _count("adults", 2 * n))
    yield Rule("{n} cặp vợ chồng|đôi", lambda n: _count("adults", 2 * n))
    yield Rule("{n} married couples", lambda n: _count("adults", 2 * n))
    yield Rule(
        "cho? {n} mẹ|bố|cha|ba|má|bà|ông con|cháu",
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
    yield Rule(
        "mẹ|bố|ba|má|bà|ông con|cháu mình|tôi|em|tui|nó|mk|chị|anh",
        lambda: _Said((("adults", 1), ("some", 1)), is_named=True),
    )
    yield Rule("{own_child}", lambda counts: _Said(counts))


def _rules_of_company() -> Iterator[Rule]:
    for listed in ("for|just|only? {party}", "cho? {hội}"):
        yield Rule(listed, lambda party: _named(party.counts, selves=int(party.has_speaker), is_list=True))
    for with_somebody in ("with|bringing|taking {party}", "với|cùng|dẫn|đưa|rủ|=chở {hội}", "cùng|đi|bay với {hội}"):
        yield Rule(with_somebody, lambda party: _named(party.counts, selves=1))
    yield Rule("us {n} and|plus|with {party}", lambda n, party: _named(party.counts, selves=n))
    yield Rule("us {n} and|plus|with {person}", lambda n, person: _named(person, selves=n))
    yield Rule("{person} and|plus us {n}", lambda person, n: _named(person, selves=n))
    for going in ("flying|going|traveling|travelling|coming|come|travel|fly|along", "go|goes|flies|comes|travels"):
        yield Rule(f"{going} with me", lambda: _named(selves=1))
    yield Rule("đi|bay cùng|với|chung mình|tôi|em|tui|mk|tớ|=e", lambda: _named(selves=1))
    for with_somebody in ("with|bringing|taking {person}", "traveling|travelling|flying|going with {person}"):
        yield Rule(with_somebody, lambda person: _named(person, selves=1))
    for with_somebody in ("với|cùng|dẫn|đưa|rủ|=chở {người}", "cùng|đi|bay với {người}"):
        yield Rule(with_somebody, lambda person: _named(person, selves=1))
    for alone in ("for {person}", "cho {người}", "can|could my|our {person}"):
        yield Rule(alone, lambda person: _named(person))


def _rules_of_more() -> Iterator[Rule]:
    """What only counts right behind another traveller: "and my mother"."""
    yield Rule("and|&|plus|with|+ a|an {one}", lambda kind: _count(kind, 1))
    for link in ("and|&|plus|with|+", ",", ", and", "and also", "as well as"):
        yield Rule(f"{link} {{n}} {{young}} {{ages}}", lambda n, kind, ages: _Said(counts_of_ages(kind, n, ages)))
        yield Rule(f"{link} {{person}}", lambda person: _named(person))
    yield Rule(", đi? cùng|với mình|tôi|em|tui|mk", lambda: _named(selves=1))
    for link in ("và|với|cùng|&|+", ",", ", và", "cùng với"):
        yield Rule(f"{link} {{người}}", lambda person: _named(person))


def _rules_of_changes() -> Iterator[Rule]:
    for added in ("add {person}", "thêm {người}"):
        yield Rule(added, lambda person: _Said(person, is_change=True))
    yield Rule("add {n} more? {kind}", lambda n, kind: _Said(((kind, n),), is_change=True))
    yield Rule("thêm {n} {kind}", lambda n, kind: _Said(((kind, n),), is_change=True))
    for gone in ("không|ko|k|hông|hổng đi nữa|được|đc", "can't make it|go|come", "isn't|aren't|not coming|going"):
        yield Rule(f"{{n}} {{kind}} {gone}", lambda n, kind: _Said(((kind, -n),), is_change=True))
    for left in ("còn|còn lại {n} thôi", "còn lại? {n} người|đứa|bạn thôi?", "down to {only}"):
        yield Rule(left, lambda n: _count("total", n))
    yield Rule("thêm {n} {kind} nữa? là|thành {only}", lambda _, __, n: _count("total", n))
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
