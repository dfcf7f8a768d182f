"""What asking gateways takes."""

from __future__ import annotations

from dataclasses import dataclass

from db.session import Transactions
from services.payments.gateways import Gateways


@dataclass(frozen=True, slots=True)
class PaymentParts:
    transactions: Transactions
    gateways: Gateways
