"""Passports and identity cards: how their numbers look, what of one may be shown, and how long they serve."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from datetime import date
from typing import Literal

from domain.travellers import DocumentKind

DocumentWarning = Literal["passport_expiry_missing", "passport_expired", "passport_expires_soon"]

MASK = "•"
USUAL_VALIDITY_MONTHS = 6
"""What many countries ask a passport to have left."""

_BLANKS_AND_DASHES = re.compile(r"[\s\-\u00ad\u2010-\u2015\u2212]+")

_PASSPORTS = {
    "AU": r"[A-Z]{1,2}\d{7}",
    "CA": r"[A-Z]{2}\d{6}|[A-Z]\d{6}[A-Z]{2}",
    "CN": r"[A-Z][A-Z0-9]\d{7}",
    "DE": r"[CFGHJKLMNPRTVWXYZ0-9]{9}|[A-Z]\d{7}",
    "FR": r"\d{2}[A-Z]{2}\d{5}",
    "GB": r"\d{9}",
    "IN": r"[A-Z]\d{7}",
    "JP": r"[A-Z]{2}\d{7}",
    "KR": r"[A-Z]\d{8}|[A-Z]\d{3}[A-Z]\d{4}",
    "SG": r"[A-Z]\d{7}[A-Z]",
    "TH": r"[A-Z]{1,2}\d{6,7}",
    "US": r"[A-Z0-9]\d{8}",
    "VN": r"[A-Z]\d{7,8}",
}
_IDENTITY_CARDS = {"VN": r"\d{9}|\d{12}"}
_PATTERNS: dict[DocumentKind, dict[str, str]] = {"passport": _PASSPORTS, "identity_card": _IDENTITY_CARDS}
_OF_OTHER_COUNTRIES: dict[DocumentKind, str] = {"passport": r"[A-Z0-9]{5,15}", "identity_card": r"[A-Z0-9]{5,20}"}


def is_masked(text: str) -> bool:
    """Whether this is a number as lists show it, which nobody can have meant to store."""
    return MASK in text


def normalise_number(text: str) -> str:
    """The number in capitals, without the blanks and dashes people write for the eye."""
    return _BLANKS_AND_DASHES.sub("", unicodedata.normalize("NFKC", text)).upper()


def is_number_of(kind: DocumentKind, country: str | None, number: str) -> bool:
    """Whether a normalised number can be one of such a document; of a country without a pattern, any short code."""
    pattern = _PATTERNS[kind].get(country or "", _OF_OTHER_COUNTRIES[kind])
    return re.fullmatch(pattern, number, re.ASCII) is not None


def mask_number(number: str) -> str:
    """The end of a number, for lists: enough to tell one's own documents apart."""
    shown = 4 if len(number) >= 8 else 2
    return f"{MASK * 4} {number[-shown:]}"


def find_document_warnings(expires_on: date | None, today: date) -> list[DocumentWarning]:
    """What may stop a traveller with this document."""
    if expires_on is None:
        return ["passport_expiry_missing"]
    if expires_on <= today:
        return ["passport_expired"]
    return ["passport_expires_soon"] if expires_on < months_after(today, USUAL_VALIDITY_MONTHS) else []


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
