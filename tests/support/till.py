"""A payment gateway for tests: takes money once a charge, gives it back once a reference, and signs what it says."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from core.clock import clock
from domain.money import Money
from providers.payments.base import (
    Charge,
    GatewayMode,
    GatewayRefused,
    GatewayReply,
    NoticeForged,
    PaymentNotice,
    PaymentState,
    RefundOrder,
    RefundState,
    Verdict,
)

Operation = Literal["link", "ask", "refund"]


@dataclass
class _Drawer:
    charge: Charge
    state: PaymentState = "pending"
    transaction: str | None = None


class Till:
    currencies = frozenset({"VND"})
    mode: GatewayMode = "simulated"

    def __init__(self, name: str = "vnpay") -> None:
        self.name = name
        self.drawers: dict[str, _Drawer] = {}
        self.given_back: dict[str, int] = {}
        """By our reference of the refund."""
        self.notices: list[dict[str, Any]] = []
        """Not delivered yet."""

    @property
    def taken(self) -> dict[str, int]:
        """Money by our reference of the charge."""
        return {
            reference: drawer.charge.amount.amount_minor
            for reference, drawer in self.drawers.items()
            if drawer.state == "paid"
        }

    async def meet(self, operation: Operation, *, is_done: bool) -> None:
        """The doors of every call, before and after it."""

    async def create_link(self, charge: Charge) -> str:
        await self.meet("link", is_done=False)
        self.drawers.setdefault(charge.reference, _Drawer(charge))
        await self.meet("link", is_done=True)
        return f"https://{self.name}.example/{charge.reference}"

    def put(self, charge: Charge, transaction: str | None) -> None:
        """A charge that was paid before anybody looked."""
        self.drawers[charge.reference] = _Drawer(charge, "paid", transaction)

    def finish(self, reference: str, state: PaymentState) -> bool:
        """What the payer does with a link; False where it takes no money any more."""
        drawer = self.drawers[reference]
        if drawer.state == "paid" or drawer.charge.expires_at <= clock.now():
            return False
        drawer.state = state
        drawer.transaction = f"t{len(self.notices) + 1}{reference[:6]}" if state == "paid" else None
        self.notices.append(self.write_notice(reference))
        return True

    def write_notice(self, reference: str, **forged: Any) -> dict[str, Any]:
        """What we are told of a charge, signed; or with something else in it, and signed over what it was."""
        drawer = self.drawers[reference]
        fields = {
            "reference": reference,
            "amount_minor": drawer.charge.amount.amount_minor,
            "state": drawer.state,
            "transaction": drawer.transaction,
        }
        return fields | {"seal": self._seal(fields)} | forged

    def sign(self, fields: dict[str, Any]) -> dict[str, Any]:
        """A notice that says something wrong in the gateway's own hand."""
        return fields | {"seal": self._seal(fields)}

    def read_notice(self, fields: Mapping[str, Any]) -> PaymentNotice:
        if fields.get("seal") != self._seal(fields):
            raise NoticeForged("forged")
        return self._read(fields)

    def reply(self, verdict: Verdict) -> GatewayReply:
        return GatewayReply(200, {"verdict": verdict})

    async def ask(self, charge: Charge) -> PaymentNotice | None:
        await self.meet("ask", is_done=False)
        if charge.reference not in self.drawers:
            return None
        return self._read(self.write_notice(charge.reference))

    async def refund(self, order: RefundOrder) -> RefundState:
        await self.meet("refund", is_done=False)
        drawer = self.drawers[order.charge_reference]
        if order.reference not in self.given_back:
            if drawer.state != "paid" or order.transaction != drawer.transaction:
                raise GatewayRefused("nothing was taken")
            self.given_back[order.reference] = order.amount.amount_minor
        await self.meet("refund", is_done=True)
        return "done"

    def may_repeat(self, order: RefundOrder, *, asked_at: datetime) -> bool:
        return True

    def _seal(self, fields: Mapping[str, Any]) -> str:
        said = "|".join(str(fields.get(key)) for key in ("reference", "amount_minor", "state", "transaction"))
        return hashlib.sha256(f"{self.name} only|{said}".encode()).hexdigest()

    def _read(self, fields: Mapping[str, Any]) -> PaymentNotice:
        return PaymentNotice(
            event_id=f"{fields['reference']}:{fields['transaction']}:{fields['state']}",
            reference=fields["reference"],
            amount=Money(amount_minor=fields["amount_minor"], currency="VND"),
            state=fields["state"],
            transaction=fields["transaction"],
            reason=None if fields["state"] != "failed" else "24",
        )
