"""Personal data in a message: found, and replaced by what it is before anyone stores or reads it."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, get_args

from understanding.text import compose

PiiKind = Literal["passport", "card", "email", "phone", "id", "date of birth"]

_DATE = r"\d{1,4}[-/. ]\d{1,2}[-/. ]\d{2,4}|\d{1,2} ?(?:tháng|thang) ?\d{1,2},? ?(?:năm|nam)? ?\d{4}|\d{1,2}(?:st|nd|rd|th)? (?:of )?[a-z]{3,9},? \d{4}|[a-z]{3,9} \d{1,2}(?:st|nd|rd|th)?,? \d{4}"  # noqa: E501
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}", re.IGNORECASE)
_CARD = re.compile(r"(?<![\d.,])\d(?:[ \u00a0-]?\d){12,18}(?![ -]?\d)")
_GAP = r"[ \u00a0.-]?"
_PHONE = re.compile(
    rf"(?<![\w.,/])(?:\+\d{{1,3}}{_GAP}(?:\(?\d{{1,4}}\)?{_GAP}){{2,5}}\d{{2,4}}"
    rf"|(?:0|84)\d{{1,3}}(?:{_GAP}\d{{2,4}}){{2,3}})(?![\d/])"
)
_BORN = re.compile(
    r"((?:ngày sinh|ngay sinh|sinh ngày|sinh ngay|sn|born(?: on)?|d\.?o\.?b\.?|date of birth|birthday|birth date)"
    r"(?: (?:là|la|is|of|on))?\s{0,3}[:=]?\s{0,3})(" + _DATE + ")",
    re.IGNORECASE,
)
_MARKED_PASSPORT = re.compile(
    r"((?:hộ chiếu|ho chieu|passport|pp)(?: (?:số|so|number|no|no\.|là|la|is|của tôi|cua toi|của em))*"
    r"\s{0,3}[:#=]?\s{0,3})([a-z]{0,2} ?\d{6,9})(?!\w)",
    re.IGNORECASE,
)
_PASSPORT = re.compile(r"(?<![\w-])[A-Z]\d{7,8}(?!\w)")
_MARKED_ID = re.compile(
    r"((?:cccd|cmnd|cmt|căn cước(?: công dân)?|can cuoc(?: cong dan)?|chứng minh(?: nhân dân| thư)?|id card"
    r"|national id|id number)"
    r"(?: (?:số|so|number|no|no\.|là|la|is|của tôi|cua toi|của em))*\s{0,3}[:#=]?\s{0,3})((?:\d ?){8,12}\d?)(?!\w)",
    re.IGNORECASE,
)
_ID = re.compile(r"(?<![\d.,/+-])0\d{11}(?![\d/])")
_MRZ = re.compile(r"P[<A-Z][A-Z]{3}[A-Z<]{10,39}|(?<!\w)[A-Z0-9<]{9}\d[A-Z]{3}\d{7}[MFX<]\d{7}[A-Z0-9<]{0,16}")


class PiiSpan(NamedTuple):
    """Characters `start` up to `end` of the text."""

    kind: PiiKind
    start: int
    end: int


def without_placeholders(text: str) -> str:
    """A redacted text with the placeholders blanked: "[passport]" is not a word of the traveller's."""
    return _PLACEHOLDER.sub(" ", text)


def redact(text: str) -> str:
    """The text in NFC with every piece of personal data replaced by its kind: "[passport]", "[date of birth]"."""
    text = compose(text)
    for span in reversed(find_pii(text)):
        text = f"{text[: span.start]}[{span.kind}]{text[span.end :]}"
    return text


def find_pii(text: str) -> list[PiiSpan]:
    """Personal data in a text in NFC, from left to right; none overlap.

    Prices, flight numbers, dates of travel and booking references are none.
    """
    spans: list[PiiSpan] = []
    for kind, pattern, group in _PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.span(group)
            is_free = all(end <= span.start or start >= span.end for span in spans)
            if is_free and (kind != "card" or _passes_luhn(match[group])):
                spans.append(PiiSpan(kind, start, end))
    return sorted(spans, key=lambda span: span.start)


def _passes_luhn(written: str) -> bool:
    digits = [int(character) for character in reversed(written) if character.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


_PLACEHOLDER = re.compile("|".join(rf"\[{kind}\]" for kind in get_args(PiiKind)))
_PATTERNS: tuple[tuple[PiiKind, re.Pattern[str], int], ...] = (
    # the surest first: a later pattern leaves alone what an earlier one has taken
    ("email", _EMAIL, 0),
    ("passport", _MRZ, 0),
    ("date of birth", _BORN, 2),
    ("passport", _MARKED_PASSPORT, 2),
    ("id", _MARKED_ID, 2),
    ("card", _CARD, 0),
    ("id", _ID, 0),
    ("phone", _PHONE, 0),
    ("passport", _PASSPORT, 0),
)
