"""What a message names of bookings and payment: "huỷ XK3P9L", "ghế 12A và 12B", "thêm 1 kiện", "the return flight"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from itertools import takewhile
from typing import NamedTuple, get_args

from understanding.choices import find_choice
from understanding.date_rules import DateContext
from understanding.dates import DateMention, judge_date
from understanding.grammar import Grammar, Rule
from understanding.language import is_common_word
from understanding.numbers import number_slot, ordinal_slot
from understanding.phrases import find_phrase, read_phrases
from understanding.place_names import names
from understanding.reading import BookingWish, Choice, IntentName, OfferIntent, PaymentMethod, Preference, TripIntent
from understanding.text import Text

LATEST = "latest"
ME = "me"
_NAMES_NOTHING: frozenset[IntentName] = frozenset((*get_args(TripIntent), "start_over"))
"""These are about the trip, which the frame holds."""
_NAMES_TRAVELLERS: frozenset[IntentName] = frozenset(get_args(OfferIntent))

REFERENCE_LENGTH = 6
_REFERENCE = re.compile(r"[A-Z0-9]+")
_FLIGHT_NUMBER = re.compile(r"(?:[A-Z]{2}|[A-Z]\d|\d[A-Z])\d{3,4}")
_SAYS_REFERENCE = frozenset(("ma", "pnr", "reference", "ref", "locator", "code", "booking", "reservation", "cho"))
""" "Mã", "đặt chỗ"."""
_BEFORE_REFERENCE = _SAYS_REFERENCE | frozenset(
    (
        "huy",
        "cancel",
        "doi",
        "change",
        "pay",
        "for",
        "ve",
        "don",
        "toan",
        "xem",
        "check",
        "move",
        "chuyen",
        "show",
        "is",
    )
)
_BETWEEN = frozenset((":", "#", "la", "is", "so", "number", "no", ".", "-"))

_SEAT = re.compile(r"\d{1,2}[a-hjk]")
_SEAT_WORDS = frozenset(("ghe", "seat", "seats", "cho"))
_AND = frozenset(("va", "and", ",", "&", "voi", "+", "so", "number"))
_AROUND_SEATS = _AND | _SEAT_WORDS | frozenset(("nhe", "nha", "a", "please", "di", "."))

_COUNTS = {"mot": 1, "hai": 2, "ba": 3, "bon": 4, "one": 1, "two": 2, "three": 3, "four": 4}
_BAG = r" (?:kien|vali|va li|bags?|suitcases?|luggage|baggage|hanh l[yi]|\d{1,2} ?(?:kg|ky|ki|can)\b)"
_BAGS = re.compile(
    r"\b(?:them|mua|add|buy|extra|another|with|voi|kem|dang ky)\b(?: (?:cho )?(?:minh|toi|em|anh|chi|me|us))?"
    rf"(?: (?P<count>[1-9]|{'|'.join(_COUNTS)}))?(?: (?:a|an|more|extra|another|checked|ky gui|pieces? of))*{_BAG}"
)
_NO_BAGS = re.compile(
    r"\b(?:khong|ko|khoi|dung|not|don't|dont|without) (?:\w+ ){0,2}(?:them|mua|add|buy|extra|another)\b"
)

_PASSENGERS = re.compile(
    r"\b(?:hanh khach|khach|nguoi (?:so|thu)|passengers?|travell?ers?|pax) (?:so |thu |number |no |#)?(\d{1,2})\b"
    r"(?! ?(?:nguoi|kg|ve|kien))((?:(?: ?, ?| va | and | & )(?:(?:hanh )?khach )?(?:so |number )?\d{1,2}\b)*)"
)

_LEADING_ON = frozenset(("sang", "qua", "thanh", "to", "until", "lui"))
_REACH_WORDS = 3
_LEGS = (("leg_out", 1), ("leg_back", 2))


class BookingMention(NamedTuple):
    """A booking that is named, at tokens `start` up to `end`."""

    start: int
    end: int
    name: str


class Named(NamedTuple):
    """What is named whatever the message wants."""

    booking: BookingMention | None
    seats: dict[int, str]
    """By token."""
    bags: int | None
    travellers: tuple[str, ...]


def find_named(text: Text, listed: int) -> Named:
    """`listed` is how many bookings were shown, if they were shown last."""
    return Named(find_booking(text, listed), find_seats(text), _count_bags(text), _find_travellers(text))


def make_wish(
    text: Text,
    intent: IntentName,
    named: Named,
    *,
    choice: Choice | None,
    day: date | None,
    preference: Preference | None,
) -> BookingWish | None:
    """What the message names, None if nothing is or the trip is all it is about."""
    if intent in _NAMES_NOTHING:
        return None
    wish = BookingWish(
        booking=named.booking.name if named.booking else None,
        day=day,
        leg=_find_leg(text),
        option=choice.position if choice else None,
        method=_find_method(text),
        seats=tuple(dict.fromkeys(named.seats.values())),
        bags=named.bags,
        travellers=named.travellers if intent in _NAMES_TRAVELLERS else (),
        preference=preference,
    )
    return wish if wish != BookingWish() else None


def find_booking(text: Text, listed: int) -> BookingMention | None:
    """By its reference, as the latest, or by its number where bookings were listed."""
    for index in range(len(text.tokens)):
        if _is_reference(text, index):
            return BookingMention(index, index + 1, text.tokens[index].written.upper())
    if spans := read_phrases(text).spans.get("latest_booking"):
        return BookingMention(*spans[0], LATEST)
    if not listed:
        return None
    if matches := _booking_numbers().scan(text):
        return BookingMention(matches[0].start, matches[0].end, str(matches[0].values[0]))
    choice = find_choice(text, listed)
    position = choice.choice.position if choice else None
    is_listed = position is not None and position <= listed  # "the 20th" is a day
    return BookingMention(choice.start, choice.end, str(position)) if choice and is_listed else None


def find_new_day(text: Text, dates: Sequence[DateMention], context: DateContext) -> date | None:
    """The day a flight is to be moved to: the one led to ("to Sunday"), else the last said, if it has one reading."""
    led = [mention for mention in dates if _leads_on(text, mention.start)]
    for mention in (led or dates)[-1:]:
        value = mention.value_on(context)
        day = judge_date(value, mention.phrase, "depart_on", context.today) if value is not None else None
        return day if isinstance(day, date) else None
    return None


def find_seats(text: Text) -> dict[int, str]:
    """Seats by token: behind a word that says so, listed with such a one, or where nothing else is said."""
    found = {index: token.word.upper() for index, token in enumerate(text.tokens) if _SEAT.fullmatch(token.word)}
    if not found:
        return {}
    others = [token for index, token in enumerate(text.tokens) if index not in found]
    is_led = all(token.word in _AROUND_SEATS for token in others)
    seats: dict[int, str] = {}
    for index, token in enumerate(text.tokens):
        if index in found and is_led:
            seats[index] = found[index]
        elif token.word not in _AND:
            is_led = token.word in _SEAT_WORDS
    return seats


def _is_reference(text: Text, index: int) -> bool:
    """Six letters and digits as airlines write them; in small letters, or in letters alone, only where it is said."""
    token = text.tokens[index]
    if len(token.word) != REFERENCE_LENGTH:
        return False
    code = token.written.upper()
    if not _REFERENCE.fullmatch(code) or token.marks or code.isdigit():
        return False
    before = index - 1
    while text.word(before) in _BETWEEN:
        before -= 1
    is_said = text.word(before) in _SAYS_REFERENCE and (text.word(before) != "cho" or text.word(before - 1) == "dat")
    is_named = text.word(before) in _BEFORE_REFERENCE
    is_written_so = token.written.isupper() and not text.written.isupper()
    if any(character.isdigit() for character in code):
        is_alone = len(text.tokens) == 1 and token.written.isupper()
        is_clear = is_written_so or is_alone or (is_named and token.written.isupper())
        return is_said or (is_clear and not _FLIGHT_NUMBER.fullmatch(code))
    is_word = is_common_word(token) or bool(read_phrases(text).by_start[index]) or bool(names().read(text, index))
    is_said = is_said and text.word(before) != "cho"  # "dat cho nguyen" names a traveller
    return not is_word and (is_said or (is_written_so and is_named))


@cache
def _booking_numbers() -> Grammar:
    nouns = "booking|reservation|trip|order|đơn"
    rules = (f"{nouns} số|thứ|number|#? {{n}}", "đặt chỗ số|thứ? {n}", f"the? {{ord}} {nouns}|flight|ticket")
    return Grammar((Rule(rule, int) for rule in rules), {"n": number_slot(), "ord": ordinal_slot()})


def _leads_on(text: Text, start: int) -> bool:
    before = [text.word(index) for index in range(start - 1, max(start - 1 - _REACH_WORDS, -1), -1)]
    return any(word in _LEADING_ON for word in takewhile(str.isalnum, before))


def _find_leg(text: Text) -> int | None:
    return next((number for kind, number in _LEGS if find_phrase(text, kind)), None)


def _find_method(text: Text) -> PaymentMethod | None:
    methods: tuple[PaymentMethod, ...] = get_args(PaymentMethod)
    return next((method for method in methods if find_phrase(text, method)), None)


def _count_bags(text: Text) -> int | None:
    """How many are to be added; a weight alone is one."""
    found = _BAGS.search(text.folded)
    if not found or _NO_BAGS.search(text.folded):
        return None
    count = found["count"] or "1"
    return _COUNTS.get(count) or int(count)


def _find_travellers(text: Text) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_name_travellers(text)))


def _name_travellers(text: Text) -> Iterator[str]:
    """ "For my wife and me", "cho khách 1 và 3"; but "cho mình hỏi" is no traveller."""
    if find_phrase(text, "for_me") and not find_phrase(text, "let_me"):
        yield ME
    for found in _PASSENGERS.finditer(text.folded):
        yield found[1]
        yield from re.findall(r"\d{1,2}", found[2])
