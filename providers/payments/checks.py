"""What we ask of a gateway: anything wrong here is a bug of ours, so it is a ValueError."""

from __future__ import annotations

import re

from domain.money import Money
from providers.payments.base import Charge, RefundOrder

CURRENCIES = frozenset({"VND"})

_REFERENCE = re.compile(r"[A-Za-z0-9]{1,32}")
"""As long as the shortest field it goes into."""
_DESCRIPTION = re.compile(r"[A-Za-z0-9 ]{1,255}")


def check_charge(charge: Charge) -> int:
    """The amount in đồng."""
    _check_texts(charge.reference, charge.description)
    return _to_dong(charge.amount)


def check_refund(order: RefundOrder) -> int:
    """The amount in đồng."""
    _check_texts(order.reference, order.description)
    if order.amount > order.charged:
        raise ValueError("A refund is no more than what was charged.")
    return _to_dong(order.amount)


def _check_texts(reference: str, description: str) -> None:
    if not _REFERENCE.fullmatch(reference):
        raise ValueError("A reference is 1 to 32 letters and digits.")
    if not _DESCRIPTION.fullmatch(description):
        raise ValueError("A description is 1 to 255 letters without accents, digits and spaces.")


def _to_dong(amount: Money) -> int:
    if amount.currency not in CURRENCIES or amount.amount_minor <= 0:
        raise ValueError("An amount is more than nothing, and in VND.")
    return amount.amount_minor
