"""Which searches make sense."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal

from domain.airports import RENAMED, find_airport
from domain.countries import currencies
from domain.offers import SEARCH_WINDOW_DAYS, FlightOffer, FlightQuery
from domain.travellers import MAX_TRAVELLERS
from services.flights.errors import (
    CurrencyNotSold,
    DateInPast,
    DateTooFar,
    InfantsExceedAdults,
    NoTravellers,
    ReturnBeforeDeparture,
    SamePlace,
    TooManyTravellers,
    UnknownPlace,
)


def ensure_searchable(query: FlightQuery, *, today: date) -> None:
    """Raise the reason why a query cannot be answered. `today` is the traveller's."""
    travellers = query.travellers
    if travellers.seats == 0:
        raise NoTravellers
    if travellers.total > MAX_TRAVELLERS:
        raise TooManyTravellers(count=travellers.total)
    if travellers.infants > travellers.adults:
        raise InfantsExceedAdults(infants=travellers.infants, adults=travellers.adults)
    if query.currency not in currencies():
        raise CurrencyNotSold(currency=query.currency)
    for slice_ in query.slices:
        for code in (*slice_.origins, *slice_.destinations):
            if find_airport(code) is None:
                raise UnknownPlace(phrase=code)
        if set(slice_.origins) & set(slice_.destinations):
            raise SamePlace(place=slice_.origins[0])
        if slice_.departs_on < today:
            raise DateInPast(date=slice_.departs_on.isoformat())
        if slice_.departs_on > today + timedelta(days=SEARCH_WINDOW_DAYS):
            raise DateTooFar(date=slice_.departs_on.isoformat())
    for earlier, later in pairwise(query.slices):
        if later.departs_on < earlier.departs_on:
            raise ReturnBeforeDeparture(
                depart_on=earlier.departs_on.isoformat(), return_on=later.departs_on.isoformat()
            )


OfferFault = Literal["route", "date", "travellers", "price", "expired", "times"]


def answers(query: FlightQuery, offer: FlightOffer, *, now: datetime) -> OfferFault | None:
    """Why an offer is none for this query, or None: providers have been seen to answer other questions."""
    if len(offer.slices) != len(query.slices):
        return "route"
    for asked, slice_ in zip(query.slices, offer.slices, strict=True):
        if slice_.origin not in _current(asked.origins) or slice_.destination not in _current(asked.destinations):
            return "route"
        if slice_.departs.at_local.date() != asked.departs_on:
            return "date"
    segments = [segment for slice_ in offer.slices for segment in slice_.segments]
    if any(segment.duration <= timedelta() for segment in segments) or any(
        after.departs.instant < before.arrives.instant for before, after in pairwise(segments)
    ):
        return "times"
    if offer.travellers not in (None, query.travellers):
        return "travellers"
    if offer.total.amount_minor <= 0:
        return "price"
    return "expired" if offer.expires_at <= now else None


def _current(codes: Iterable[str]) -> set[str]:
    return {RENAMED.get(code, code) for code in codes}


def is_storable(raw: object) -> bool:
    """Whether the database can hold a provider's words: no NUL, no half of a character, no number that is none."""
    try:
        text = json.dumps(raw, ensure_ascii=False, allow_nan=False)
        text.encode()
    except ValueError:
        return False
    return "\\u0000" not in text
