"""What the preference endpoints take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from api.schemas.fields import ThreeLetterCode, Update, to_lower, to_upper
from core.messages import Language
from db.models import UserPreference
from domain.offers import CabinClass
from domain.travellers import MealCode, SeatPreference

AirlineCode = Annotated[str, BeforeValidator(to_upper), StringConstraints(pattern=r"^[A-Z0-9]{2}$")]
CabinName = Literal["ECONOMY", "PREMIUM_ECONOMY", "BUSINESS", "FIRST"]


class PreferenceUpdate(Update):
    """Words and codes may be in any case. Null forgets a field."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"cabin_class": "ECONOMY", "preferred_airlines": ["VN", "QH"], "seat_preference": "window"},
                {"home_airport": "LHR", "currency": "GBP", "locale": "en", "meal": "VGML"},
            ]
        }
    )

    cabin_class: Annotated[CabinClass, BeforeValidator(to_lower)] | None = None
    preferred_airlines: Annotated[list[AirlineCode], Field(max_length=10)] | None = None
    """IATA codes, the best liked first."""
    seat_preference: Annotated[SeatPreference, BeforeValidator(to_lower)] | None = None
    default_passenger_id: UUID | None = None
    locale: Annotated[Language, BeforeValidator(to_lower)] | None = None
    currency: ThreeLetterCode | None = None
    home_airport: ThreeLetterCode | None = None
    meal: Annotated[MealCode, BeforeValidator(to_upper)] | None = None
    reminders: bool | None = None
    """Mail before check-in opens and before departure; on unless switched off."""


class PreferenceRead(BaseModel):
    id: UUID
    user_id: UUID
    cabin_class: CabinName | None
    preferred_airlines: list[str]
    seat_preference: SeatPreference | None
    default_passenger_id: UUID | None
    locale: Language | None
    currency: str | None
    home_airport: str | None
    meal: MealCode | None
    reminders: bool
    created_at: datetime
    updated_at: datetime


def describe_preference(preference: UserPreference) -> PreferenceRead:
    fields = {name: getattr(preference, name) for name in PreferenceRead.model_fields}
    return PreferenceRead(**fields | {"cabin_class": to_upper(preference.cabin_class)})
