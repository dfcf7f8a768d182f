"""The port every payment gateway fits: a link for the traveller, a signed notice for us, a question, a refund.

GatewayError             nothing about money is decided by one of these
├── GatewayDown          no answer, and nothing happened: ask again later
├── GatewayUnknown       a refund was asked for and no answer came: ask what became of it before repeating it
├── GatewayRefused       the gateway understands and will not; `code` is its own
├── NoticeForged         the signature is not the gateway's: believe nothing, change nothing
└── NoticeUnreadable     signed or not, it cannot be understood
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from pydantic import AwareDatetime

from domain.money import Money
from domain.offers import Value

GatewayMode = Literal["simulated", "test", "live"]
"""Our own imitation, a vendor's test system, or real money."""
PaymentState = Literal["pending", "paid", "failed"]
RefundState = Literal["pending", "done", "refused"]
Verdict = Literal["accepted", "repeated", "unknown_payment", "wrong_amount", "forged", "unreadable", "try_again"]
"""What we made of a notice; each gateway has its own way to hear it."""


class GatewayError(Exception):
    """The message is for our logs: a code or a phrase of ours, never a payload."""


class GatewayDown(GatewayError):
    """Nothing happened."""


class GatewayUnknown(GatewayError):
    """Whether the refund happened is not known."""


class GatewayRefused(GatewayError):
    def __init__(self, code: str) -> None:
        super().__init__(f"refused with {code}")
        self.code = code


class NoticeForged(GatewayError):
    """Not signed by the gateway."""


class NoticeUnreadable(GatewayError):
    """Not what the gateway sends."""


class Charge(Value):
    """What a traveller is asked to pay, once."""

    reference: str
    """Ours, letters and digits, never used before at this gateway."""
    amount: Money
    description: str
    """Letters without accents, digits and spaces: gateways sign other characters differently."""
    created_at: AwareDatetime
    expires_at: AwareDatetime
    """The link takes no money after this."""
    client_address: str
    """IP address of whoever asked for the link."""
    language: Literal["vi", "en"]
    return_url: str
    """Where the browser comes back; tells nothing about money."""
    notice_url: str
    """Where the gateway tells us what became of it."""


class PaymentNotice(Value):
    """What a gateway says became of a charge."""

    event_id: str
    """The same for the same event told again, another for another."""
    reference: str
    amount: Money
    state: PaymentState
    transaction: str | None
    """The gateway's own number, which a refund names."""
    reason: str | None
    """The gateway's code where it failed."""


class RefundOrder(Value):
    """Money to give back."""

    reference: str
    """Ours, one for each refund; repeating it refunds once."""
    charge_reference: str
    charged_at: AwareDatetime
    """When the charge was created."""
    transaction: str
    charged: Money
    amount: Money
    """All or a part of what was charged."""
    description: str


class GatewayReply(NamedTuple):
    """What we answer a notice with."""

    status: int
    body: dict[str, str] | None


class PaymentGateway(Protocol):
    """A way to pay."""

    @property
    def name(self) -> str: ...

    @property
    def mode(self) -> GatewayMode: ...

    @property
    def currencies(self) -> frozenset[str]:
        """What it takes."""
        ...

    async def create_link(self, charge: Charge) -> str:
        """Where the traveller pays; asking again for the same charge gives a link that pays it once.

        Raises GatewayDown and GatewayRefused.
        """
        ...

    def read_notice(self, fields: Mapping[str, Any]) -> PaymentNotice:
        """What a notice says: its query for a gateway that sends one, else its JSON body.

        Raises NoticeForged before it looks at anything else, and NoticeUnreadable.
        """
        ...

    def reply(self, verdict: Verdict) -> GatewayReply: ...

    async def ask(self, charge: Charge) -> PaymentNotice | None:
        """What became of a charge, from the gateway itself; None where it knows none.

        Raises GatewayDown, GatewayRefused, and NoticeForged for an answer that is not the gateway's.
        """
        ...

    async def refund(self, order: RefundOrder) -> RefundState:
        """Raises GatewayDown, GatewayUnknown and GatewayRefused."""
        ...

    def may_repeat(self, order: RefundOrder, *, asked_at: datetime) -> bool:
        """Whether a refund that was asked for then, and may have been made, can be asked for now and be made once."""
        ...
