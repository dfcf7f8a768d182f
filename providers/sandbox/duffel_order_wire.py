"""Writing orders, and what changing or cancelling them costs, as Duffel writes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from domain.orders import Order
from providers.sandbox.duffel_state import (
    ChangeSearch,
    OfferedService,
    OrderNotes,
    Passenger,
    ShownCancellation,
    ShownChange,
)
from providers.sandbox.duffel_wire import (
    Json,
    split_price,
    write_airline,
    write_conditions,
    write_instant,
    write_instant_or_none,
    write_money,
    write_passenger_type,
    write_segment_id,
    write_slice,
    write_slice_request,
)

ORDER_PREFIX = "ord_"


def write_order_id(order: Order) -> str:
    return f"{ORDER_PREFIX}{order.provider_order_id}"


def write_slice_id(order: Order, index: int) -> str:
    return f"sli_{order.provider_order_id}_{index}"


def write_order(order: Order, notes: OrderNotes, now: datetime) -> Json:
    """An order of which nothing is noted has no names, and neither conditions nor the parts of its price."""
    world_id = str(order.provider_order_id)
    offer = notes.offer
    base, tax = split_price(offer) if offer else (None, None)
    conditions = offer.conditions if offer else None
    is_held, is_over = order.status == "held", order.status == "cancelled"
    can_change = not is_held and not is_over
    people = notes.party or _guess_passengers(order)
    slices = [write_slice(each, index, world_id, conditions, people) for index, each in enumerate(order.slices)]
    return {
        "id": write_order_id(order),
        "offer_id": notes.offer_id,
        "type": "hold" if notes.was_held else "instant",
        "content": "managed",
        "live_mode": False,
        "booking_reference": order.record_locator,
        "created_at": write_instant(notes.created_at),
        "synced_at": write_instant(now),
        "cancelled_at": write_instant_or_none(notes.cancelled_at),
        "cancellation": None,
        "owner": write_airline(order.slices[0].segments[0].carrier),
        **write_money("total", order.total),
        **write_money("base", base),
        **write_money("tax", tax),
        "slices": [slice_ | {"changeable": can_change} for slice_ in slices],
        "passengers": notes.passengers or [_write_unknown(passenger) for passenger in people],
        "services": [
            _write_service(service, quantity, world_id, number)
            for number, (service, quantity) in enumerate(notes.services)
        ],
        "documents": [
            {
                "type": "electronic_ticket",
                "unique_identifier": ticket.number,
                "passenger_ids": [people[ticket.traveller].id],
            }
            for ticket in order.tickets
        ],
        "conditions": write_conditions(conditions),
        "payment_status": {
            "awaiting_payment": is_held,
            "payment_required_by": write_instant_or_none(order.pay_by) if is_held else None,
            "price_guarantee_expires_at": write_instant_or_none(order.pay_by) if is_held else None,
            "paid_at": write_instant_or_none(notes.paid_at),
        },
        "available_actions": [] if is_over else ["cancel", "update", *(["change"] if can_change else [])],
        "metadata": notes.metadata | ({"reference": order.reference} if order.reference else {}),
        "changes": [],
        "airline_initiated_changes": [],
    }


def write_order_passenger(passenger: Passenger, details: Mapping[str, str | None]) -> Json:
    return {
        "id": passenger.id,
        "type": write_passenger_type(passenger.traveller_type),
        **details,
        "loyalty_programme_accounts": [],
    }


def write_cancellation(shown: ShownCancellation) -> Json:
    return {
        "id": shown.id,
        "order_id": f"{ORDER_PREFIX}{shown.quote.provider_order_id}",
        "live_mode": False,
        "created_at": write_instant(shown.created_at),
        "expires_at": write_instant_or_none(shown.quote.expires_at),
        "confirmed_at": write_instant_or_none(shown.confirmed_at),
        **write_money("refund", shown.quote.refund),
        "refund_to": "balance" if shown.is_paid else "awaiting_payment",
        "airline_credits": [],
    }


def write_change_search(search: ChangeSearch) -> Json:
    return {
        "id": search.id,
        "order_id": search.sent.order_id,
        "live_mode": False,
        "created_at": write_instant(search.created_at),
        "updated_at": write_instant(search.created_at),
        "slices": {
            "remove": [{"slice_id": removed.slice_id} for removed in search.sent.slices.remove],
            "add": [write_slice_request(added) for added in search.sent.slices.add],
        },
        "order_change_offers": [write_change_offer(shown) for shown in search.offers],
    }


def write_change_offer(shown: ShownChange) -> Json:
    return {
        "id": shown.id,
        "order_change_id": shown.change_id,
        "updated_at": write_instant(shown.created_at),
        "private_fares": [],
        "conditions": write_conditions(None),
        **_write_change_terms(shown),
    }


def write_change(shown: ShownChange) -> Json:
    return {
        "id": shown.change_id,
        "order_id": write_order_id(shown.order),
        "confirmed_at": write_instant_or_none(shown.confirmed_at),
        "available_payment_types": ["balance"],
        **_write_change_terms(shown),
    }


def _write_change_terms(shown: ShownChange) -> Json:
    quote, order = shown.quote, shown.order
    base_id = shown.id.removeprefix("oco_")
    return {
        "live_mode": False,
        "created_at": write_instant(shown.created_at),
        "expires_at": write_instant(quote.expires_at),
        **write_money("change_total", quote.difference),
        **write_money("new_total", quote.new_total),
        **write_money("penalty_total", quote.fee),
        "refund_to": "balance",
        "slices": {
            "add": [write_slice(quote.slices[each], each, base_id, None, ()) for each in shown.positions],
            "remove": [
                write_slice(order.slices[each], each, str(order.provider_order_id), None, ())
                for each in shown.positions
            ],
        },
    }


def _write_service(service: OfferedService, quantity: int, world_id: str, number: int) -> Json:
    return {
        "id": f"ser_{world_id}_{number}",
        "type": service.kind,
        "quantity": quantity,
        "passenger_ids": [service.passenger_id],
        "segment_ids": [write_segment_id(world_id, position) for position in service.segments],
        "metadata": service.metadata,
        **write_money("total", service.price * quantity),
    }


def _guess_passengers(order: Order) -> tuple[Passenger, ...]:
    """As many as the tickets tell of; an unpaid order tells of one at least."""
    count = max((ticket.traveller + 1 for ticket in order.tickets), default=1)
    return tuple(Passenger(f"pas_{order.provider_order_id}_{index}", "adult", None) for index in range(count))


def _write_unknown(passenger: Passenger) -> Json:
    unknown = dict.fromkeys(("title", "given_name", "family_name", "gender", "born_on", "infant_passenger_id"))
    return write_order_passenger(passenger, unknown)
