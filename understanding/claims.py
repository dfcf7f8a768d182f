"""The travel facts a sentence states, in Vietnamese and English, in figures and in words.

Made for what is said *to* a traveller: the sentence is taken at its word, a negation or a question included.
"""

from __future__ import annotations

import re
from datetime import date

from domain.airlines import airlines
from understanding.airlines import airline_slot
from understanding.claim_base import Found, Mention
from understanding.claimed_days import find_told_days, find_written_days
from understanding.claimed_names import find_names
from understanding.claimed_prices import find_prices
from understanding.claimed_times import find_clocks, find_lengths
from understanding.frame import Language
from understanding.numbers import number_slot, number_words, ordinal_words
from understanding.text import Text, read_text

_EMPHASIS = re.compile(r"[*_`~]+")
_FLIGHT = re.compile(r"(?<![\w-])([A-Z][A-Z0-9]|[0-9][A-Z]) ?-?(\d{1,4})[A-Z]?(?![\w])(?!-\d)")
_AIRCRAFT = re.compile(r"(?:A ?3[1-8]\d|A ?220|B ?7[0-8]7|E ?1[79]\d|AT ?R? ?7[26])")
_NO_CARRIERS = {"AM", "PM", "NO", "TO", "IN", "ON", "AT", "BY", "OK", "OF", "TP", "CO", "T1", "T2", "T3", "IS", "OR"}
"""Before a blank and a figure these are words."""
_MIXED_CODE = re.compile(r"(?<![\w-])(?=[A-Z0-9]{0,5}[A-Z])(?=[A-Z0-9]{0,5}\d)[A-Z0-9]{6}(?![\w-])")
_LETTER_CODE = re.compile(r"(?<![\w/-])[A-Z]{6}(?![\w/-])")
_SAYS_REFERENCE = re.compile(
    r"(?<!\w)(?:pnr|ma (?:dat cho|giu cho|dat ve|xac nhan|la)|booking (?:reference|code|number)|(?:the|your) reference"
    r"|reference (?:is|number|code)|confirmation (?:code|number)|record locator)(?!\w)"
)
_NAMED_CODE = re.compile(
    _SAYS_REFERENCE.pattern + r"(?: \(?pnr\)?)?(?: cua ban| number| code| is| la|:)*:? ?([a-z0-9]{6})(?!\w)"
)
_TICKET_NUMBER = re.compile(r"(?<![\w-])\d{3}[- ]?\d{10}(?![\w-])")
_SEAT = re.compile(r"(?<![\w-])(\d{1,2})([A-HJ-L])(?![\w-])")
_SAYS_SEAT = re.compile(r"(?<!\w)(?:ghe|cho ngoi|seats?|window|aisle|cua so|loi di)(?!\w)")
_NO_SEATS = {"2D", "3D", "4G", "5G", "4K", "8K", "2K", "1E", "2E", "2F", "2G"}
"""Without a word for a seat: pictures, networks, terminals."""
_STOPS = {("diem", "dung"), ("chang", "dung"), ("lan", "dung"), ("tram", "dung"), ("diem", "noi"), ("lan", "noi")}
_STOP_WORDS = {"stop", "stops", "stopover", "stopovers", "layover", "layovers", "connection", "connections"}
_NONSTOP = re.compile(r"(?<!\w)(?:bay thang|nonstop|non-stop|direct(?= flight|ly)|directly)(?!\w)")
_OPEN_SENTENCE = re.compile(
    r"\?|(?<!\w)(?:khong|chua|chang|neu|loc|muon|thich|chi|not?|none|never|isn't|aren't|without|if|filter|only|prefer|want"
    r"|would|any|hay)(?!\w)"
)
"""Sentences that say of no flight that it is nonstop."""
_COUNTED = {"option", "options", "offer", "offers", "result", "results", "choice", "choices"}
_COUNTED_FLIGHTS = {"flight", "flights", "chuyen", "itineraries"}
_COUNTED_VI = {("lua", "chon"), ("phuong", "an"), ("ket", "qua")}
_TOTALS = re.compile(r"(?<!\w)(?:tim thay|tim duoc|found|in total|in all|tong cong)(?!\w)")
_SEATS_LEFT = re.compile(r"(?<!\w)(?:con|left|remaining|available|free|trong)(?!\w)")
_SEAT_WORDS = {"ghe", "seat", "seats", "cho"}
_ADJECTIVES = 2
"""Words that may stand between an English number and what it counts."""
_ORDINALS_VI = {"nhat": 1, "hai": 2, "ba": 3, "tu": 4, "nam": 5, "sau": 6, "bay": 7, "tam": 8, "chin": 9, "muoi": 10}
_NUMBERED = {"option", "choice", "offer", "chuyen", "chon", "an"}
_NUMBER_SIGNS = {"so", "number", "no", "#"}
_OTHERS_WITH_A_NUMBER = {"ga", "cua", "cong", "khach", "nha", "duong", "hieu", "ve", "tham", "dien", "gate", "terminal"}
_UNITS_BEHIND = {
    "chieu",
    "diem",
    "chang",
    "nguoi",
    "stop",
    "stops",
    "way",
    "ways",
    "gio",
    "h",
    "ngay",
    "trieu",
    ":",
    "/",
}
_MOST_SHOWN = 99
_MOST_STOPS = 9


class Total(int):
    """How many offers there are in all."""


class SeatsLeft(int):
    """How many seats can still be had."""


def find_claims(sentence: str, language: Language, today: date | None = None) -> list[Mention]:
    """The facts stated, in order. Without `today` data is read: no counts, no names, nothing told from today.

    Any text is acceptable; the time taken grows with its length.
    """
    text = read_text(_EMPHASIS.sub("", sentence))
    found = Found(text)
    if not text.tokens:
        return []
    find_written_days(found, is_english=language == "en")
    _find_codes(found, is_data=today is None)
    find_lengths(found)
    find_prices(found)
    find_clocks(found)
    _find_stops(found)
    if today is not None:
        _find_counts(found)
        find_told_days(found, today, is_english=language == "en")
        _find_numbers(found)
    _find_airlines(found)
    if today is not None:
        find_names(found)
    return found.in_order()


def _find_codes(found: Found, *, is_data: bool) -> None:
    """Flight numbers, references and seats; in data a seat stands without a word for it."""
    text = found.text
    written, folded = text.written, text.folded
    for match in _TICKET_NUMBER.finditer(written):
        found.add("reference", *match.span(), re.sub(r"\D", "", match[0]))
    if named := _NAMED_CODE.search(folded):
        code = written[named.start(1) : named.end(1)]
        if not code.isalpha() or code.isupper():
            found.add("reference", *named.span(1), code.upper())
    for match in _FLIGHT.finditer(written):
        if _is_flight(text, match):
            found.add("flight", *match.span(), f"{match[1]}{int(match[2])}")
    for match in _MIXED_CODE.finditer(written):
        found.add("reference", *match.span(), match[0])
    if _SAYS_REFERENCE.search(folded) and not written.isupper():
        for match in _LETTER_CODE.finditer(written):
            found.add("reference", *match.span(), match[0])
    says_seat = is_data or bool(_SAYS_SEAT.search(folded))
    for match in _SEAT.finditer(written):
        if says_seat or match[0] not in _NO_SEATS:
            found.add("seat", *match.span(), f"{int(match[1])}{match[2]}")


def _is_flight(text: Text, match: re.Match[str]) -> bool:
    if _AIRCRAFT.fullmatch(match[0]):
        return False
    is_apart = not match[0].startswith(f"{match[1]}{match[2]}")
    if is_apart and (match[1] in _NO_CARRIERS or text.written[: match.start()].rstrip()[-1:].isdigit()):
        return False
    is_known = match[1] in airlines()
    return is_known or (match[1].isalpha() and not is_apart and len(match[2]) > 1)


def _find_stops(found: Found) -> None:
    text = found.text
    for index, value, end in _numbers(found):
        at = end + (text.word(end) == "-")
        if text.word(at) in _STOP_WORDS:
            at += 1
        elif (text.word(at), text.word(at + 1)) in _STOPS:
            at += 2
        else:
            continue
        if value <= _MOST_STOPS:
            found.add_tokens("stops", index, at, value)
    if not _OPEN_SENTENCE.search(text.folded):
        for match in _NONSTOP.finditer(text.folded):
            found.add("stops", *match.span(), 0)


def _find_counts(found: Found) -> None:
    """How many offers there are, and seats left."""
    text = found.text
    is_total, is_left = bool(_TOTALS.search(text.folded)), bool(_SEATS_LEFT.search(text.folded))
    for index, value, end in _numbers(found):
        stop = _end_of_offers(text, end)
        is_flight = stop is not None and text.word(stop - 1) in _COUNTED_FLIGHTS
        if stop is not None and text.word(index - 1) not in _NUMBER_SIGNS | {"thu"}:
            # "tìm một chuyến bay" counts nothing, "hai chuyến" may be the two of one trip
            if is_total or value > 1 + is_flight:
                found.add_tokens("count", index, stop, Total(value) if is_total else value)
        elif is_left and text.word(end) in _SEAT_WORDS and text.word(end + 1) != "ngay":
            found.add_tokens("count", index, end + 1, SeatsLeft(value))


def _end_of_offers(text: Text, end: int) -> int | None:
    """The index after the word for offers that a number before `end` counts."""
    if (text.word(end), text.word(end + 1)) in _COUNTED_VI:
        return end + 2
    if text.word(end) == "chuyen" and text.word(end + 1) != "di":
        return end + 1
    for at in range(end, end + _ADJECTIVES + 1):
        word = text.word(at)
        if word in _COUNTED | _COUNTED_FLIGHTS:
            return at + 1
        if not (word.isascii() and word.isalpha()) or word in {"of", "from", "for", "to", "in", "on", "the"}:
            return None
    return None


def _find_numbers(found: Found) -> None:
    """Numbers of offers: "option 2", "lựa chọn thứ hai", "chuyến số 3", "#4"."""
    text = found.text
    for index in range(len(text.tokens)):
        read = _read_number_of_offer(text, index)
        if read is None or not found.is_free_token(index):
            continue
        value, end = read
        if value <= _MOST_SHOWN and text.word(end) not in _UNITS_BEHIND:
            found.add_tokens("number", index, end, value)


def _read_number_of_offer(text: Text, index: int) -> tuple[int, int] | None:
    word, at = text.word(index), index
    if word == "the" and (read := ordinal_words().read(text, index + 1) if index + 1 < len(text.tokens) else []):
        is_offer = text.word(read[0][1]) in {"option", "offer", "choice", "flight"}
        return (read[0][0], read[0][1] + 1) if is_offer else None
    is_named = word in _NUMBERED and (word != "an" or text.word(index - 1) == "phuong")
    is_named = is_named and (word != "chon" or text.word(index - 1) == "lua")
    if is_named and text.word(index + 1) == "thu":
        ordinal = _ORDINALS_VI.get(text.word(index + 2))
        return (ordinal, index + 3) if ordinal else None
    if is_named:
        at += 1
        is_named = text.word(at) not in {"bay", "di", "ve"}
    if text.word(at) in _NUMBER_SIGNS and (is_named or _is_number_sign(text, at)):
        at += 1
    elif not is_named:
        return None
    if at >= len(text.tokens) or not _may_be_number(text, at):
        return None
    return next(iter(number_slot().read(text, at)), None)


def _is_number_sign(text: Text, index: int) -> bool:
    """Whether a number behind this word is that of an offer: "số 2", not "cửa số 2" nor "the number 2 airline"."""
    if text.word(index - 1) in _OTHERS_WITH_A_NUMBER or text.word(index) == "no":
        return False
    return text.word(index + 1).isdigit() and (text.word(index) != "so" or bool(text.tokens[index].marks))


def _may_be_number(text: Text, index: int) -> bool:
    word = text.word(index)
    return word.isdigit() or word in number_words().starts


def _find_airlines(found: Found) -> None:
    """Airlines by name, where it is written as a name."""
    text, slot = found.text, airline_slot()
    index = 0
    while index < len(text.tokens):
        token = text.tokens[index]
        is_name = token.is_capitalised and token.word in slot.starts and found.is_free_token(index)
        read = next(iter(slot.read(text, index)), None) if is_name else None
        if read is None:
            index += 1
            continue
        found.add_tokens("airline", index, read[1], read[0])
        index = read[1]


def _numbers(found: Found) -> list[tuple[int, int, int]]:
    """The free numbers of a text, in figures and words: first token, value, and the token behind."""
    text = found.text
    read = []
    for index in range(len(text.tokens)):
        if _may_be_number(text, index) and found.is_free_token(index):
            value_and_end = next(iter(number_slot().read(text, index)), None)
            if value_and_end is not None:
                read.append((index, *value_and_end))
    return read
