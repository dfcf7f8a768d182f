"""A booking's life as a closed machine: the phases it can be in, the moves between them, and what the world is told.

    holding ─┬→ held ──┬→ paid ─┬→ ticketing ─┬→ ticketed ─┬→ cancelling ─┬→ refunding → refunded
             │         │        │             │            │              └→ cancelled
             │  paying ┤        ├→ ticketed   └→ refunding ├→ changing ─→ ticketed
             │         │        └→ refunding               └→ needs_review (the airline gave it up)
             │         ├→ releasing ─→ cancelled
             │         ├→ cancelled
             │         └→ expired
             └→ failed

`paying` is where a fare begins that no carrier holds: nothing is reserved until the money is there. From every phase
whose next move is ours the way to `needs_review` is open, and from `ticketed` for when the airline takes the flights
away: a person looks, and decides where it goes. A move that is not in MOVES is a bug.
"""

from __future__ import annotations

from typing import Literal, get_args

Phase = Literal[
    "holding",
    "held",
    "paying",
    "paid",
    "ticketing",
    "ticketed",
    "releasing",
    "cancelling",
    "changing",
    "refunding",
    "refunded",
    "cancelled",
    "expired",
    "failed",
    "needs_review",
]
"""holding, releasing, paid, cancelling, changing: a call to the provider is to be made or under way. ticketing: paid
for at the provider, tickets to come. refunding: over, and money still owed. needs_review: a person has to look."""
PublicStatus = Literal["PENDING", "CONFIRMED", "CANCELLED", "FAILED", "REFUNDED"]
"""What clients are told, in the words of the API reference."""

PHASES: tuple[Phase, ...] = get_args(Phase)

MOVES: dict[Phase, frozenset[Phase]] = {
    "holding": frozenset({"held", "failed", "needs_review"}),
    "held": frozenset({"paid", "releasing", "expired"}),
    "paying": frozenset({"paid", "cancelled", "expired"}),
    "paid": frozenset({"ticketing", "ticketed", "refunding", "needs_review"}),
    "ticketing": frozenset({"ticketed", "refunding", "needs_review"}),
    "ticketed": frozenset({"cancelling", "changing", "needs_review"}),
    "releasing": frozenset({"cancelled", "held", "needs_review"}),
    "cancelling": frozenset({"refunding", "cancelled", "ticketed", "needs_review"}),
    "changing": frozenset({"ticketed", "needs_review"}),
    "refunding": frozenset({"refunded"}),
    "needs_review": frozenset({"held", "ticketed", "cancelled", "expired", "failed", "refunding"}),
    "refunded": frozenset(),
    "cancelled": frozenset(),
    "expired": frozenset(),
    "failed": frozenset(),
}
OVER: tuple[Phase, ...] = ("refunding", "refunded", "cancelled", "expired", "failed")
"""The trip will not happen by this booking; its offer may be booked again."""
WORKED_ON: tuple[Phase, ...] = ("holding", "releasing", "paid", "ticketing", "cancelling", "changing")
"""Where the next move is ours to bring about."""
LOOKED_AT: tuple[Phase, ...] = ("ticketed", "needs_review")
"""At rest, and its order may move without us: it is read when the provider tells of it."""
UNPAID: tuple[Phase, ...] = ("held", "paying")
"""Where it waits for its price."""
FLOWN: tuple[Phase, ...] = ("ticketed", "cancelling", "changing")
"""Where its tickets are good."""

PUBLIC_STATUSES: dict[Phase, PublicStatus] = {
    "holding": "PENDING",
    "held": "PENDING",
    "paying": "PENDING",
    "paid": "PENDING",
    "ticketing": "PENDING",
    "needs_review": "PENDING",
    "releasing": "PENDING",
    "ticketed": "CONFIRMED",
    "cancelling": "CONFIRMED",
    "changing": "CONFIRMED",
    "refunding": "CANCELLED",
    "cancelled": "CANCELLED",
    "expired": "CANCELLED",
    "refunded": "REFUNDED",
    "failed": "FAILED",
}


class IllegalMove(Exception):
    """A bug: the machine has no such move."""


def ensure_legal(before: Phase, after: Phase) -> None:
    if after not in MOVES[before]:
        raise IllegalMove(f"{before} -> {after}")
