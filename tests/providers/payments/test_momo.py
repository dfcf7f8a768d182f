"""What we send MoMo, and what we make of what it says."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import httpx
import pytest

from core.deadlines import deadline
from providers.payments.base import (
    GatewayDown,
    GatewayError,
    GatewayRefused,
    GatewayUnknown,
    NoticeForged,
    NoticeUnreadable,
    PaymentNotice,
    PaymentState,
    RefundState,
    Verdict,
)
from providers.payments.momo_signing import ANSWERED, CREATE, CREATED, NOTICE, QUERY, REFUND, is_signed
from tests.providers.flights.test_wire_fuzz import JUNK
from tests.providers.payments.support import (
    ACCESS_KEY,
    SECRET_KEY,
    FakeWire,
    Json,
    make_charge,
    make_refund,
    momo_on,
    sign_momo,
    vnd,
)

SILENT = FakeWire({})
TOLD: Json = {
    "partnerCode": "MOMO",
    "orderId": "MAY7KQ2",
    "requestId": "MAY7KQ2",
    "amount": 1_890_000,
    "orderInfo": "Ve may bay MAY7KQ",
    "orderType": "momo_wallet",
    "transId": 4088878653,
    "resultCode": 0,
    "message": "Giao dịch thành công.",
    "payType": "qr",
    "responseTime": 1700000012345,
    "extraData": "",
}
LINK = "https://momo.test/v2/gateway/pay?t=1"


def read(**changes: Any) -> PaymentNotice:
    return momo_on(SILENT).read_notice(sign_momo(NOTICE, TOLD | changes))


def created(sent: Json, **changes: Any) -> Json:
    """MoMo's answer to a request for a link."""
    told = {name: sent[name] for name in ("partnerCode", "orderId", "requestId", "amount")}
    answer = told | {"responseTime": 1700000012345, "message": "Thành công.", "resultCode": 0, "payUrl": LINK} | changes
    return sign_momo(CREATED, answer)


def answered(code: int, **more: Any) -> Any:
    def answer(sent: Json) -> Json:
        told = {name: sent[name] for name in ("partnerCode", "orderId", "requestId")}
        return told | {"amount": 1_890_000, "responseTime": 1, "message": "Xong.", "resultCode": code} | more

    return answer


def signed(code: int, **more: Any) -> Any:
    return lambda sent: sign_momo(ANSWERED, answered(code, **more)(sent))


async def test_a_link_is_asked_for_once_with_whole_numbers() -> None:
    wire = FakeWire(created)
    assert await momo_on(wire).create_link(make_charge()) == LINK
    (sent,) = wire.sent
    assert wire.paths == ["/v2/gateway/api/create"]
    assert is_signed(CREATE, sent, access_key=ACCESS_KEY, secret_key=SECRET_KEY)
    del sent["signature"]
    assert sent == {
        "partnerCode": "MOMO",
        "requestId": "MAY7KQ2",
        "amount": 1_890_000,
        "orderId": "MAY7KQ2",
        "orderInfo": "Ve may bay MAY7KQ",
        "redirectUrl": "https://shop.test/payments/return?id=1",
        "ipnUrl": "https://shop.test/payments/notice",
        "requestType": "captureWallet",
        "extraData": "",
        "lang": "vi",
        "autoCapture": True,
        "orderExpireTime": 15,
    }


@pytest.mark.parametrize(("dong", "is_taken"), [(999, False), (1_000, True), (50_000_000, True), (50_000_001, False)])
async def test_an_amount_momo_does_not_take_is_refused_before_any_call(dong: int, is_taken: bool) -> None:
    wire = FakeWire(created)
    if is_taken:
        assert await momo_on(wire).create_link(make_charge(amount=vnd(dong))) == LINK
    else:
        with pytest.raises(GatewayRefused, match="22"):
            await momo_on(wire).create_link(make_charge(amount=vnd(dong)))
    assert len(wire.sent) == is_taken


@pytest.mark.parametrize(
    "make",
    [
        lambda sent: created(sent) | {"payUrl": "https://thief.test/"},
        lambda sent: created(sent) | {"amount": 1},
        lambda sent: created(sent) | {"signature": "0" * 64},
        lambda sent: created(sent, orderId="OTHER"),
        lambda sent: created(sent, payUrl="javascript:alert(1)"),
        lambda sent: created(sent, payUrl=""),
        lambda sent: created(sent) | {"payUrl": None},
        lambda sent: {},
        lambda sent: httpx.Response(503, text="busy"),
        lambda sent: created(sent, resultCode=10),
    ],
)
async def test_a_link_that_is_not_momos_answer_to_this_is_none(make: Any) -> None:
    with pytest.raises(GatewayDown):
        await momo_on(FakeWire(make)).create_link(make_charge())


async def test_a_link_may_be_signed_with_its_message_or_not_at_all() -> None:
    with_message = tuple(sorted((*CREATED, "message")))
    wire = FakeWire(lambda sent: sign_momo(with_message, created(sent)))
    assert await momo_on(wire).create_link(make_charge()) == LINK
    wire = FakeWire(lambda sent: {name: value for name, value in created(sent).items() if name != "signature"})
    assert await momo_on(wire).create_link(make_charge()) == LINK


@pytest.mark.parametrize("status", [200, 400, 500])
async def test_a_refusal_says_its_code_at_any_status(status: int) -> None:
    wire = FakeWire(lambda sent: httpx.Response(status, json=created(sent, resultCode=13)))
    with pytest.raises(GatewayRefused, match="13"):
        await momo_on(wire).create_link(make_charge())


@pytest.mark.parametrize("code", [40, 41])
async def test_the_link_of_a_charge_momo_has_is_asked_for(code: int) -> None:
    wire = FakeWire(lambda sent: created(sent, resultCode=code, payUrl=""), answered(1000, payUrl=LINK))
    assert await momo_on(wire).create_link(make_charge()) == LINK
    assert wire.paths == ["/v2/gateway/api/create", "/v2/gateway/api/query"]


@pytest.mark.parametrize("looked_up", [answered(1000), answered(0, payUrl=LINK), answered(42), answered(1003), {}])
async def test_a_charge_momo_has_without_a_link_is_refused(looked_up: Any) -> None:
    wire = FakeWire(lambda sent: created(sent, resultCode=41, payUrl=""), looked_up)
    with pytest.raises(GatewayRefused, match="41"):
        await momo_on(wire).create_link(make_charge())


def test_a_notice_says_how_much_in_whole_dong() -> None:
    notice = read()
    assert (notice.state, notice.amount, notice.reference) == ("paid", vnd(1_890_000), "MAY7KQ2")
    assert (notice.transaction, notice.reason) == ("4088878653", None)


def test_numbers_that_came_as_text_are_the_same_notice() -> None:
    told = sign_momo(NOTICE, TOLD)
    assert momo_on(SILENT).read_notice({name: str(value) for name, value in told.items()}) == read()
    with pytest.raises(NoticeForged):
        momo_on(SILENT).read_notice(told | {"amount": "1890000.0"})
    with pytest.raises(NoticeForged):
        momo_on(SILENT).read_notice(told | {"amount": 1890000.0})
    with pytest.raises(NoticeForged):
        momo_on(SILENT).read_notice(told | {"resultCode": False})


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (0, "paid"),
        (9000, "paid"),
        (1000, "pending"),
        (7000, "pending"),
        (7002, "pending"),
        (8000, "pending"),
        (10, "pending"),
        (424242, "pending"),
        (99, "failed"),
        (1001, "failed"),
        (1003, "failed"),
        (1005, "failed"),
        (1006, "failed"),
        (4100, "failed"),
    ],
)
def test_each_result_code_has_a_state(code: int, state: PaymentState) -> None:
    notice = read(resultCode=code)
    assert (notice.state, notice.reason) == (state, str(code) if state == "failed" else None)


@pytest.mark.parametrize(
    "changes",
    [
        {"partnerCode": "OTHER"},
        {"amount": -5},
        {"amount": "x"},
        {"amount": "9" * 25},
        {"orderId": "a b"},
        {"orderId": ""},
        {"transId": 0},
        {"transId": "x"},
        {"resultCode": ""},
        {"resultCode": -1},
    ],
)
def test_a_signed_notice_that_makes_no_sense_is_unreadable(changes: Json) -> None:
    with pytest.raises(NoticeUnreadable):
        read(**changes)


def test_junk_gives_a_notice_or_an_error_of_the_port() -> None:
    random, momo, outcomes = Random(11), momo_on(SILENT), set[str]()
    for _ in range(3000):
        fields: Json = dict(TOLD)
        for _ in range(random.choice((0, 1, 1, 2, 5))):
            fields[random.choice([*TOLD, "signature", "x"])] = random.choice(JUNK)
        try:
            fields = sign_momo(NOTICE, fields) if random.random() < 0.8 else fields
            outcomes.add(momo.read_notice(fields).state)
        except GatewayError as error:
            outcomes.add(type(error).__name__)
        except ValueError:
            with pytest.raises(NoticeForged):  # what cannot be signed
                momo.read_notice(fields)
    assert outcomes == {"paid", "pending", "NoticeForged", "NoticeUnreadable"}


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        ("accepted", 204),
        ("repeated", 204),
        ("unknown_payment", 204),
        ("wrong_amount", 204),
        ("forged", 400),
        ("unreadable", 400),
        ("try_again", 503),
    ],
)
def test_a_reply_is_a_status_without_a_body(verdict: Verdict, status: int) -> None:
    assert momo_on(SILENT).reply(verdict) == (status, None)


async def test_asking_gives_what_a_notice_gives() -> None:
    wire = FakeWire(signed(0, transId=4088878653, extraData=None, refundTrans=[]))
    assert await momo_on(wire).ask(make_charge()) == read()
    (sent,) = wire.sent
    assert is_signed(QUERY, sent, access_key=ACCESS_KEY, secret_key=SECRET_KEY)
    assert set(sent) == {"partnerCode", "requestId", "orderId", "lang", "signature"}
    await momo_on(wire).ask(make_charge())
    assert wire.sent[1]["requestId"] != sent["requestId"]


async def test_a_charge_that_waits_is_pending_and_one_unknown_is_none() -> None:
    notice = await momo_on(FakeWire(answered(1000, transId=0))).ask(make_charge())
    assert notice is not None
    assert (notice.state, notice.transaction) == ("pending", None)
    assert await momo_on(FakeWire(answered(42))).ask(make_charge()) is None


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (lambda sent: signed(0, transId=1)(sent) | {"transId": 2}, NoticeForged),
        (answered(0, transId=1, orderId="OTHER"), NoticeForged),
        (answered(0, transId=1, partnerCode="OTHER"), NoticeForged),
        (answered(0), GatewayDown),
        (answered(0, transId=1, amount=None), GatewayDown),
        (answered(10), GatewayDown),
        (answered(13), GatewayRefused),
        ({}, GatewayDown),
        (httpx.Response(500, text="<html>"), GatewayDown),
        (httpx.ReadTimeout("none"), GatewayDown),
    ],
)
async def test_an_answer_that_tells_nothing_is_an_error(reply: Any, error: type[GatewayError]) -> None:
    with pytest.raises(error):
        await momo_on(FakeWire(reply)).ask(make_charge())


async def test_nothing_is_asked_once_the_time_is_over() -> None:
    wire = FakeWire(created)
    with deadline(0), pytest.raises(GatewayDown):
        await momo_on(wire).create_link(make_charge())
    assert wire.sent == []


async def test_a_refund_is_an_order_of_its_own_and_is_sent_whatever_the_deadline() -> None:
    wire = FakeWire(signed(0, transId=4088878999))
    with deadline(0):
        assert await momo_on(wire).refund(make_refund(transaction="4088878653", amount=vnd(90_000))) == "done"
    (sent,) = wire.sent
    assert is_signed(REFUND, sent, access_key=ACCESS_KEY, secret_key=SECRET_KEY)
    assert (sent["orderId"], sent["requestId"], sent["amount"], sent["transId"]) == (
        "MAY7KQ2R1",
        "MAY7KQ2R1",
        90_000,
        4088878653,
    )


@pytest.mark.parametrize(
    ("code", "state"), [(0, "done"), (7002, "pending"), (8000, "pending"), (1080, "refused"), (1081, "refused")]
)
async def test_what_became_of_a_refund(code: int, state: RefundState) -> None:
    assert await momo_on(FakeWire(answered(code))).refund(make_refund()) == state


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (httpx.ConnectError("none"), GatewayDown),
        (httpx.ReadTimeout("none"), GatewayUnknown),
        (httpx.Response(502, text="<html>"), GatewayUnknown),
        ({}, GatewayUnknown),
        (answered(99), GatewayUnknown),
        (lambda sent: signed(0)(sent) | {"signature": "0" * 64}, GatewayUnknown),
        (answered(0, orderId="OTHER"), GatewayUnknown),
        (answered(10), GatewayDown),
        (answered(43), GatewayDown),
        (answered(13), GatewayRefused),
        (answered(22), GatewayRefused),
    ],
)
async def test_a_refund_without_an_answer_is_unknown_unless_nothing_can_have_happened(
    reply: Any, error: type[GatewayError]
) -> None:
    wire = FakeWire(reply)
    with pytest.raises(error) as caught:
        await momo_on(wire).refund(make_refund())
    assert len(wire.sent) == 1
    shown = f"{caught.value!r} {caught.value.__cause__!r} {json.dumps(str(caught.value))}"
    assert SECRET_KEY not in shown
    assert ACCESS_KEY not in shown


@pytest.mark.parametrize(
    ("refunds", "state"),
    [
        ([{"orderId": "MAY7KQ2R1", "resultCode": 0}], "done"),
        ([{"orderId": "MAY7KQ2R1", "resultCode": 1081}], "refused"),
        ([{"orderId": "MAY7KQ2R1", "resultCode": 7002}], "pending"),
        ([{"orderId": "MAY7KQ2R1"}], "pending"),
        ([{"orderId": "OTHER", "resultCode": 0}], "pending"),
        ([1, None], "pending"),
        (None, "pending"),
    ],
)
async def test_a_repeated_refund_is_looked_up(refunds: Any, state: RefundState) -> None:
    wire = FakeWire(answered(41), answered(0, transId=1, refundTrans=refunds))
    assert await momo_on(wire).refund(make_refund()) == state
    assert [sent["orderId"] for sent in wire.sent] == ["MAY7KQ2R1", "MAY7KQ2"]
