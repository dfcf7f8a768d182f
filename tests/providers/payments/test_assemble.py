"""Which gateways there are: those of a contract, imitations for play money, or none."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from core.settings import Settings
from providers.payments.assemble import create_payment_gateways, has_simulated_gateways

VNPAY: dict[str, Any] = {"vnpay_tmn_code": "SHOP0001", "vnpay_hash_secret": "secret"}
MOMO: dict[str, Any] = {"momo_partner_code": "MOMO", "momo_access_key": "key", "momo_secret_key": "secret"}
LIVE_MOMO = MOMO | {"momo_base_url": "https://payment.momo.vn"}
LIVE_FLIGHTS: dict[str, Any] = {"duffel_access_token": "duffel_live_x"}
TEST_FLIGHTS: dict[str, Any] = {"duffel_access_token": "duffel_test_x"}
BOTH = [("vnpay", "simulated"), ("momo", "simulated")]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, BOTH),
        (TEST_FLIGHTS, BOTH),
        (VNPAY, [("vnpay", "test")]),
        (VNPAY | MOMO | TEST_FLIGHTS, [("vnpay", "test"), ("momo", "test")]),
        (LIVE_MOMO | LIVE_FLIGHTS, [("momo", "live")]),
        (LIVE_FLIGHTS, []),
        ({"public_base_url": "https://travel.example"}, []),
        ({"app_env": "production"}, []),
    ],
)
def test_gateways_are_of_the_world_of_the_flights(values: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    settings = Settings(_env_file=None, **values)
    gateways = create_payment_gateways(settings, httpx.AsyncClient())
    assert [(each.name, each.mode) for each in gateways] == expected
    assert has_simulated_gateways(settings) == (expected == BOTH)
