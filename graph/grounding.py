"""Grounding: a filter between a model and the event log. A sentence that states a price, an hour, a day or a name that
stands nowhere in the conversation's results and facts is replaced before anyone sees it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import cache
from itertools import combinations
from typing import NamedTuple

from core.messages import Language, say
from core.messages.catalogue import load_catalogue
from core.metrics import SENTENCES_REPLACED
from graph.evidence import Evidence
from graph.evidence import collect_evidence as collect_evidence
from understanding.claim_base import ClaimKind, Mention
from understanding.claimed_days import Day
from understanding.claimed_prices import Price
from understanding.claimed_times import Span
from understanding.claims import SeatsLeft, Total, find_claims
from understanding.sentences import find_sentence_ends
from understanding.text import fold

MAX_SENTENCE_CHARACTERS = 2_000
"""A longer one is not checked, and not shown."""
MAX_REPLY_CHARACTERS = 20_000
"""What a model says beyond that is not shown."""
_TAIL = 64
"""Of a sentence too long to show: enough to see where it ends."""
_MOST_PAIRED = 200
"""Amounts that are added up and compared with each other."""
_LARGEST_ROUNDING = 10
"""A rounded price is off by no more than one part in so many."""
_ANY_DAY = date(2026, 1, 5)
_OUR_WORDS = 5
"""Words in a row that only our own sentences have."""
_OF_OUR_SENTENCES: frozenset[ClaimKind] = frozenset(("date", "weekday", "duration", "time", "price", "number", "stops"))

_COMPARES = re.compile(
    r"(?<!\w)(?:hon|chenh|lech|tiet kiem|tang|giam|them|re|dat|cheaper|dearer|less|more|difference|save[sd]?|saving"
    r"|extra|higher|lower|additional|gap|expensive|rose|risen|fell|fallen|apart|up|down|faster|slower|longer|shorter"
    r"|later|earlier|sooner)(?!\w)"
)
_ADDS_UP = re.compile(
    r"(?<!\w)(?:tong|cong|ca hai|khu hoi|hai chieu|gom ca|ca doan|in total|total|totals|together|altogether|both|plus"
    r"|sum|overall|combined|round trip|including)(?!\w)"
)
_SHARES = re.compile(
    r"(?<!\w)(?:nguoi|khach|ve|ca doan|moi|tong|each|per|for|people|persons?|adults?|travellers|passengers|total|party"
    r"|both)(?!\w)"
)


class Claim(NamedTuple):
    """A stated fact that nothing stands for."""

    kind: ClaimKind
    text: str


def find_ungrounded(sentence: str, evidence: Evidence, language: Language) -> list[Claim]:
    """The facts of a sentence that are not in evidence, in order."""
    for ours in _our_examples(language):
        sentence = sentence.replace(ours, " ")
    for quote in evidence.quotes:
        sentence = sentence.replace(f"“{quote}”", " ")
    mentions = find_claims(sentence, language, evidence.today)
    if not mentions:
        return []
    folded = fold(sentence)
    return [Claim(each.kind, each.text) for each in mentions if not _is_known(each, folded, evidence)]


class Screen:
    """Checks what a model says as it comes. The result does not depend on how the text is cut into pieces."""

    def __init__(self, evidence: Evidence, language: Language) -> None:
        self._evidence = evidence
        self._language = language
        self._held = ""
        self._fed = 0
        self._is_too_long = False
        self._is_replacing = False
        self._is_line_open = False
        self.replaced = 0
        """Sentences kept out so far."""

    def feed(self, delta: str) -> str:
        """What may be shown now: the sentences that have ended, checked."""
        taken = delta[: max(MAX_REPLY_CHARACTERS - self._fed, 0)]
        self._fed += len(delta)
        self._held += taken
        shown, start = [], 0
        for end in find_sentence_ends(self._held):
            shown.append(self._screen(self._held[start:end]))
            start = end
        self._held = self._held[start:]
        if len(self._held) > MAX_SENTENCE_CHARACTERS:
            self._is_too_long = True
            self._held = self._held[-_TAIL:]
        return "".join(shown)

    def finish(self) -> str:
        """The rest, when the model has ended."""
        rest, self._held = self._held, ""
        # of a reply that was cut off the last words may be half a number
        return self._screen(rest) if rest and self._fed <= MAX_REPLY_CHARACTERS else ""

    def _screen(self, sentence: str) -> str:
        is_too_long, self._is_too_long = self._is_too_long or len(sentence) > MAX_SENTENCE_CHARACTERS, False
        claims = [] if is_too_long else find_ungrounded(sentence, self._evidence, self._language)
        if not (claims or is_too_long):
            if sentence.strip():
                self._is_replacing = False
            self._is_line_open = not sentence.endswith("\n")
            return sentence
        self.replaced += 1
        kinds: set[str] = {claim.kind for claim in claims} or {"too_long"}
        for kind in kinds:
            SENTENCES_REPLACED.labels(kind).inc()
        # of a sentence too long only the end is still at hand
        lead = "" if is_too_long else sentence[: len(sentence) - len(sentence.lstrip())]
        return self._replace(sentence, lead)

    def _replace(self, sentence: str, lead: str) -> str:
        """Our own sentence once, and the end of the line."""
        line_end = "\n" if sentence.endswith("\n") else ""
        if self._is_replacing:
            line_end = line_end if self._is_line_open else ""
            self._is_line_open = self._is_line_open and not line_end
            return line_end
        self._is_replacing = True
        self._is_line_open = not line_end
        key = "grounding.replaced_by_cards" if self._evidence.has_cards else "grounding.replaced"
        return f"{lead}{say(key, self._language)}{line_end}"


def _is_known(mention: Mention, folded: str, evidence: Evidence) -> bool:
    value = mention.value
    match mention.kind:
        case "price":
            return _is_known_price(value, folded, evidence)
        case "time" | "duration":
            return _is_known_span(value, folded, evidence)
        case "date":
            return _is_known_day(value, evidence)
        case "weekday":
            return any(day.weekday() == value for day in evidence.days)
        case "flight" | "reference":
            return value in evidence.codes
        case "airline":
            return value in evidence.airlines or evidence.knows_words(frozenset(fold(mention.text).split()))
        case "seat":
            return value in evidence.seats
        case "stops":
            # where no flight is known there is none to be wrong about
            return value in evidence.stops or (value == 0 and not evidence.stops)
        case "name":
            return evidence.knows_words(value)
        case "count":
            return _is_known_count(value, evidence)
        case "number":
            return bool(1 <= value <= evidence.last_number)


def _is_known_count(value: int, evidence: Evidence) -> bool:
    if isinstance(value, SeatsLeft):
        return value in evidence.counts or value in evidence.parties
    if isinstance(value, Total):
        return value in evidence.totals
    return value <= max(evidence.totals, default=0)


def _is_known_span(span: Span, folded: str, evidence: Evidence) -> bool:
    if span.clocks & evidence.clocks or span.lengths & evidence.lengths:
        return True
    if span.lengths and _COMPARES.search(folded):
        return any(
            abs(first - last) in span.lengths
            for known in (evidence.lengths, evidence.clocks)
            for first, last in combinations(sorted(known)[:_MOST_PAIRED], 2)
        )
    if not span.days:
        return False
    if span.days & (evidence.day_counts | evidence.counts):
        return True
    # nights between two days, or both days and those between
    apart = {abs((first - last).days) for first, last in combinations(sorted(evidence.days)[:_MOST_PAIRED], 2)}
    return any(days in apart or days - 1 in apart for days in span.days)


def _is_known_day(value: Day | frozenset[object], evidence: Evidence) -> bool:
    if isinstance(value, Day):
        return any(value.is_of(day) for day in evidence.days)
    return bool(value & evidence.days)


def _is_known_price(price: Price, folded: str, evidence: Evidence) -> bool:
    amounts = evidence.prices.get(price.money.currency, set())
    if any(_fits(amount, price) for amount in amounts):
        return True
    return any(_fits(amount, price) for amount in _derived(amounts, folded, evidence.parties))


def _derived(amounts: set[int], folded: str, parties: set[int]) -> Iterable[int]:
    """What follows from the amounts, as far as the sentence says that it compares, adds up or shares out."""
    known = sorted(amounts)[:_MOST_PAIRED]
    if _SHARES.search(folded):
        for people in parties - {1}:
            yield from (amount * people for amount in known)
            yield from (amount // people for amount in known)
    compares, adds_up = bool(_COMPARES.search(folded)), bool(_ADDS_UP.search(folded))
    if compares or adds_up:
        for less, more in combinations(known, 2):
            if compares:
                yield more - less
            if adds_up:
                yield more + less
    if adds_up:
        yield from (2 * amount for amount in known)


def _fits(amount: int, price: Price) -> bool:
    """Whether an amount is the one said, or rounds to it where the sentence says that it was rounded."""
    said, off = price.money.amount_minor, amount - price.money.amount_minor
    if off == 0:
        return True
    if price.nearness == "exact" or abs(off) * _LARGEST_ROUNDING > amount:
        return False
    if price.nearness == "about":
        return abs(off) * 2 <= price.step
    return 0 < off < price.step if price.nearness == "over" else 0 < said - amount < price.step


@cache
def _our_examples(language: Language) -> tuple[str, ...]:
    """Parts of our own sentences that hold facts of their own: examples, and what airlines do in general."""
    parts = {
        part.strip()
        for key, template in load_catalogue(language).items()
        if not key.startswith(("mail.", "page.", "faults."))
        for line in re.split(r"\{\w+\}|\n", template)
        for part in _split(line)
    }
    return tuple(sorted(filter(lambda part: _is_ours(part, language), parts), key=len, reverse=True))


def _split(line: str) -> Iterable[str]:
    start = 0
    for end in [*find_sentence_ends(line), len(line)]:
        yield line[start:end]
        start = end


def _is_ours(part: str, language: Language) -> bool:
    if len(part.split()) < _OUR_WORDS:
        return False
    kinds = {each.kind for each in find_claims(part, language, _ANY_DAY)}
    return bool(kinds) and kinds <= _OF_OUR_SENTENCES
