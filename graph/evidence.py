"""What a conversation knows for certain: every amount, hour, day, code and name of its tool results and facts."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

from core.clock import clock
from domain.airlines import airlines
from domain.money import Money
from understanding.claim_base import Mention
from understanding.claimed_days import Day
from understanding.claims import find_claims
from understanding.text import fold

RESULTS_REMEMBERED = 256
"""Those of a conversation are read again with every turn."""
MAX_TEXT_CHARACTERS = 2_000
"""Of one text in a result."""
_CODE = re.compile(r"(?<![\w-])[A-Z0-9]{6}(?![\w-])")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d\S*")
_CLOCK = re.compile(r"\d\d:\d\d(?::\d\d)?")
_SHOWN = ("offers", "days", "bookings", "flights", "slices", "ways", "shown", "payments", "carrier_notes")
"""Keys of results that come with a card."""
_COUNTED = ("found", "matching", "offers_shown")
_LISTED = ("offers", "bookings", "ways")
_MISREAD = {"date", "weekday", "time", "duration"}
_PARTY = ("adults", "children", "infants")
_TOLD_BY_CODE = ("approved ", "declined ")
"""How the lines of the story begin that repeat no call with what a model wrote into it."""


@dataclass
class Evidence:
    """Collected by `collect_evidence`. Money is in minor units, hours and lengths are in minutes."""

    today: date = date.min
    prices: dict[str, set[int]] = field(default_factory=dict)
    clocks: set[int] = field(default_factory=set)
    lengths: set[int] = field(default_factory=set)
    day_counts: set[int] = field(default_factory=set)
    days: set[date] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    """Flight numbers, booking references, ticket numbers."""
    seats: set[str] = field(default_factory=set)
    airlines: set[str] = field(default_factory=set)
    """IATA codes."""
    stops: set[int] = field(default_factory=set)
    counts: set[int] = field(default_factory=set)
    """Every whole number."""
    totals: set[int] = field(default_factory=set)
    """How many offers or bookings there are, of one airline too."""
    parties: set[int] = field(default_factory=set)
    """How many people a price may be for."""
    last_number: int = 0
    """The highest number on the screen."""
    texts: set[frozenset[str]] = field(default_factory=set)
    """The folded words of each text: a name is known when one of them holds all of it."""
    quotes: set[str] = field(default_factory=set)
    """The traveller's own words that were not understood: “31/2” may be said back."""
    has_cards: bool = False

    def add(self, other: Evidence) -> None:
        for currency, amounts in other.prices.items():
            self.prices.setdefault(currency, set()).update(amounts)
        for name in ("clocks", "lengths", "day_counts", "days", "codes", "seats", "airlines", "stops", "counts"):
            getattr(self, name).update(getattr(other, name))
        for name in ("totals", "parties", "texts", "quotes"):
            getattr(self, name).update(getattr(other, name))
        self.last_number = max(self.last_number, other.last_number)
        self.has_cards = self.has_cards or other.has_cards

    def add_price(self, money: Money) -> None:
        self.prices.setdefault(money.currency, set()).add(money.amount_minor)

    def knows_words(self, words: frozenset[str]) -> bool:
        return any(words <= text for text in self.texts)


def collect_evidence(facts: Mapping[str, Any], results: Sequence[str]) -> Evidence:
    """What may be said. `facts` are those of the turn; `results` the texts of the tool messages still remembered.

    A result that is no JSON, such as a page of our own policies, counts as it stands.
    """
    evidence = Evidence()
    now = facts.get("now")
    today = datetime.fromisoformat(now).date() if isinstance(now, str) else clock.now().date()
    evidence.today = today
    evidence.days.add(today)
    story = [line for line in facts.get("so_far", ()) if line.startswith(_TOLD_BY_CODE)]
    _read_value({**facts, "so_far": story}, evidence, "")
    evidence.add(_read_party(facts.get("frame") or {}))
    evidence.has_cards = bool(facts.get("offers_shown"))
    evidence.last_number = max(evidence.last_number, int(facts.get("offers_shown") or 0))
    for result in results:
        evidence.add(_read_result(result))
    return evidence


@lru_cache(maxsize=RESULTS_REMEMBERED)
def _read_result(text: str) -> Evidence:
    evidence = Evidence()
    try:
        result = json.loads(text)
    except ValueError:
        result = text
    _read_value(_without_phrase(result), evidence, "")
    if isinstance(result, dict) and "error" in result:
        # it repeats what a model asked for: a price in it is nobody's
        evidence.prices.clear()
    elif isinstance(result, dict):
        evidence.has_cards = any(result.get(key) for key in _SHOWN)
    return evidence


def _without_phrase(result: Any) -> Any:
    """A failure without the words it could not read: a model may have written them."""
    phrase = result.get("params", {}).get("phrase") if isinstance(result, dict) and "error" in result else None
    if not phrase:
        return result
    return {"error": result["error"], "message": str(result.get("message", "")).replace(str(phrase), "")}


def _read_value(value: Any, evidence: Evidence, key: str) -> None:
    match value:
        case str():
            _read_text(value, evidence, key)
        case bool() | None:
            pass
        case int():
            _read_count(value, evidence, key)
        case Mapping():
            _read_mapping(value, evidence, key)
        case Sequence():
            if key in _LISTED:
                evidence.totals.add(len(value))
                evidence.totals.update(_count_alike(value))
                evidence.last_number = max(evidence.last_number, len(value))
            elif key == "travellers":
                evidence.parties.add(len(value))
            for each in value:
                _read_value(each, evidence, key)


def _read_mapping(value: Mapping[str, Any], evidence: Evidence, key: str) -> None:
    if key == "travellers":
        evidence.add(_read_party(value))
    if value.keys() >= {"amount", "currency"}:
        with suppress(ValueError):
            evidence.add_price(Money.model_validate(dict(value)))
    for name, each in value.items():
        _read_value(each, evidence, name)


def _read_count(value: int, evidence: Evidence, key: str) -> None:
    evidence.counts.add(value)
    if key in _COUNTED:
        evidence.totals.add(value)
    elif key in {"number", "position"}:
        evidence.last_number = max(evidence.last_number, value)
    elif key in {"max_stops", "stops"}:
        evidence.stops.add(value)
    elif key.endswith("minutes"):
        evidence.lengths.add(value)


def _read_text(text: str, evidence: Evidence, key: str) -> None:
    text = text[:MAX_TEXT_CHARACTERS]
    evidence.texts.add(frozenset(fold(text).replace("/", " ").replace("–", " ").split()))
    evidence.codes.update(_CODE.findall(text))
    if key == "airlines" and text in airlines():
        evidence.airlines.add(text)
    if code := _codes_by_name().get(text):
        evidence.airlines.add(code)
    try:
        if _INSTANT.fullmatch(text):
            at = datetime.fromisoformat(text)
            evidence.days.add(at.date())
            evidence.clocks.add(at.hour * 60 + at.minute)
            return
        if _CLOCK.fullmatch(text):
            hour = time.fromisoformat(text)
            evidence.clocks.add(hour.hour * 60 + hour.minute)
            return
    except ValueError:
        return
    # results are written in either language, and read alike in both
    mentions = find_claims(text, "vi")
    for mention in mentions:
        _add_mention(mention, evidence)
    if key == "phrase" and {mention.kind for mention in mentions} <= _MISREAD:
        evidence.quotes.add(text)


def _add_mention(mention: Mention, evidence: Evidence) -> None:
    value = mention.value
    match mention.kind:
        case "price":
            evidence.add_price(value.money)
        case "time" | "duration":
            evidence.clocks.update(value.clocks)
            evidence.lengths.update(value.lengths)
            evidence.day_counts.update(value.days)
        case "date":
            evidence.days.update(_whole_days(value))
        case "flight":
            evidence.codes.add(value)
            if value[:2] in airlines():
                evidence.airlines.add(value[:2])
        case "reference":
            evidence.codes.add(value)
        case "airline":
            evidence.airlines.add(value)
        case "seat":
            evidence.seats.add(value)
        case "stops":
            evidence.stops.add(value)


def _whole_days(day: Day) -> Iterator[date]:
    if day.year is not None and day.month is not None:
        try:
            yield date(day.year, day.month, day.day)
        except ValueError:
            return


def _read_party(people: Mapping[str, Any]) -> Evidence:
    """How many people a price may be meant for: all, those with a seat, the adults."""
    adults, children, infants = (int(people.get(kind) or 0) for kind in _PARTY)
    return Evidence(parties={adults, adults + children, adults + children + infants} - {0})


def _count_alike(rows: Sequence[Any]) -> Iterator[int]:
    """How many offers there are of each airline, and with the same stops."""
    for key in ("airline", "stops"):
        yield from Counter(json.dumps(row[key]) for row in rows if isinstance(row, dict) and key in row).values()


@lru_cache(maxsize=1)
def _codes_by_name() -> dict[str, str]:
    return {name: code for code, name in airlines().items()}
