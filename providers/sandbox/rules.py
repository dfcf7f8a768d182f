"""What the simulated airlines let one do with an offer or an order, until when, and what for."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.money import Money
from domain.offers import BookingFlow, Condition, FlightOffer
from domain.orders import FareNote, FareRules
from providers.sandbox.itineraries import Itinerary

HOLD_LIFE = timedelta(hours=24)
HOLD_ENDS_BEFORE_DEPARTURE = timedelta(hours=2)
HOLD_CLOSES = timedelta(hours=3)
"""Before departure; so every hold leaves some time for paying."""
LOW_COST_HOLD_CLOSES = timedelta(hours=24)


def booking_flows(trip: Itinerary, now: datetime) -> tuple[BookingFlow, ...]:
    """How a trip can be bought: low-cost carriers hold no seats on the last day."""
    is_low_cost = any(priced.seller.kind == "low_cost" for priced in trip.slices)
    closes = LOW_COST_HOLD_CLOSES if is_low_cost else HOLD_CLOSES
    return ("hold", "instant") if trip.slices[0].journey.departs_at - now > closes else ("instant",)


def pay_by(departs_at: datetime, now: datetime) -> datetime:
    """When a hold made now lapses."""
    return min(now + HOLD_LIFE, departs_at - HOLD_ENDS_BEFORE_DEPARTURE)


def fee_of(condition: Condition, offer: FlightOffer) -> Money:
    """A fee for the whole booking."""
    return condition.fee or Money(amount_minor=0, currency=offer.total.currency)


def fare_rules(offer: FlightOffer) -> FareRules:
    """The conditions of an offer with a few words about them."""
    conditions = offer.conditions
    notes = (
        FareNote(title="Refund", text=_describe(conditions.refund, "Simulated rule: the ticket can be refunded")),
        FareNote(title="Change", text=_describe(conditions.change, "Simulated rule: flights can be changed")),
        FareNote(title="Checked baggage", text=f"Simulated rule: {_describe_bags(offer)}"),
    )
    return FareRules(refund=conditions.refund, change=conditions.change, notes=notes)


def _describe(condition: Condition, allowed: str) -> str:
    if not condition.allowed:
        return f"{allowed.replace(' can be ', ' cannot be ')}."
    if condition.fee is None or condition.fee.amount_minor == 0:
        return f"{allowed} before departure, free of charge."
    return f"{allowed} before departure for {condition.fee.amount} {condition.fee.currency} per booking."


def _describe_bags(offer: FlightOffer) -> str:
    bags = offer.slices[0].segments[0].checked
    if bags is None or bags.pieces == 0:
        return "no checked bag is included."
    return f"{bags.pieces} × {bags.kg} kg of checked baggage included for each traveller with a seat."
