"""What a provider's refusal means for a booking."""

from __future__ import annotations

from providers.flights.base import (
    FlightProviderError,
    InvalidRequest,
    OfferGone,
    PriceChanged,
    SoldOut,
    Unsupported,
)

_REASONS: dict[type[FlightProviderError], str] = {
    PriceChanged: "price_changed",
    SoldOut: "sold_out",
    OfferGone: "offer_gone",
    InvalidRequest: "refused",
    Unsupported: "refused",
}


def find_reason(error: FlightProviderError) -> str | None:
    """Why it is refused for good, as a code with words under bookings.reason; None where asking again may help."""
    return next((reason for kind, reason in _REASONS.items() if isinstance(error, kind)), None)
