"""Answers to a question that is open: one of several readings is chosen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from core.messages.catalogue import LANGUAGES
from domain.money import Money
from understanding.bare import find_bare
from understanding.child_doubts import children_in, put_children, read_children
from understanding.choices import find_choice
from understanding.date_doubts import put_reading, readings_meant
from understanding.dates import DateMention
from understanding.draft import Draft
from understanding.frame import Ambiguity
from understanding.grammar import Vocabulary
from understanding.phrases import is_only
from understanding.places import PlaceMention, place_ref
from understanding.regions import codes_in
from understanding.restate import restate
from understanding.text import Text, fold
from understanding.travellers import TravellerMention

_DATE_FIELDS = {"depart_on", "return_on", "depart_range"}
_PLACE_FIELDS = {"origin", "destination"}
_ENDS = Vocabulary(
    [
        *(
            (phrase, 0)
            for phrase in ("former", "earlier", "earliest", "sooner", "sớm hơn", "trước", "đầu", "cái trước")
        ),
        *((phrase, -1) for phrase in ("latter", "later", "latest", "muộn hơn", "trễ hơn", "sau", "cuối")),
    ]
)


def resolve_doubts(
    draft: Draft,
    text: Text,
    dates: list[DateMention],
    places: list[PlaceMention],
    travellers: list[TravellerMention],
) -> bool:
    """Choose a reading of an open doubt if the message does; True when it did and the message is used up."""
    for doubt in draft.doubts:
        children = read_children(doubt, text, travellers) if doubt.field == "children" and not (dates or places) else ()
        if children:
            put_children(draft, children)
            return True
        reading = _reading_meant(draft, text, doubt, dates, places, travellers)
        if reading is not None:
            _put(draft, doubt, reading)
            return True
    return False


def _reading_meant(
    draft: Draft,
    text: Text,
    doubt: Ambiguity,
    dates: list[DateMention],
    places: list[PlaceMention],
    travellers: list[TravellerMention],
) -> str | None:
    if restated := _restated_reading(doubt, text):
        return restated
    if doubt.field in _DATE_FIELDS and len(dates) == 1 and not places:
        fitting = readings_meant(draft, doubt, dates)
        if len(fitting) == 1:
            return fitting[0]
    if doubt.field in _PLACE_FIELDS and len(places) == 1 and not dates:
        if places[0].name.kind == "country":  # "alabama"
            within = codes_in(doubt.readings, places[0].name.codes)
            return within[0] if len(within) == 1 else None
        codes = [code for code in places[0].name.codes if code in doubt.readings]
        if len(codes) == 1 and len(places[0].name.codes) == 1:
            return codes[0]
    if dates or places or travellers:
        return None
    if doubt.field in _DATE_FIELDS and (at_end := next(iter(_ends_of_two(text)), None)) is not None:
        return sorted(doubt.readings)[at_end]
    choice = find_choice(text, len(doubt.readings))
    if choice and choice.choice.position and choice.choice.position <= len(doubt.readings):
        return doubt.readings[choice.choice.position - 1]
    if doubt.field in _DATE_FIELDS and (by_day := _on_day_of_month(doubt, text)):
        return by_day
    return doubt.readings[0] if len(doubt.readings) == 1 and is_only(text, ("yes", "yes_like")) else None


def _ends_of_two(text: Text) -> Iterator[int]:
    """ "The latter", "ngày sớm hơn": 0 for the first of the days, -1 for the last."""
    return (end for index in range(len(text.tokens)) for end, _ in _ENDS.read(text, index))


def _restated_reading(doubt: Ambiguity, text: Text) -> str | None:
    """The reading said back in our own words, whole or without what stands in brackets: what a chip sends."""
    said = fold(text.written)
    for reading in doubt.readings:
        for language in LANGUAGES:
            words = fold(restate(reading, language))
            if said in {words, words.partition(" (")[0]}:
                return reading
    return None


def _on_day_of_month(doubt: Ambiguity, text: Text) -> str | None:
    """ "27" alone: the one reading on that day."""
    bare = find_bare(text)
    fitting = [reading for reading in doubt.readings if bare and date.fromisoformat(reading).day == bare.number]
    return fitting[0] if len(fitting) == 1 else None


def _put(draft: Draft, doubt: Ambiguity, reading: str) -> None:
    if doubt.field in _DATE_FIELDS:
        put_reading(draft, doubt, reading)
    elif doubt.field in _PLACE_FIELDS:
        draft.set(doubt.field, place_ref(reading, draft.language))
    elif doubt.field == "budget":
        amount, _, currency = reading.partition(" ")
        draft.set("budget", Money.parse(amount, currency or "VND"))
    elif reading.isdigit():
        draft.set("children", int(reading))
    else:
        put_children(draft, (("infants" if reading == "infant" else "children", children_in(doubt)),))
