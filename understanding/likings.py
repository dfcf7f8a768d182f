"""Likings as they can be kept: "nhớ giúp mình là thích ghế cạnh cửa sổ", "turn off reminders"."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import cast

from domain.airports import city_airports
from understanding.filters import FilterMention
from understanding.grammar import Vocabulary
from understanding.phrases import find_phrase
from understanding.places import PlaceMention
from understanding.reading import IntentName, Preference, PreferenceKind
from understanding.text import Text

KEPT: frozenset[IntentName] = frozenset(("preferences", "remember", "forget", "notifications"))
"""Intents that may name a liking."""
_DENIALS = frozenset(
    (
        *("khong", "ko", "k", "ghet", "tranh", "chang", "dung"),
        *("hate", "not", "no", "don't", "dont", "never", "avoid", "dislike"),
    )
)
_REACH_WORDS = 4
_OFF = frozenset(
    ("tat", "dung", "ngung", "thoi", "khoi", "off", "stop", "disable", "don't", "dont", "no", "khong", "ko")
)


def find_preference(
    text: Text, intent: IntentName, filters: Sequence[FilterMention], places: Sequence[PlaceMention]
) -> Preference | None:
    """The first liking named, to be forgotten without a value; None for what is disliked or cannot be kept."""
    if intent not in KEPT:
        return None
    if intent == "notifications" or find_phrase(text, "reminders"):
        return _find_reminders(text, intent)
    named = _find_value(text, filters, places)
    if intent != "forget":
        return named
    kind = named.kind if named else _find_kind(text)
    return Preference(kind=kind) if kind else None


def _find_reminders(text: Text, intent: IntentName) -> Preference | None:
    if not find_phrase(text, "reminders"):
        return None
    if intent == "forget":
        return Preference(kind="reminders")
    return Preference(kind="reminders", value=not any(token.word in _OFF for token in text.tokens))


def _find_value(text: Text, filters: Sequence[FilterMention], places: Sequence[PlaceMention]) -> Preference | None:
    for index in range(len(text.tokens)):
        for (kind, value), _ in _table().read(text, index):
            if value and not _is_disliked(text, index):
                return Preference(kind=kind, value=value)
    for mention in filters:
        if mention.field == "cabin" and mention.value and not _is_disliked(text, mention.start):
            return Preference(kind="cabin_class", value=mention.value)
    codes = [mention for mention in filters if mention.field == "airlines" and mention.value]
    liked = [str(each.value) for each in codes if not _is_disliked(text, each.start)]
    if liked:
        return Preference(kind="preferred_airlines", value=tuple(dict.fromkeys(liked)))
    if find_phrase(text, "home") and len(places) == 1:
        airports = city_airports(places[0].name.codes[0])
        return Preference(kind="home_airport", value=airports[0]) if len(airports) == 1 else None
    return None


def _find_kind(text: Text) -> PreferenceKind | None:
    found = (kind for index in range(len(text.tokens)) for (kind, _), _ in _table().read(text, index))
    return next(found, None)


def _is_disliked(text: Text, start: int) -> bool:
    return any(text.word(index) in _DENIALS for index in range(max(start - _REACH_WORDS, 0), start))


@cache
def _table() -> Vocabulary:
    """Kinds and values by how they are said; a kind alone has no value."""
    lines = Path(__file__).with_name("likings.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines)
    return Vocabulary(
        (phrase, (cast("PreferenceKind", kind), value)) for kind, value, said in rows for phrase in said.split(", ")
    )
