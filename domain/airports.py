"""Airports and the cities they serve, by IATA code.

Vietnam comes from our own table, because the library's rows for it have wrong towns and no diacritics; well-known
cities abroad come from another, which gives their names in both languages. The library fills in the rest of the
world, and is loaded only when a code outside our tables, or a foreign airport's position, is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from math import asin, cos, radians, sin, sqrt
from pathlib import Path
from typing import Any

EARTH_RADIUS_KM = 6371.0
MUCH_TRAVELLED = 207
"""With how many of its rows our table of cities begins with those most people mean."""
RENAMED = {"PNH": "KTI", "REP": "SAI"}
"""Codes of closed airports and those that took their place; travellers and old texts still use them."""


@dataclass(frozen=True, slots=True)
class Airport:
    """An airport. `name` and `city` are for display; `country` is ISO 3166 alpha-2, `zone` an IANA name.

    `region` is the state or province as the library spells it; empty in Vietnam.
    """

    iata: str
    name: str
    city: str
    country: str
    latitude: float
    longitude: float
    zone: str
    region: str = ""


@dataclass(frozen=True, slots=True)
class City:
    """A city with its metro code. The code may also be the code of one of its airports (BKK)."""

    code: str
    country: str
    airports: tuple[str, ...]
    """Codes, the main one first."""
    name_en: str
    name_vi: str


def find_airport(iata: str) -> Airport | None:
    """The airport of this code; a closed airport's code gives its successor."""
    code = RENAMED.get(iata, iata)
    return _vietnam_airports().get(code) or _world_airports().get(code)


def city_airports(code: str) -> tuple[str, ...]:
    """Airport codes a city code stands for.

    An airport code gives itself, unless it is also the code of a city with several airports (BKK): then it means the
    city. An unknown code gives ().
    """
    current = RENAMED.get(code, code)
    if city := cities().get(current):
        return city.airports
    if current in _city_of_airport():
        return (current,)
    return _world_metros().get(current) or ((current,) if current in _world_airports() else ())


def city_code(airports: Collection[str]) -> str | None:
    """The metro code that stands for exactly these airports; none where it might be taken for one of them (BKK)."""
    return _codes_of_cities().get(frozenset(airports))


def city_code_of(airport: str) -> str:
    """The metro code of the city an airport belongs to; its own where we know none."""
    city = _city_of_airport().get(airport)
    return city.code if city else airport


def city_name(code: str, language: str) -> str:
    """The city of a city or airport code as we write it, in "vi" or "en". An unknown code is its own name."""
    current = RENAMED.get(code, code)
    if city := cities().get(current) or _city_of_airport().get(current):
        return city.name_vi if language == "vi" else city.name_en
    airport = _world_airports().get(current)
    return airport.city if airport else current


def country_of(code: str) -> str | None:
    """The country of a city or airport code."""
    current = RENAMED.get(code, code)
    if city := cities().get(current) or _city_of_airport().get(current):
        return city.country
    airports = city_airports(current)
    airport = find_airport(airports[0]) if airports else None
    return airport.country if airport else None


def region_of(code: str) -> str:
    """The state or province of an airport, as the library spells it; of an unknown one nothing."""
    airport = find_airport(code)
    return airport.region if airport else ""


def distance_km(a: Airport, b: Airport) -> float:
    """Great-circle distance."""
    half_lat = radians(b.latitude - a.latitude) / 2
    half_lon = radians(b.longitude - a.longitude) / 2
    haversine = sin(half_lat) ** 2 + cos(radians(a.latitude)) * cos(radians(b.latitude)) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(haversine))


def nearby_airports(code: str, within_km: float) -> tuple[str, ...]:
    """Other airports of cities we know, nearer to an airport than that, nearest first; of an unknown code none."""
    here = find_airport(code)
    if here is None:
        return ()
    others = (airport for each in _city_of_airport() if (airport := find_airport(each)) and airport.iata != here.iata)
    distances = sorted((distance_km(here, other), other.iata) for other in others)
    return tuple(iata for distance, iata in distances if distance < within_km)


@cache
def cities() -> dict[str, City]:
    """The cities whose names we know in both languages, by metro code."""
    vietnam = (
        City(row["iata"], "VN", (row["iata"],), row["city_en"], row["city_vi"]) for row in _rows("vietnam_airports.tsv")
    )
    abroad = (
        City(row["code"], row["country"], tuple(row["airports"].split()), row["en"], row["vi"])
        for row in _rows("cities.tsv")
    )
    return {city.code: city for city in (*vietnam, *abroad)}


@cache
def much_travelled() -> frozenset[str]:
    """The codes of the cities most people mean, where a name might be several."""
    abroad = (row["code"] for row in islice(_rows("cities.tsv"), MUCH_TRAVELLED))
    return frozenset((*(row["iata"] for row in _rows("vietnam_airports.tsv")), *abroad))


@cache
def airports_by_town() -> dict[str, tuple[str, ...]]:
    """Codes of every foreign airport, by its town's name as the library spells it; reading it loads the library."""
    towns: dict[str, list[str]] = {}
    for code, row in _library().items():
        towns.setdefault(row["city"], []).append(code)
    return {name: tuple(codes) for name, codes in towns.items()}


@cache
def _codes_of_cities() -> dict[frozenset[str], str]:
    """Of those with several airports."""
    return {
        frozenset(city.airports): city.code
        for city in cities().values()
        if len(city.airports) > 1 and city.code not in city.airports
    }


@cache
def _city_of_airport() -> dict[str, City]:
    return {airport: city for city in cities().values() for airport in city.airports}


@cache
def _vietnam_airports() -> dict[str, Airport]:
    return {
        row["iata"]: Airport(
            iata=row["iata"],
            name=row["name"],
            city=row["city_vi"],
            country="VN",
            latitude=float(row["latitude"]),
            longitude=float(row["longitude"]),
            zone="Asia/Ho_Chi_Minh",
        )
        for row in _rows("vietnam_airports.tsv")
    }


@cache
def _world_airports() -> dict[str, Airport]:
    """Airports outside Vietnam."""
    known = _city_of_airport()
    return {
        code: Airport(
            iata=code,
            name=row["name"],
            city=known[code].name_en if code in known else row["city"],
            country=row["country"],
            latitude=row["lat"],
            longitude=row["lon"],
            zone=row["tz"],
            region=row["subd"],
        )
        for code, row in _library().items()
    }


@cache
def _library() -> dict[str, Any]:
    """The library's rows outside Vietnam."""
    import airportsdata  # 0.1 s, and a domestic trip never needs it

    return {code: row for code, row in airportsdata.load("IATA").items() if row["country"] != "VN"}


@cache
def _world_metros() -> dict[str, tuple[str, ...]]:
    import airportsdata

    return {code: tuple(metro["airports"]) for code, metro in airportsdata.load_iata_macs().items()}


def _rows(file_name: str) -> Iterator[dict[str, str]]:
    header, *lines = Path(__file__).with_name(file_name).read_text(encoding="utf-8").splitlines()
    columns = header.split("\t")
    return (dict(zip(columns, line.split("\t"), strict=True)) for line in lines)
