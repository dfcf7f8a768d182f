"""What a journey costs: fare by distance and cabin, taxes by country, brands with their rules, and currencies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from babel.numbers import get_currency_precision

from domain.airports import Airport
from domain.money import Money
from domain.offers import Baggage, CabinClass, Condition, Conditions, PricePart
from domain.travellers import TravellerCounts, TravellerType
from providers.flights.base import UnsoldCurrency
from providers.sandbox.carriers import Carrier
from providers.sandbox.journeys import Journey
from providers.sandbox.tables import read_table

LONG_TRIP_KM = 4000
"""From here on a brand's long-haul baggage and fees hold."""

_LOW_COST_LEVEL = 0.80
_CONNECTION_LEVEL = 0.90
"""A change of planes makes the fare cheaper: carriers compete for those who could fly nonstop."""
_CABIN_LEVELS: dict[CabinClass, tuple[float, float]] = {
    "economy": (1.0, 1.0),
    "premium_economy": (1.7, 1.9),
    "business": (2.7, 3.8),
    "first": (4.5, 6.5),
}
"""Times the economy fare, on a short and on a long trip."""
_DOMESTIC_LEVELS = {"VN": 0.5, "TH": 0.55, "ID": 0.6, "MY": 0.5, "PH": 0.6, "IN": 0.5, "CN": 0.7, "KR": 0.6}
_OTHER_DOMESTIC_LEVEL = 0.85
_TRANSIT_TAX_USD = 8.0
_SURCHARGE_USD_PER_KM = {"full": 0.008, "low_cost": 0.004}
_OTHER_DEPARTURE_TAX_USD = (12.0, 28.0)
"""Domestic and international, for countries that are not in the table."""

_CHILD_SHARE = {"full": 0.75, "low_cost": 1.0}
_INFANT_SHARE = 0.10


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency fares are sold in, at a fixed rate of about late 2025: a simulation needs steady rates, not news."""

    code: str
    per_usd: float
    step: int
    """Prices are multiples of this, in minor units."""

    def convert(self, usd: float) -> Money:
        in_minor = usd * self.per_usd * 10 ** get_currency_precision(self.code)
        return Money(amount_minor=self.step * int(in_minor / self.step + 0.5), currency=self.code)


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee in USD for a short and a long trip."""

    short: float
    long: float


@dataclass(frozen=True, slots=True)
class Brand:
    """A fare brand of one cabin: what it costs times the cheapest, and what it includes."""

    name: str
    factor: float
    carry_on: Baggage
    checked: Baggage
    checked_long: Baggage
    refund_fee: Fee | None
    """None when it cannot be refunded."""
    change_fee: Fee | None


@cache
def currencies() -> dict[str, Currency]:
    """What the sandbox sells in, by code."""
    return {
        row["currency"]: Currency(
            code=row["currency"],
            per_usd=float(row["per_usd"]),
            step=int(row["step"]) * 10 ** get_currency_precision(row["currency"]),
        )
        for row in read_table("currencies.tsv")
    }


def get_currency(code: str) -> Currency:
    """Raises UnsoldCurrency for a currency outside the table."""
    if (currency := currencies().get(code)) is None:
        raise UnsoldCurrency(f"The sandbox sells in {', '.join(currencies())}, not in {code}.")
    return currency


@cache
def brands() -> dict[tuple[str, str], tuple[Brand, ...]]:
    """Brands by family and cabin, the cheapest first."""
    families: dict[tuple[str, str], list[Brand]] = {}
    for row in read_table("fare_brands.tsv"):
        families.setdefault((row["family"], row["cabin"]), []).append(_read_brand(row))
    return {key: tuple(family) for key, family in families.items()}


def fare_usd(journey: Journey, seller: Carrier, cabin: CabinClass, km: float, level: float) -> float:
    """An adult's fare in the cheapest brand, one way. `km` is the direct distance, `level` what demand makes of it."""
    fare = (20 + 0.062 * min(km, 4000) + 0.045 * max(km - 4000, 0)) * level
    fare *= _CABIN_LEVELS[cabin][km >= LONG_TRIP_KM]
    if seller.kind == "low_cost":
        fare *= _LOW_COST_LEVEL
    if len(journey.flights) > 1:
        fare *= _CONNECTION_LEVEL
    start, end = journey.flights[0].departure.origin, journey.flights[-1].departure.destination
    if start.country == end.country:
        fare *= _DOMESTIC_LEVELS.get(start.country, _OTHER_DOMESTIC_LEVEL)
    return fare


def taxes_usd(journey: Journey, seller: Carrier) -> float:
    """Taxes and carrier charges for an adult: leaving the first airport, passing through others, and by distance."""
    start, end = journey.flights[0].departure.origin, journey.flights[-1].departure.destination
    flown_km = sum(flight.departure.km for flight in journey.flights)
    transits = len(journey.flights) - 1
    return departure_tax_usd(start, end) + _TRANSIT_TAX_USD * transits + _SURCHARGE_USD_PER_KM[seller.kind] * flown_km


def departure_tax_usd(start: Airport, end: Airport) -> float:
    domestic, international = _departure_taxes().get(start.country, _OTHER_DEPARTURE_TAX_USD)
    return domestic if start.country == end.country else international


def price_parts(
    fare: float, taxes: float, travellers: TravellerCounts, seller: Carrier, currency: Currency
) -> tuple[PricePart, ...]:
    """Prices by type of traveller, from an adult's fare and taxes in USD."""
    shares: dict[TravellerType, tuple[float, float]] = {
        "adult": (1.0, 1.0),
        "child": (_CHILD_SHARE[seller.kind], 1.0),
        "infant": (_INFANT_SHARE, _INFANT_SHARE),
    }
    return tuple(
        PricePart(
            traveller_type=kind,
            count=count,
            base_each=currency.convert(fare * shares[kind][0]),
            taxes_each=currency.convert(taxes * shares[kind][1]),
        )
        for kind, count in travellers.by_type().items()
    )


def conditions(sold: Sequence[tuple[Brand, bool]], currency: Currency) -> Conditions:
    """Rules of a ticket over one brand per slice, each with whether that slice is long: the strictest decides."""
    return Conditions(
        refund=_strictest([(brand.refund_fee, is_long) for brand, is_long in sold], currency),
        change=_strictest([(brand.change_fee, is_long) for brand, is_long in sold], currency),
    )


def _strictest(fees: Sequence[tuple[Fee | None, bool]], currency: Currency) -> Condition:
    usd = [None if fee is None else fee.long if is_long else fee.short for fee, is_long in fees]
    known = [amount for amount in usd if amount is not None]
    if len(known) < len(usd):
        return Condition(allowed=False)
    return Condition(allowed=True, fee=currency.convert(max(known)))


def _read_brand(row: dict[str, str]) -> Brand:
    return Brand(
        name=row["name"],
        factor=float(row["factor"]),
        carry_on=_read_baggage(row["carry_on"]),
        checked=_read_baggage(row["checked"]),
        checked_long=_read_baggage(row["checked_long"]),
        refund_fee=_read_fee(row["refund_fee"]),
        change_fee=_read_fee(row["change_fee"]),
    )


def _read_baggage(text: str) -> Baggage:
    """'2x23' is two pieces of 23 kg, '0' is none."""
    pieces, _, kg = text.partition("x")
    return Baggage(pieces=int(pieces), kg=int(kg) if kg else None)


def _read_fee(text: str) -> Fee | None:
    """'20/80' is USD on a short and a long trip, 'no' means not allowed."""
    if text == "no":
        return None
    short, long = text.split("/")
    return Fee(float(short), float(long))


@cache
def _departure_taxes() -> dict[str, tuple[float, float]]:
    rows = read_table("departure_taxes.tsv")
    return {row["country"]: (float(row["domestic"]), float(row["international"])) for row in rows}
