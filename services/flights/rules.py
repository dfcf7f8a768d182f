"""Which searches make sense."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from domain.airports import find_airport
from domain.offers import SEARCH_WINDOW_DAYS, FlightQuery
from domain.travellers import MAX_TRAVELLERS
from services.flights.errors import (
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
