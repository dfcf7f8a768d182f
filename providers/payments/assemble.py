"""Which payment gateways this installation has: those it has a contract with, else imitations of them."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

from core.clock import clock
from core.origins import is_local_name
from core.settings import Settings
from providers.payments.base import GatewayMode, PaymentGateway
from providers.payments.momo import Momo
from providers.payments.vnpay import Vnpay
from providers.sandbox.gateway import (
    MOMO_PATH,
    SANDBOX_ACCESS_KEY,
    SANDBOX_HASH_SECRET,
    SANDBOX_PARTNER_CODE,
    SANDBOX_SECRET_KEY,
    SANDBOX_TMN_CODE,
    VNPAY_PATH,
)
from providers.sandbox.vnpay_face import API_PATH, PAY_PATH


def has_simulated_gateways(settings: Settings) -> bool:
    """Whether this server plays VNPAY and MoMo itself: for play money, and not under a name the open web can reach."""
    is_local = settings.app_env == "local" and is_local_name(urlsplit(settings.base_url).hostname or "")
    return is_local and settings.flight_world != "live" and settings.payment_world is None


def create_payment_gateways(settings: Settings, http: httpx.AsyncClient) -> tuple[PaymentGateway, ...]:
    """Every gateway there is a contract with; with none, the simulated ones, for flights that are not live.

    The caller owns the HTTP client, which must reach this server where the simulated ones are used.
    """
    if has_simulated_gateways(settings):
        return _create_simulated(settings.base_url, http)
    gateways: list[PaymentGateway] = []
    mode: GatewayMode = "live" if settings.payment_world == "live" else "test"
    if settings.vnpay_tmn_code is not None and settings.vnpay_hash_secret is not None:
        vnpay = Vnpay(
            http,
            tmn_code=settings.vnpay_tmn_code,
            hash_secret=settings.vnpay_hash_secret.get_secret_value(),
            pay_url=settings.vnpay_pay_url,
            api_url=settings.vnpay_api_url,
            clock=clock.now,
            mode=mode,
        )
        gateways.append(vnpay)
    if settings.momo_partner_code and settings.momo_access_key and settings.momo_secret_key:
        momo = Momo(
            http,
            partner_code=settings.momo_partner_code,
            access_key=settings.momo_access_key.get_secret_value(),
            secret_key=settings.momo_secret_key.get_secret_value(),
            base_url=settings.momo_base_url,
            clock=clock.now,
            mode=mode,
        )
        gateways.append(momo)
    return tuple(gateways)


def _create_simulated(base_url: str, http: httpx.AsyncClient) -> tuple[PaymentGateway, ...]:
    vnpay = Vnpay(
        http,
        tmn_code=SANDBOX_TMN_CODE,
        hash_secret=SANDBOX_HASH_SECRET,
        pay_url=f"{base_url}{VNPAY_PATH}{PAY_PATH}",
        api_url=f"{base_url}{VNPAY_PATH}{API_PATH}",
        clock=clock.now,
        mode="simulated",
    )
    momo = Momo(
        http,
        partner_code=SANDBOX_PARTNER_CODE,
        access_key=SANDBOX_ACCESS_KEY,
        secret_key=SANDBOX_SECRET_KEY,
        base_url=f"{base_url}{MOMO_PATH}",
        clock=clock.now,
        mode="simulated",
    )
    return vnpay, momo
