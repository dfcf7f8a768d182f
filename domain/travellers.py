"""Who flies, as fares count them."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

TravellerType = Literal["adult", "child", "infant"]
Gender = Literal["male", "female", "other"]
DocumentKind = Literal["passport", "identity_card"]
SeatPreference = Literal["window", "middle", "aisle"]

GENDERS: tuple[Gender, ...] = get_args(Gender)
DOCUMENT_KINDS: tuple[DocumentKind, ...] = get_args(DocumentKind)
SEAT_PREFERENCES: tuple[SeatPreference, ...] = get_args(SeatPreference)

MAX_TRAVELLERS = 9
"""What carriers sell in one booking; larger parties are group sales."""


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
