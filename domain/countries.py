"""Countries as passports name them: ISO 3166-1 alpha-2."""

from __future__ import annotations

from functools import cache

from babel import Locale
from babel.numbers import get_territory_currencies

_NO_COUNTRIES = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})
"""What the locale data lists beside countries: islands without a code of their own, unions, test data.

Kosovo stays, though ISO has no code for it: its citizens travel, and carriers write XK."""


def check_country(text: str) -> str:
    """The code in capitals; raises ValueError for what is no country."""
    code = text.strip().upper()
    if code not in countries():
        raise ValueError("no country")
    return code


@cache
def countries() -> frozenset[str]:
    listed = map(str, Locale("en").territories)
    return frozenset(code for code in listed if len(code) == 2 and code not in _NO_COUNTRIES)


@cache
def currencies() -> frozenset[str]:
    """ISO 4217 codes of the money countries use today."""
    return frozenset(code for country in countries() for code in get_territory_currencies(country))


def country_name(code: str, language: str) -> str:
    """In "vi" or "en"; an unknown code is its own name."""
    return str(Locale(language).territories.get(code, code))
