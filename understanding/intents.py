"""What the traveller wants with a message."""

from __future__ import annotations

from typing import NamedTuple

from understanding.phrases import find_phrase, is_only
from understanding.reading import Choice, Intent, IntentName
from understanding.text import Text

SURE = 1.0
CLEAR = 0.9
LIKELY = 0.7
UNSURE = 0.3
"""Below 0.5: a model decides."""


class Understood(NamedTuple):
    """What the other readers made of the message."""

    has_changed: bool
    """The frame, or what is open in it, is another now."""
    choice: Choice | None
    was_searchable: bool
    offers_shown: int
    has_content: bool
    """Some slot word was found, even if it changed nothing."""
    names_day: bool
    names_limit: bool
    """An amount of money or a time of day."""


def find_intent(text: Text, understood: Understood) -> Intent:
    name, confidence = _decide(text, understood)
    return Intent(name=name, confidence=confidence)


def _decide(text: Text, understood: Understood) -> tuple[IntentName, float]:
    if find_phrase(text, "start_over"):
        return "start_over", CLEAR
    if not understood.has_changed and (only := _whole_intent(text)):
        return only
    if find_phrase(text, "human") and not understood.has_changed:
        return "human", CLEAR
    if find_phrase(text, "help") and not understood.has_content:
        return "help", CLEAR
    if find_phrase(text, "price_calendar") or _asks_around_day(text, understood):
        return "price_calendar", CLEAR
    if not understood.has_changed and (asked := _about_offer(text, understood.offers_shown)):
        return asked, CLEAR
    if understood.choice and not understood.has_changed:
        asks = find_phrase(text, "details") or find_phrase(text, "question") or text.written.rstrip().endswith("?")
        return ("details", CLEAR) if asks else ("select", CLEAR)
    if understood.has_changed:
        is_refined = understood.offers_shown > 0 or understood.was_searchable
        return ("refine" if is_refined else "search"), CLEAR
    return _decide_without_slots(text, understood)


def _asks_around_day(text: Text, understood: Understood) -> bool:
    """ "Giá quanh 20/12" is of days; "giá quanh 2 triệu" and "cheapest around noon" are wishes for a search."""
    return understood.names_day and not understood.names_limit and find_phrase(text, "prices_around")


def _about_offer(text: Text, offers_shown: int) -> IntentName | None:
    """What is asked of an offer. Whether fares can be given back in general is another question."""
    if find_phrase(text, "seat_map"):
        return "seat_map"
    return "fare_rules" if offers_shown and find_phrase(text, "fare_rules") else None


def _whole_intent(text: Text) -> tuple[IntentName, float] | None:
    """Intents a message has only when it says nothing else. An "ok" or "dạ" is only like a yes."""
    if is_only(text, ("yes",)):
        return "yes", SURE
    if is_only(text, ("yes", "yes_like")):
        return "yes", LIKELY
    if is_only(text, ("no",)):
        return "no", SURE
    if is_only(text, ("greeting",)):
        return "greeting", SURE
    if is_only(text, ("thanks", "goodbye", "yes_like")) and find_phrase(text, "goodbye"):
        return "goodbye", SURE
    if is_only(text, ("thanks", "yes_like")):
        return "thanks", SURE
    return None


def _decide_without_slots(text: Text, understood: Understood) -> tuple[IntentName, float]:
    if understood.offers_shown and find_phrase(text, "details"):
        return "details", LIKELY
    if understood.offers_shown and find_phrase(text, "more_like_this"):
        return "refine", LIKELY
    if find_phrase(text, "out_of_scope"):
        return "out_of_scope", LIKELY
    if understood.has_content and not find_phrase(text, "question"):
        return ("refine" if understood.offers_shown else "search"), LIKELY
    if find_phrase(text, "question"):
        return "question", LIKELY
    if find_phrase(text, "search"):
        return "search", LIKELY
    return "question", UNSURE
