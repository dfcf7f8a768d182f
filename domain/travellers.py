"""Who flies, as fares count them."""

from __future__ import annotations

from datetime import date
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

TravellerType = Literal["adult", "child", "infant"]
Gender = Literal["male", "female", "other"]
DocumentKind = Literal["passport", "identity_card"]
SeatPreference = Literal["window", "middle", "aisle"]
# fmt: off
MealCode = Literal[
    "AVML", "BBML", "BLML", "CHML", "CNML", "DBML", "FPML", "GFML", "HNML", "JPML", "KSML", "LCML",
    "LFML", "LSML", "MOML", "NLML", "OBML", "RVML", "SFML", "SPML", "VGML", "VJML", "VLML", "VOML",
]
# fmt: on
"""IATA's special meals, such as AVML (Asian vegetarian) and KSML (kosher)."""

GENDERS: tuple[Gender, ...] = get_args(Gender)
DOCUMENT_KINDS: tuple[DocumentKind, ...] = get_args(DocumentKind)
SEAT_PREFERENCES: tuple[SeatPreference, ...] = get_args(SeatPreference)

MAX_TRAVELLERS = 9
"""What carriers sell in one booking; larger parties are group sales."""

ADULT_AGE = 12
CHILD_AGE = 2
MAX_AGE = 120


def age_on(day: date, born_on: date) -> int:
    """Full years; somebody born on 29 February turns older on 1 March of a common year."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def traveller_type_on(day: date, born_on: date) -> TravellerType:
    """What a fare counts somebody as who travels that day."""
    age = age_on(day, born_on)
    if age >= ADULT_AGE:
        return "adult"
    return "child" if age >= CHILD_AGE else "infant"


def is_birth_date(born_on: date, *, today: date) -> bool:
    """Whether somebody alive can have been born that day."""
    return born_on <= today and age_on(today, born_on) <= MAX_AGE


class TravellerCounts(BaseModel):
    """Adults (12 and over), children (2 to 11) and infants on a lap (under 2), by age on the day of travel."""

    model_config = ConfigDict(frozen=True)

    adults: int = Field(default=1, ge=0)
    children: int = Field(default=0, ge=0)
    infants: int = Field(default=0, ge=0)

    @property
    def total(self) -> int:
        return self.adults + self.children + self.infants

    @property
    def seats(self) -> int:
        """Seats needed: an infant sits on an adult's lap."""
        return self.adults + self.children

    def by_type(self) -> dict[TravellerType, int]:
        counts: dict[TravellerType, int] = {"adult": self.adults, "child": self.children, "infant": self.infants}
        return {kind: count for kind, count in counts.items() if count}

    def list_types(self) -> list[TravellerType]:
        """One for each traveller: adults first, then children, then infants, as everywhere in an offer or order."""
        return [kind for kind, count in self.by_type().items() for _ in range(count)]
