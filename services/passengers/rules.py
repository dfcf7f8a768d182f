"""What a traveller's details must look like, whichever door they came through."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from domain.countries import check_country
from domain.documents import is_masked, normalise_number
from domain.names import MAX_NAME_CHARACTERS, check_name
from domain.travellers import is_birth_date
from services.passengers.errors import (
    BirthDateInvalid,
    CountryUnknown,
    ExpiryPassed,
    FieldRequired,
    NameInvalid,
    NumberMasked,
)

MAX_PASSENGERS = 100
MAX_DOCUMENTS = 10

_NAMES = ("first_name", "last_name")
_COUNTRIES = ("nationality", "passport_country", "issuing_country")
_EXPIRIES = ("passport_expiry", "expires_on")
_NUMBERS = ("passport_number", "number")


def check_fields(fields: Mapping[str, Any], *, required: tuple[str, ...] = (), today: date) -> dict[str, Any]:
    """The fields of a passenger or a document as they are stored; raises one of the InvalidInput errors.

    Null clears a field that is not `required`. Whether a number fits its document is checked where both are known.
    """
    for name in required:
        if name in fields and fields[name] is None:
            raise FieldRequired(extra={"field": name})
    return {name: value if value is None else _check_field(name, value, today) for name, value in fields.items()}


def _check_field(name: str, value: Any, today: date) -> Any:
    if name in _NAMES:
        return _check_name(name, value)
    if name in _COUNTRIES:
        return _check_country(name, value)
    if name in _NUMBERS:
        if is_masked(value):
            raise NumberMasked
        return normalise_number(value)
    if name in _EXPIRIES and value <= today:
        raise ExpiryPassed
    if name == "dob" and not is_birth_date(value, today=today):
        raise BirthDateInvalid
    return value


def _check_name(field: str, text: str) -> str:
    try:
        return check_name(text)
    except ValueError as error:
        raise NameInvalid(extra={"field": field}, limit=MAX_NAME_CHARACTERS) from error


def _check_country(field: str, text: str) -> str:
    try:
        return check_country(text)
    except ValueError as error:
        raise CountryUnknown(extra={"field": field}) from error
