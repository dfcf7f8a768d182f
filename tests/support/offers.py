"""Flight offers for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from core.clock import clock
from core.ids import new_id
from domain.money import Money
from domain.offers import (
    Baggage,
    Condition,
    Conditions,
    FlightOffer,
    FlightQuery,
    LocalTime,
    PricePart,
    Segment,
    Slice,
    SliceQuery,
)
from domain.travellers import TravellerCounts
from services.flights.selection import StoredOffer

ZONE = "Asia/Ho_Chi_Minh"
DAY = date(2026, 12, 20)
QUERY = FlightQuery(
    slices=(SliceQuery(origins=("HAN",), destinations=("DAD",), departs_on=DAY),),
    travellers=TravellerCounts(adults=1),
    cabin="economy",
    currency="VND",
)
NOTHING, ONE_BAG = Baggage(pieces=0), Baggage(pieces=1, kg=23)


def make_slice(
    departs: str = "08:00", minutes: int = 85, carriers: Sequence[str] = ("VN",), bag: bool = False
) -> Slice:
    """One segment a carrier, each as long as the next, without a wait between them."""
    start = datetime.combine(DAY, time.fromisoformat(departs))
    each = timedelta(minutes=minutes / len(carriers))
    airports = ["HAN", *["SGN", "CXR", "PQC"][: len(carriers) - 1], "DAD"]
    return Slice(
        segments=tuple(
            Segment(
                origin=airports[place],
                destination=airports[place + 1],
                departs=LocalTime(at_local=start + each * place, zone=ZONE),
                arrives=LocalTime(at_local=start + each * (place + 1), zone=ZONE),
                carrier=carrier,
                flight_number=str(100 + place),
                operating_carrier=carrier,
                aircraft=None,
                cabin="economy",
                carry_on=ONE_BAG,
                checked=ONE_BAG if bag else NOTHING,
            )
            for place, carrier in enumerate(carriers)
        )
    )


def make_offer(
    price: int = 1_000_000,
    *slices: Slice,
    name: str | None = None,
    refund: bool | None = False,
    currency: str = "VND",
    expires_at: datetime | None = None,
    brand: str | None = None,
) -> FlightOffer:
    """An offer for one adult; in a fare brand of its own unless one is given, so that it stands for no other."""
    name = name or new_id().hex
    return FlightOffer(
        provider="test",
        provider_offer_id=name,
        slices=slices or (make_slice(),),
        fare_brand=brand or f"Eco {name}",
        cabin="economy",
        price_parts=(
            PricePart(
                traveller_type="adult",
                count=1,
                base_each=Money(amount_minor=price, currency=currency),
                taxes_each=Money(amount_minor=0, currency=currency),
            ),
        ),
        conditions=Conditions(refund=Condition(allowed=refund), change=Condition(allowed=None)),
        seats_left=None,
        expires_at=expires_at or clock.now() + timedelta(minutes=20),
        simulated=True,
    )


def store(offer: FlightOffer, offer_id: UUID | None = None) -> StoredOffer:
    return StoredOffer(offer_id or new_id(), offer)
