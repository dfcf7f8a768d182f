"""The order book of the simulated airlines, in rows: what was bought, and which seats that takes.

Whoever travels is not kept: nothing that is read from an order needs it. A held order that was not paid in time stays
as it is and counts as cancelled wherever it is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.money import Money
from domain.offers import CabinClass, FlightOffer
from domain.orders import Order, Ticket
from providers.flights.base import FoundOffer
from providers.sandbox.demand import SoldSeats
from providers.sandbox.schedule import Flight

ORDERS_DDL = (
    """
CREATE TABLE IF NOT EXISTS sandbox.orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id text NOT NULL UNIQUE,
    reference text NOT NULL,
    record_locator text NOT NULL,
    status text NOT NULL CHECK (status IN ('held', 'ticketed', 'cancelled')),
    pay_by timestamptz CHECK (status <> 'held' OR pay_by IS NOT NULL),
    offer jsonb NOT NULL,
    raw jsonb NOT NULL,
    extras_minor bigint NOT NULL,
    paid_minor bigint NOT NULL,
    tickets text[] NOT NULL,
    version integer NOT NULL
)
""",
    "CREATE INDEX IF NOT EXISTS orders_reference ON sandbox.orders (reference)",
    """
CREATE TABLE IF NOT EXISTS sandbox.order_flights (
    order_id text NOT NULL REFERENCES sandbox.orders (order_id) ON DELETE CASCADE,
    flight text NOT NULL,
    cabin text NOT NULL,
    departs_at timestamptz NOT NULL,
    seats integer NOT NULL,
    chosen text[] NOT NULL,
    PRIMARY KEY (order_id, flight)
)
""",
    "CREATE INDEX IF NOT EXISTS order_flights_flight ON sandbox.order_flights (flight)",
    "CREATE INDEX IF NOT EXISTS order_flights_departs_at ON sandbox.order_flights (departs_at)",
)

_LIVE = "(o.status = 'ticketed' OR (o.status = 'held' AND o.pay_by > :now))"
_COLUMNS = """order_id, reference, record_locator, status, pay_by, offer, raw, extras_minor, paid_minor, tickets,
    version"""
# in one order for everybody, so that two buyers of the same flights never wait for each other
_LOCK_FLIGHTS = text(
    """SELECT pg_advisory_xact_lock(hashtextextended('sandbox flight ' || flight, 0))
    FROM unnest(CAST(:flights AS text[])) AS flight"""
)
_LIST_TAKEN = f"""SELECT f.flight, f.cabin, f.seats, f.chosen
    FROM sandbox.order_flights f JOIN sandbox.orders o USING (order_id) WHERE {_LIVE}"""  # noqa: S608 - no input in it
_TAKEN_ON = text(f"{_LIST_TAKEN} AND f.flight = ANY(CAST(:flights AS text[]))")
_TAKEN_BETWEEN = text(f"{_LIST_TAKEN} AND f.departs_at BETWEEN :start AND :end")
_SELECT = f"SELECT {_COLUMNS} FROM sandbox.orders o"  # noqa: S608 - the columns above
_GET = text(f"{_SELECT} WHERE order_id = :order_id")
_LOCK = text(f"{_SELECT} WHERE order_id = :order_id FOR UPDATE")
_FIND = text(f"{_SELECT} WHERE reference = :reference ORDER BY {_LIVE} DESC, id DESC LIMIT 1")
_LIST = text(f"{_SELECT} ORDER BY id DESC LIMIT :limit")
_ADD = text(
    f"""INSERT INTO sandbox.orders ({_COLUMNS})
    VALUES (:order_id, :reference, :record_locator, :status, :pay_by, CAST(:offer AS jsonb), CAST(:raw AS jsonb),
    :extras_minor, :paid_minor, :tickets, :version)"""  # noqa: S608 - the columns above
)
_SAVE = text(
    """UPDATE sandbox.orders SET status = :status, offer = CAST(:offer AS jsonb), raw = CAST(:raw AS jsonb),
    paid_minor = :paid_minor, tickets = :tickets, version = :version WHERE order_id = :order_id"""
)
_ADD_FLIGHT = text(
    """INSERT INTO sandbox.order_flights (order_id, flight, cabin, departs_at, seats, chosen)
    VALUES (:order_id, :flight, :cabin, :departs_at, :seats, :chosen) ON CONFLICT (order_id, flight) DO NOTHING"""
)
_DROP_FLIGHTS = text(
    "DELETE FROM sandbox.order_flights WHERE order_id = :order_id AND NOT flight = ANY(CAST(:flights AS text[]))"
)

PickedSeats = Mapping[tuple[str, CabinClass], frozenset[str]]
"""Seats that somebody chose, '12A', by flight key and cabin."""
StoredStatus = Literal["held", "ticketed", "cancelled"]


class TakenSeats(NamedTuple):
    """What live orders have of some flights."""

    sold: SoldSeats
    picked: PickedSeats


@dataclass(frozen=True, slots=True)
class StoredOrder:
    order_id: str
    reference: str
    record_locator: str
    status: StoredStatus
    pay_by: datetime | None
    """Until when a held order holds; kept once it is paid."""
    found: FoundOffer
    """What was bought, as it was priced then."""
    extras: Money
    """The price of seats and bags."""
    paid: Money
    tickets: tuple[str, ...]
    version: int
    """Counts what happened to it, so that a quote for how it was is known to be old."""

    @property
    def offer(self) -> FlightOffer:
        return self.found.offer

    @property
    def total(self) -> Money:
        return self.offer.total + self.extras

    @property
    def flight_keys(self) -> list[list[str]]:
        """By slice."""
        keys: list[list[str]] = self.found.raw["flights"]
        return keys

    @property
    def departs_at(self) -> datetime:
        return self.offer.slices[0].departs.instant

    def status_at(self, now: datetime) -> StoredStatus:
        has_lapsed = self.status == "held" and self.pay_by is not None and self.pay_by <= now
        return "cancelled" if has_lapsed else self.status

    def read(self, now: datetime) -> Order:
        """The order as the port tells of it."""
        return Order(
            provider=self.offer.provider,
            provider_order_id=self.order_id,
            reference=self.reference,
            record_locator=self.record_locator,
            status=self.status_at(now),
            slices=self.offer.slices,
            total=self.total,
            pay_by=self.pay_by if self.status == "held" else None,
            tickets=tuple(Ticket(traveller=place, number=number) for place, number in enumerate(self.tickets)),
            simulated=True,
        )


async def lock_flights(session: AsyncSession, keys: Iterable[str]) -> None:
    """Be the only one to sell these flights until the transaction ends; ask for the time afterwards."""
    await session.execute(_LOCK_FLIGHTS, {"flights": sorted(set(keys))})


async def list_taken(session: AsyncSession, keys: Iterable[str], now: datetime) -> TakenSeats:
    return _sum_up(await session.execute(_TAKEN_ON, {"flights": sorted(set(keys)), "now": now}))


async def list_taken_between(session: AsyncSession, start: datetime, end: datetime, now: datetime) -> TakenSeats:
    """What is taken of all flights that leave in a stretch of time."""
    return _sum_up(await session.execute(_TAKEN_BETWEEN, {"start": start, "end": end, "now": now}))


async def get_order(session: AsyncSession, order_id: str) -> StoredOrder | None:
    return _read((await session.execute(_GET, {"order_id": order_id})).first())


async def lock_order(session: AsyncSession, order_id: str) -> StoredOrder | None:
    """The order, which nobody else can change until the transaction ends. To be locked before its flights."""
    return _read((await session.execute(_LOCK, {"order_id": order_id})).first())


async def find_order(session: AsyncSession, reference: str, now: datetime) -> StoredOrder | None:
    """The newest live order of a reference, else the newest."""
    return _read((await session.execute(_FIND, {"reference": reference, "now": now})).first())


async def list_orders(session: AsyncSession, limit: int) -> list[StoredOrder]:
    """The newest first."""
    found = [_read(row) for row in await session.execute(_LIST, {"limit": limit})]
    return [order for order in found if order is not None]


async def add_order(
    session: AsyncSession, order: StoredOrder, flights: Sequence[Flight], chosen: dict[str, list[str]]
) -> None:
    """`chosen` seats are by flight key."""
    await session.execute(_ADD, _write(order))
    await _add_flights(session, order, flights, chosen)


async def save_order(session: AsyncSession, order: StoredOrder) -> None:
    await session.execute(_SAVE, _write(order))


async def move_order(session: AsyncSession, order: StoredOrder, flights: Sequence[Flight]) -> None:
    """Save an order that now has these flights; seats picked on others are given up."""
    await save_order(session, order)
    await session.execute(_DROP_FLIGHTS, {"order_id": order.order_id, "flights": [flight.key for flight in flights]})
    await _add_flights(session, order, flights, {})


async def _add_flights(
    session: AsyncSession, order: StoredOrder, flights: Sequence[Flight], chosen: dict[str, list[str]]
) -> None:
    travellers = order.offer.travellers
    assert travellers is not None, "the sandbox prices by type of traveller"
    rows = [
        {
            "order_id": order.order_id,
            "flight": flight.key,
            "cabin": order.offer.cabin,
            "departs_at": flight.departs_at,
            "seats": travellers.seats,
            "chosen": chosen.get(flight.key, []),
        }
        for flight in flights
    ]
    await session.execute(_ADD_FLIGHT, rows)


def _write(order: StoredOrder) -> dict[str, object]:
    return {
        "order_id": order.order_id,
        "reference": order.reference,
        "record_locator": order.record_locator,
        "status": order.status,
        "pay_by": order.pay_by,
        "offer": order.offer.model_dump_json(),
        "raw": json.dumps(order.found.raw),
        "extras_minor": order.extras.amount_minor,
        "paid_minor": order.paid.amount_minor,
        "tickets": list(order.tickets),
        "version": order.version,
    }


def _read(row: object) -> StoredOrder | None:
    if row is None:
        return None
    values = row._asdict()  # type: ignore[attr-defined]  # a SQLAlchemy row
    offer = FlightOffer.model_validate(values.pop("offer"))
    currency = offer.total.currency
    return StoredOrder(
        found=FoundOffer(offer, values.pop("raw")),
        extras=Money(amount_minor=values.pop("extras_minor"), currency=currency),
        paid=Money(amount_minor=values.pop("paid_minor"), currency=currency),
        tickets=tuple(values.pop("tickets")),
        **values,
    )


def _sum_up(rows: Iterable[tuple[str, CabinClass, int, list[str]]]) -> TakenSeats:
    sold: dict[tuple[str, CabinClass], int] = {}
    picked: dict[tuple[str, CabinClass], frozenset[str]] = {}
    for flight, cabin, seats, chosen in rows:
        key = (flight, cabin)
        sold[key] = sold.get(key, 0) + seats
        picked[key] = picked.get(key, frozenset()) | frozenset(chosen)
    return TakenSeats(sold, picked)
