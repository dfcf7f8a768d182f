"""What the endpoints of cards take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, Discriminator, StringConstraints

from api.schemas.fields import Request
from api.schemas.flights import SegmentRead, read_segment
from core.clock import clock
from core.messages import Language, say
from db.models import Proposal
from db.models.proposals import AccountAction, BookingAction, ProposalStatus
from domain.money import Money
from domain.offers import Condition, Slice
from services.proposals.wording import ask_text

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
    """A card about a booking as it stands: what is asked, and what the yes would be to."""

    id: UUID
    proposal_id: UUID
    action: BookingAction
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


class AccountProposalRead(BaseModel):
    """A card about the caller's own calendar, preferences, papers or address as it stands."""

    id: UUID
    proposal_id: UUID
    action: AccountAction
    status: ProposalStatus
    """void: a newer card or its time took its place. approved: done, or for `change_email`, a code is on its way."""
    quote_hash: str
    """Sent back with the yes."""
    expires_at: datetime
    subject_id: UUID
    """Of the booking to write down, of the document to delete, or else of the caller."""
    text: str
    """What is asked, in the request's language; an address is masked."""
    simulated: bool
    """No real calendar stands behind it."""


AnyProposalRead = Annotated[ProposalRead | AccountProposalRead, Discriminator("action")]


def describe_proposal(proposal: Proposal, language: Language) -> ProposalRead | AccountProposalRead:
    if proposal.action in get_args(AccountAction):
        return describe_account_proposal(proposal, language)
    quote: dict[str, Any] = proposal.quote
    rules = quote.get("conditions", {})
    return ProposalRead.model_validate(
        {
            "id": proposal.id,
            "proposal_id": proposal.id,
            "action": proposal.action,
            "status": _status(proposal),
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


def describe_account_proposal(proposal: Proposal, language: Language) -> AccountProposalRead:
    return AccountProposalRead.model_validate(
        {
            "id": proposal.id,
            "proposal_id": proposal.id,
            "action": proposal.action,
            "status": _status(proposal),
            "quote_hash": proposal.quote_hash,
            "expires_at": proposal.expires_at,
            "subject_id": proposal.subject_id,
            "text": ask_text(proposal, language),
            "simulated": proposal.quote["simulated"],
        }
    )


def _status(proposal: Proposal) -> str:
    has_run_out = proposal.status == "open" and proposal.expires_at <= clock.now()
    return "void" if has_run_out else proposal.status


def describe_warnings(codes: list[str], language: Language) -> list[WarningRead]:
    return [WarningRead(code=code, message=say(f"warnings.{code}", language)) for code in codes]


def _describe_service(service: dict[str, Any]) -> dict[str, Any]:
    names = ("service_id", "kind", "quantity", "traveller", "seat")
    price = Money.model_validate(service["each"]) * service["quantity"]
    return {**{name: service[name] for name in names}, "price": price}


def _money(quote: dict[str, Any], name: str) -> Money:
    return Money(amount_minor=quote.get(name, 0), currency=quote["currency"])
