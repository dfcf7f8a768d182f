"""The canonical quote: everything a user agrees to, in one form, under one hash. Pure.

A quote is plain JSON: texts, integers, booleans, nulls, lists and objects. It holds ids of travellers, never their
documents or birth dates; of an address only a keyed hash, and enough for its owner to know it by.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from core.messages import Language
from db.models import IdentityDocument, Passenger
from db.models.proposals import AccountAction
from domain.money import Money
from domain.offers import BookingFlow, FlightOffer, Slice
from domain.orders import ChangeQuote, ServiceChoice
from services.bookings.extras import ChosenService
from services.bookings.terms import CancellationTerms
from services.preferences.kinds import PreferenceKind, PreferenceValue

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
        "slices": write_slices(offer.slices),
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
        "slices": write_slices(slices),
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
    """`slices` as they are, for `total`; `quote` has them as they would be."""
    money = weigh_change(quote, total)
    return {
        "action": "change",
        "proposal_id": str(proposal_id),
        "user_id": str(user_id),
        "booking_id": str(booking_id),
        "simulated": simulated,
        "old_slices": write_slices(slices),
        "slices": write_slices(quote.slices),
        "change": quote.model_dump(mode="json"),
        "amount_minor": money.to_pay.amount_minor,
        "refund_minor": money.refund.amount_minor,
        "fee_minor": money.fee.amount_minor,
        "currency": quote.difference.currency,
        "expires_at": quote.expires_at.isoformat(),
    }


@dataclass(frozen=True, slots=True)
class ChangeMoney:
    """What flying otherwise costs or brings; of `to_pay` and `refund` one at least is zero."""

    to_pay: Money
    fee: Money
    """All that buys no flight: what the airline calls so, and what it keeps where the new flights are cheaper."""
    refund: Money


def weigh_change(quote: ChangeQuote, total: Money) -> ChangeMoney:
    """Against flights that cost `total`."""
    nothing = total * 0
    return ChangeMoney(
        to_pay=max(nothing, quote.difference),
        fee=quote.difference - (quote.new_total - total),
        refund=max(nothing, nothing - quote.difference),
    )


def quote_calendar_entry(
    *,
    proposal_id: UUID,
    user_id: UUID,
    booking_id: UUID,
    slices: Sequence[Slice],
    language: Language,
    simulated: bool,
    expires_at: datetime,
) -> Quote:
    """`language` is what the entries are written in; `simulated` is the calendar."""
    return _start("calendar", proposal_id, user_id, expires_at, simulated=simulated) | {
        "booking_id": str(booking_id),
        "slices": write_slices(slices),
        "language": language,
    }


def quote_preference(
    *, proposal_id: UUID, user_id: UUID, kind: PreferenceKind, value: PreferenceValue | None, expires_at: datetime
) -> Quote:
    """None forgets what was told of a kind."""
    return _start("remember", proposal_id, user_id, expires_at) | {"kind": kind, "value": value}


def quote_document_deletion(
    *, proposal_id: UUID, user_id: UUID, document: IdentityDocument, expires_at: datetime
) -> Quote:
    """A document that is changed afterwards is another quote."""
    return _start("forget_document", proposal_id, user_id, expires_at) | {
        "document_id": str(document.id),
        "passenger_id": str(document.passenger_id),
        "kind": document.kind,
        "issuing_country": document.issuing_country,
        "expires_in": f"{document.expires_on:%Y-%m}" if document.expires_on else None,
        "as_of": document_version(document),
    }


def quote_email_change(
    *,
    proposal_id: UUID,
    user_id: UUID,
    placeholder: str,
    address_hash: str,
    masked_address: str,
    language: Language,
    expires_at: datetime,
) -> Quote:
    """`placeholder` stands for the address in its conversation; `language` is that of the letter."""
    return _start("change_email", proposal_id, user_id, expires_at) | {
        "placeholder": placeholder,
        "address_hash": address_hash,
        "address": masked_address,
        "language": language,
    }


def document_version(document: IdentityDocument) -> str:
    return document.updated_at.astimezone(UTC).isoformat()


def _start(
    action: AccountAction, proposal_id: UUID, user_id: UUID, expires_at: datetime, *, simulated: bool = False
) -> Quote:
    return {
        "action": action,
        "proposal_id": str(proposal_id),
        "user_id": str(user_id),
        "simulated": simulated,
        "expires_at": expires_at.isoformat(),
    }


def write_slices(slices: Sequence[Slice]) -> list[Any]:
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
        "slices": write_slices(offer.slices),
        "fare_brand": offer.fare_brand,
        "cabin": offer.cabin,
        "conditions": offer.conditions.model_dump(mode="json"),
    }
    return quote["flow"] in offer.booking_flows and all(quote[name] == value for name, value in same.items())


def _write_party(passengers: Sequence[Passenger]) -> list[dict[str, str]]:
    return [{"id": str(each.id), "as_of": each.updated_at.astimezone(UTC).isoformat()} for each in passengers]
