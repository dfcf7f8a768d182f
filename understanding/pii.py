"""Personal data in a message: found, and replaced by what it is before anyone stores or reads it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

PiiKind = Literal["passport", "card", "email", "phone", "id", "date of birth"]

# The patterns are matched against a text in bare letters and ASCII digits: see `_legible`.
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_DATE = r"\d{1,4}[-/. ]\d{1,2}[-/. ]\d{2,4}|\d{1,2}[-/.]\d{1,2},? nam \d{4}|\d{1,2} ?thang ?\d{1,2},? ?(?:nam)? ?\d{4}|\d{1,2}(?:st|nd|rd|th)? (?:of )?[a-z]{3,9},? \d{4}|[a-z]{3,9} \d{1,2}(?:st|nd|rd|th)?,? \d{4}"  # noqa: E501
_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64} ?(?:@|\(at\)|\[at\]) ?(?:[\w-]{1,63}(?:\.| ?\(dot\) ?| ?\[dot\] ?)){1,8}[a-z]{2,24}",
    re.IGNORECASE,
)
_SPOKEN_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}(?: (?:dot|cham|underscore) [\w-]{1,30}){0,3} (?:at|a cong|a moc) "
    r"(?:(?:[\w-]{1,30} (?:dot|cham) ){1,2}(?:com|net|org|vn|edu|co|uk|au|gov|io|info)"
    r"|(?:gmail|yahoo|hotmail|outlook|icloud|aol|live|msn|proton(?:mail)?)\.[a-z]{2,3}(?:\.[a-z]{2})?)(?!\w)",
    re.IGNORECASE,
)

_BREAK = r"[\s.,/_-]{0,3}"
_NO_FLIGHT_OR_DATE = r"(?<!\d)(?<!\d[./-])(?<!\d - )(?<!\b[A-Za-z]{2})"
_CARD_IN_FOURS = re.compile(
    rf"{_NO_FLIGHT_OR_DATE}(?=([2-69]\d{{3}}(?:{_BREAK}\d{{4}}){{3}}(?:{_BREAK}\d{{3}})?)(?!\d))"
)
_CARD_BY_SIXTEEN = re.compile(rf"{_NO_FLIGHT_OR_DATE}(?=([2-69]\d{{3}}(?:{_BREAK}\d{{4}}){{3}})(?!\d))")
_CARD_FOUR_SIX = re.compile(rf"(?<!\d)(?=(3\d{{3}}{_BREAK}\d{{6}}{_BREAK}\d{{4,5}})(?!\d))")
_CARD_IN_ONE = re.compile(r"(?<!\d)[2-69]\d{12,18}(?!\d)")
_CARD_EVENLY_BROKEN = re.compile(
    rf"{_NO_FLIGHT_OR_DATE}(?<![:.,/-])(?=[2-69])(\d+([ ./-])\d+(?:\2\d+)*)(?!\d|[:.,/-]\d)"
)
_TRAVEL_FIGURE = (
    rf"(?:{_DAY}[-/. ]{_MONTH}[-/. ](?:20)?\d\d|20\d\d[-/. ]{_MONTH}[-/. ]{_DAY}|\d{{1,3}}(?:[. ]\d{{3}}){{1,3}}"
    r"|\d{3,6}000|[012]?\d\.\d\d)"
)
_TRAVEL_FIGURES = re.compile(rf"{_TRAVEL_FIGURE}(?:[\s.,/_-]{{1,3}}{_TRAVEL_FIGURE})*")

_GAP = r"[\s.-]?"
_PHONE = re.compile(
    rf"(?<![\w.])(?<!\d,)(?<!\w/)(?<!\d[:-])(?:(?:\+|00)\d{{1,3}}{_GAP}(?:\(?\d{{1,4}}\)?{_GAP}){{2,5}}\d{{2,4}}"
    rf"|(?:\(?0|84{_GAP})[2-9]\d{{0,2}}\)?(?:{_GAP}\d{{2,4}}){{2,3}})(?!\d|/\d{{1,2}}(?!\d))"
)
_NORTH_AMERICAN_PHONE = re.compile(
    rf"(?<![\w.,/-])(?:1{_GAP})?(?:\([2-9]\d\d\){_GAP}|[2-9]\d\d[\s.-])[2-9]\d\d[\s.-]\d{{4}}(?!\d|[-.,/]\d)"
)
_BARE_NORTH_AMERICAN_PHONE = re.compile(r"(?<![\w.,/+-])1?[2-9]\d\d[2-9]\d{6}(?<!000)(?![\w/-]|[.,]\d)")
_PHONE_IN_PAIRS = re.compile(r"(?<![\w.,/-])0[2-9](?:[ .]\d\d){4}(?![\w/-]|[.,]\d)")
_PHONE_MARK = (
    r"(?<!\w)(?:phone|cell|cellphone|mobile|tel|telephone|sdt|dt|so dien thoai|dien thoai|zalo|whatsapp|viber"
    r"|(?:call|text|reach|ring) me|my number|contact number|goi(?: cho)?(?: minh| em| toi)?"
    r"|so cua (?:minh|em|toi)|lien he)"
)
_MARKED_PHONE = re.compile(
    _PHONE_MARK + r"(?: (?:so|number|no|no\.|la|is|cua toi|cua em|cua minh|at|on|qua))*\s{0,3}[:#=]?\s{0,3}"
    r"(\+?\(?\d[\d() .-]{5,18}\d)(?![\w/:])",
    re.IGNORECASE,
)
_PHONE_WORD = re.compile(_PHONE_MARK + r"(?!\w)", re.IGNORECASE)
_DATE_OR_PRICE = re.compile(
    rf"{_DAY}[-. ]{_MONTH}[-. ](?:19|20)\d\d(?!\d)|0\d\d[ .]000(?!\d)|84\d[. ]\d{{3}}(?!\d)|84\d{{2,5}}000(?!\d)"
    r"|84[. ]\d{3}[. ]\d{3}(?!\d)(?![. ]?\d{3}(?![.\d]))"
)

_BORN_IS = (
    r"(?<!\w)(?:ngay sinh|sinh ngay|ngay thang nam sinh|ntns|nam sinh|sn|born(?: on)?|d\.?\s?o\.?\s?b\.?"
    r"|date of birth|birthday|birth ?date|bday)(?: (?:la|is|was|of|on|ngay))*\s{0,3}[:=]?\s{0,3}(?:the )?"
)
_BORN = re.compile(_BORN_IS + "(" + _DATE + r"|\d{1,2}[a-z]{3}\d{2,4}(?!\w))", re.IGNORECASE)
_PAST_YEAR = r"(?:19\d\d|20[01]\d|202[0-4]|[3-9]\d|[01]\d)(?!\d)"
_BORN_THEN = re.compile(
    r"(?<!\w)(?<!hoc )(?:sinh|sinh nhat)(?: (?:la|vao|ngay))*\s{0,3}:?\s{0,3}"
    rf"(\d{{1,2}}[-/.]\d{{1,2}}[-/.]{_PAST_YEAR})",
    re.IGNORECASE,
)
_DATE_WORD = (
    r"(?:the|of|ngay|thang|nam|mung|january|february|march|april|may|june|july|august|september|october|november|december"
    r"|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|\w{4,7}teenth|twentieth|thirtieth"
    r"|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen"
    r"|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|oh|\d{1,4}(?:st|nd|rd|th)?"
    r"|mot|hai|ba|bon|tu|lam|sau|bay|tam|chin|muoi|linh|le|tram|nghin|ngan|khong)"
)
_SPOKEN_YEAR = re.compile(r"(?<!\w)(?:nineteen|thousand|nam|(?:19|20)\d\d)(?!\w)", re.IGNORECASE)
_BORN_SPOKEN = re.compile(_BORN_IS + rf"((?:{_DATE_WORD}[\s,-]{{1,2}}){{2,10}}{_DATE_WORD})(?!\w)", re.IGNORECASE)
_BORN_YEAR_FIRST = re.compile(
    r"(?<!\w)sinh (nam \d{4},? (?:vao )?(?:ngay )?\d{1,2}(?: ?thang ?|[-/. ])\d{1,2})(?!\d)", re.IGNORECASE
)

_NUMBER_IS = r"(?: (?:so|number|no|no\.|la|is|cua toi|cua em))*\s{0,3}[:#=]?\s{0,3}"
_MARKED_PASSPORT = re.compile(rf"(?:ho chieu|passport|pp){_NUMBER_IS}([a-z]{{0,2}} ?\d{{6,9}})(?!\w)", re.IGNORECASE)
_PASSPORT = re.compile(r"(?<![\w-])[A-Z]\d{7,8}(?!\w)")
_LOWER_PASSPORT = re.compile(r"(?<![\w-])[a-z]{1,2}\d{7,8}(?!\w)", re.IGNORECASE)
_PASSPORT_WORD = re.compile(r"(?<!\w)(?:ho chieu|hc|passports?|pp)(?!\w)", re.IGNORECASE)
_NEAR_CHARACTERS = 60
_DIGIT = (
    r"(?:zero|oh|o|one|two|three|four|five|six|seven|eight|nine|double|triple|khong|mot|hai|ba|bon|tu|nam|lam|sau|bay|tam"
    r"|chin|\d)"
)
_SPOKEN_NUMBER = re.compile(
    rf"(?<![\w.,/:-])(?:(?!is|la|so|no|at|on)[a-z]{{1,2}} )?{_DIGIT}(?:[\s,.-]{{1,2}}{_DIGIT}){{5,18}}"
    r"(?![\w/:]|[.,-]\d)",
    re.IGNORECASE,
)
""" "Zero nine one two …", "B 1 2 3 4 5 6 7"."""
_FEWEST_SPOKEN_DIGITS = 9
"""So many in a row count nothing, whatever stands beside them."""
_DIGITS = re.compile(rf"(?<!\w){_DIGIT}(?!\w)", re.IGNORECASE)
_MRZ = re.compile(
    r"P[<A-Z][A-Z]{3}(?=[A-Z]*<)[A-Z<]{10,39}|(?<!\w)[A-Z0-9<]{9}\d[A-Z]{3}\d{7}[MFX<]\d{7}[A-Z0-9<]{0,16}"
)

_MARKED_ID = re.compile(
    r"(?:cccd|cmnd|cmt|can cuoc(?: cong dan)?|chung minh(?: nhan dan| thu)?|id card|national id|id number|ma dinh danh"
    r"|so dinh danh|ssn|social security|id no|driver'?s? licen[sc]e|gplx|bang lai)"
    rf"{_NUMBER_IS}([a-z]{{0,2}}(?:\d[ .-]?){{8,12}}\d?|[a-z]\d{{6,12}})(?!\w)",
    re.IGNORECASE,
)
_SOCIAL_SECURITY = re.compile(r"(?<![\d.,/-])\d{3}-\d\d-\d{4}(?![\d-])")
_CARD_CODE = re.compile(
    r"(?<!\w)(?:cvv2?|cvc2?|csc|security code|ma bao mat)(?: (?:is|code|la|so))*\s{0,3}[:=]?\s{0,3}(\d{3,4})(?!\d)",
    re.IGNORECASE,
)
_ID = re.compile(r"(?<![\d.,/+-])0\d\d(?![ .]000)(?:[ .]?\d{3}){3}(?![\d/])")


class PiiSpan(NamedTuple):
    """Characters `start` up to `end` of the text."""

    kind: PiiKind
    start: int
    end: int


def without_placeholders(text: str) -> str:
    """A redacted text with the placeholders blanked: "[passport-1]" is not a word of the traveller's."""
    return PLACEHOLDER.sub(" ", text)


def redact(text: str) -> str:
    """The text as given, with every piece of personal data replaced by its kind: "[passport]", "[date of birth]"."""
    # what is taken out may have hidden a neighbour: "a@b.vn" right before a number
    while spans := find_pii(text):
        text = replace_spans(text, spans, [f"[{span.kind}]" for span in spans])
    return text


def replace_spans(text: str, spans: Sequence[PiiSpan], names: Sequence[str]) -> str:
    """The text with a name in the place of each span."""
    for span, name in reversed(list(zip(spans, names, strict=True))):
        text = f"{text[: span.start]}{name}{text[span.end :]}"
    return text


def find_pii(text: str) -> list[PiiSpan]:
    """Personal data in any text, from left to right; none overlap. A span includes what hides in the data unseen.

    Prices, flight numbers, dates of travel and booking references are none.
    """
    legible, offsets = _legible(text)
    spans: list[PiiSpan] = []
    for kind, pattern, is_real in _PATTERNS:
        for match in pattern.finditer(legible):
            start, end = match.span(match.lastindex or 0)
            is_free = all(end <= span.start or start >= span.end for span in spans)
            if is_free and (is_real is None or is_real(match)):
                spans.append(PiiSpan(kind, start, end))
    return [
        PiiSpan(kind, offsets[start], offsets[end]) for kind, start, end in sorted(spans, key=lambda one: one.start)
    ]


def _legible(text: str) -> tuple[str, list[int]]:
    """A copy in which no mark or unseen character hides anything, and where each of its characters stands in the text.

    One more offset stands for its end.
    """
    pieces = [_bare(character) for character in text]
    offsets = [offset for offset, piece in enumerate(pieces) for _ in piece]
    return "".join(pieces), [*offsets, len(text)]


@lru_cache(maxsize=4096)
def _bare(character: str) -> str:
    """Letters without marks, digits as ASCII; nothing for what nobody sees."""
    if character.isascii():
        return character if character.isprintable() or character in "\n\t\r" else ""
    if character in "đĐ":
        return "d" if character == "đ" else "D"
    if unicodedata.category(character) == "Pd" or character == "\u2212":
        return "-"
    parts = unicodedata.normalize("NFKD", character)
    return "".join(
        str(unicodedata.decimal(part, part)) for part in parts if unicodedata.category(part)[0] not in ("C", "M")
    )


def _is_card(match: re.Match[str]) -> bool:
    written = match[match.lastindex or 0]
    digits = [int(character) for character in reversed(written) if character.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    is_valid = 13 <= len(digits) <= 19 and (sum(digits[::2]) + sum(doubled)) % 10 == 0
    return is_valid and not _TRAVEL_FIGURES.fullmatch(written)


def _is_phone(match: re.Match[str]) -> bool:
    """Long enough, and no date or price: "01.02.2027 07:30" and the end of "71 052 000" begin like one."""
    digits = sum(character.isdigit() for character in match[0])
    least = 8 if match[0].startswith("+") else 10
    return least <= digits <= 15 and not _DATE_OR_PRICE.match(match.string, match.start())


def _says_year(match: re.Match[str]) -> bool:
    """Without a year it may be the day of a trip: "on my birthday, the fifth of December"."""
    return _SPOKEN_YEAR.search(match[1]) is not None


def _is_marked_phone(match: re.Match[str]) -> bool:
    """Seven digits or more and no date or price: "call me at 555-1234"."""
    written = match[1]
    digits = sum(character.isdigit() for character in written)
    is_other = _DATE_OR_PRICE.match(match.string, match.start(1)) or _TRAVEL_FIGURES.fullmatch(written)
    return 7 <= digits <= 15 and not is_other


def _is_spoken_phone(match: re.Match[str]) -> bool:
    around = match.string[max(match.start() - _NEAR_CHARACTERS, 0) : match.start()]
    return len(_DIGITS.findall(match[0])) >= _FEWEST_SPOKEN_DIGITS or _PHONE_WORD.search(around) is not None


def _is_near_passport(match: re.Match[str]) -> bool:
    around = match.string[max(match.start() - _NEAR_CHARACTERS, 0) : match.end() + _NEAR_CHARACTERS]
    return _PASSPORT_WORD.search(around) is not None


PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(get_args(PiiKind))})(?:-[0-9]+)?\]")
"""What stands in the place of personal data; with a number where the value is kept."""
_PATTERNS: tuple[tuple[PiiKind, re.Pattern[str], Callable[[re.Match[str]], bool] | None], ...] = (
    # The data is the group of a pattern that has one.
    # The surest first: a later pattern leaves alone what an earlier one has taken
    ("email", _EMAIL, None),
    ("email", _SPOKEN_EMAIL, None),
    ("passport", _MRZ, None),
    ("date of birth", _BORN, None),
    ("date of birth", _BORN_YEAR_FIRST, None),
    ("date of birth", _BORN_THEN, None),
    ("date of birth", _BORN_SPOKEN, _says_year),
    ("passport", _MARKED_PASSPORT, None),
    ("id", _MARKED_ID, None),
    ("id", _SOCIAL_SECURITY, None),
    ("card", _CARD_CODE, None),
    ("card", _CARD_IN_FOURS, _is_card),
    ("card", _CARD_BY_SIXTEEN, _is_card),
    ("card", _CARD_FOUR_SIX, _is_card),
    ("card", _CARD_IN_ONE, _is_card),
    ("card", _CARD_EVENLY_BROKEN, _is_card),
    ("id", _ID, None),
    ("phone", _PHONE, _is_phone),
    ("phone", _NORTH_AMERICAN_PHONE, None),
    ("phone", _BARE_NORTH_AMERICAN_PHONE, None),
    ("phone", _PHONE_IN_PAIRS, None),
    ("phone", _MARKED_PHONE, _is_marked_phone),
    ("passport", _SPOKEN_NUMBER, _is_near_passport),
    ("phone", _SPOKEN_NUMBER, _is_spoken_phone),
    ("passport", _PASSPORT, None),
    ("passport", _LOWER_PASSPORT, _is_near_passport),
)
