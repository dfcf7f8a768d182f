"""What the endpoints of cards take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, StringConstraints

from api.schemas.fields import Request
from api.schemas.flights import SegmentRead, read_segment
from core.clock import clock
from core.messages import Language, say
from db.models import Proposal
from db.models.proposals import ProposalAction, ProposalStatus
from domain.money import Money
from domain.offers import Condition, Slice

QuoteHash = Annotated[str, StringConstraints(to_lower=True, pattern=r"^[0-9a-fA-F]{64}$")]
"""SHA-256 in hex, as the card has it."""


class ProposalApprove(Request):
    quote_hash: QuoteHash


class WarningRead(BaseModel):
    code: str
    message: str


class QuotedServiceRead(BaseModel):
    service_id: str
    kind: Literal["seat", "checked_bag", "carry_on"]
    quantity: int
    traveller: int
    """Position among the travellers."""
    seat: str | None
    """The flight and the seat; null for a bag."""
    price: Money
    """For all of them."""


class ProposalRead(BaseModel):
    """A card as it stands: what is asked, and what the yes would be to."""

    id: UUID
    proposal_id: UUID
    action: ProposalAction
    status: ProposalStatus
    """void: a newer card or its time took its place."""
    quote_hash: str
    """Sent back with the yes."""
    expires_at: datetime
    subject_id: UUID
    """Of the offer to book, or of the booking to cancel or change."""
    booking_id: UUID | None
    """Of the booking, once there is one."""
    passenger_ids: list[UUID]
    flights: list[SegmentRead]
    """To be booked, given up, or flown instead."""
    fare_brand: str | None
    refund_rule: Condition | None
    change_rule: Condition | None
    services: list[QuotedServiceRead]
    amount: Money
    """To pay; zero where nothing is."""
    fee: Money
    """Kept for changing or giving up."""
    refund: Money
    """What comes back."""
    warnings: list[WarningRead]
    simulated: bool
    """No real seat stands behind it."""


def describe_proposal(proposal: Proposal, language: Language) -> ProposalRead:
    quote: dict[str, Any] = proposal.quote
    has_run_out = proposal.status == "open" and proposal.expires_at <= clock.now()
    rules = quote.get("conditions", {})
    return ProposalRead.model_validate(
        {
            "id": proposal.id,
            "proposal_id": proposal.id,
            "action": proposal.action,
            "status": "void" if has_run_out else proposal.status,
            "quote_hash": proposal.quote_hash,
            "expires_at": proposal.expires_at,
            "subject_id": proposal.subject_id,
            "booking_id": proposal.booking_id or quote.get("booking_id"),
            "passenger_ids": [each["id"] for each in quote.get("passengers", [])],
            "flights": [
                read_segment(segment) for each in quote["slices"] for segment in Slice.model_validate(each).segments
            ],
            "fare_brand": quote.get("fare_brand"),
            "refund_rule": rules.get("refund"),
            "change_rule": rules.get("change"),
            "services": [_describe_service(each) for each in quote.get("services", [])],
            "amount": _money(quote, "amount_minor"),
            "fee": _money(quote, "fee_minor"),
            "refund": _money(quote, "refund_minor"),
            "warnings": describe_warnings(quote.get("warnings", []), language),
            "simulated": quote["simulated"],
        }
    )


def describe_warnings(codes: list[str], language: Language) -> list[WarningRead]:
    return [WarningRead(code=code, message=say(f"warnings.{code}", language)) for code in codes]


def _describe_service(service: dict[str, Any]) -> dict[str, Any]:
    names = ("service_id", "kind", "quantity", "traveller", "seat")
    price = Money.model_validate(service["each"]) * service["quantity"]
    return {**{name: service[name] for name in names}, "price": price}


def _money(quote: dict[str, Any], name: str) -> Money:
    return Money(amount_minor=quote.get(name, 0), currency=quote["currency"])
