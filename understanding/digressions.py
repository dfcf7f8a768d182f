"""What is about something else than the trip being planned: a booking there is already, the traveller, rules, talk."""

from __future__ import annotations

import re
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path
from typing import NamedTuple, cast, get_args

from understanding.phrases import find_phrase, is_only, read_phrases
from understanding.reading import BookingIntent, IntentName, PersonIntent
from understanding.text import Text

_FIRM = frozenset((*get_args(BookingIntent), *get_args(PersonIntent), "policy", "human"))
"""These may name places and days of their own: "cancel my flight from Boston to Denver"."""
_CONTACT_DIGITS = range(9, 13)
_FLIGHT_NUMBER = re.compile(r"(?:[a-z]{2}|[a-z]\d|\d[a-z])\d{3,4}")
_AIRLINE = re.compile(r"[A-Z]{2}")
_FLIGHT_DIGITS = range(3, 5)
_BIRTH = {"born", "birth", "birthday", "dob", "sinh"}
_HALF = 0.5
_DONE_TO_BOOKINGS = frozenset(("change", "cancel", "refund", "paid_word", "status", "look", "details"))
_RULES = frozenset(("policy", "fare_rules", "fare_rules_general"))
_UNIMPORTANT = frozenset(("particle", "filler"))


class Digression(NamedTuple):
    name: IntentName
    coverage: float
    """How much of the message says so: 1 when nothing else is in it."""


class _Sign(NamedTuple):
    """Kinds of phrases that together are a sign of an intent, unless one of `without` is there too."""

    name: IntentName
    needed: frozenset[str]
    without: frozenset[str]

    @property
    def is_firm(self) -> bool:
        """Children and wheelchairs are in rules and in parties: "a baby, can we fly on Friday" is a trip."""
        return self.name in _FIRM and not {"special", "care"} & self.needed


def find_digression(
    text: Text, places: int, *, has_dates: bool, has_wishes: bool, names_booking: bool, is_of_bookings: bool
) -> Digression | None:
    """What a message is about if not the trip; None where it wishes for one.

    `places` are those surely named, wishes what else is said of the flight and who travels. `is_of_bookings` is whether
    bookings are what was spoken of last.
    """
    is_wish = find_phrase(text, "wish")
    is_of_bookings = is_of_bookings and not (places or is_wish)
    sign = _find_sign(text, names_booking=names_booking, is_of_bookings=is_of_bookings)
    if sign is None:
        return None if is_wish else _find_courtesy(text, places) or _find_contact(text, places)
    if names_booking and sign.is_firm:
        is_trip = False
    elif sign.name == "out_of_scope":
        is_trip = is_wish or (places > 1 and find_phrase(text, "search"))
    elif sign.name == "profile":
        is_trip = places > 1 or _is_trip_introduced(text, places, is_wish=is_wish, has_dates=has_dates)
    elif sign.is_firm:
        is_stated = places > 1 and has_dates and not text.written.rstrip().endswith("?")
        is_trip = is_wish and bool(places or (has_dates and not find_phrase(text, "booked")))
        is_trip = is_trip or (sign.name == "policy" and is_stated)  # "Hanoi to Hue on Friday, checked bag included"
    elif "flight_length" in sign.needed:  # "how long is the flight from Hanoi to Hue" plans nothing yet
        is_trip = has_dates or (is_wish and bool(places))
    elif sign.name == "question":
        is_trip = places > 0
    elif sign.name == "policy" or "ask_first" in sign.needed:
        is_trip = bool(places or has_dates)
    else:
        is_trip = bool(places) or has_wishes or (is_wish and has_dates)
    if is_trip:
        return None
    if sign.name == "small_talk" and find_phrase(text, "thanks"):
        return Digression("thanks", _coverage(text, frozenset(("thanks", "small_talk"))))
    return Digression(sign.name, _coverage(text, sign.needed))


def _is_trip_introduced(text: Text, places: int, *, is_wish: bool, has_dates: bool) -> bool:
    """ "My name is Ann, I fly to Denver tomorrow" wishes for a trip; "born in Hue on 5/3" does not."""
    if is_wish:
        return bool(places or has_dates)
    is_born = any(token.word in _BIRTH for token in text.tokens)
    return places > 0 and (find_phrase(text, "search") or (has_dates and not is_born))


def _find_sign(text: Text, *, names_booking: bool, is_of_bookings: bool) -> _Sign | None:
    said = set(read_phrases(text).spans)
    if names_booking:
        said |= {"named_booking", "my_booking"}
    elif is_of_bookings and said & _DONE_TO_BOOKINGS and not said & _RULES:
        is_refusal = "no" in said and not said & {"it", "that_one"}  # "thôi huỷ", but not "huỷ cái này"
        said |= set() if is_refusal else {"my_booking"}
    if _names_flight_number(text):
        said.add("flight_number")
    return next((sign for sign in _signs() if sign.needed <= said and not sign.without & said), None)


def _names_flight_number(text: Text) -> bool:
    """ "VN213", "VJ 152"."""
    return any(_FLIGHT_NUMBER.fullmatch(token.word) for token in text.tokens) or any(
        _AIRLINE.fullmatch(first.written) and second.word.isdigit() and len(second.word) in _FLIGHT_DIGITS
        for first, second in pairwise(text.tokens)
    )


def _find_courtesy(text: Text, places: int) -> Digression | None:
    """ "Good evening" names no hour, "bye, I'll book tomorrow" no day, and "that's nice of you" no place."""
    if find_phrase(text, "goodbye") and not places:
        return Digression("goodbye", _coverage(text, frozenset(("goodbye", "thanks", "yes_like", "no"))))
    if is_only(text, ("greeting",)):
        return Digression("greeting", 1.0)
    grateful = _coverage(text, frozenset(("thanks",)))
    return Digression("thanks", grateful) if grateful > _HALF else None


def _find_contact(text: Text, places: int) -> Digression | None:
    """A telephone number or an e-mail address is said about oneself."""
    is_contact = any(token.word == "@" for token in text.tokens) or any(
        len("".join(token.word for token in run)) in _CONTACT_DIGITS
        for is_number, run in groupby(text.tokens, key=lambda token: token.word.isdigit())
        if is_number
    )
    return Digression("profile", 0.0) if is_contact and not places else None


def _coverage(text: Text, kinds: frozenset[str]) -> float:
    spans = read_phrases(text).spans
    core = {index for kind in kinds for start, end in spans.get(kind, ()) for index in range(start, end)}
    other = {index for kind in _UNIMPORTANT for start, end in spans.get(kind, ()) for index in range(start, end)}
    words = {index for index, token in enumerate(text.tokens) if token.word[0].isalnum()}
    meant = (words - other) | (words & core)
    return len(core & words) / len(meant) if meant else 0.0


@cache
def _signs() -> tuple[_Sign, ...]:
    lines = Path(__file__).with_name("signs.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(_read_sign(*line.split("\t")) for line in lines)


def _read_sign(name: str, kinds: str) -> _Sign:
    needed = frozenset(kind for kind in kinds.split() if not kind.startswith("-"))
    without = frozenset(kind[1:] for kind in kinds.split() if kind.startswith("-"))
    return _Sign(cast("IntentName", name), needed, without)
