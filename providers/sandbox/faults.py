"""Ways the simulated world fails on request: armed for an operation, met by its next calls, then gone.

They live in the process that was told of them.
"""

from __future__ import annotations

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
FaultKind = WorldFault | WireFault | TokenFault
WORLD_FAULTS: tuple[WorldFault, ...] = get_args(WorldFault)
WIRE_FAULTS: tuple[WireFault, ...] = get_args(WireFault)
TOKEN_FAULTS: tuple[TokenFault, ...] = get_args(TokenFault)


@dataclass(slots=True)
class Fault:
    operation: Operation
    kind: FaultKind
    times: int = 1
    """How many calls meet it."""
    seconds: float = 1.0
    """How long `slow` and the timeouts take, and what `rate_limited` says to wait."""
    met: int = 0


class Faults:
    """What was armed, oldest first."""

    def __init__(self) -> None:
        self.armed: list[Fault] = []

    def arm(self, operation: Operation, kind: FaultKind, *, times: int = 1, seconds: float = 1.0) -> Fault:
        """Make the next `times` calls of an operation fail; `met` of what is given back counts them."""
        fault = Fault(operation, kind, times, seconds)
        self.armed.append(fault)
        return fault

    def take(self, operation: Operation, kinds: Collection[FaultKind]) -> Fault | None:
        """The oldest fault of these kinds that an operation has to meet now, counted as met."""
        for fault in self.armed:
            if fault.operation == operation and fault.kind in kinds and fault.met < fault.times:
                fault.met += 1
                return fault
        return None

    def clear(self) -> None:
        self.armed.clear()
