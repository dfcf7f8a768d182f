"""Duffel's orders: writing what is bought, reading what became of it, and the terms of cancelling and changing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import AwareDatetime

from domain.money import Money
from domain.offers import CabinClass, FlightOffer, Slice, SliceQuery
from domain.orders import (
    CancellationQuote,
    ChangeQuote,
    ChangeRequest,
    Order,
    OrderStatus,
    OrderTraveller,
    Purchase,
    Ticket,
)
from providers.flights.base import InvalidRequest
from providers.flights.duffel_offers import (
    NAME,
    Wire,
    WireID,
    WireOffer,
    WirePassenger,
    WireSlice,
    find_money,
    in_party_order,
    parse,
    read_money,
    read_slice,
)
from providers.flights.duffel_search import place_code
from providers.flights.unreadable import Unreadable

REFUNDED_IN_MONEY = {"arc_bsp_cash", "balance", "card", "original_form_of_payment"}
"""The other ways give the traveller the airline's own vouchers or credits."""

HOLD_TYPE = "hold"
"""An order without payment, as Duffel's guides call it; its newest types say `pay_later`."""

FALLBACK_CABIN: CabinClass = "economy"
"""For the segments of an order that do not tell theirs."""

_GENDERS = {"male": ("m", "mr"), "female": ("f", "ms")}


class WireMetadata(Wire):
    reference: str | None = None


class WireDocument(Wire):
    type: str
    unique_identifier: str
    passenger_ids: tuple[str, ...] | None = None


class WirePaymentStatus(Wire):
    awaiting_payment: bool = False
    payment_required_by: AwareDatetime | None = None
    paid_at: AwareDatetime | None = None

    @property
    def has_lapsed(self) -> bool:
        """A hold nobody paid: it awaits nothing any more, was to be paid, and says that it was not."""
        unpaid = "paid_at" in self.model_fields_set and self.paid_at is None
        return unpaid and not self.awaiting_payment and self.payment_required_by is not None


class WireOrder(Wire):
    id: WireID
    live_mode: bool
    total_amount: str
    total_currency: str
    booking_reference: str | None = None
    cancelled_at: AwareDatetime | None = None
    metadata: WireMetadata | None = None
    slices: tuple[Any, ...] = ()
    passengers: tuple[WirePassenger, ...] = ()
    documents: tuple[WireDocument, ...] | None = None
    payment_status: WirePaymentStatus | None = None

    @property
    def is_unpaid(self) -> bool:
        return self.payment_status is not None and self.payment_status.awaiting_payment

    @property
    def total(self) -> Money:
        return read_money(self.total_amount, self.total_currency)


class WireCancellation(Wire):
    id: WireID
    refund_amount: str | None = None
    refund_currency: str | None = None
    refund_to: str | None = None
    expires_at: AwareDatetime | None = None


class WireChangedSlices(Wire):
    add: tuple[WireSlice, ...]


class WireChangeOffer(Wire):
    id: WireID
    expires_at: AwareDatetime
    change_total_amount: str
    change_total_currency: str
    new_total_amount: str | None = None
    new_total_currency: str | None = None
    penalty_total_amount: str | None = None
    penalty_total_currency: str | None = None
    slices: WireChangedSlices


class WirePendingChange(Wire):
    id: WireID
    change_total_amount: str
    change_total_currency: str


def write_payment(money: Money) -> dict[str, str]:
    return {"type": "balance", "amount": str(money.amount), "currency": money.currency}


def write_order(wire: WireOffer, purchase: Purchase) -> dict[str, Any]:
    """The body of an order. Raises InvalidRequest for another party."""
    is_instant = purchase.flow == "instant"
    body: dict[str, Any] = {
        "type": "instant" if is_instant else HOLD_TYPE,
        "selected_offers": [wire.id],
        "passengers": _write_passengers(wire, purchase),
        "metadata": {"reference": purchase.reference},
    }
    if is_instant:
        body["payments"] = [write_payment(purchase.total)]
    if purchase.services:
        body["services"] = [{"id": each.service_id, "quantity": each.quantity} for each in purchase.services]
    return body


def _write_passengers(wire: WireOffer, purchase: Purchase) -> list[dict[str, Any]]:
    party = wire.party
    if [each.traveller_type for each in party] != [each.traveller_type for each in purchase.travellers]:
        raise InvalidRequest("the travellers are not those of the offer")
    takes_passports = "passport" in (wire.supported_passenger_identity_document_types or ())
    bodies = [
        _write_passenger(passenger.id, traveller, purchase, takes_passports=takes_passports)
        for passenger, traveller in zip(party, purchase.travellers, strict=True)
    ]
    infants = [passenger.id for passenger in party if passenger.traveller_type == "infant"]
    if len(infants) > sum(passenger.traveller_type == "adult" for passenger in party):
        raise InvalidRequest("more infants than adults")
    for body, infant in zip(bodies, infants, strict=False):
        body["infant_passenger_id"] = infant
    return bodies


def _write_passenger(
    passenger_id: str, traveller: OrderTraveller, purchase: Purchase, *, takes_passports: bool
) -> dict[str, Any]:
    if traveller.gender not in _GENDERS:
        raise InvalidRequest("a gender that Duffel has no code for")
    gender, title = _GENDERS[traveller.gender]
    body: dict[str, Any] = {
        "id": passenger_id,
        "given_name": traveller.given_name,
        "family_name": traveller.family_name,
        "gender": gender,
        "title": title,
        "born_on": traveller.born_on.isoformat(),
        "email": purchase.contact.email,
        "phone_number": purchase.contact.phone,
    }
    document = traveller.document
    if document is not None and document.kind == "passport" and takes_passports:
        body["identity_documents"] = [
            {
                "type": "passport",
                "unique_identifier": document.number.get_secret_value(),
                "issuing_country_code": document.issuing_country,
                "expires_on": document.expires_on.isoformat(),
            }
        ]
    return body


def read_order(wire: WireOrder) -> Order:
    """An order is told even where its flights make no sense: then it has no slices. Raises Unreadable."""
    tickets = _read_tickets(wire)
    return Order(
        provider=NAME,
        provider_order_id=wire.id,
        reference=wire.metadata.reference if wire.metadata else None,
        record_locator=wire.booking_reference,
        status=_read_status(wire, tickets),
        slices=_read_slices(wire),
        total=wire.total,
        pay_by=wire.payment_status.payment_required_by if wire.payment_status and wire.is_unpaid else None,
        tickets=tickets,
        simulated=not wire.live_mode,
    )


def pending_order(raw: object, offer: FlightOffer, purchase: Purchase) -> Order:
    """An order that was accepted and is still being made; its answer need not hold anything."""
    order_id = raw.get("id") if isinstance(raw, dict) else None
    return Order(
        provider=NAME,
        provider_order_id=order_id if isinstance(order_id, str) and order_id.startswith("ord_") else None,
        reference=purchase.reference,
        record_locator=None,
        status="pending",
        slices=offer.slices,
        total=None,
        pay_by=None,
        tickets=(),
        simulated=offer.simulated,
    )


def reference_of(raw: object) -> str | None:
    """Our reference in an order as received, whatever else there is to it."""
    metadata = raw.get("metadata") if isinstance(raw, dict) else None
    reference = metadata.get("reference") if isinstance(metadata, dict) else None
    return reference if isinstance(reference, str) else None


def read_cancellation(raw: object, order: WireOrder) -> CancellationQuote:
    """What does not come back as money is the fee. Raises Unreadable."""
    wire = parse(WireCancellation, raw)
    zero = order.total * 0
    paid = zero if order.is_unpaid else order.total
    refund = zero
    if wire.refund_to in REFUNDED_IN_MONEY and wire.refund_amount is not None and wire.refund_currency is not None:
        refund = read_money(wire.refund_amount, wire.refund_currency)
    if refund.currency != paid.currency:
        raise Unreadable("bad_price")
    return CancellationQuote(
        quote_id=wire.id, provider_order_id=order.id, refund=refund, fee=paid - refund, expires_at=wire.expires_at
    )


def write_change(order: WireOrder, change: ChangeRequest) -> dict[str, Any]:
    """Take slices out and ask for others in their place. Raises InvalidRequest, Unreadable."""
    slices = [parse(WireSlice, each) for each in order.slices]
    if not all(0 <= position < len(slices) for position in change.slices):
        raise InvalidRequest("the order has no such slice")
    asked = [(slices[position], change.slices[position]) for position in sorted(change.slices)]
    return {
        "order_id": order.id,
        "slices": {
            "remove": [{"slice_id": old.id} for old, _ in asked],
            "add": [
                {
                    "origin": place_code(new.origins),
                    "destination": place_code(new.destinations),
                    "departure_date": new.departs_on.isoformat(),
                    "cabin_class": read_slice(old, FALLBACK_CABIN).segments[0].cabin,
                }
                for old, new in asked
            ],
        },
    }


def read_change_offer(raw: object, order: WireOrder, change: ChangeRequest) -> ChangeQuote:
    """Raises Unreadable, also for flights that were not asked for."""
    wire = parse(WireChangeOffer, raw)
    added = [read_slice(each, FALLBACK_CABIN) for each in wire.slices.add]
    positions = sorted(change.slices)
    if len(added) != len(positions) or not all(
        _is_asked_for(change.slices[position], slice_) for position, slice_ in zip(positions, added, strict=True)
    ):
        raise Unreadable("wrong_route")
    difference = read_money(wire.change_total_amount, wire.change_total_currency)
    replaced = dict(zip(positions, added, strict=True))
    kept = [read_slice(parse(WireSlice, each), FALLBACK_CABIN) for each in order.slices]
    fee = find_money(wire.penalty_total_amount, wire.penalty_total_currency) or difference * 0
    new_total = find_money(wire.new_total_amount, wire.new_total_currency) or order.total + difference
    if len({difference.currency, fee.currency, new_total.currency}) > 1:
        raise Unreadable("bad_price")
    return ChangeQuote(
        quote_id=wire.id,
        provider_order_id=order.id,
        slices=tuple(replaced.get(position, slice_) for position, slice_ in enumerate(kept)),
        new_total=new_total,
        difference=difference,
        fee=fee,
        expires_at=wire.expires_at,
    )


def _is_asked_for(asked: SliceQuery, offered: Slice) -> bool:
    return (
        offered.origin in asked.origins
        and offered.destination in asked.destinations
        and offered.departs.at_local.date() == asked.departs_on
    )


def _read_slices(wire: WireOrder) -> tuple[Slice, ...]:
    try:
        return tuple(read_slice(parse(WireSlice, each), FALLBACK_CABIN) for each in wire.slices)
    except Unreadable:
        return ()


def _read_status(wire: WireOrder, tickets: Sequence[Ticket]) -> OrderStatus:
    if wire.cancelled_at is not None:
        return "cancelled"
    if wire.is_unpaid:
        return "held"
    ticketed = {ticket.traveller for ticket in tickets}
    seated = {i for i, each in enumerate(in_party_order(wire.passengers)) if each.traveller_type != "infant"}
    if seated and seated <= ticketed:
        return "ticketed"
    return "cancelled" if wire.payment_status and wire.payment_status.has_lapsed else "booked"


def _read_tickets(wire: WireOrder) -> tuple[Ticket, ...]:
    """Tickets by traveller; where the airline does not say whose they are, they come in the travellers' order."""
    party = [passenger.id for passenger in in_party_order(wire.passengers)]
    numbers = [document for document in wire.documents or () if document.type == "electronic_ticket"]
    tickets = []
    for position, document in enumerate(numbers):
        owners = document.passenger_ids or tuple(party[position : position + 1])
        tickets += [Ticket(traveller=party.index(o), number=document.unique_identifier) for o in owners if o in party]
    return tuple(sorted(tickets, key=lambda ticket: ticket.traveller))
