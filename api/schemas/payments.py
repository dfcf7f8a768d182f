"""What the payment endpoints take and give, in the field names of the API reference."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from api.schemas.fields import Request, ThreeLetterCode, to_lower
from core.clock import clock
from domain.money import Money
from domain.payments import PublicPaymentStatus, RefundReason
from services.payments.links import Claimed
from services.payments.reading import PaymentDetail, ReturnState

PublicRefundStatus = Literal["PENDING", "COMPLETED", "NEEDS_REVIEW"]
"""NEEDS_REVIEW: a person is looking into it; the money is still owed."""


class PaymentCreate(Request):
    model_config = ConfigDict(json_schema_extra={"examples": [{"provider": "VNPAY"}, {"provider": "MOMO"}]})

    booking_id: UUID | None = None
    """Accepted and ignored: the path says which."""
    amount: Annotated[Decimal, Field(gt=0, max_digits=15, decimal_places=3)] | None = None
    """Need not be sent; another than what is due is refused."""
    currency: ThreeLetterCode = "VND"
    provider: Annotated[str, BeforeValidator(to_lower), StringConstraints(pattern=r"^[a-z]{1,20}$")] | None = None
    """VNPAY or MOMO in any case; without it the first that takes the money."""

    @property
    def claimed(self) -> Claimed:
        """What was sent: a default claims nothing."""
        is_told = self.amount is not None or "currency" in self.model_fields_set
        return Claimed(
            amount=None if self.amount is None else f"{self.amount:f}", currency=self.currency if is_told else None
        )


class RefundRead(BaseModel):
    id: UUID
    amount: str
    currency: str
    reason: RefundReason
    status: PublicRefundStatus
    created_at: datetime
    done_at: datetime | None


class PaymentRead(BaseModel):
    """What was to be paid once, and what came of it."""

    id: UUID
    booking_id: UUID
    amount: str
    currency: str
    provider: str
    status: PublicPaymentStatus
    payment_url: str | None
    """Where to send the traveller, while it can be paid."""
    external_id: str | None
    """The gateway's number of the transaction."""
    simulated: bool
    """No money moves."""
    paid_at: datetime | None
    expires_at: datetime
    """The link takes no money after this."""
    created_at: datetime
    refunds: list[RefundRead]


class ReturnRead(BaseModel):
    """What a browser that came back from a gateway shows."""

    state: ReturnState
    booking_reference: str | None
    """The airline's PNR, once it is booked."""


def describe_payment(detail: PaymentDetail) -> PaymentRead:
    payment = detail.payment
    is_open = payment.status == "pending" and payment.expires_at > clock.now()
    return PaymentRead(
        id=payment.id,
        booking_id=detail.booking_id,
        amount=str(detail.amount.amount),
        currency=payment.currency,
        provider=payment.provider.upper(),
        status=detail.status,
        payment_url=payment.payment_url if is_open else None,
        external_id=payment.external_id,
        simulated=payment.simulated,
        paid_at=payment.paid_at,
        expires_at=payment.expires_at,
        created_at=payment.created_at,
        refunds=[
            RefundRead.model_validate(
                {
                    "id": each.id,
                    "amount": str(Money(amount_minor=each.amount_minor, currency=each.currency).amount),
                    "currency": each.currency,
                    "reason": each.reason,
                    "status": _REFUND_STATUSES.get(each.status, "PENDING"),
                    "created_at": each.created_at,
                    "done_at": each.done_at,
                }
            )
            for each in detail.refunds
        ],
    )


_REFUND_STATUSES: dict[str, PublicRefundStatus] = {"done": "COMPLETED", "needs_review": "NEEDS_REVIEW"}
