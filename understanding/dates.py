"""Dates in a message: where they are said, whether for the way out or back, and what they mean on a given day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from domain.offers import SEARCH_WINDOW_DAYS
from understanding.date_grammar import date_grammar
from understanding.date_rules import DateContext, DateValue, Impossible, Options, Stay
from understanding.frame import Ambiguity, DateRange, Language, Problem
from understanding.grammar import Match
from understanding.language import find_language
from understanding.people import is_titled
from understanding.text import Text, read_text

ResolvedDate = date | DateRange | Ambiguity | Problem
Direction = Literal["out", "back"]

_ORDINAL_NOUNS = {
    *("cai", "chuyen", "so", "chiec", "an", "chon", "hang", "nguoi", "lan", "option", "number", "no", "flight", "ga"),
    *("terminal", "phuong"),
}
_NAMES = {"mai", "hai", "ba", "tu", "nam", "sau", "bay", "april", "june", "august", "may"}
_UNMARKED_NUMBERS = {"bay", "tu", "sau", "nam", "mot"}
"""Before a date these are "fly", "from", "after", "year" and "one", not 7, 4, 6, 5 and 1."""
_BIRTH = {"sinh", "born", "dob", "birth", "birthday"}
_ENGLISH_WORDS = {"sun", "sat", "mon", "wed", "mar", "jan", "dec"}
_BEFORE_ABBREVIATION = {"on", "next", "this", "from", "to", "till", "until", "by", "back", "return", "or", "and", "in"}
_CHOICE_NOUNS = {"one", "option", "flight", "offer", "choice", "result", "cheapest", "ticket"}
_BACK = {"ve", "lai", "return", "returning", "back", "inbound", "until", "till"}
_OUT = {"di", "bay", "khoi", "leave", "leaving", "depart", "departing", "outbound", "fly", "flying"}
_TICKET_VERBS = {"tim", "dat", "mua", "book", "gia", "san", "xem", "kiem", "can", "lay", "co", "may", "cho", "con"}
_BETWEEN = {
    *("ngay", "vao", "on", "hom", "la", "luc", "thi", "sang", "trua", "chieu", "toi", "dem", "buoi", "the", "in"),
    *("at", "khoang", "around", "about", "tam", "date", "morning", "evening", "afternoon", ",", ":", "flight", "home"),
    *("chuyen", "khoi", "hanh"),
}
MARKER_REACH = 4
"""How many words before a date may stand between it and the word that says which way it is for."""


class DateMention(NamedTuple):
    """A date expression at tokens `start` up to `end`; it means something only on a day, see `value_on`."""

    start: int
    end: int
    phrase: str
    match: Match

    def value_on(self, context: DateContext) -> DateValue | None:
        """None for words that say no day here ("the day after" nothing)."""
        value: DateValue | None = self.match.rule.build(context, *self.match.values)
        return value


def find_dates(text: Text) -> list[DateMention]:
    """Every date expression, from left to right."""
    matches = date_grammar().scan(text, allow=lambda match: _is_date_here(text, match))
    return [DateMention(match.start, match.end, text.phrase(match.start, match.end), match) for match in matches]


def find_direction(
    text: Text, mention: DateMention, places: dict[int, int], *, comes_home: bool = False
) -> Direction | None:
    """Which way a date is for, from the words before it.

    `places` maps the end of each place to its start; `comes_home` when the trip goes back to where it began, so that
    "về Hà Nội" before a date is the way back and not the destination.
    """
    if _is_said_after(text, mention.end):
        return "back"
    index, is_beyond_place = mention.start - 1, False
    for _ in range(MARKER_REACH):
        if index + 1 in places:
            index, is_beyond_place = places[index + 1] - 1, True
        word = text.word(index)
        if word in _BACK and (comes_home or not is_beyond_place):
            return "back" if not _is_ticket(text, index) else None
        if word in _OUT:
            return "out"
        if word not in _BETWEEN:
            return None
        index -= 1
    return None


def resolve_date(
    phrase: str, *, now: datetime, base: date | None = None, language: Language | None = None
) -> ResolvedDate:
    """What a date phrase means: a day, a span, several readings, or why it cannot be.

    `now` is the traveller's; `base` the outbound date when the phrase is about the return. `language` decides how
    03/06 is read; without it the phrase's own does, and figures alone are day first.
    """
    text = read_text(phrase)
    mentions = find_dates(text)
    field = "return_on" if base else "depart_on"
    spoken = language or find_language(text)
    context = DateContext(now.date(), day_first=spoken != "en", base=base, is_return=base is not None)
    value = mentions[0].value_on(context) if len(mentions) == 1 else None
    judged = judge_date(value, phrase.strip(), field, context.today) if value is not None else None
    return judged or Problem(field=field, code="impossible_date", params={"phrase": phrase.strip()})


def judge_date(value: DateValue, phrase: str, field: str, today: date) -> ResolvedDate | None:
    """A meaning checked against what can be flown: not past, not beyond what airlines sell. None for a stay."""
    last_day = today + timedelta(days=SEARCH_WINDOW_DAYS)
    match value:
        case Impossible():
            return Problem(field=field, code="impossible_date", params={"phrase": phrase})
        case Stay():
            return None
        case Options():
            return _judge_options(value, phrase, field, today)
        case DateRange():
            if value.last < today or value.first > last_day:
                return judge_date(value.last if value.last < today else value.first, phrase, field, today)
            return DateRange(first=max(value.first, today), last=min(value.last, last_day))
        case date() if value < today:
            return Problem(field=field, code="date_in_past", params={"date": value.isoformat()})
        case date() if value > last_day:
            return Problem(field=field, code="date_too_far", params={"date": value.isoformat()})
    return value


def _judge_options(options: Options, phrase: str, field: str, today: date) -> ResolvedDate | None:
    days = tuple(dict.fromkeys(options.days))
    possible = tuple(day for day in days if isinstance(judge_date(day, phrase, field, today), date))
    if not possible or (len(days) == 1 and not options.confirm):
        if options.is_weekend:
            return judge_date(DateRange(first=days[0], last=days[0] + timedelta(days=1)), phrase, field, today)
        return judge_date(days[0], phrase, field, today)
    asked_field = "depart_range" if options.is_weekend else field
    return Ambiguity(field=asked_field, phrase=phrase, readings=tuple(day.isoformat() for day in possible))


def _is_said_after(text: Text, index: int) -> bool:
    """ "Chủ nhật về": the word for the way back closes the phrase."""
    following = text.word(index + 1)
    is_closed = not following or not following[0].isalnum()
    return text.word(index) == "ve" and text.tokens[index].marks in {"", "\u0300\u0302"} and is_closed


def _is_ticket(text: Text, index: int) -> bool:
    """Whether "ve" is "vé", the ticket, rather than "về", back."""
    token = text.tokens[index]
    if token.word != "ve":
        return False
    if token.marks:
        return token.marks == "\u0301"
    before = text.word(index - 1)
    is_count = before.isdigit() and text.word(index - 2) not in {"/", "-", ".", "thang", "ngay", "mung", "mong"}
    return index == 0 or before in _TICKET_VERBS or is_count


def _is_date_here(text: Text, match: Match) -> bool:
    """A word is a date word only in a date position: not a name, a rank, a choice or another English word."""
    first = text.tokens[match.start]
    before, after = text.word(match.start - 1), text.word(match.end)
    if match.end - match.start == 1:
        if first.word in _NAMES and _is_person(text, match.start):
            return False
        if first.word in _ENGLISH_WORDS and not first.is_capitalised and before not in _BEFORE_ABBREVIATION:
            return False
    if match.rule.pattern.startswith(("{n}", "ngày? {n}")) and first.word in _UNMARKED_NUMBERS and not first.marks:
        return False
    if any(text.word(index) == "ngay" and _is_plain_bay(text, index + 1) for index in range(match.start, match.end)):
        return False
    if before in _BIRTH or text.word(match.start - 2) in _BIRTH:
        return False
    if before in _ORDINAL_NOUNS and first.word in {"thu", "t2", "t3"} and not _is_day_flight(text, match):
        return False
    if first.word in {"the", "on"} and after in _CHOICE_NOUNS:
        return False
    return not (before.isdigit() and first.word in {"thang", "ngay"} and match.end - match.start == 1)


def _is_plain_bay(text: Text, index: int) -> bool:
    """ "Ngay bay" is the day of the flight, not the 7th."""
    return text.word(index) == "bay" and not text.tokens[index].marks


def _is_person(text: Text, index: int) -> bool:
    token = text.tokens[index]
    if is_titled(text, index):
        return True
    neighbours = [text.tokens[i] for i in (index - 1, index + 1) if 0 <= i < len(text.tokens)]
    is_shouted = text.written.isupper()
    return token.is_capitalised and not is_shouted and any(other.is_capitalised for other in neighbours)


def _is_day_flight(text: Text, match: Match) -> bool:
    """ "Chuyến thứ sáu tuần sau" is a day, "chuyến thứ hai" the second one; six options are rarely counted."""
    return match.end - match.start > 2 or (text.word(match.start - 1) == "chuyen" and match.values[0] > 2)
