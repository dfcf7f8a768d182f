"""Duffel's orders over the simulated world: booking, paying, cancelling and changing.

An order's id is the world's behind a prefix, so orders outlive the process. A booking whose metadata says
`"sandbox": "accept_later"` is answered with 202 and no order, as Duffel does when an airline takes its time; the order
is there at once for whoever looks for it.
"""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import Response

from domain.money import Money
from domain.orders import ChangeRequest, Order
from providers.flights.base import FlightProviderError, InvalidRequest, OfferGone, PriceChanged
from providers.sandbox.duffel_answers import (
    Answer,
    Call,
    CallDep,
    Refused,
    in_wrong_state,
    invalid,
    not_found,
    offer_gone,
    paginate,
    price_changed,
)
from providers.sandbox.duffel_order_wire import (
    ORDER_PREFIX,
    write_cancellation,
    write_change,
    write_change_search,
    write_order,
    write_order_id,
    write_slice_id,
)
from providers.sandbox.duffel_reading import check_flow, read_payment, read_purchase, read_services, read_slice
from providers.sandbox.duffel_requests import (
    ACCEPT_LATER,
    CancellationSent,
    ChangeRequestSent,
    ConfirmChangeSent,
    OrderChangeSent,
    OrderPaymentSent,
    OrderSent,
    PageParams,
    PaymentSent,
)
from providers.sandbox.duffel_state import (
    ChangeSearch,
    OrderNotes,
    ShownCancellation,
    ShownChange,
    ShownOffer,
    new_wire_id,
)
from providers.sandbox.duffel_wire import Json, write_instant

MAX_LISTED = 1000

router = APIRouter()


@router.post("/air/orders")
async def create_order(call: CallDep) -> Response:
    async def act() -> Answer:
        sent = await call.read(OrderSent)
        order, notes = await _book(call, sent)
        if order.provider_order_id is None or sent.metadata.get("sandbox") == ACCEPT_LATER:
            return Answer({"data": {"live_mode": False, "metadata": sent.metadata}}, 202)
        return Answer({"data": write_order(order, notes, call.now)}, 201)

    return await call.answer("book", act)


@router.get("/air/orders/{order_id}")
async def get_order(order_id: str, call: CallDep) -> Response:
    async def act() -> Answer:
        order = await _get_order(call, order_id)
        return Answer({"data": _write_known(call, order)})

    return await call.answer("get_order", act)


@router.get("/air/orders")
async def list_orders(call: CallDep) -> Response:
    async def act() -> Answer:
        page, meta = paginate(await _list_orders(call), write_order_id, call.params(PageParams))
        return Answer({"data": [_write_known(call, order) for order in page], "meta": meta})

    return await call.answer("find_order", act)


@router.post("/air/payments")
async def create_payment(call: CallDep) -> Response:
    async def act() -> Answer:
        sent = await call.read(OrderPaymentSent)
        order = await _get_order(call, sent.order_id)
        _check_payable(order, call.now)
        amount = read_payment(sent.payment, _total_of(order))
        try:
            paid = await call.world.pay(str(order.provider_order_id), amount)
        except OfferGone:
            raise _past_its_time() from None
        _note(call, paid)
        payment = {"id": new_wire_id("pay"), "order_id": sent.order_id, "created_at": write_instant(call.now)}
        return Answer({"data": payment | sent.payment.model_dump() | {"status": "succeeded", "live_mode": False}}, 201)

    return await call.answer("pay", act)


@router.post("/air/order_cancellations")
async def create_cancellation(call: CallDep) -> Response:
    async def act() -> Answer:
        order = await _get_order(call, (await call.read(CancellationSent)).order_id)
        if order.status == "cancelled":
            raise in_wrong_state("already_cancelled", "The order has already been cancelled.")
        try:
            quote = await call.world.quote_cancellation(str(order.provider_order_id))
        except InvalidRequest:
            raise in_wrong_state("order_not_cancellable", "The order cannot be cancelled.") from None
        shown = ShownCancellation(new_wire_id("ore"), quote, is_paid=order.status != "held", created_at=call.now)
        call.memory.cancellations.keep(shown.id, shown)
        return Answer({"data": write_cancellation(shown)}, 201)

    return await call.answer("quote_cancellation", act)


@router.post("/air/order_cancellations/{cancellation_id}/actions/confirm")
async def confirm_cancellation(cancellation_id: str, call: CallDep) -> Response:
    async def act() -> Answer:
        shown = call.memory.cancellations.find(cancellation_id)
        if shown is None:
            raise not_found()
        _note(call, await call.world.cancel(shown.quote))
        shown.confirmed_at = shown.confirmed_at or call.now
        return Answer({"data": write_cancellation(shown)})

    return await call.answer("cancel", act)


@router.post("/air/order_change_requests")
async def create_change_request(call: CallDep) -> Response:
    async def act() -> Answer:
        sent = await call.read(ChangeRequestSent)
        order = await _get_order(call, sent.order_id)
        positions = _read_positions(sent, order)
        change = ChangeRequest(
            slices={
                position: read_slice(added, f"/slices/add/{index}")
                for index, (position, added) in enumerate(zip(positions, sent.slices.add, strict=True))
            }
        )
        try:
            quotes = await call.world.quote_change(str(order.provider_order_id), change)
        except InvalidRequest:
            raise in_wrong_state("order_not_changeable", "The order cannot be changed.") from None
        offers = [ShownChange(new_wire_id("oco"), quote, order, positions, call.now) for quote in quotes]
        search = ChangeSearch(new_wire_id("ocr"), sent, call.now, offers)
        call.memory.change_searches.keep(search.id, search)
        return Answer({"data": write_change_search(search)}, 201)

    return await call.answer("quote_change", act)


@router.post("/air/order_changes")
async def create_change(call: CallDep) -> Response:
    async def act() -> Answer:
        sent = await call.read(OrderChangeSent)
        shown = call.memory.find_change_offer(sent.selected_order_change_offer)
        if shown is None:
            raise offer_gone()
        shown.change_id = shown.change_id or new_wire_id("oce")
        return Answer({"data": write_change(shown)}, 201)

    return await call.answer(None, act)


@router.post("/air/order_changes/{change_id}/actions/confirm")
async def confirm_change(change_id: str, call: CallDep) -> Response:
    async def act() -> Answer:
        payment = (await call.read(ConfirmChangeSent)).payment
        shown = call.memory.find_change(change_id)
        if shown is None:
            raise not_found()
        if shown.confirmed_at is not None:
            raise in_wrong_state("order_change_already_actioned", "The order change has already been actioned.")
        due = shown.quote.difference
        if due.amount_minor > 0:
            if payment is None:
                raise invalid("/payment", "validation_required", "The change costs something.")
            read_payment(payment, due)
        _note(call, await call.world.change(shown.quote))
        shown.confirmed_at = call.now
        return Answer({"data": write_change(shown)})

    return await call.answer("change", act)


async def _book(call: Call, sent: OrderSent) -> tuple[Order, OrderNotes]:
    shown = call.memory.find_offer(sent.selected_offers[0])
    if shown is None:
        raise offer_gone()
    check_flow(sent, shown)
    services = read_services(sent, shown)
    extras = [service.price * quantity for service, quantity in services]
    total = sum(extras, start=shown.found.offer.total)
    purchase, people = read_purchase(sent, shown, total)
    _check_payment(sent, shown, total)
    shown.request.is_booked = True
    try:
        order = await call.world.book(shown.found, purchase)
    except FlightProviderError as error:
        shown.request.is_booked = False
        if isinstance(error, PriceChanged):
            shown.risen = error.found
        raise
    notes = OrderNotes(
        created_at=call.now,
        offer_id=shown.id,
        offer=shown.found.offer,
        party=tuple(shown.request.travellers),
        passengers=people,
        services=services,
        metadata=sent.metadata,
    )
    notes.observe(order, call.now)
    if order.provider_order_id is not None:
        call.memory.orders.keep(order.provider_order_id, notes)
    return order, notes


def _check_payment(sent: OrderSent, shown: ShownOffer, total: Money) -> None:
    """A price that was shown and holds no more has changed; any other sum is a mistake."""
    for payment in sent.payments:
        try:
            read_payment(payment, total)
        except Refused as refused:
            if _is_of_an_earlier_price(payment, shown, total - shown.found.offer.total):
                raise price_changed() from refused
            raise


def _is_of_an_earlier_price(payment: PaymentSent, shown: ShownOffer, services: Money) -> bool:
    try:
        return shown.was_shown_at(Money.parse(payment.amount, payment.currency) - services)
    except ValueError:  # no amount, or one in another currency
        return False


async def _get_order(call: Call, order_id: str) -> Order:
    """As the world has it now. Raises Refused for an order it does not know."""
    prefix, world_id = order_id[: len(ORDER_PREFIX)], order_id[len(ORDER_PREFIX) :]
    if prefix != ORDER_PREFIX or not world_id:
        raise not_found()
    try:
        return await call.world.get_order(world_id)
    except OfferGone:
        raise not_found() from None


async def _list_orders(call: Call) -> list[Order]:
    orders = await call.world.list_orders(MAX_LISTED)
    return [order for order in orders if order.provider_order_id is not None]


def _write_known(call: Call, order: Order) -> Json:
    return write_order(order, _note(call, order), call.now)


def _note(call: Call, order: Order) -> OrderNotes:
    notes = call.memory.notes_of(str(order.provider_order_id), call.now)
    notes.observe(order, call.now)
    return notes


def _check_payable(order: Order, now: datetime) -> None:
    if order.status == "cancelled":
        if order.pay_by is not None and order.pay_by <= now:
            raise _past_its_time()
        raise in_wrong_state("already_cancelled", "The order has been cancelled.")
    if order.status != "held":
        raise in_wrong_state("already_paid", "The order has already been paid.")


def _past_its_time() -> Refused:
    return in_wrong_state("past_payment_required_by_date", "The order's payment_required_by date has elapsed.")


def _total_of(order: Order) -> Money:
    assert order.total is not None, "a held order has its price"
    return order.total


def _read_positions(sent: ChangeRequestSent, order: Order) -> tuple[int, ...]:
    names = [write_slice_id(order, index) for index in range(len(order.slices))]
    removed = [each.slice_id for each in sent.slices.remove]
    if len(set(removed)) != len(removed) or not set(removed) <= set(names):
        raise invalid("/slices/remove", "validation_inclusion", "The slices are not those of the order.")
    return tuple(names.index(each) for each in removed)
