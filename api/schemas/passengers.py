"""What the passenger endpoints take and give."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from api.schemas.fields import EmailAddress, Phone, Update, check_line
from core.messages import Language, say
from domain.travellers import DocumentKind, Gender, TravellerType
from services.passengers.details import PassengerDetail

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _read_day(value: Any) -> date:
    """A day as JSON writes it; a number would be taken for seconds since 1970."""
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:  # 30 February
        pass
    raise PydanticCustomError("day_format", "no day as YYYY-MM-DD")


Day = Annotated[date, BeforeValidator(_read_day)]
Name = Annotated[str, Field(max_length=200), AfterValidator(check_line)]
"""Longer than a name may be, so that its own sentence answers one that is a little too long."""
Country = Annotated[str, Field(max_length=20), AfterValidator(check_line)]
DocumentNumber = Annotated[str, Field(max_length=60), AfterValidator(check_line)]


class PassengerUpdate(Update):
    """Null clears a field; a `passport_number` of null removes the passport. `user_id` is accepted and ignored."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"passport_number": "C7654321", "passport_expiry": "2036-11-20"},
                {"email": "sam@example.com", "phone": "+44 7911 123456"},
            ]
        }
    )

    user_id: str | None = Field(default=None, max_length=64, exclude=True)
    first_name: Name | None = None
    """Given and middle names as in the passport; somebody with a single name writes it in both fields."""
    last_name: Name | None = None
    gender: Gender | None = None
    dob: Day | None = None
    passport_number: DocumentNumber | None = None
    passport_expiry: Day | None = None
    passport_country: Country | None = None
    """Issuing country, ISO 3166-1 alpha-2; for a new passport the nationality stands in where it is absent."""
    nationality: Country | None = None
    email: EmailAddress | None = None
    phone: Phone | None = None


class PassengerCreate(PassengerUpdate):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "first_name": "Thị Lan",
                    "last_name": "Nguyễn",
                    "gender": "female",
                    "dob": "1990-05-17",
                    "nationality": "VN",
                    "passport_number": "C1234567",
                    "passport_expiry": "2031-08-01",
                },
                {"first_name": "Sam", "last_name": "O'Brien", "dob": "2019-02-03", "nationality": "GB"},
            ]
        }
    )

    first_name: Name
    last_name: Name


class DocumentUpdate(Update):
    model_config = ConfigDict(json_schema_extra={"examples": [{"is_primary": True}, {"expires_on": "2036-11-20"}]})

    kind: DocumentKind | None = None
    number: DocumentNumber | None = None
    issuing_country: Country | None = None
    expires_on: Day | None = None
    is_primary: bool | None = None
    """Exactly one document is primary while there is any: the first one is, and a new one takes over."""


class DocumentCreate(DocumentUpdate):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"kind": "identity_card", "number": "001190012345", "issuing_country": "VN"},
                {"number": "K0123456", "issuing_country": "VN", "expires_on": "2033-01-09", "is_primary": True},
            ]
        }
    )

    kind: DocumentKind = "passport"
    number: DocumentNumber


class DocumentRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: DocumentKind
    number: str
    """In clear; `•••• 5678` in lists of passengers."""
    issuing_country: str | None
    expires_on: date | None
    is_primary: bool
    created_at: datetime
    updated_at: datetime


class PassengerWarning(BaseModel):
    """What may keep a passenger from flying as entered; nothing is refused for it."""

    code: str
    message: str


class PassengerListItem(BaseModel):
    id: UUID
    user_id: UUID
    first_name: str
    last_name: str
    latin_first_name: str | None
    """As the machine-readable line of a passport has it; null where it takes letters we cannot give."""
    latin_last_name: str | None
    gender: Gender | None
    dob: date | None
    traveller_type: TravellerType | None
    """By age today; null without a date of birth."""
    passport_number: str | None
    """Of the primary document, where that is a passport; `•••• 5678` in lists."""
    passport_expiry: date | None
    passport_country: str | None
    nationality: str | None
    email: str | None
    phone: str | None
    warnings: list[PassengerWarning]
    created_at: datetime
    updated_at: datetime


class PassengerRead(PassengerListItem):
    documents: list[DocumentRead]


def describe_in_list(detail: PassengerDetail, language: Language) -> PassengerListItem:
    return PassengerListItem(**_passenger_fields(detail, language))


def describe_passenger(detail: PassengerDetail, language: Language) -> PassengerRead:
    documents = [DocumentRead.model_validate(document) for document in detail.documents]
    return PassengerRead(**_passenger_fields(detail, language), documents=documents)


def _passenger_fields(detail: PassengerDetail, language: Language) -> dict[str, Any]:
    person, passport = detail.passenger, detail.passport
    kept = ("id", "user_id", "first_name", "last_name", "gender", "dob", "nationality", "email", "phone")
    return {
        **{name: getattr(person, name) for name in (*kept, "created_at", "updated_at")},
        "latin_first_name": detail.latin_first_name,
        "latin_last_name": detail.latin_last_name,
        "traveller_type": detail.traveller_type,
        "passport_number": passport.number if passport else None,
        "passport_expiry": passport.expires_on if passport else None,
        "passport_country": passport.issuing_country if passport else None,
        "warnings": [
            PassengerWarning(code=code, message=say(f"warnings.{code}", language)) for code in detail.warnings
        ],
    }
