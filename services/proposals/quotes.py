"""The canonical quote: everything a user agrees to, in one form, under one hash. Pure.

A quote is plain JSON: texts, integers, booleans, nulls, lists and objects. It holds ids of travellers, never their
documents or birth dates.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from db.models import Passenger
from domain.money import Money
from domain.offers import BookingFlow, FlightOffer, Slice
from domain.orders import ChangeQuote, ServiceChoice
from services.bookings.extras import ChosenService
from services.bookings.terms import CancellationTerms

Quote = dict[str, Any]


def write_canonical(quote: Quote) -> str:
    """The one text of a quote: keys sorted, no spaces, NFC. Raises TypeError for what has no one form."""
    return json.dumps(_plain(quote), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def hash_quote(quote: Quote) -> str:
    """SHA-256 of the canonical quote, in hex."""
    return hashlib.sha256(write_canonical(quote).encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {_name(key): _plain(each) for key, each in value.items()}
    raise TypeError(f"no canonical form for {type(value).__name__}")


def _name(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError("a key is a text")
    return unicodedata.normalize("NFC", key)


def quote_booking(
    *,
    proposal_id: UUID,
    user_id: UUID,
    offer_id: UUID,
    offer: FlightOffer,
    flow: BookingFlow,
    passengers: Sequence[Passenger],
    services: Sequence[ChosenService],
    total: Money,
    warnings: Sequence[str],
    expires_at: datetime,
) -> Quote:
    """`passengers` in the order asked for; a name that is changed afterwards is another quote."""
    return {
        "action": "book",
        "proposal_id": str(proposal_id),
        "user_id": str(user_id),
        "offer_id": str(offer_id),
        "provider": offer.provider,
        "simulated": offer.simulated,
        "flow": flow,
        "passengers": _write_party(passengers),
        "slices": _write_slices(offer.slices),
        "fare_brand": offer.fare_brand,
        "cabin": offer.cabin,
        "conditions": offer.conditions.model_dump(mode="json"),
        "price_parts": [each.model_dump(mode="json") for each in offer.price_parts],
        "services": [each.model_dump(mode="json") for each in services],
        "fare_minor": offer.total.amount_minor,
        "amount_minor": total.amount_minor,
        "currency": total.currency,
        "warnings": list(warnings),
        "expires_at": expires_at.isoformat(),
    }


def quote_cancellation(
    *, proposal_id: UUID, user_id: UUID, slices: Sequence[Slice], terms: CancellationTerms, expires_at: datetime
) -> Quote:
    return {
        "action": "cancel",
        "proposal_id": str(proposal_id),
        "user_id": str(user_id),
        "booking_id": str(terms.booking_id),
        "simulated": terms.simulated,
        "slices": _write_slices(slices),
        "paid_minor": terms.paid.amount_minor,
        "fee_minor": terms.fee.amount_minor,
        "refund_minor": terms.refund.amount_minor,
        "currency": terms.refund.currency,
        "expires_at": expires_at.isoformat(),
    }


def quote_change(
    *,
    proposal_id: UUID,
    user_id: UUID,
    booking_id: UUID,
    simulated: bool,
    slices: Sequence[Slice],
    total: Money,
    quote: ChangeQuote,
) -> Quote:
    """`slices` as they are, for `total`; `quote` has them as they would be.

    The fee is all that buys no flight: what the airline calls so, and what it keeps where the new flights are cheaper.
    """
    fee = quote.difference - (quote.new_total - total)
    return {
        "action": "change",
        "proposal_id": str(proposal_id),
        "user_id": str(user_id),
        "booking_id": str(booking_id),
        "simulated": simulated,
        "old_slices": _write_slices(slices),
        "slices": _write_slices(quote.slices),
        "change": quote.model_dump(mode="json"),
        "amount_minor": max(0, quote.difference.amount_minor),
        "refund_minor": max(0, -quote.difference.amount_minor),
        "fee_minor": fee.amount_minor,
        "currency": quote.difference.currency,
        "expires_at": quote.expires_at.isoformat(),
    }


def _write_slices(slices: Sequence[Slice]) -> list[Any]:
    return [each.model_dump(mode="json") for each in slices]


def read_passenger_ids(quote: Quote) -> list[UUID]:
    """Of the travellers of a booking, in the order of the purchase."""
    return [UUID(each["id"]) for each in quote["passengers"]]


def read_services(quote: Quote) -> tuple[ServiceChoice, ...]:
    """The seats and bags of a booking."""
    return tuple(ChosenService.model_validate(each).choice for each in quote["services"])


def is_same_party(quote: Quote, passengers: Sequence[Passenger]) -> bool:
    """Whether the travellers are the ones of a quote, and nothing about them was changed since."""
    return bool(quote["passengers"] == _write_party(passengers))


def is_same_trip(quote: Quote, offer: FlightOffer) -> bool:
    """Whether an offer still is what was quoted, but for its price."""
    same = {
        "slices": _write_slices(offer.slices),
        "fare_brand": offer.fare_brand,
        "cabin": offer.cabin,
        "conditions": offer.conditions.model_dump(mode="json"),
    }
    return quote["flow"] in offer.booking_flows and all(quote[name] == value for name, value in same.items())


def _write_party(passengers: Sequence[Passenger]) -> list[dict[str, str]]:
    return [{"id": str(each.id), "as_of": each.updated_at.astimezone(UTC).isoformat()} for each in passengers]
