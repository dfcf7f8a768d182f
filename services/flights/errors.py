"""What can go wrong when looking for flights."""

from __future__ import annotations

from core.errors import AppError, InvalidInput, NotFound


class OfferNotFound(NotFound):
    code = "offer_not_found"


class OfferExpired(AppError):
    code = "offer_expired"
    status = 409


class SamePlace(InvalidInput):
    code = "same_place"


class DateInPast(InvalidInput):
    code = "date_in_past"


class DateTooFar(InvalidInput):
    code = "date_too_far"


class ReturnBeforeDeparture(InvalidInput):
    code = "return_before_departure"


class UnknownPlace(InvalidInput):
    code = "unknown_place"


class CurrencyNotSold(InvalidInput):
    code = "currency_not_sold"


class NoTravellers(InvalidInput):
    code = "no_travellers"


class TooManyTravellers(InvalidInput):
    code = "too_many_travellers"


class InfantsExceedAdults(InvalidInput):
    code = "infants_exceed_adults"
