"""How an offer's parts read in words, for cards, models and people alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from core.messages import Language, format_clock, format_day, say
from core.messages import format_money as format_amount
from domain.airports import city_name
from domain.money import Money
from domain.offers import Baggage, Condition, FlightOffer, Slice


def money_text(money: Money, language: Language) -> str:
    return format_amount(money.amount, money.currency, language)


def place_text(code: str, language: Language) -> str:
    return f"{city_name(code, language)} ({code})"


def slice_times(slice_: Slice) -> str:
    later = f" (+{slice_.day_difference})" if slice_.day_difference > 0 else ""
    return f"{format_clock(slice_.departs.at_local)}–{format_clock(slice_.arrives.at_local)}{later}"


def stops_text(slice_: Slice, language: Language) -> str:
    if not slice_.stops:
        return say("offers.nonstop", language)
    landings = [code for segment in slice_.segments for code in (*segment.technical_stops, segment.destination)]
    via = ", ".join(city_name(code, language) for code in landings[:-1])
    return say("offers.stops", language, count=slice_.stops, via=via)


def day_text(slice_: Slice, language: Language) -> str:
    return format_day(slice_.departs.at_local.date(), language)


def moment_text(at: datetime, zone: tzinfo | None, language: Language) -> str:
    """An instant by the traveller's clock."""
    at_local = at.astimezone(zone)
    return f"{format_clock(at_local)} {format_day(at_local.date(), language)}"


def route_text(slices: Sequence[Slice], language: Language) -> str:
    """Where a trip goes, and when it begins."""
    legs = "; ".join(
        f"{place_text(each.origin, language)} → {place_text(each.destination, language)}" for each in slices
    )
    return f"{legs}, {day_text(slices[0], language)} {slice_times(slices[0])}"


def baggage_text(offer: FlightOffer, language: Language) -> str:
    return say(
        "offers.baggage",
        language,
        carry_on=carry_on_text(offer, language),
        checked=checked_text(offer, language),
    )


def carry_on_text(offer: FlightOffer, language: Language) -> str:
    return _least_text((segment.carry_on for slice_ in offer.slices for segment in slice_.segments), language)


def checked_text(offer: FlightOffer, language: Language) -> str:
    return _least_text((segment.checked for slice_ in offer.slices for segment in slice_.segments), language)


def _least_text(bags: Iterable[Baggage | None], language: Language) -> str:
    """The least any segment allows: what a traveller can count on all the way."""
    allowances = list(bags)
    stated = [bag for bag in allowances if bag is not None]
    least = min(stated, key=lambda bag: (bag.pieces, bag.kg or 0), default=None)
    if least is not None and not least.pieces:
        return say("offers.bag_none", language)
    if least is None or len(stated) < len(allowances):
        return say("offers.bag_unknown", language)
    if least.kg is None:
        return say("offers.bag_pieces", language, count=least.pieces)
    return say("offers.bag_kg", language, count=least.pieces, kg=least.kg)


def provider_name(name: str) -> str:
    """A provider as people know it."""
    return name.capitalize()


def tell_missing(providers: Sequence[str], language: Language) -> list[str]:
    """That providers did not answer, if any did not."""
    names = ", ".join(provider_name(name) for name in providers)
    return [say("replies.unanswered", language, names=names)] if names else []


def tell_difference(previous: Money, now: Money, language: Language) -> str | None:
    """What became of a price; None when nothing did."""
    if now == previous or now.currency != previous.currency:
        return None
    key = "replies.price_risen" if now > previous else "replies.price_fallen"
    difference = max(now, previous) - min(now, previous)
    return say(key, language, difference=money_text(difference, language), previous=money_text(previous, language))


def condition_text(condition: Condition, language: Language) -> str:
    if condition.allowed is None:
        return say("offers.rule_unknown", language)
    if not condition.allowed:
        return say("offers.rule_no", language)
    if condition.fee is None:
        return say("offers.rule_yes", language)
    if condition.fee.amount_minor == 0:
        return say("offers.rule_free", language)
    return say("offers.rule_fee", language, fee=money_text(condition.fee, language))


def name_text(given_name: str, family_name: str, language: Language) -> str:
    return f"{family_name} {given_name}" if language == "vi" else f"{given_name} {family_name}"
