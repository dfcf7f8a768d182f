"""Which country a phrase means: its own name, or that of a place in it."""

from __future__ import annotations

from domain.airports import country_of
from domain.countries import countries, country_name
from understanding.frame import Ambiguity, Language, PlaceRef
from understanding.place_names import names
from understanding.places import find_places, resolve_place
from understanding.text import read_text


def find_destination(message: str, language: Language) -> str | None:
    """The first country that a message names, or else place, in words `find_country` knows."""
    text = read_text(message)
    for index in range(len(text.tokens)):
        for name, _ in names().read(text, index):
            if name.kind == "country" and name.codes and (code := name.codes[0][:2]) in countries():
                return country_name(code, language)
    return next((place.phrase for place in find_places(text, language) if place.is_sure), None)


def find_country(phrase: str, language: Language) -> str | None:
    """The ISO 3166 alpha-2 code for "Nhật Bản", "Tokyo" or "NRT"; None where it names none, or places of several."""
    text = read_text(phrase)
    for index in range(len(text.tokens)):
        found = [(name, end) for name, end in names().read(text, index) if name.kind == "country"]
        if found and found[0][1] == len(text.tokens):
            code = found[0][0].codes[0] if found[0][0].codes else ""
            return code[:2] if code[:2] in countries() else None  # a state is of its country
    place = resolve_place(phrase, language=language)
    if isinstance(place, PlaceRef):
        return country_of(place.iata)
    found_in = {country_of(code) for code in place.readings} if isinstance(place, Ambiguity) else set()
    return found_in.pop() if len(found_in) == 1 else None
