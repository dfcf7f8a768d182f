"""Airlines by IATA designator, under the name travellers know."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path


def airline_name(code: str) -> str:
    """The airline's name; an unknown designator is its own name."""
    return airlines().get(code, code)


@cache
def airlines() -> dict[str, str]:
    """Names by designator."""
    with (Path(__file__).parent / "airlines.tsv").open(encoding="utf-8", newline="") as file:
        return {row["iata"]: row["name"] for row in csv.DictReader(file, delimiter="\t")}
