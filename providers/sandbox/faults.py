"""Ways the simulated world fails on request: armed for an operation, met by its next calls, then gone.

They live in the process that was told of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

from providers.flights.base import Operation

WorldFault = Literal["price_change", "sold_out", "offer_gone"]
"""What airlines do; the port has an error for each."""
WireFault = Literal[
    "slow",
    "timeout_before",
    "timeout_after",
    "cut_before",
    "cut_after",
    "rate_limited",
    "quota_spent",
    "server_error",
    "server_error_after",
    "garbage",
    "half_body",
    "wrong_route",
    "bad_price",
    "revoked",
]
"""What networks and servers do, before or after the effect."""
TokenFault = Literal["token_expired"]
"""What only vendors with short-lived tokens do; a new token cures it."""
NoticeFault = Literal[
    "notice_first",
    "redirect_first",
    "duplicate_notice",
    "late_notice",
    "lost_notice",
    "forged_notice",
    "wrong_amount_notice",
]
"""What becomes of the notice of a payment: when it comes, how often, and whether it is true."""
GatewayFault = Literal["duplicate_request"]
"""A payment gateway says that it has that request already."""
FaultKind = WorldFault | WireFault | TokenFault | NoticeFault | GatewayFault
WORLD_FAULTS: tuple[WorldFault, ...] = get_args(WorldFault)
WIRE_FAULTS: tuple[WireFault, ...] = get_args(WireFault)
TOKEN_FAULTS: tuple[TokenFault, ...] = get_args(TokenFault)
NOTICE_FAULTS: tuple[NoticeFault, ...] = get_args(NoticeFault)

GatewayOperation = Literal["create_link", "query", "refund", "notice"]
"""What a payment gateway is asked for, and what it tells by itself."""
CalendarOperation = Literal[
    "calendar_token", "calendar_revoke", "calendar_insert", "calendar_update", "calendar_delete"
]
"""What a calendar is asked for."""
FaultyOperation = Operation | GatewayOperation | CalendarOperation


SPENT_KEPT = 20


@dataclass(slots=True, eq=False)
class Fault:
    operation: FaultyOperation
    kind: FaultKind
    times: int = 1
    """How many calls meet it."""
    seconds: float = 1.0
    """How long `slow`, the timeouts and `late_notice` take, and what `rate_limited` says to wait."""
    met: int = 0


class Faults:
    """What is still to be met, oldest first."""

    def __init__(self) -> None:
        self.armed: list[Fault] = []
        self.spent: deque[Fault] = deque(maxlen=SPENT_KEPT)
        """What was met as often as it was to be, the last at the end."""

    def arm(self, operation: FaultyOperation, kind: FaultKind, *, times: int = 1, seconds: float = 1.0) -> Fault:
        """Make the next `times` calls of an operation fail; `met` of what is given back counts them."""
        fault = Fault(operation, kind, times, seconds)
        self.armed.append(fault)
        return fault

    def take(self, operation: FaultyOperation, kinds: Collection[FaultKind]) -> Fault | None:
        """The oldest fault of these kinds that an operation has to meet now, counted as met."""
        for fault in self.armed:
            if fault.operation == operation and fault.kind in kinds:
                fault.met += 1
                if fault.met == fault.times:
                    self.armed.remove(fault)
                    self.spent.append(fault)
                return fault
        return None

    def clear(self) -> None:
        self.armed.clear()
        self.spent.clear()
