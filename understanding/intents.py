"""What the traveller wants with a message."""

from __future__ import annotations

from typing import NamedTuple

from understanding.digressions import Digression
from understanding.phrases import find_phrase, is_only, read_phrases
from understanding.reading import Choice, Intent, IntentName
from understanding.text import Text

# How often each is right was counted on sentences written before anybody looked at the rules.
# Below 0.5 a model decides.
SURE = 0.98
"""The message says this and nothing else."""
CLEAR = 0.93
"""A part of the trip was said, or an offer named."""
LIKELY = 0.88
"""The message says this among other things."""
THIN = 0.6
"""Only a day, an hour or a number was said, to nothing we had asked and without a wish to fly."""
HINT = 0.4
"""Only a word of the topic was found."""
UNSURE = 0.05
"""Nothing we know was found."""

_FEW_TOKENS = 8
_OPENING_WORDS = 3
"""A second thought comes first: "actually", "no", "à không"."""


_OF_SEATS_TOO = {"preferences", "remember", "forget", "change"}
"""These name seats and meals without asking for any."""


class Understood(NamedTuple):
    """What the other readers made of the message."""

    has_changed: bool
    """The frame, or what is open in it, is another now."""
    takes_back: bool
    """A value said before has given way to another."""
    names_route: bool
    """Both ends of the trip are other ones now."""
    choice: Choice | None
    names_unseen: bool
    """One of several things is picked, though we know of none."""
    was_known: bool
    """Where from, where to and when were known before."""
    was_begun: bool
    """Something was known before."""
    offers_shown: int
    has_content: bool
    """Some slot word was found, even if it changed nothing."""
    names_day: bool
    names_limit: bool
    """An amount of money or a time of day."""
    is_thin: bool
    """Nothing was known or asked, and no place is named."""
    digression: Digression | None
    names_booking: bool
    names_party: bool
    """Others than the traveller alone, by number or as family."""
    names_extras: bool
    """Seats by number, or more bags."""


def find_intent(text: Text, understood: Understood) -> Intent:
    name, confidence = _decide(text, understood)
    return Intent(name=name, confidence=confidence)


def _decide(text: Text, understood: Understood) -> tuple[IntentName, float]:
    if find_phrase(text, "start_over") and not (understood.digression and not understood.has_changed):
        return "start_over", CLEAR
    if not understood.has_changed:
        if understood.offers_shown and is_only(text, ("settle",)) and not _ends_asking(text):
            return "book", LIKELY
        only = _whole_intent(text)
        # "cancel it" is a no, unless bookings are spoken of
        if only and not (only[0] == "no" and understood.digression and understood.digression.name == "cancel"):
            return only
        if not understood.names_booking and (asked := _about_offer(text, understood)):
            return asked
        if understood.digression and not _books_paying(text, understood):
            return understood.digression.name, _confidence(understood.digression)
    if _asks_calendar(text, understood):
        return "price_calendar", CLEAR
    if (not understood.has_changed or understood.names_unseen) and (meant := _choosing(text, understood)):
        return meant
    if understood.has_changed:
        is_thin = understood.is_thin and not find_phrase(text, "wish")
        return _about_trip(text, understood), THIN if is_thin else CLEAR
    return _decide_without_slots(text, understood)


def _books_paying(text: Text, understood: Understood) -> bool:
    """ "Book number 2, I pay with MoMo": there is nothing to pay for before it is booked."""
    is_pay = understood.digression is not None and understood.digression.name == "pay"
    return is_pay and understood.choice is not None and (find_phrase(text, "book") or find_phrase(text, "select"))


def _confidence(digression: Digression) -> float:
    return SURE if digression.coverage == 1 else LIKELY


def _about_trip(text: Text, understood: Understood) -> IntentName:
    """Filling in a trip is a search; once it can be searched, saying more of it varies it."""
    if _is_taken_back(text, understood):
        return "correction"
    is_narrowing = understood.was_known or find_phrase(text, "narrowing")
    return "refine" if is_narrowing and not understood.names_route else "search"


def _is_taken_back(text: Text, understood: Understood) -> bool:
    """A slip needs only be named; other second thoughts must also change what was said before."""
    if find_phrase(text, "mistake") and (understood.was_begun or not understood.has_changed or _opens(text, "mistake")):
        return True
    return understood.was_begun and understood.takes_back and _opens(text, "second_thought")


def _opens(text: Text, kind: str) -> bool:
    return any(start < _OPENING_WORDS for start, _ in read_phrases(text).spans.get(kind, ()))


def _asks_calendar(text: Text, understood: Understood) -> bool:
    """ "Giá quanh 20/12" is of days; "giá quanh 2 triệu" and "cheapest around noon" are wishes for a search."""
    is_around = understood.names_day and not understood.names_limit and find_phrase(text, "prices_around")
    return is_around or find_phrase(text, "price_calendar")


def _about_offer(text: Text, understood: Understood) -> tuple[IntentName, float] | None:
    """What is asked of an offer. Whether fares can be given back in general is another question."""
    is_general = find_phrase(text, "fare_rules_general") or find_phrase(text, "my_booking")
    if understood.digression and understood.digression.name in _OF_SEATS_TOO:
        return None
    if find_phrase(text, "seat_map"):
        return "seat_map", CLEAR
    if find_phrase(text, "fare_rules") and not is_general:
        return ("fare_rules", CLEAR) if understood.offers_shown else ("policy", LIKELY)
    is_of_one = understood.choice is not None or understood.names_unseen or find_phrase(text, "that_one")
    is_rule = find_phrase(text, "allowed") or find_phrase(text, "measure")
    is_feature = find_phrase(text, "feature") or (find_phrase(text, "baggage") and (is_of_one or not is_rule))
    if is_feature and _asks(text) and (is_of_one or (understood.offers_shown and not is_general)):
        return "details", CLEAR if is_of_one else LIKELY
    return None


def _asks(text: Text) -> bool:
    return find_phrase(text, "details_question") or find_phrase(text, "question") or _ends_asking(text)


def _ends_asking(text: Text) -> bool:
    return text.written.rstrip().endswith("?")


def _ends_in_doubt(text: Text) -> bool:
    """ "Đúng à" asks, and "có đâu" denies; "không đâu" only stresses."""
    spans = read_phrases(text).spans
    last = {kind: any(end == len(text.tokens) for _, end in spans.get(kind, ())) for kind in ("doubting", "no")}
    return last["doubting"] and not last["no"]


def _choosing(text: Text, understood: Understood) -> tuple[IntentName, float] | None:
    is_of_one = understood.choice is not None or understood.names_unseen
    if is_of_one and find_phrase(text, "details"):
        return "details", CLEAR
    if find_phrase(text, "book_now") or (is_of_one and find_phrase(text, "book")):
        return "book", CLEAR if is_of_one or not understood.has_content else LIKELY
    if understood.names_party and is_of_one and find_phrase(text, "select"):
        return "book", CLEAR  # whoever says for whom wants it booked
    if is_of_one:
        is_taken = find_phrase(text, "select") and not (find_phrase(text, "question") or _ends_asking(text))
        return ("details", LIKELY) if _asks(text) and not is_taken else ("select", CLEAR)
    if find_phrase(text, "select") and (find_phrase(text, "that_one") or find_phrase(text, "it")):
        return "select", LIKELY
    is_short = len(text.tokens) <= _FEW_TOKENS and not (understood.has_content or _asks(text))
    is_bare = is_only(text, ("that_one",)) and not _ends_asking(text)  # the "do" of "chuyen toi do" asks nothing
    if understood.offers_shown and (is_bare or (is_short and find_phrase(text, "that_one"))):
        return "select", LIKELY
    return None


def _whole_intent(text: Text) -> tuple[IntentName, float] | None:
    """Intents a message has only when it says nothing else. An "ok" or "dạ" is only like a yes; "ok?" is none."""
    if _ends_asking(text) or _ends_in_doubt(text):
        return None
    if is_only(text, ("done", "yes", "yes_like", "thanks")) and find_phrase(text, "done"):
        return "done", SURE
    if is_only(text, ("yes",)):
        return "yes", SURE
    if is_only(text, ("yes", "thanks")) and _opens(text, "yes"):
        return "yes", LIKELY
    if find_phrase(text, "thanks") and is_only(text, ("thanks", "yes_like")):
        return "thanks", SURE
    if is_only(text, ("book", "book_now")):
        return "book", LIKELY
    if is_only(text, ("yes", "yes_like")):
        return "yes", LIKELY
    if is_only(text, ("no", "thanks")) and find_phrase(text, "no"):
        return "no", SURE
    if is_only(text, ("greeting",)):
        spans = read_phrases(text).spans
        is_leaving = "thanks" in spans and spans["thanks"][0] < spans["greeting"][-1]  # "cảm ơn em, chào em"
        return ("goodbye" if is_leaving else "greeting"), SURE
    if is_only(text, ("thanks", "goodbye", "yes_like")) and find_phrase(text, "goodbye"):
        return "goodbye", SURE
    return None


def _decide_without_slots(text: Text, understood: Understood) -> tuple[IntentName, float]:
    if understood.offers_shown and understood.names_extras:
        return "extras", LIKELY
    if understood.offers_shown and find_phrase(text, "details"):
        return "details", LIKELY
    if find_phrase(text, "mistake") and (understood.was_begun or understood.has_content):
        return "correction", LIKELY
    if find_phrase(text, "narrowing"):
        return "refine", LIKELY
    if understood.was_known and (understood.has_content or find_phrase(text, "more_like_this")):
        return "refine", LIKELY
    if find_phrase(text, "wish") and not find_phrase(text, "booked"):
        return "search", CLEAR
    if find_phrase(text, "thanks"):
        return "thanks", LIKELY
    if understood.has_content and not find_phrase(text, "question"):
        return "search", LIKELY
    if find_phrase(text, "help") and not understood.has_content:
        return "help", LIKELY
    if find_phrase(text, "maybe"):
        return "small_talk", HINT
    if find_phrase(text, "question"):
        return "question", HINT
    if find_phrase(text, "search"):
        return "search", HINT
    if _opens(text, "greeting"):
        return "greeting", HINT
    return "question", UNSURE
