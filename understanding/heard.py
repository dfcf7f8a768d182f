"""What the assistant said last, as a traveller hears it: the slots it asked about, the choices and offers it named.

Our own graph knows this of its own replies; a transcript has only their words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from understanding.airlines import read_any_airline
from understanding.amounts import find_amounts
from understanding.clocks import clock_slot
from understanding.date_rules import DateContext
from understanding.dates import find_dates
from understanding.frame import Ambiguity, Language, SlotName
from understanding.grammar import Found, Vocabulary
from understanding.language import find_language
from understanding.numbers import number_slot
from understanding.places import find_places
from understanding.text import Text, read_text

MOST_OFFERS = 50
MOST_CHOICES = 5
_SENTENCE_END = re.compile(r"(?<=[.?!…])\s+|\n+")
_NUMBERED = re.compile(r"(?:^|[\s(*#-])(\d{1,2})(?:[.):]|\s-)\s*(?=[^\W\d]|\d{1,2}[:hg])")
_LETTERED = re.compile(r"(?:^|[\s(*-])(?:option |phuong an )?([a-h])[.):]\s")

_RETURNING = {"return", "returning", "back", "home"}

_Asked = Literal[SlotName, "day"]
"""`day` is "when?", of the way out unless the way back is spoken of."""


class Heard(NamedTuple):
    asked: frozenset[SlotName] = frozenset()
    """The slots a bare answer may fill."""
    offers: int = 0
    """How many flights one may choose from."""
    choice: Ambiguity | None = None
    """Days or places between which one is asked to choose."""


def hear(said: str, today: date) -> Heard:
    """Never raises, whatever the text."""
    text = read_text(said)
    question, asked = _find_question(said)
    return Heard(asked, _count_offers(text), _find_choice(question, text, asked, today))


def _find_question(said: str) -> tuple[Text, frozenset[SlotName]]:
    """The last sentence that asks about a slot, else the last that asks: what was asked before it was only repeated."""
    sentences = [read_text(sentence) for sentence in _SENTENCE_END.split(said)]
    for text in reversed(sentences):
        if asked := _find_asked(text):
            return text, asked
    questions = [text for text in sentences if text.written.rstrip().endswith("?")]
    return (questions or sentences)[-1], frozenset()


def _find_asked(text: Text) -> frozenset[SlotName]:
    found: list[tuple[int, int, _Asked]] = []
    for index in range(len(text.tokens)):
        for slot, end in _questions().read(text, index):
            if not any(start <= index and end <= known for start, known, _ in found):
                found.append((index, end, slot))
    asked = {slot for _, _, slot in found}
    if (
        asked <= {"day"}
        and text.written.rstrip().endswith("?")
        and _speaks_of_return(text, is_day_asked="day" in asked)
    ):
        asked.add("return_on")
    if "day" in asked and "return_on" not in asked:
        asked.add("depart_on")
    return frozenset(slot for slot in asked if slot != "day")


def _speaks_of_return(text: Text, *, is_day_asked: bool) -> bool:
    """ "Will you be returning?", "Bạn có về không?"; of "bay về Vinh ngày nào?" one cannot tell."""
    return any(
        token.word in _RETURNING or (token.word == "ve" and token.marks == "\u0300\u0302" and not is_day_asked)
        for token in text.tokens
    )


def _find_choice(question: Text, text: Text, asked: frozenset[SlotName], today: date) -> Ambiguity | None:
    """Two or more days, or places, of the question; days may stand before it: "6/7 or 14/7 is cheapest. Which day?" """
    if not (asked or question.written.rstrip().endswith("?")):
        return None
    language: Language = find_language(text) or "vi"
    days = _list_days(question, language, today)
    if not days and asked & {"depart_on", "return_on"}:
        days = _list_days(text, language, today)
    field = "return_on" if "return_on" in asked and "depart_on" not in asked else "depart_on"
    if 1 < len(days) <= MOST_CHOICES:
        return Ambiguity(field=field, phrase=question.written, readings=days)
    places = [place for place in find_places(question, language) if place.is_sure and len(place.name.codes) == 1]
    codes = tuple(dict.fromkeys(place.name.codes[0] for place in places if place.name.kind != "country"))
    is_which = 1 < len(codes) <= MOST_CHOICES and not (asked - {"origin", "destination"})
    is_or = any(token.word in {"or", "hay", "hoac"} for token in question.tokens)
    if is_which and is_or:
        return Ambiguity(
            field="origin" if asked == {"origin"} else "destination", phrase=question.written, readings=codes
        )
    return None


def _list_days(text: Text, language: Language, today: date) -> tuple[str, ...]:
    context = DateContext(today, day_first=language != "en")
    values = (mention.value_on(context) for mention in find_dates(text))
    return tuple(dict.fromkeys(value.isoformat() for value in values if isinstance(value, date)))


def _count_offers(text: Text) -> int:
    """The last number of a list that counts from 1 (or its last letter), else how many flights or prices are named."""
    for pattern, first in ((_NUMBERED, 1), (_LETTERED, ord("a"))):
        expected = first
        for match in pattern.finditer(text.folded):
            number = int(match[1]) if match[1].isdigit() else ord(match[1])
            expected += number == expected
        if expected - first > 1:
            return min(expected - first, MOST_OFFERS)
    counted = [
        int(number)
        for index in range(len(text.tokens) - 1)
        for number, end in number_slot().read(text, index)
        if end < len(text.tokens) and _offered().read(text, end)
    ]
    prices = sum(amount.is_certain for amount in find_amounts(text))
    # "United at 7:15 or Delta at 9:40"
    flights = _count(read_any_airline, text) if _count(clock_slot().read, text) else 0
    return min(max([*counted[:1], prices, flights]), MOST_OFFERS)


def _count(read: Callable[[Text, int], Iterable[Found]], text: Text) -> int:
    """How often something is said, without overlaps."""
    found, index = 0, 0
    while index < len(text.tokens):
        ends = [end for _, end in read(text, index)]
        found += bool(ends)
        index = max([index + 1, *ends])
    return found


@cache
def _questions() -> Vocabulary:
    lines = Path(__file__).with_name("questions.tsv").read_text(encoding="utf-8").splitlines()
    table = (line.split("\t") for line in lines)
    return Vocabulary([(phrase, slot) for slot, said in table for phrase in said.split(", ")])


@cache
def _offered() -> Vocabulary:
    vietnamese = ("chuyến", "chuyến bay", "vé", "lựa chọn", "phương án", "kết quả")
    return Vocabulary(dict.fromkeys((*vietnamese, "flights", "options", "results", "offers"), True))
