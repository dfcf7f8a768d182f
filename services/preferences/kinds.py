"""What can be remembered of how somebody likes to fly: a closed list of kinds, each with values of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args

from core.errors import InvalidInput
from core.messages import Language, say
from db.models import UserPreference
from domain.airlines import airline_name, airlines
from domain.airports import city_name, find_airport
from domain.countries import currencies
from domain.offers import CABIN_CLASSES
from domain.travellers import SEAT_PREFERENCES, MealCode

PreferenceKind = Literal["seat", "cabin", "meal", "airline", "home_airport", "currency", "language", "reminders"]
PreferenceValue = str | bool

LANGUAGES: Mapping[str, str] = {"vi": "Tiếng Việt", "en": "English"}
SWITCH: Mapping[str, bool] = {"on": True, "off": False}
MAX_AIRLINES = 10


class PreferenceUnclear(InvalidInput):
    """No value of this kind; `values` are examples of what is."""

    code = "preference_unclear"


@dataclass(frozen=True, slots=True)
class Kind:
    field: str
    """Of a UserPreference."""
    find: Callable[[str], PreferenceValue | None]
    """What a word means; None for nothing of this kind."""
    examples: str
    tell: Callable[[PreferenceValue, Language], str]


def _one_of(*values: str) -> Callable[[str], str | None]:
    return lambda said: next((value for value in values if value.casefold() == said), None)


def _find_airline(said: str) -> str | None:
    names = {name.casefold(): code for code, name in airlines().items()}
    return said.upper() if said.upper() in airlines() else names.get(said)


def _find_airport(said: str) -> str | None:
    airport = find_airport(said.upper())
    return airport.iata if airport else None


KINDS: Mapping[PreferenceKind, Kind] = {
    "seat": Kind(
        "seat_preference",
        _one_of(*SEAT_PREFERENCES),
        "window, middle, aisle",
        lambda value, language: say(f"preferences.seat.{value}", language),
    ),
    "cabin": Kind(
        "cabin_class",
        _one_of(*CABIN_CLASSES),
        "economy, business",
        lambda value, language: say(f"papers.cabin.{value}", language),
    ),
    "meal": Kind(
        "meal",
        _one_of(*get_args(MealCode)),
        "VGML, MOML, KSML",
        lambda value, language: say(f"preferences.meal.{value}", language),
    ),
    "airline": Kind("preferred_airlines", _find_airline, "VN, VJ", lambda value, _: airline_name(str(value))),
    "home_airport": Kind(
        "home_airport",
        _find_airport,
        "HAN, SGN",
        lambda value, language: f"{city_name(str(value), language)} ({value})",
    ),
    "currency": Kind(
        "currency",
        lambda said: said.upper() if said.upper() in currencies() else None,
        "VND, USD",
        lambda code, _: str(code),
    ),
    "language": Kind("locale", _one_of(*LANGUAGES), "vi, en", lambda value, _: LANGUAGES[str(value)]),
    "reminders": Kind(
        "reminders",
        SWITCH.get,
        "on, off",
        lambda value, language: say("preferences.on" if value else "preferences.off", language),
    ),
}


def read_value(kind: PreferenceKind, said: str) -> PreferenceValue:
    """The value of a kind, as it is stored; raises PreferenceUnclear."""
    value = KINDS[kind].find(said.strip().casefold())
    if value is None:
        raise PreferenceUnclear(values=KINDS[kind].examples)
    return value


def change_of(kind: PreferenceKind, value: PreferenceValue | None, now: UserPreference | None) -> dict[str, object]:
    """The fields that remember a value, or forget the kind; an airline liked anew goes before the others."""
    field = KINDS[kind].field
    if kind != "airline" or value is None:
        return {field: value}
    others = [code for code in (now.preferred_airlines if now else []) if code != value]
    return {field: [value, *others][:MAX_AIRLINES]}


def tell_preference(kind: PreferenceKind, value: PreferenceValue | None, language: Language) -> str:
    """Seat: by the window."""
    name = say(f"preferences.{kind}", language)
    return f"{name}: {KINDS[kind].tell(value, language)}" if value is not None else name


def list_told(preference: UserPreference | None) -> list[tuple[PreferenceKind, PreferenceValue]]:
    """What somebody has told of each kind; of airlines one by one."""
    told: list[tuple[PreferenceKind, PreferenceValue]] = []
    for kind, each in KINDS.items():
        value = getattr(preference, each.field, None)
        values = value if isinstance(value, list) else [value]
        told += [(kind, cast("PreferenceValue", one)) for one in values if one is not None]
    return told
