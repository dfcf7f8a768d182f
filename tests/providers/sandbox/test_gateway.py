"""The whole way of a payment at the simulated gateways: link, page, notice, question, refund; and what goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from core.clock import clock
from db.session import Transactions, create_engine, open_transactions
from providers.payments.base import GatewayDown, GatewayRefused, GatewayUnknown, PaymentNotice
from providers.payments.momo_signing import sign
from providers.payments.vnpay_signing import HASH_FIELD, QUERY_REQUEST, sign_query, sign_values
from providers.sandbox import gateway as box
from providers.sandbox.faults import FaultKind
from tests.conftest import copy_database
from tests.providers.sandbox.gateway_shop import PRICE, GatewayName, Shop, open_shop, returned
from tests.support.waiting import eventually

both = pytest.mark.parametrize("name", ["vnpay", "momo"])


@pytest.fixture(scope="module")
async def served(database_server: str, template_database: str) -> AsyncIterator[tuple[Shop, Transactions]]:
    """One server for all tests here; each has a reference of its own."""
    with copy_database(database_server, template_database) as url:
        engine = create_engine(url)
        async with open_shop(open_transactions(engine)) as shop:
            yield shop, open_transactions(engine)
        await engine.dispose()


@pytest.fixture
def shop(served: tuple[Shop, Transactions]) -> Shop:
    shop, _ = served
    shop.faults.clear()
    shop.verdicts.clear()
    shop.notices.clear()
    shop.is_deaf = False
    return shop


@pytest.fixture
def reference(request: pytest.FixtureRequest) -> str:
    return "".join(each for each in request.node.name if each.isascii() and each.isalnum())[-32:]


async def ask(shop: Shop, name: GatewayName, reference: str) -> PaymentNotice:
    notice = await shop.gateways[name].ask(shop.make_charge(name, reference))
    assert notice is not None
    return notice


async def open_link(shop: Shop, name: GatewayName, reference: str) -> str:
    return await shop.gateways[name].create_link(shop.make_charge(name, reference))


@both
async def test_a_payment_is_told_before_the_browser_is_back_and_can_be_asked_about(
    shop: Shop, name: GatewayName, reference: str
) -> None:
    gateway, charge = shop.gateways[name], shop.make_charge(name, reference)
    link = await gateway.create_link(charge)
    assert await gateway.create_link(charge) == link
    assert "1.890.000" in (await shop.http.get(link)).text
    assert (await ask(shop, name, reference)).state == "pending"

    back = returned(await shop.pay(link))
    assert back.pop("booking") == "1"
    assert shop.verdicts == ["accepted"]
    (told,) = shop.notices
    assert (told.state, told.amount, told.reference) == ("paid", PRICE, reference)
    assert gateway.read_notice(back) == told
    assert await ask(shop, name, reference) == told


async def test_vnpay_knows_no_charge_whose_link_nobody_opened(shop: Shop, reference: str) -> None:
    charge = shop.make_charge("vnpay", reference)
    assert await shop.gateways["vnpay"].ask(charge) is None
    await shop.http.get(await shop.gateways["vnpay"].create_link(charge))
    assert (await ask(shop, "vnpay", reference)).state == "pending"
    later = shop.make_charge("vnpay", reference, created_at=clock.now() + timedelta(seconds=1))
    assert await shop.gateways["vnpay"].ask(later) is None


@both
@pytest.mark.parametrize(
    ("answer", "reasons", "has_number"),
    [("fail", {"51", "02", "1001"}, True), ("cancel", {"24", "02", "1006"}, False)],
)
async def test_a_payment_that_fails_is_told_too(
    shop: Shop, name: GatewayName, reference: str, answer: str, reasons: set[str], has_number: bool
) -> None:
    back = returned(await shop.pay(await open_link(shop, name, reference), answer))
    (told,) = shop.notices
    assert shop.gateways[name].read_notice(back) == told
    assert (told.state, told.reason in reasons, told.transaction is not None) == ("failed", True, has_number)
    asked = await ask(shop, name, reference)
    assert (asked.state, asked.event_id, asked.reason in reasons) == ("failed", told.event_id, True)


@both
async def test_nobody_pays_twice(shop: Shop, name: GatewayName, reference: str) -> None:
    link = await open_link(shop, name, reference)
    answers = await asyncio.gather(*(shop.pay(link) for _ in range(4)), shop.pay(link, "cancel"))
    assert {answer.status_code for answer in answers} == {303}
    assert len(shop.notices) == 1
    again = await shop.pay(link, "fail")
    assert shop.gateways[name].read_notice(returned(again)) == shop.notices[0]
    assert len(shop.verdicts) == 1


@both
async def test_a_link_takes_no_money_after_its_time(shop: Shop, name: GatewayName, reference: str) -> None:
    link = await open_link(shop, name, reference)
    await shop.http.get(link)
    with clock.frozen(clock.now() + timedelta(minutes=15)):
        assert "hết hạn" in (await shop.http.get(link)).text
        back = returned(await shop.pay(link))
    assert shop.gateways[name].read_notice(back).state == "failed"
    assert (await ask(shop, name, reference)).state == "failed"


@both
async def test_whoever_closes_the_browser_has_paid(shop: Shop, name: GatewayName, reference: str) -> None:
    page = await shop.pay(await open_link(shop, name, reference), "pay_close")
    assert page.status_code == 200
    assert "Đã thanh toán" in page.text
    assert shop.verdicts == ["accepted"]


@both
async def test_a_shop_that_hears_late_can_ask_before(shop: Shop, name: GatewayName, reference: str) -> None:
    returned(await shop.pay(await open_link(shop, name, reference), "pay_late"))
    assert shop.verdicts == []
    assert (await ask(shop, name, reference)).state == "paid"


@both
@pytest.mark.parametrize(
    ("kind", "verdicts"),
    [
        ("notice_first", ["accepted"]),
        ("duplicate_notice", ["accepted", "repeated"]),
        ("lost_notice", []),
        ("forged_notice", ["forged"] * 3),
        ("wrong_amount_notice", ["wrong_amount"]),
    ],
)
async def test_a_notice_goes_wrong_as_told_and_asking_tells_the_truth(
    shop: Shop, name: GatewayName, reference: str, kind: FaultKind, verdicts: list[str], quick: None
) -> None:
    fault = shop.faults.arm("notice", kind)
    returned(await shop.pay(await open_link(shop, name, reference)))
    assert fault.met == 1
    # VNPAY hears 04 as "tell me again", MoMo's 204 says nothing
    expected = verdicts * 3 if (name, kind) == ("vnpay", "wrong_amount_notice") else verdicts
    assert shop.verdicts == expected
    asked = await ask(shop, name, reference)
    assert (asked.state, asked.amount) == ("paid", PRICE)
    assert all(told == asked for told in shop.notices)


@both
@pytest.mark.parametrize("kind", ["redirect_first", "late_notice"])
async def test_a_notice_may_come_after_the_browser(
    shop: Shop, name: GatewayName, reference: str, kind: FaultKind
) -> None:
    shop.faults.arm("notice", kind, seconds=0.05)
    returned(await shop.pay(await open_link(shop, name, reference)))

    async def is_told() -> bool:
        return bool(shop.notices)

    await eventually(is_told)
    assert shop.verdicts == ["accepted"]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.sandbox.gateway_notices.PAUSE_SECONDS", 0.01)


@both
async def test_a_shop_that_does_not_listen_is_told_again(
    shop: Shop, name: GatewayName, reference: str, quick: None
) -> None:
    shop.is_deaf = True
    returned(await shop.pay(await open_link(shop, name, reference)))
    assert shop.verdicts == ["try_again"] * 3


@both
async def test_money_goes_back_once_for_each_reference_and_never_more_than_came(
    shop: Shop, name: GatewayName, reference: str
) -> None:
    gateway, charge = shop.gateways[name], shop.make_charge(name, reference[-20:])
    returned(await shop.pay(await gateway.create_link(charge)))
    (told,) = shop.notices
    part = shop.make_refund(charge, told, 890_000)
    assert await gateway.refund(part) == "done"
    repeated = await gateway.refund(part)
    assert repeated == ("done" if name == "momo" else "pending")
    assert await gateway.refund(shop.make_refund(charge, told, 1_000_001, n=2)) == "refused"
    assert await gateway.refund(shop.make_refund(charge, told, 1_000_000, n=3)) == "done"
    assert await gateway.refund(shop.make_refund(charge, told, 1_000, n=4)) == "refused"
    assert (await ask(shop, name, charge.reference)).state == "paid"


@both
async def test_a_full_refund_that_is_repeated_is_known_to_be_done(
    shop: Shop, name: GatewayName, reference: str
) -> None:
    gateway, charge = shop.gateways[name], shop.make_charge(name, reference[-20:])
    returned(await shop.pay(await gateway.create_link(charge)))
    order = shop.make_refund(charge, shop.notices[0])
    shop.faults.arm("refund", "server_error_after")
    with pytest.raises(GatewayUnknown):
        await gateway.refund(order)
    assert await gateway.refund(order) == "done"
    assert (await asyncio.gather(*(gateway.refund(order) for _ in range(3)))) == ["done"] * 3


@both
async def test_what_was_not_paid_is_not_refunded(shop: Shop, name: GatewayName, reference: str) -> None:
    gateway, charge = shop.gateways[name], shop.make_charge(name, reference[-20:])
    returned(await shop.pay(await gateway.create_link(charge), "fail"))
    with pytest.raises(GatewayRefused):
        await gateway.refund(shop.make_refund(charge, shop.notices[0]))


@both
@pytest.mark.parametrize("kind", ["server_error", "server_error_after", "garbage"])
async def test_calls_fail_as_told(shop: Shop, name: GatewayName, reference: str, kind: FaultKind) -> None:
    gateway, charge = shop.gateways[name], shop.make_charge(name, reference[-20:])
    returned(await shop.pay(await gateway.create_link(charge)))
    shop.faults.arm("query", kind)
    with pytest.raises(GatewayDown):
        await gateway.ask(charge)
    order = shop.make_refund(charge, shop.notices[0])
    shop.faults.arm("refund", kind)
    with pytest.raises(GatewayUnknown):
        await gateway.refund(order)
    assert await gateway.refund(order) == "done"


@both
async def test_a_slow_call_answers_all_the_same(shop: Shop, name: GatewayName, reference: str) -> None:
    returned(await shop.pay(await open_link(shop, name, reference)))
    fault = shop.faults.arm("query", "slow", seconds=0.01)
    assert (await ask(shop, name, reference)).state == "paid"
    assert fault.met == 1


@both
async def test_a_refund_said_to_be_repeated_that_nobody_has_is_pending(
    shop: Shop, name: GatewayName, reference: str
) -> None:
    gateway, charge = shop.gateways[name], shop.make_charge(name, reference[-20:])
    returned(await shop.pay(await gateway.create_link(charge)))
    shop.faults.arm("refund", "duplicate_request")
    assert await gateway.refund(shop.make_refund(charge, shop.notices[0])) == "pending"


async def test_momo_gives_the_link_of_an_order_it_has_while_it_waits(shop: Shop, reference: str) -> None:
    link = await open_link(shop, "momo", reference)
    shop.faults.arm("create_link", "duplicate_request", times=2)
    assert await open_link(shop, "momo", reference) == link
    returned(await shop.pay(link))
    with pytest.raises(GatewayRefused, match="41"):
        await open_link(shop, "momo", reference)


async def test_momo_makes_no_second_charge_of_one_order(shop: Shop, reference: str) -> None:
    async def create(amount: int, order: str, request: str) -> int:
        body = {
            "partnerCode": box.SANDBOX_PARTNER_CODE,
            "requestId": request,
            "amount": amount,
            "orderId": order,
            "orderInfo": "x",
            "redirectUrl": f"{shop.url}/return",
            "ipnUrl": f"{shop.url}/notice/momo",
            "requestType": "captureWallet",
            "extraData": "",
        }
        names = tuple(sorted(body))
        signature = sign(names, body, access_key=box.SANDBOX_ACCESS_KEY, secret_key=box.SANDBOX_SECRET_KEY)
        url = f"{shop.url}{box.MOMO_PATH}/v2/gateway/api/create"
        code: int = (await shop.http.post(url, json=body | {"signature": signature})).json()["resultCode"]
        return code

    assert await create(50_000, f"{reference}A", f"{reference}1") == 0
    assert await create(50_000, f"{reference}A", f"{reference}1") == 0
    assert await create(60_000, f"{reference}A", f"{reference}1") == 41
    assert await create(50_000, f"{reference}A", f"{reference}2") == 41
    assert await create(50_000, f"{reference}B", f"{reference}1") == 40
    assert await create(999, f"{reference}C", f"{reference}3") == 22


@both
async def test_a_link_that_was_changed_leads_nowhere(shop: Shop, name: GatewayName, reference: str) -> None:
    link = await open_link(shop, name, reference)
    changed = link.replace("189000000", "100") if name == "vnpay" else link.replace("t=", "t=X")
    assert changed != link
    for page in (await shop.http.get(changed), await shop.pay(changed)):
        assert page.status_code == 400
    assert shop.verdicts == []


async def test_vnpay_takes_no_link_of_another_version_or_with_a_hash_type(shop: Shop, reference: str) -> None:
    link = httpx.URL(await open_link(shop, "vnpay", reference))
    fields = {key: value for key, value in link.params.items() if key != HASH_FIELD}
    old = {**fields, "vnp_Version": "2.0.0"}
    for wrong in (
        old | {HASH_FIELD: sign_query(old, box.SANDBOX_HASH_SECRET)},
        {**link.params, "vnp_SecureHashType": "x"},
    ):
        assert (await shop.http.get(link.copy_with(params=wrong))).status_code == 400


async def test_vnpay_does_not_answer_whom_it_does_not_know(shop: Shop) -> None:
    url = f"{shop.url}{box.VNPAY_PATH}/merchant_webapi/api/transaction"
    fields = {"vnp_Command": "querydr", "vnp_TmnCode": box.SANDBOX_TMN_CODE, "vnp_TxnRef": "X"}
    signed = fields | {HASH_FIELD: sign_values(QUERY_REQUEST, fields, "another secret")}
    for body, code in ((signed, "97"), (signed | {"vnp_TmnCode": "X"}, "02"), ({}, "03"), ([1], "03")):
        answer = (await shop.http.post(url, json=body)).json()
        assert answer["vnp_ResponseCode"] == code
        assert HASH_FIELD not in answer


@both
@pytest.mark.parametrize(("language", "words"), [("vi", "Thanh toán trước 09:15"), ("en", "Pay before 09:15")])
async def test_the_page_says_what_it_is_in_both_languages(
    shop: Shop, name: GatewayName, reference: str, language: str, words: str
) -> None:
    charge = shop.make_charge(name, reference, language=language)
    link = await shop.gateways[name].create_link(charge)
    page = (await shop.http.get(link)).text
    assert f'<html lang="{language}">' in page
    assert words in page
    assert ("Mô phỏng" if language == "vi" else "Simulated") in page
    assert reference in page
    other = "en" if language == "vi" else "vi"
    assert f'<html lang="{other}">' in (await shop.http.get(f"{link}&lang={other}")).text
