"""Says a reading back the way a traveller can check it."""

from __future__ import annotations

from datetime import date

from core.messages import Language, format_day, say
from core.messages.catalogue import load_catalogue
from domain.airports import city_name


def restate(reading: str, language: Language) -> str:
    """An ISO date with its weekday, an IATA code with its city, a kind of traveller by its name; else as it is."""
    if (key := f"readings.{reading}") in load_catalogue(language):
        return say(key, language)
    try:
        return format_day(date.fromisoformat(reading), language)
    except ValueError:
        pass
    if len(reading) == 3 and reading.isupper() and (name := city_name(reading, language)) != reading:
        return f"{name} ({reading})"
    return reading
