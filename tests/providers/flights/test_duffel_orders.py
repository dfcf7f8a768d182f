"""Paying, finding, cancelling and changing orders at Duffel."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from core.deadlines import deadline
from domain.money import Money
from domain.offers import SliceQuery
from domain.orders import CancellationQuote, ChangeQuote, ChangeRequest, Order, Ticket
from providers.flights.base import (
    InvalidRequest,
    OfferGone,
    OutcomeUnknown,
    ProviderDown,
    SoldOut,
)
from providers.flights.duffel import Duffel
from tests.providers.flights.duffel_support import FakeDuffel, held_order, order, page, refusal, segment

ORDER, ORDERS, PAY = "GET /air/orders/ord_1", "GET /air/orders", "POST /air/payments"
CANCELLATIONS = "POST /air/order_cancellations"
CONFIRM_CANCELLATION = "POST /air/order_cancellations/ore_1/actions/confirm"
CHANGE_REQUESTS, CHANGES = "POST /air/order_change_requests", "POST /air/order_changes"
CONFIRM_CHANGE = "POST /air/order_changes/oce_1/actions/confirm"

NEW_DAY = date(2026, 12, 12)
CHANGE = ChangeRequest(slices={0: SliceQuery(origins=("SGN",), destinations=("HAN",), departs_on=NEW_DAY)})


def usd(amount: str) -> Money:
    return Money.parse(amount, "USD")


QUOTE = CancellationQuote(quote_id="ore_1", provider_order_id="ord_1", refund=usd("80"), fee=usd("30"), expires_at=None)


def cancelled_order() -> dict[str, Any]:
    return order(cancelled_at="2026-11-21T02:00:00Z")


def change_offer(**fields: Any) -> dict[str, Any]:
    flown = segment("SGN", "HAN", "2026-12-12T08:00:00", "2026-12-12T10:10:00", segment_id="seg_9")
    return {
        "id": "oco_1",
        "expires_at": "2026-11-21T02:30:00Z",
        "change_total_amount": "45.00",
        "change_total_currency": "USD",
        "new_total_amount": "155.00",
        "new_total_currency": "USD",
        "penalty_total_amount": "30.00",
        "penalty_total_currency": "USD",
        "slices": {"add": [{"id": "sli_9", "segments": [flown]}], "remove": [{"id": "sli_1"}]},
    } | fields


@pytest.fixture
def duffel() -> FakeDuffel:
    return FakeDuffel()


async def test_a_held_order_is_paid_at_its_present_total(duffel: FakeDuffel) -> None:
    duffel.on(ORDER, (200, held_order()), (200, order()))
    duffel.on(PAY, (201, {"id": "pay_1"}))
    paid = await duffel.provider().pay("ord_1", usd("110"))
    assert paid.status == "ticketed"
    assert duffel.sent(PAY) == {
        "order_id": "ord_1",
        "payment": {"type": "balance", "amount": "110.00", "currency": "USD"},
    }


async def test_another_sum_is_not_paid(duffel: FakeDuffel) -> None:
    duffel.on(ORDER, (200, held_order(total_amount="120.00")))
    with pytest.raises(InvalidRequest):
        await duffel.provider().pay("ord_1", usd("110"))
    assert not duffel.calls(PAY)


async def test_a_paid_order_is_not_paid_again(duffel: FakeDuffel) -> None:
    duffel.on(ORDER, (200, order()))
    assert (await duffel.provider().pay("ord_1", usd("110"))).status == "ticketed"
    assert not duffel.calls(PAY)


LAPSED = {"awaiting_payment": False, "payment_required_by": "2026-11-20T00:00:00Z", "paid_at": None}


@pytest.mark.parametrize("gone", [cancelled_order(), held_order(payment_status=LAPSED)])
async def test_a_lapsed_or_cancelled_order_cannot_be_paid(duffel: FakeDuffel, gone: Any) -> None:
    duffel.on(ORDER, (200, gone))
    with pytest.raises(OfferGone):
        await duffel.provider().pay("ord_1", usd("110"))
    assert not duffel.calls(PAY)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (refusal(422, "past_payment_required_by_date", "invalid_state_error"), OfferGone),
        (refusal(422, "schedule_changed", "invalid_state_error"), OfferGone),
        (refusal(422, "price_changed", "validation_error"), InvalidRequest),
        (refusal(422, "payment_amount_does_not_match_order_amount", "validation_error"), InvalidRequest),
        (refusal(504, "gateway_timeout_error", "api_error"), OutcomeUnknown),
        (httpx.ReadTimeout("x"), OutcomeUnknown),
    ],
    ids=str,
)
async def test_a_payment_that_is_refused_or_unanswered(duffel: FakeDuffel, reply: Any, error: type[Exception]) -> None:
    duffel.on(ORDER, (200, held_order()))
    duffel.on(PAY, reply)
    with pytest.raises(error):
        await duffel.provider().pay("ord_1", usd("110"))


@pytest.mark.parametrize(
    "reply",
    [
        refusal(422, "already_paid", "invalid_state_error"),
        refusal(422, "past_payment_required_by_date", "invalid_state_error"),
    ],
    ids=str,
)
async def test_a_payment_that_came_first_is_answered(duffel: FakeDuffel, reply: Any) -> None:
    duffel.on(ORDER, (200, held_order()), (200, order(documents=[])))
    duffel.on(PAY, reply)
    assert (await duffel.provider().pay("ord_1", usd("110"))).status == "booked"


async def test_a_payment_of_another_sum_that_came_first_is_refused(duffel: FakeDuffel) -> None:
    duffel.on(ORDER, (200, held_order()), (200, order(total_amount="120.00")))
    duffel.on(PAY, refusal(422, "already_paid", "invalid_state_error"))
    with pytest.raises(InvalidRequest):
        await duffel.provider().pay("ord_1", usd("110"))


async def test_a_payment_that_cannot_be_read_back_is_open(duffel: FakeDuffel) -> None:
    duffel.on(ORDER, (200, held_order()), refusal(500, "internal_server_error"))
    duffel.on(PAY, (201, {"id": "pay_1"}))
    with pytest.raises(OutcomeUnknown):
        await duffel.provider().pay("ord_1", usd("110"))


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (order(), "ticketed"),
        (order(documents=[]), "booked"),
        (order(documents=None, payment_status=None), "booked"),
        (held_order(), "held"),
        (held_order(payment_status=LAPSED), "cancelled"),
        (cancelled_order(), "cancelled"),
    ],
)
async def test_the_status_of_an_order(duffel: FakeDuffel, raw: Any, status: str) -> None:
    duffel.on(ORDER, (200, raw))
    assert (await duffel.provider().get_order("ord_1")).status == status


async def test_an_order_is_ticketed_once_everybody_with_a_seat_has_a_ticket(duffel: FakeDuffel) -> None:
    party = [
        {"id": "pas_2", "type": "infant_without_seat"},
        {"id": "pas_3", "type": "child"},
        {"id": "pas_1", "type": "adult"},
    ]
    ticket = {"type": "electronic_ticket", "unique_identifier": "1", "passenger_ids": ["pas_1"]}
    second = ticket | {"unique_identifier": "2", "passenger_ids": ["pas_3"]}
    duffel.on(
        ORDER,
        (200, order(passengers=party, documents=[ticket])),
        (200, order(passengers=party, documents=[second, ticket])),
    )
    provider = duffel.provider()
    assert (await provider.get_order("ord_1")).status == "booked"
    both = await provider.get_order("ord_1")
    assert (both.status, both.tickets) == (
        "ticketed",
        (Ticket(traveller=0, number="1"), Ticket(traveller=1, number="2")),
    )


async def test_an_order_whose_flights_make_no_sense_is_still_told(duffel: FakeDuffel) -> None:
    duffel.on(ORDER, (200, order(slices=[{"id": "sli_1", "segments": []}])))
    told = await duffel.provider().get_order("ord_1")
    assert (told.slices, told.status) == ((), "ticketed")


@pytest.mark.parametrize("raw", [[], {}, order(total_amount="x"), order(id=7)])
async def test_no_order_in_an_answer_is_a_provider_that_is_down(duffel: FakeDuffel, raw: Any) -> None:
    duffel.on(ORDER, (200, raw))
    with pytest.raises(ProviderDown):
        await duffel.provider().get_order("ord_1")


async def test_an_order_is_found_by_our_reference_on_a_later_page(duffel: FakeDuffel) -> None:
    others = [7, {"metadata": None}, order(metadata={"reference": "else"}), order(metadata=None)]
    duffel.on(ORDERS, page(others, "p2"), page([order()]))
    found = await duffel.provider().find_order("our-1")
    assert found is not None
    assert found.provider_order_id == "ord_1"
    assert [each.url.params.get("after") for each in duffel.calls(ORDERS)] == [None, "p2"]


async def test_the_search_for_an_order_ends_after_five_pages(duffel: FakeDuffel) -> None:
    duffel.on(ORDERS, page([], "more"))
    assert await duffel.provider().find_order("our-1") is None
    assert len(duffel.calls(ORDERS)) == 5


@pytest.mark.parametrize(
    ("raw", "quoted", "refund", "fee"),
    [
        (order(), {"refund_amount": "80.00", "refund_currency": "USD", "refund_to": "balance"}, "80", "30"),
        (order(), {"refund_amount": "80.00", "refund_currency": "USD", "refund_to": "voucher"}, "0", "110"),
        (order(), {"refund_amount": None, "refund_currency": None, "refund_to": "airline_credits"}, "0", "110"),
        (held_order(), {"refund_amount": "0.00", "refund_currency": "USD", "refund_to": "awaiting_payment"}, "0", "0"),
    ],
)
async def test_refund_and_fee_are_what_was_paid(
    duffel: FakeDuffel, raw: Any, quoted: dict[str, Any], refund: str, fee: str
) -> None:
    duffel.on(ORDER, (200, raw))
    duffel.on(CANCELLATIONS, (201, {"id": "ore_1", "expires_at": "2026-11-21T03:00:00Z"} | quoted))
    quote = await duffel.provider().quote_cancellation("ord_1")
    assert duffel.sent(CANCELLATIONS) == {"order_id": "ord_1"}
    assert (quote.quote_id, quote.refund, quote.fee) == ("ore_1", usd(refund), usd(fee))
    assert quote.expires_at == datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


async def test_a_refund_in_another_currency_is_no_quote(duffel: FakeDuffel) -> None:
    duffel.on(ORDER, (200, order()))
    duffel.on(
        CANCELLATIONS, (201, {"id": "ore_1", "refund_amount": "1", "refund_currency": "EUR", "refund_to": "card"})
    )
    with pytest.raises(ProviderDown):
        await duffel.provider().quote_cancellation("ord_1")


async def test_an_airline_that_does_not_cancel_is_no_sold_out_flight(duffel: FakeDuffel) -> None:
    duffel.on(ORDER, (200, order()))
    duffel.on(CANCELLATIONS, refusal(422, "unsupported_action", "airline_error"))
    with pytest.raises(InvalidRequest):
        await duffel.provider().quote_cancellation("ord_1")


async def test_a_cancellation_is_confirmed_and_read_back(duffel: FakeDuffel) -> None:
    duffel.on(CONFIRM_CANCELLATION, (200, {}))
    duffel.on(ORDER, (200, cancelled_order()))
    assert (await duffel.provider().cancel(QUOTE)).status == "cancelled"


@pytest.mark.parametrize("operation", ["pay", "cancel", "change"])
async def test_nothing_is_sent_when_no_time_is_left(duffel: FakeDuffel, operation: str) -> None:
    quote = await quote_for(duffel)
    asked = len(duffel.requests)
    provider = duffel.provider()
    calls: dict[str, Callable[[], Awaitable[Order]]] = {
        "pay": lambda: provider.pay("ord_1", usd("110")),
        "cancel": lambda: provider.cancel(QUOTE),
        "change": lambda: provider.change(quote),
    }
    with deadline(0), pytest.raises(ProviderDown):
        await calls[operation]()
    assert len(duffel.requests) == asked


async def test_an_order_given_up_before_is_answered_as_it_is(duffel: FakeDuffel) -> None:
    duffel.on(CONFIRM_CANCELLATION, refusal(422, "already_cancelled", "invalid_state_error"))
    duffel.on(ORDER, (200, cancelled_order()))
    assert (await duffel.provider().cancel(QUOTE)).status == "cancelled"


async def test_terms_that_ran_out_cancel_nothing(duffel: FakeDuffel) -> None:
    duffel.on(CONFIRM_CANCELLATION, refusal(422, "order_cancellation_expired", "invalid_state_error"))
    duffel.on(ORDER, (200, order()))
    with pytest.raises(OfferGone):
        await duffel.provider().cancel(QUOTE)


async def test_ways_to_change_come_cheapest_first_with_the_whole_trip(duffel: FakeDuffel) -> None:
    back = {"id": "sli_2", "segments": [segment("HAN", "SGN", "2026-12-20T08:00:00", "2026-12-20T10:10:00")]}
    duffel.on(ORDER, (200, order(slices=[*order()["slices"], back])))
    cheap = change_offer(id="oco_2", change_total_amount="-5.00", new_total_amount=None, penalty_total_amount=None)
    elsewhere = change_offer(slices={"add": [back], "remove": []})
    duffel.on(CHANGE_REQUESTS, (201, {"id": "ocr_1", "order_change_offers": [change_offer(), cheap, elsewhere, 7]}))
    first, second = await duffel.provider().quote_change("ord_1", CHANGE)
    assert duffel.sent(CHANGE_REQUESTS) == {
        "order_id": "ord_1",
        "slices": {
            "remove": [{"slice_id": "sli_1"}],
            "add": [{"origin": "SGN", "destination": "HAN", "departure_date": "2026-12-12", "cabin_class": "economy"}],
        },
    }
    assert (first.quote_id, first.difference, first.fee, first.new_total) == ("oco_2", usd("-5"), usd("0"), usd("105"))
    assert (second.difference, second.fee, second.new_total) == (usd("45"), usd("30"), usd("155"))
    assert [each.departs.at_local.date() for each in second.slices] == [NEW_DAY, date(2026, 12, 20)]


async def test_a_slice_the_order_does_not_have_cannot_be_changed(duffel: FakeDuffel) -> None:
    duffel.on(ORDER, (200, order()))
    with pytest.raises(InvalidRequest):
        await duffel.provider().quote_change("ord_1", ChangeRequest(slices={3: CHANGE.slices[0]}))


async def quote_for(duffel: FakeDuffel, **fields: Any) -> ChangeQuote:
    duffel.on(ORDER, (200, order()))
    duffel.on(CHANGE_REQUESTS, (201, {"order_change_offers": [change_offer(**fields)]}))
    (quote,) = await duffel.provider().quote_change("ord_1", CHANGE)
    return quote


@pytest.mark.parametrize(
    ("difference", "sent"),
    [
        ("45.00", {"payment": {"type": "balance", "amount": "45.00", "currency": "USD"}}),
        ("0.00", {}),
        ("-5.00", {}),
    ],
)
async def test_a_change_pays_its_difference(duffel: FakeDuffel, difference: str, sent: Any) -> None:
    quote = await quote_for(duffel, change_total_amount=difference)
    duffel.on(CHANGES, (201, {"id": "oce_1", "change_total_amount": difference, "change_total_currency": "USD"}))
    duffel.on(CONFIRM_CHANGE, (200, {}))
    assert (await duffel.provider().change(quote)).provider_order_id == "ord_1"
    assert duffel.sent(CHANGES) == {"selected_order_change_offer": "oco_1"}
    assert duffel.sent(CONFIRM_CHANGE) == sent


async def test_a_change_that_costs_something_else_is_not_confirmed(duffel: FakeDuffel) -> None:
    quote = await quote_for(duffel)
    duffel.on(CHANGES, (201, {"id": "oce_1", "change_total_amount": "99.00", "change_total_currency": "USD"}))
    with pytest.raises(OfferGone):
        await duffel.provider().change(quote)
    assert not duffel.calls(CONFIRM_CHANGE)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (refusal(422, "order_change_offer_no_longer_available", "airline_error"), OfferGone),
        (refusal(422, "unsupported_action", "airline_error"), SoldOut),
        (refusal(500, "internal_server_error", "api_error"), OutcomeUnknown),
        (httpx.ReadTimeout("x"), OutcomeUnknown),
    ],
    ids=str,
)
async def test_a_change_that_is_refused_or_unanswered(duffel: FakeDuffel, reply: Any, error: type[Exception]) -> None:
    quote = await quote_for(duffel)
    duffel.on(CHANGES, (201, {"id": "oce_1", "change_total_amount": "45.00", "change_total_currency": "USD"}))
    duffel.on(CONFIRM_CHANGE, reply)
    with pytest.raises(error):
        await duffel.provider().change(quote)


class AskingTwice(Duffel):
    """A mutant that repeats a payment nobody answered."""

    async def pay(self, provider_order_id: str, amount: Money) -> Order:
        try:
            return await super().pay(provider_order_id, amount)
        except OutcomeUnknown:
            return await super().pay(provider_order_id, amount)


async def count_payments(duffel: FakeDuffel, pay: Callable[[], Awaitable[Order]]) -> int:
    duffel.on(ORDER, (200, held_order()))
    duffel.on(PAY, httpx.ReadTimeout("x"))
    with pytest.raises(OutcomeUnknown):
        await pay()
    return len(duffel.calls(PAY))


async def test_an_unanswered_payment_is_not_repeated(duffel: FakeDuffel) -> None:
    assert await count_payments(duffel, lambda: duffel.provider().pay("ord_1", usd("110"))) == 1


async def test_a_repeated_payment_would_be_seen(duffel: FakeDuffel) -> None:
    mutant = duffel.provider()
    mutant.__class__ = AskingTwice
    assert await count_payments(duffel, lambda: mutant.pay("ord_1", usd("110"))) == 2
