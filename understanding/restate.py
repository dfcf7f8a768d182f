"""Says a reading back the way a traveller can check it."""

from __future__ import annotations

from datetime import date

from core.messages import Language, format_day
from domain.airports import city_name


def restate(reading: str, language: Language) -> str:
    """An ISO date with its weekday, an IATA code with its city; anything else as it is."""
    try:
        return format_day(date.fromisoformat(reading), language)
    except ValueError:
        pass
    if len(reading) == 3 and reading.isupper() and (name := city_name(reading, language)) != reading:
        return f"{name} ({reading})"
    return reading
