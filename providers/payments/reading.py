"""What a gateway's fields say, once their signature is checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from domain.money import Money
from providers.payments.base import NoticeUnreadable, PaymentNotice, PaymentState

_REFERENCE = re.compile(r"[A-Za-z0-9]{1,100}")
_DIGITS = re.compile(r"[0-9]{1,19}")
_CODE = re.compile(r"[0-9A-Za-z]{1,10}")


def read_texts(answer: Mapping[str, Any]) -> dict[str, str]:
    """The fields that are text or a whole number, as text."""
    return {
        name: str(value)
        for name, value in answer.items()
        if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))
    }


def read_number(text: str) -> int:
    """Raises NoticeUnreadable."""
    if not _DIGITS.fullmatch(text):
        raise NoticeUnreadable("not a number")
    return int(text)


def read_code(text: str) -> str:
    """A gateway's code, fit for our logs. Raises NoticeUnreadable."""
    if not _CODE.fullmatch(text):
        raise NoticeUnreadable("not a code")
    return text


def make_notice(
    *, reference: str, dong: int, transaction: str, state: PaymentState, reason: str | None
) -> PaymentNotice:
    """The notice and its name: told again, or asked about, the same outcome is the same event.

    Raises NoticeUnreadable.
    """
    if not _REFERENCE.fullmatch(reference):
        raise NoticeUnreadable("not a reference of ours")
    # a payment that never came to be has none, or number 0
    number = read_number(transaction or "0")
    if state == "paid" and not number:
        raise NoticeUnreadable("paid without a transaction")
    return PaymentNotice(
        event_id=f"{reference}.{dong}.{number}.{state}",
        reference=reference,
        amount=Money(amount_minor=dong, currency="VND"),
        state=state,
        transaction=str(number) if number else None,
        reason=reason if state == "failed" else None,
    )
