"""Simulated payment gateways, VNPAY and MoMo: charges that anybody may pay, and refunds. No money moves.

Charges are rows, so that every process of a database sees the same ones; notices are sent by the process that was paid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import text

from core.clock import clock
from db.session import Transactions
from providers.sandbox.faults import Faults
from providers.sandbox.gateway_notices import Notices

VNPAY_PATH = "/sandbox/vnpay"
MOMO_PATH = "/sandbox/momo"

# the same for everybody
SANDBOX_TMN_CODE = "SANDBOX1"
SANDBOX_HASH_SECRET = "no secret: VNPAY is simulated"  # noqa: S105 - guards nothing
SANDBOX_PARTNER_CODE = "MOMOSANDBOX"
SANDBOX_ACCESS_KEY = "simulated"
SANDBOX_SECRET_KEY = "no secret: MoMo is simulated"  # noqa: S105 - guards nothing

GatewayName = Literal["vnpay", "momo"]
ChargeState = Literal["open", "paid", "failed", "cancelled", "expired"]
RefundOutcome = Literal["done", "repeated", "not_paid", "too_much"]

_FIRST_TRANSACTION = {"vnpay": 14_000_000, "momo": 4_000_000_000}

GATEWAY_DDL = (
    """
CREATE TABLE IF NOT EXISTS sandbox.gateway_charges (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway text NOT NULL,
    reference text NOT NULL,
    request_id text NOT NULL,
    dong bigint NOT NULL,
    description text NOT NULL,
    language text NOT NULL,
    return_url text NOT NULL,
    notice_url text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'open',
    settled_at timestamptz,
    refunded_dong bigint NOT NULL DEFAULT 0,
    UNIQUE (gateway, reference),
    UNIQUE (gateway, request_id),
    CHECK (refunded_dong BETWEEN 0 AND dong)
)
""",
    """
CREATE TABLE IF NOT EXISTS sandbox.gateway_refunds (
    charge_id bigint NOT NULL REFERENCES sandbox.gateway_charges,
    reference text NOT NULL,
    dong bigint NOT NULL,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (charge_id, reference)
)
""",
)

_ASKED = "gateway, reference, request_id, dong, description, language, return_url, notice_url, created_at, expires_at"
_COLUMNS = f"id, {_ASKED}, state, settled_at, refunded_dong"
_OPEN = text(
    f"""INSERT INTO sandbox.gateway_charges ({_ASKED}) VALUES (:gateway, :reference, :request_id, :dong, :description,
    :language, :return_url, :notice_url, :created_at, :expires_at) ON CONFLICT DO NOTHING"""  # noqa: S608 - our columns
)
_SELECT = f"SELECT {_COLUMNS} FROM sandbox.gateway_charges"  # noqa: S608 - our columns
_LIST = text(f"{_SELECT} WHERE gateway = :gateway AND (reference = :reference OR request_id = :request_id)")
_FIND = text(f"{_SELECT} WHERE gateway = :gateway AND reference = :reference")
_FIND_ID = text(f"{_SELECT} WHERE gateway = :gateway AND id = :id")
_LOCK = text(f"{_SELECT} WHERE id = :id FOR UPDATE")
_SETTLE = text(
    f"""UPDATE sandbox.gateway_charges SET state = :state, settled_at = :now WHERE id = :id AND state = 'open'
    RETURNING {_COLUMNS}"""  # noqa: S608 - our columns
)
_ADD_REFUND = text(
    """INSERT INTO sandbox.gateway_refunds (charge_id, reference, dong, made_at)
    VALUES (:id, :reference, :dong, :now)"""
)
_COUNT_REFUND = text("UPDATE sandbox.gateway_charges SET refunded_dong = refunded_dong + :dong WHERE id = :id")
_LIST_REFUNDS = text(
    "SELECT reference, dong, made_at FROM sandbox.gateway_refunds WHERE charge_id = :id ORDER BY made_at, reference"
)


class DuplicateReference(Exception):
    """Another charge has this reference."""


class DuplicateRequest(Exception):
    """Another charge came with this request."""


@dataclass(frozen=True, slots=True)
class AskedCharge:
    """What a shop asks a gateway to collect."""

    gateway: GatewayName
    reference: str
    request_id: str
    dong: int
    description: str
    language: Literal["vi", "en"]
    return_url: str
    notice_url: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class GatewayCharge(AskedCharge):
    """What became of it."""

    id: int
    state: ChargeState
    settled_at: datetime | None
    refunded_dong: int

    @property
    def transaction(self) -> int:
        """The gateway's number; 0 where nobody got so far as to pay."""
        return _FIRST_TRANSACTION[self.gateway] + self.id if self.state in ("paid", "failed") else 0


@dataclass(frozen=True, slots=True)
class MadeRefund:
    reference: str
    dong: int
    made_at: datetime


class SandboxGateway:
    """The simulated gateways of a database, with one shop: the server it runs in."""

    def __init__(self, transactions: Transactions, *, vnpay_notice_url: str, faults: Faults, notices: Notices) -> None:
        """`vnpay_notice_url`: what the shop has registered with VNPAY, which no link names."""
        self._transactions = transactions
        self.vnpay_notice_url = vnpay_notice_url
        self.faults = faults
        self.notices = notices

    async def open(self, asked: AskedCharge) -> GatewayCharge:
        """The charge, new or as it is by now. Raises DuplicateReference and DuplicateRequest."""
        values = {name: getattr(asked, name) for name in AskedCharge.__slots__}
        async with self._transactions() as session:
            await session.execute(_OPEN, values)
            rows = (await session.execute(_LIST, values)).mappings().all()
        charges = [_read(row) for row in rows]
        named = next((each for each in charges if each.reference == asked.reference), None)
        if named is None:
            raise DuplicateRequest
        if len(charges) > 1 or (named.request_id, named.dong) != (asked.request_id, asked.dong):
            raise DuplicateReference
        return named

    async def find(self, gateway: GatewayName, reference: str) -> GatewayCharge | None:
        """The charge as it is now: nobody can pay one whose time is over."""
        async with self._transactions() as session:
            row = (await session.execute(_FIND, {"gateway": gateway, "reference": reference})).mappings().first()
        charge = None if row is None else _read(row)
        if charge is not None and charge.state == "open" and charge.expires_at <= clock.now():
            return await self.expire(charge) or await self.find(gateway, reference)
        return charge

    async def find_by_transaction(self, gateway: GatewayName, transaction: int) -> GatewayCharge | None:
        values = {"gateway": gateway, "id": transaction - _FIRST_TRANSACTION[gateway]}
        async with self._transactions() as session:
            row = (await session.execute(_FIND_ID, values)).mappings().first()
        return None if row is None else _read(row)

    async def pay(self, charge: GatewayCharge) -> GatewayCharge | None:
        """Take the money, or find that it is too late; None where the charge was settled before."""
        return await self._settle(charge, "paid")

    async def fail(self, charge: GatewayCharge) -> GatewayCharge | None:
        """The bank refuses."""
        return await self._settle(charge, "failed")

    async def cancel(self, charge: GatewayCharge) -> GatewayCharge | None:
        return await self._settle(charge, "cancelled")

    async def expire(self, charge: GatewayCharge) -> GatewayCharge | None:
        return await self._settle(charge, "expired")

    async def refund(self, charge: GatewayCharge, *, reference: str, dong: int) -> RefundOutcome:
        """Give back a part or all, once for each reference."""
        async with self._transactions() as session:
            locked = _read((await session.execute(_LOCK, {"id": charge.id})).mappings().one())
            if locked.state != "paid":
                return "not_paid"
            values = {"id": charge.id, "reference": reference, "dong": dong, "now": clock.now()}
            made = [row[0] for row in await session.execute(_LIST_REFUNDS, {"id": charge.id})]
            if reference in made:
                return "repeated"
            if dong <= 0 or locked.refunded_dong + dong > locked.dong:
                return "too_much"
            await session.execute(_ADD_REFUND, values)
            await session.execute(_COUNT_REFUND, values)
        return "done"

    async def list_refunds(self, charge: GatewayCharge) -> list[MadeRefund]:
        async with self._transactions() as session:
            return [MadeRefund(*row) for row in await session.execute(_LIST_REFUNDS, {"id": charge.id})]

    async def _settle(self, charge: GatewayCharge, state: ChargeState) -> GatewayCharge | None:
        now = clock.now()
        reached = "expired" if now >= charge.expires_at else state
        async with self._transactions() as session:
            values = {"id": charge.id, "state": reached, "now": now}
            row = (await session.execute(_SETTLE, values)).mappings().first()
        return None if row is None else _read(row)


def _read(row: Mapping[Any, Any]) -> GatewayCharge:
    return GatewayCharge(**row)
