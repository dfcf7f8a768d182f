"""What is owed, taken and given back, in words: the states of payments and refunds."""

from __future__ import annotations

from typing import Literal, get_args

PaymentSubject = Literal["booking", "booking_change"]
"""What a payment is for: the price of a booking, or what a change costs."""
PaymentStatus = Literal["pending", "captured", "failed", "expired"]
"""expired: the link takes no more money. A signed notice of money taken captures from any of the others."""
RefundStatus = Literal["due", "calling", "pending", "done", "needs_review"]
"""calling: asked for, and whether it arrived is not known until an answer or a look-up tells; pending: the gateway has
accepted it and takes its time."""
RefundReason = Literal["cancelled", "changed", "not_bought", "paid_late", "paid_twice"]
PublicPaymentStatus = Literal["PENDING", "COMPLETED", "FAILED", "REFUNDED"]

REFUND_STATUSES: tuple[RefundStatus, ...] = get_args(RefundStatus)
PAYMENT_RANKS: dict[PaymentStatus, int] = {"pending": 0, "failed": 1, "expired": 1, "captured": 2}
"""A payment only climbs: what comes late or twice never takes it back."""
