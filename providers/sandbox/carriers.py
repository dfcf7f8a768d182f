"""The airlines of the simulated world: what kind each is, whom it connects with, and what it flies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from domain.offers import CabinClass
from providers.sandbox.tables import read_table

CarrierKind = Literal["full", "low_cost"]
AircraftSize = Literal["turboprop", "regional", "narrow", "wide"]

_CABIN_LETTERS: dict[str, CabinClass] = {"Y": "economy", "W": "premium_economy", "C": "business", "F": "first"}
_TURBOPROPS = frozenset({"AT7", "DH4"})


@dataclass(frozen=True, slots=True)
class Aircraft:
    code: str
    """IATA aircraft type."""
    size: AircraftSize


@dataclass(frozen=True, slots=True)
class Carrier:
    """An airline. Carriers of one `group` sell each other's flights on one ticket."""

    iata: str
    kind: CarrierKind
    group: str
    brands: str
    """Which family of fare brands it sells."""
    cabins: tuple[CabinClass, ...]
    regional: Aircraft | None
    narrow: Aircraft | None
    wide: Aircraft | None
    first_number: int
    """Where its flight numbers begin."""

    def connects_with(self, other: Carrier) -> bool:
        return self.iata == other.iata or (self.group != "" and self.group == other.group)

    def cabins_on(self, aircraft: Aircraft) -> tuple[CabinClass, ...]:
        if aircraft.size == "wide":
            return self.cabins
        has_business = "business" in self.cabins and (self.kind == "full" or self.wide is None)
        return ("economy", "business") if has_business and aircraft.size != "turboprop" else ("economy",)


@cache
def carriers() -> dict[str, Carrier]:
    """Every carrier of the world, by IATA code."""
    return {row["iata"]: _read_carrier(row) for row in read_table("carriers.tsv")}


def _read_carrier(row: dict[str, str]) -> Carrier:
    kind: CarrierKind = "full" if row["kind"] == "full" else "low_cost"
    return Carrier(
        iata=row["iata"],
        kind=kind,
        group=row["group"],
        brands=row["brands"],
        cabins=tuple(_CABIN_LETTERS[letter] for letter in row["cabins"]),
        regional=_read_aircraft(row["regional"], "turboprop" if row["regional"] in _TURBOPROPS else "regional"),
        narrow=_read_aircraft(row["narrow"], "narrow"),
        wide=_read_aircraft(row["wide"], "wide"),
        first_number=int(row["first_number"]),
    )


def _read_aircraft(code: str, size: AircraftSize) -> Aircraft | None:
    return Aircraft(code, size) if code else None
