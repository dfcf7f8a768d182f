"""What can keep a payment from being started.

AppError
├── PaymentsUnreachable    424  the gateway does not answer; nothing about the request is wrong
├── Conflict
│   ├── NotPayable         409  nothing is due for this booking now
│   ├── NoPaymentMethod    409  no gateway here takes this money
│   ├── PaymentRefused     409  the gateway will not take this amount; another may
│   └── TooLateToPay       409  what is to be paid ends before anybody could
└── InvalidInput
    └── AmountMismatch     422  another amount or currency than what is due
"""

from __future__ import annotations

from core.errors import AppError, Conflict, InvalidInput


class PaymentsUnreachable(AppError):
    code = "payments_unreachable"
    status = 424
    retry_after = 30


class NotPayable(Conflict):
    code = "not_payable"


class NoPaymentMethod(Conflict):
    code = "no_payment_method"


class PaymentRefused(Conflict):
    code = "payment_refused"


class TooLateToPay(Conflict):
    code = "too_late_to_pay"


class AmountMismatch(InvalidInput):
    code = "amount_mismatch"
