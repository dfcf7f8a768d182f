"""What we send VNPAY, and what we make of what it says."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import httpx
import pytest

from core.deadlines import deadline
from domain.money import Money
from providers.payments.base import (
    GatewayDown,
    GatewayError,
    GatewayRefused,
    GatewayReply,
    GatewayUnknown,
    NoticeForged,
    NoticeUnreadable,
    PaymentState,
    RefundState,
    Verdict,
)
from providers.payments.vnpay_signing import (
    HASH_FIELD,
    QUERY_REQUEST,
    QUERY_RESPONSE,
    REFUND_REQUEST,
    REFUND_RESPONSE,
    is_query_signed,
    sign_values,
)
from tests.providers.flights.test_wire_fuzz import JUNK
from tests.providers.payments.support import (
    HASH_SECRET,
    NOW,
    FakeWire,
    Json,
    answer_vnpay,
    make_charge,
    make_refund,
    query_of,
    sign_vnpay,
    vnd,
    vnpay_on,
)

SILENT = FakeWire({})
NOTICE = {
    "vnp_TmnCode": "TEST_TMN_CODE",
    "vnp_Amount": "189000000",
    "vnp_TxnRef": "MAY7KQ2",
    "vnp_TransactionNo": "14422574",
    "vnp_ResponseCode": "00",
    "vnp_TransactionStatus": "00",
    "vnp_OrderInfo": "Ve may bay MAY7KQ",
    "vnp_BankCode": "NCB",
}
PAID = {
    "vnp_ResponseCode": "00",
    "vnp_TransactionStatus": "00",
    "vnp_TransactionNo": "14422574",
    "vnp_Amount": "189000000",
    "vnp_TransactionType": "01",
}


def read(**changes: str) -> Any:
    return vnpay_on(SILENT).read_notice(sign_vnpay(NOTICE | changes))


async def test_a_link_says_all_vnpay_wants_and_is_signed() -> None:
    link = await vnpay_on(SILENT).create_link(make_charge())
    fields = query_of(link)
    assert is_query_signed(fields, HASH_SECRET)
    assert link.startswith("https://vnpay.test/paymentv2/vpcpay.html?vnp_Amount=189000000&")
    assert "vnp_OrderInfo=Ve+may+bay+MAY7KQ&" in link
    del fields[HASH_FIELD]
    assert fields == {
        "vnp_Version": "2.1.0",
        "vnp_Command": "pay",
        "vnp_TmnCode": "TEST_TMN_CODE",
        "vnp_Amount": "189000000",
        "vnp_CurrCode": "VND",
        "vnp_TxnRef": "MAY7KQ2",
        "vnp_OrderInfo": "Ve may bay MAY7KQ",
        "vnp_OrderType": "other",
        "vnp_Locale": "vn",
        "vnp_ReturnUrl": "https://shop.test/payments/return?id=1",
        "vnp_IpAddr": "203.0.113.9",
        "vnp_CreateDate": "20261122003005",
        "vnp_ExpireDate": "20261122004505",
    }
    assert SILENT.sent == []


async def test_the_same_charge_has_the_same_link_in_the_travellers_language() -> None:
    vnpay = vnpay_on(SILENT)
    assert await vnpay.create_link(make_charge()) == await vnpay.create_link(make_charge())
    assert query_of(await vnpay.create_link(make_charge(language="en")))["vnp_Locale"] == "en"


@pytest.mark.parametrize(
    "wrong",
    [
        {"description": "Vé máy bay"},
        {"description": "A&B"},
        {"description": ""},
        {"description": "a" * 256},
        {"reference": "MAY-1"},
        {"reference": ""},
        {"reference": "x" * 33},
        {"amount": vnd(0)},
        {"amount": vnd(-1000)},
        {"amount": Money(amount_minor=100, currency="USD")},
    ],
)
async def test_a_charge_that_cannot_be_right_is_our_bug(wrong: Json) -> None:
    with pytest.raises(ValueError, match="is"):
        await vnpay_on(SILENT).create_link(make_charge(**wrong))


def test_a_paid_notice_says_how_much_exactly() -> None:
    notice = read()
    assert (notice.state, notice.amount, notice.reference) == ("paid", vnd(1_890_000), "MAY7KQ2")
    assert (notice.transaction, notice.reason) == ("14422574", None)


@pytest.mark.parametrize(
    ("code", "status", "state", "reason"),
    [
        ("00", "00", "paid", None),
        ("99", "00", "failed", "99"),
        ("00", "02", "failed", "02"),
        ("24", "02", "failed", "24"),
        ("11", "02", "failed", "11"),
        ("07", "00", "pending", None),
        ("00", "01", "pending", None),
        ("00", "04", "pending", None),
        ("00", "07", "pending", None),
        ("00", "05", "pending", None),
    ],
)
def test_only_two_zeroes_are_paid(code: str, status: str, state: PaymentState, reason: str | None) -> None:
    notice = read(vnp_ResponseCode=code, vnp_TransactionStatus=status)
    assert (notice.state, notice.reason) == (state, reason)


def test_an_event_has_one_name_and_another_event_another() -> None:
    names = {
        read().event_id,
        read(vnp_Amount="189000100").event_id,
        read(vnp_TransactionNo="14422575").event_id,
        read(vnp_TransactionStatus="02").event_id,
        read(vnp_TxnRef="MAY7KQ3").event_id,
    }
    assert len(names) == 5
    assert read(vnp_BankCode="VCB").event_id == read().event_id


@pytest.mark.parametrize(
    "changes",
    [
        {"vnp_Amount": "189000050"},
        {"vnp_Amount": ""},
        {"vnp_Amount": "-100"},
        {"vnp_Amount": "1e9"},
        {"vnp_Amount": "٣٠٠"},
        {"vnp_Amount": "9" * 30},
        {"vnp_TmnCode": "OTHER"},
        {"vnp_TxnRef": "a b"},
        {"vnp_TxnRef": ""},
        {"vnp_TransactionNo": "0"},
        {"vnp_TransactionNo": "x"},
        {"vnp_ResponseCode": ""},
        {"vnp_TransactionStatus": "0 0"},
    ],
)
def test_a_signed_notice_that_makes_no_sense_is_unreadable(changes: dict[str, str]) -> None:
    with pytest.raises(NoticeUnreadable):
        read(**changes)


def test_the_signature_is_looked_at_first() -> None:
    for fields in ({}, {"vnp_Amount": "x"}, NOTICE, NOTICE | {HASH_FIELD: ""}, NOTICE | {HASH_FIELD: "ü" * 128}):
        with pytest.raises(NoticeForged):
            vnpay_on(SILENT).read_notice(fields)


def test_junk_gives_a_notice_or_an_error_of_the_port() -> None:
    random, vnpay, outcomes = Random(7), vnpay_on(SILENT), set[str]()
    for _ in range(3000):
        fields: Json = dict(NOTICE)
        for _ in range(random.choice((0, 1, 1, 2, 5))):
            fields[random.choice([*NOTICE, HASH_FIELD, "x"])] = random.choice(JUNK)
        if random.random() < 0.7 and all(isinstance(value, str) for value in fields.values()):
            fields = sign_vnpay(fields)
        try:
            outcomes.add(vnpay.read_notice(fields).state)
        except GatewayError as error:
            outcomes.add(type(error).__name__)
    assert outcomes == {"paid", "failed", "NoticeForged", "NoticeUnreadable"}


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        ("accepted", "00"),
        ("repeated", "02"),
        ("unknown_payment", "01"),
        ("wrong_amount", "04"),
        ("forged", "97"),
        ("unreadable", "99"),
        ("try_again", "99"),
    ],
)
def test_each_verdict_has_vnpays_code(verdict: Verdict, code: str) -> None:
    status, body = vnpay_on(SILENT).reply(verdict)
    assert status == 200
    assert body is not None
    assert body["RspCode"] == code
    assert body["Message"]
    assert isinstance(vnpay_on(SILENT).reply(verdict), GatewayReply)


async def test_asking_names_the_charge_by_reference_and_time_and_is_signed() -> None:
    wire = FakeWire(answer_vnpay(QUERY_RESPONSE, **PAID))
    notice = await vnpay_on(wire).ask(make_charge())
    assert notice == read()
    (sent,) = wire.sent
    assert sent[HASH_FIELD] == sign_values(QUERY_REQUEST, sent, HASH_SECRET)
    assert (sent["vnp_Command"], sent["vnp_TxnRef"], sent["vnp_TransactionDate"], sent["vnp_CreateDate"]) == (
        "querydr",
        "MAY7KQ2",
        "20261122003005",
        "20261122003005",
    )
    assert set(sent) == {*QUERY_REQUEST, HASH_FIELD}
    await vnpay_on(wire).ask(make_charge())
    assert wire.sent[1]["vnp_RequestId"] != sent["vnp_RequestId"]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("00", "paid"),
        ("01", "pending"),
        ("02", "failed"),
        ("04", "pending"),
        ("05", "paid"),
        ("06", "paid"),
        ("07", "pending"),
        ("09", "paid"),
    ],
)
async def test_the_status_of_an_answer_is_the_payments(status: str, state: PaymentState) -> None:
    wire = FakeWire(answer_vnpay(QUERY_RESPONSE, **PAID | {"vnp_TransactionStatus": status}))
    notice = await vnpay_on(wire).ask(make_charge())
    assert notice is not None
    assert notice.state == state


async def test_a_number_in_an_answer_may_be_a_number() -> None:
    answer = answer_vnpay(QUERY_RESPONSE, **PAID)
    wire = FakeWire(answer | {"vnp_Amount": 189000000, "vnp_PromotionCode": None})
    assert await vnpay_on(wire).ask(make_charge()) == read()


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer_vnpay(QUERY_RESPONSE, **PAID) | {"vnp_Amount": "100"}, NoticeForged),
        (answer_vnpay(QUERY_RESPONSE, **PAID) | {HASH_FIELD: "0" * 128}, NoticeForged),
        (answer_vnpay(QUERY_RESPONSE, **PAID, vnp_TxnRef="OTHER"), NoticeForged),
        ({"vnp_ResponseCode": "91"}, NoticeForged),
        ({"vnp_ResponseCode": "97", "vnp_Message": "Invalid checksum"}, GatewayRefused),
        ({"vnp_ResponseCode": "97", HASH_FIELD: "0" * 128}, NoticeForged),
        (answer_vnpay(QUERY_RESPONSE, vnp_ResponseCode="02"), GatewayRefused),
        (answer_vnpay(QUERY_RESPONSE, vnp_ResponseCode="94"), GatewayDown),
        (answer_vnpay(QUERY_RESPONSE, vnp_ResponseCode="99"), GatewayDown),
        (answer_vnpay(QUERY_RESPONSE, **PAID | {"vnp_Amount": "1"}), GatewayDown),
        ({}, GatewayDown),
        (httpx.Response(502, text="<html>"), GatewayDown),
        (httpx.Response(200, text="[" * 100_000), GatewayDown),
        (httpx.Response(200, json=[1]), GatewayDown),
        (httpx.ConnectError("refused"), GatewayDown),
        (httpx.ReadTimeout("slow"), GatewayDown),
    ],
)
async def test_an_answer_that_tells_nothing_is_an_error(reply: Any, error: type[GatewayError]) -> None:
    with pytest.raises(error):
        await vnpay_on(FakeWire(reply)).ask(make_charge())


async def test_a_charge_vnpay_does_not_know_is_none() -> None:
    wire = FakeWire(answer_vnpay(QUERY_RESPONSE, vnp_ResponseCode="91"))
    assert await vnpay_on(wire).ask(make_charge()) is None


async def test_nothing_is_asked_once_the_time_is_over() -> None:
    wire = FakeWire(answer_vnpay(QUERY_RESPONSE, **PAID))
    with deadline(0), pytest.raises(GatewayDown):
        await vnpay_on(wire).ask(make_charge())
    assert wire.sent == []


async def test_a_question_waits_ten_seconds_or_what_is_left_and_a_refund_thirty() -> None:
    wire = FakeWire(answer_vnpay(QUERY_RESPONSE, **PAID), answer_vnpay(REFUND_RESPONSE, vnp_ResponseCode="95"))
    await vnpay_on(wire).ask(make_charge())
    with deadline(4):
        await vnpay_on(wire).refund(make_refund())
        wire.replies = [answer_vnpay(QUERY_RESPONSE, **PAID)]
        await vnpay_on(wire).ask(make_charge())
    assert wire.seconds[:2] == [10, 30]
    assert 0 < wire.seconds[2] <= 4


async def test_a_refund_is_sent_whatever_the_deadline() -> None:
    wire = FakeWire(answer_vnpay(REFUND_RESPONSE, vnp_ResponseCode="00", vnp_TransactionStatus="00"))
    with deadline(0):
        assert await vnpay_on(wire).refund(make_refund()) == "done"
    (sent,) = wire.sent
    assert sent[HASH_FIELD] == sign_values(REFUND_REQUEST, sent, HASH_SECRET)
    assert set(sent) == {*REFUND_REQUEST, HASH_FIELD}
    assert {name: sent[name] for name in ("vnp_RequestId", "vnp_TransactionType", "vnp_Amount")} == {
        "vnp_RequestId": "MAY7KQ2R1",
        "vnp_TransactionType": "02",
        "vnp_Amount": "189000000",
    }
    assert (sent["vnp_TransactionNo"], sent["vnp_TransactionDate"]) == ("14422574", "20261122003005")


async def test_a_part_is_a_partial_refund() -> None:
    wire = FakeWire(answer_vnpay(REFUND_RESPONSE, vnp_ResponseCode="00", vnp_TransactionStatus="05"))
    assert await vnpay_on(wire).refund(make_refund(amount=vnd(500_000))) == "pending"
    assert (wire.sent[0]["vnp_TransactionType"], wire.sent[0]["vnp_Amount"]) == ("03", "50000000")
    with pytest.raises(ValueError, match="more than what was charged"):
        await vnpay_on(wire).refund(make_refund(amount=vnd(1_890_001)))


@pytest.mark.parametrize(
    ("code", "status", "state"),
    [
        ("00", "00", "done"),
        ("00", "06", "pending"),
        ("00", "09", "refused"),
        ("00", "", "pending"),
        ("95", "", "refused"),
    ],
)
async def test_what_became_of_a_refund(code: str, status: str, state: RefundState) -> None:
    wire = FakeWire(answer_vnpay(REFUND_RESPONSE, vnp_ResponseCode=code, vnp_TransactionStatus=status))
    assert await vnpay_on(wire).refund(make_refund()) == state


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (httpx.ConnectTimeout("none"), GatewayDown),
        (httpx.ReadTimeout("none"), GatewayUnknown),
        (httpx.RemoteProtocolError("cut"), GatewayUnknown),
        (httpx.Response(502, text="<html>"), GatewayUnknown),
        (httpx.Response(200, text="<html>"), GatewayUnknown),
        ({}, GatewayUnknown),
        (answer_vnpay(REFUND_RESPONSE, vnp_ResponseCode="00") | {HASH_FIELD: "0" * 128}, GatewayUnknown),
        (answer_vnpay(REFUND_RESPONSE, vnp_ResponseCode="99"), GatewayUnknown),
        (answer_vnpay(REFUND_RESPONSE, vnp_ResponseCode="91"), GatewayRefused),
        ({"vnp_ResponseCode": "97"}, GatewayRefused),
    ],
)
async def test_a_refund_without_an_answer_is_unknown_unless_nothing_can_have_arrived(
    reply: Any, error: type[GatewayError]
) -> None:
    wire = FakeWire(reply)
    with pytest.raises(error) as caught:
        await vnpay_on(wire).refund(make_refund())
    assert len(wire.sent) == 1
    assert HASH_SECRET not in f"{caught.value!r} {caught.value.__cause__!r}"


@pytest.mark.parametrize(
    ("kind", "status", "amount", "state"),
    [
        ("02", "00", 1_890_000, "done"),
        ("02", "05", 1_890_000, "pending"),
        ("02", "09", 1_890_000, "refused"),
        ("01", "00", 1_890_000, "pending"),
        ("03", "00", 500_000, "pending"),
    ],
)
async def test_a_repeated_refund_is_looked_up(kind: str, status: str, amount: int, state: RefundState) -> None:
    looked_up = PAID | {"vnp_TransactionType": kind, "vnp_TransactionStatus": status}
    wire = FakeWire(answer_vnpay(REFUND_RESPONSE, vnp_ResponseCode="94"), answer_vnpay(QUERY_RESPONSE, **looked_up))
    assert await vnpay_on(wire).refund(make_refund(amount=vnd(amount))) == state
    assert [sent["vnp_Command"] for sent in wire.sent] == ["refund", "querydr"]


async def test_a_repeated_refund_that_cannot_be_looked_up_is_pending() -> None:
    wire = FakeWire(answer_vnpay(REFUND_RESPONSE, vnp_ResponseCode="94"), httpx.ReadTimeout("none"))
    assert await vnpay_on(wire).refund(make_refund(charged_at=NOW - timedelta(days=2))) == "pending"
