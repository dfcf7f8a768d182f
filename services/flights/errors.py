"""What can go wrong when looking for flights."""

from __future__ import annotations

from core.errors import AppError, InvalidInput, NotFound


class OfferNotFound(NotFound):
    code = "offer_not_found"


class OfferExpired(AppError):
    code = "offer_expired"
    status = 409


class OfferSoldOut(AppError):
    code = "offer_sold_out"
    status = 409


class SeatMapUnavailable(NotFound):
    """The carrier or the provider does not tell which seats there are."""

    code = "seat_map_unavailable"


class FlightsUnreachable(AppError):
    """The provider does not answer; nothing about the request is wrong."""

    code = "flights_unreachable"
    status = 424
    retry_after = 30


class CalendarTooLong(InvalidInput):
    code = "calendar_too_long"


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
