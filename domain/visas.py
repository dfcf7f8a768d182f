"""Whether a short visit usually needs a visa: hints we are sure of, and nothing for the rest of the world.

The table names no sources and no lengths of stay, since both change often: whoever travels asks the embassy.
"""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

HINTS_AS_OF = date(2026, 1, 1)

VisaHint = Literal["home", "free", "needed", "unsure"]


def find_visa_hint(passport: str, destination: str) -> VisaHint:
    """For a passport of one country and a visit to another, both as ISO 3166 alpha-2; "home" for one's own."""
    if passport == destination:
        return "home"
    return _hints().get((passport, destination), "unsure")


@cache
def _hints() -> dict[tuple[str, str], VisaHint]:
    with Path(__file__).with_name("visa_hints.tsv").open(encoding="utf-8", newline="") as file:
        return {
            (passport, country): row["hint"]  # type: ignore[misc]  # a test holds the table to the words above
            for row in csv.DictReader(file, delimiter="\t")
            for passport in row["passport"].split()
            for country in row["countries"].split()
        }
