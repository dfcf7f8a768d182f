"""Published and recomputed signatures, and that nothing signed can be changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.payments import momo_signing, vnpay_signing
from providers.payments.base import NoticeForged, PaymentGateway
from providers.payments.digests import hmac_sha512
from providers.payments.momo import Momo
from providers.payments.momo_signing import CREATE, NOTICE, sign, write_signed, write_values
from providers.payments.vnpay import Vnpay
from providers.payments.vnpay_signing import QUERY_REQUEST, REFUND_REQUEST, sign_query, sign_values, write_query
from tests.providers.payments.support import ACCESS_KEY, SECRET_KEY, FakeWire, momo_on, vnpay_on

V1_FIELDS = {
    "vnp_TnxRef": "1234567890",
    "vnp_OrderInfo": "Payment for order #1234567890",
    "vnp_Amount": "10000",
}
V1_DIGEST = (
    "7bb8160a5d2085a85b3267817a40ee4f770a335282f19714726e6fc6f28a64c7"
    "5a1e7e9c1aa96f3cbda5ce44095088fb4cb2af66c596d2f655b0b53966312089"
)
V2_FIELDS = {
    "vnp_Amount": "1000000",
    "vnp_BankCode": "NCB",
    "vnp_BankTranNo": "VNP14422574",
    "vnp_CardType": "ATM",
    "vnp_OrderInfo": "Thanh toan don hang 2024-05-21T02:17:31.249Z",
    "vnp_PayDate": "20240521091806",
    "vnp_ResponseCode": "00",
    "vnp_TmnCode": "TEST_TMN_CODE",
    "vnp_TransactionNo": "14422574",
    "vnp_TransactionStatus": "00",
    "vnp_TxnRef": "1716257871703",
}
V2_TEXT = (
    "vnp_Amount=1000000&vnp_BankCode=NCB&vnp_BankTranNo=VNP14422574&vnp_CardType=ATM"
    "&vnp_OrderInfo=Thanh+toan+don+hang+2024-05-21T02%3A17%3A31.249Z&vnp_PayDate=20240521091806&vnp_ResponseCode=00"
    "&vnp_TmnCode=TEST_TMN_CODE&vnp_TransactionNo=14422574&vnp_TransactionStatus=00&vnp_TxnRef=1716257871703"
)
V2_DIGEST = (
    "649982421beb422556a1374713c74e58e716ecbd05007c0c0e1f7effdfaf361d"
    "bf146889ca446139afe11b9954c4d5c486e99e3b86fcfab6957f29eb0be72895"
)
V3_DIGEST = (
    "503194f6d93b57b357b2d1d09742565e67e86d771352c5dca4fc8d39df3d392c"
    "6b3809add9405f97cfb9631f445e36c80656cfbf47eac67d97fa165865c13e1b"
)
V4_FIELDS = {
    "vnp_RequestId": "REQUEST123456",
    "vnp_Version": "2.1.0",
    "vnp_Command": "querydr",
    "vnp_TmnCode": "TEST_TMN_CODE",
    "vnp_TxnRef": "TXN123456789",
    "vnp_TransactionDate": "20231221103000",
    "vnp_CreateDate": "20231221103000",
    "vnp_IpAddr": "127.0.0.1",
    "vnp_OrderInfo": "Test order query",
}
V4_DIGEST = (
    "ac23f7e0db3fc8bc6dc83350725b891aa921ec7a83d1a370978d314457eeda17"
    "6ff26a87bd4e13dc896c24890238b29fadf033080a07aa52abafa830cd2eb565"
)
V5_FIELDS = V4_FIELDS | {
    "vnp_RequestId": "REFUND123456",
    "vnp_Command": "refund",
    "vnp_TransactionType": "02",
    "vnp_Amount": "1000000",
    "vnp_TransactionNo": "14422574",
    "vnp_CreateBy": "merchant_user",
    "vnp_OrderInfo": "Test refund order",
}
V5_DIGEST = (
    "1b0d3f82bc64cda12af250a284e72895b965ad745fef5a5b4f2b0ab50142e008"
    "9598fd9fd28e73d1c4ede96932996c3b08b4e9ab8a02fa5e88ecc555afba9a33"
)
M1_FIELDS: dict[str, Any] = {
    "partnerCode": "MOMO",
    "requestId": "MOMO1700000000000",
    "amount": 50000,
    "orderId": "MOMO1700000000000",
    "orderInfo": "pay with MoMo",
    "redirectUrl": "https://momo.vn/return",
    "ipnUrl": "https://callback.url/notify",
    "requestType": "captureWallet",
    "extraData": "",
}
M1_TEXT = (
    "accessKey=F8BBA842ECF85&amount=50000&extraData=&ipnUrl=https://callback.url/notify&orderId=MOMO1700000000000"
    "&orderInfo=pay with MoMo&partnerCode=MOMO&redirectUrl=https://momo.vn/return&requestId=MOMO1700000000000"
    "&requestType=captureWallet"
)
M1_DIGEST = "4378bb95714712f6be833da81f743910a01e5ba6279bfe596b8a08e891259424"
M2_FIELDS: dict[str, Any] = {
    "partnerCode": "MOMO",
    "orderId": "MOMO1700000000000",
    "requestId": "MOMO1700000000000",
    "amount": 50000,
    "orderInfo": "pay with MoMo",
    "orderType": "momo_wallet",
    "transId": 4088878653,
    "resultCode": 0,
    "message": "Giao dịch thành công.",
    "payType": "qr",
    "responseTime": 1700000012345,
    "extraData": "",
}
M2_TEXT = (
    "accessKey=F8BBA842ECF85&amount=50000&extraData=&message=Giao dịch thành công.&orderId=MOMO1700000000000"
    "&orderInfo=pay with MoMo&orderType=momo_wallet&partnerCode=MOMO&payType=qr&requestId=MOMO1700000000000"
    "&responseTime=1700000012345&resultCode=0&transId=4088878653"
)
M2_DIGEST = "87cc0c9994830456ce73cda660d2311233e776b637a6533672008bcb172fd53b"

VNPAY_NOTICE = V2_FIELDS | {"vnp_SecureHash": V2_DIGEST}
MOMO_NOTICE = M2_FIELDS | {"signature": M2_DIGEST}


def test_vnpay_signs_forms_as_published() -> None:
    text = write_query(V1_FIELDS)
    assert text == "vnp_Amount=10000&vnp_OrderInfo=Payment+for+order+%231234567890&vnp_TnxRef=1234567890"
    assert sign_query(V1_FIELDS, "YOUR_SECURE_SECRET") == V1_DIGEST
    assert write_query(V2_FIELDS) == V2_TEXT
    assert sign_query(V2_FIELDS, "test_secret") == V2_DIGEST
    assert sign_query(V2_FIELDS | {"vnp_ResponseCode": "99"}, "test_secret") == V3_DIGEST


def test_vnpay_signs_only_its_own_fields_that_say_something() -> None:
    more = {"vnp_SecureHash": "x", "vnp_SecureHashType": "HMACSHA512", "vnp_BankTranNoX": "", "lang": "vi"}
    assert write_query(V2_FIELDS | more) == V2_TEXT


def test_vnpay_signs_questions_over_joined_values() -> None:
    joined = "REQUEST123456|2.1.0|querydr|TEST_TMN_CODE|TXN123456789|20231221103000|20231221103000|127.0.0.1|"
    assert hmac_sha512("test_secret", f"{joined}Test order query") == V4_DIGEST
    assert sign_values(QUERY_REQUEST, V4_FIELDS, "test_secret") == V4_DIGEST
    assert sign_values(REFUND_REQUEST, V5_FIELDS, "test_secret") == V5_DIGEST


def test_momo_signs_raw_values_in_a_fixed_order() -> None:
    for names, fields, text, digest in (
        (CREATE, M1_FIELDS, M1_TEXT, M1_DIGEST),
        (NOTICE, M2_FIELDS, M2_TEXT, M2_DIGEST),
    ):
        assert write_signed(names, write_values(names, fields), ACCESS_KEY) == text
        assert sign(names, fields, access_key=ACCESS_KEY, secret_key=SECRET_KEY) == digest
        assert list(names) == sorted(names)


Gateways = tuple[PaymentGateway, Mapping[str, Any]]


def gateway_and_notice(name: str) -> Gateways:
    wire = FakeWire({})
    return (vnpay_on(wire), VNPAY_NOTICE) if name == "vnpay" else (momo_on(wire), MOMO_NOTICE)


def flip(value: Any, place: int, other: str) -> Any:
    """The value with one character changed; a number stays one where it can."""
    text = str(value)
    place %= len(text)
    changed = text[:place] + other + text[place + 1 :]
    return int(changed) if isinstance(value, int) and changed.isascii() and changed.isdigit() else changed


def is_refused(gateway: PaymentGateway, notice: Mapping[str, Any]) -> bool:
    try:
        gateway.read_notice(notice)
    except NoticeForged:
        return True
    return False


flips = st.tuples(
    st.sampled_from(["vnpay", "momo"]),
    st.integers(0, 999),
    st.integers(0, 999),
    st.characters(exclude_categories=()),
)


def change_one(name: str, field: int, place: int, other: str) -> tuple[PaymentGateway, Mapping[str, Any]] | None:
    gateway, notice = gateway_and_notice(name)
    key = [each for each in notice if str(notice[each])][field % (len(notice) - (name == "momo"))]
    changed = flip(notice[key], place, other)
    is_hash = key in ("vnp_SecureHash", "signature")
    same = str(changed) == str(notice[key]) or (is_hash and str(changed).lower() == str(notice[key]))
    return None if same else (gateway, {**notice, key: changed})


@settings(max_examples=300, deadline=None)
@given(flips)
def test_no_character_of_a_notice_can_be_changed(flipped: tuple[str, int, int, str]) -> None:
    changed = change_one(*flipped)
    assert changed is None or is_refused(*changed)


@pytest.mark.parametrize("name", ["vnpay", "momo"])
def test_every_character_of_a_notice_counts(name: str) -> None:
    gateway, notice = gateway_and_notice(name)
    assert gateway.read_notice(notice).state == "paid"
    changed = 0
    for key, value in notice.items():
        for place in range(len(str(value))):
            other = "1" if str(value)[place] != "1" else "2"
            assert is_refused(gateway, {**notice, key: flip(value, place, other)}), (key, place)
            changed += 1
        if str(value):
            assert is_refused(gateway, {each: notice[each] for each in notice if each != key}), key
    assert changed > 150


def test_a_field_may_not_be_added_to_what_vnpay_signed() -> None:
    gateway, notice = gateway_and_notice("vnpay")
    assert is_refused(gateway, {**notice, "vnp_PromotionCode": "X"})


def test_a_digest_may_come_in_capitals() -> None:
    for name, field in (("vnpay", "vnp_SecureHash"), ("momo", "signature")):
        gateway, notice = gateway_and_notice(name)
        assert gateway.read_notice({**notice, field: notice[field].upper()}).state == "paid"


def skip_amount_at_vnpay(fields: Mapping[str, Any], secret: str) -> bool:
    """A mutant that does not look at the amount."""
    kept = V2_FIELDS | {name: value for name, value in fields.items() if name != "vnp_Amount"}
    return vnpay_signing.is_query_signed(kept, secret)


def skip_amount_at_momo(names: tuple[str, ...], fields: Mapping[str, Any], **keys: str) -> bool:
    return momo_signing.is_signed(names, {**fields, "amount": 50000}, **keys)


@pytest.mark.parametrize(
    ("name", "module", "checker", "mutant"),
    [
        ("vnpay", Vnpay, "is_query_signed", skip_amount_at_vnpay),
        ("momo", Momo, "is_signed", skip_amount_at_momo),
    ],
)
def test_a_reader_that_skips_one_field_is_found_out(
    name: str, module: type, checker: str, mutant: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{module.__module__}.{checker}", mutant)
    with pytest.raises(AssertionError, match="mount"):
        test_every_character_of_a_notice_counts(name)
