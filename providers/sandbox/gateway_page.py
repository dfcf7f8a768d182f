"""The page on which somebody pays a simulated gateway, or does something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from core.messages import Language, choose_language, format_clock, format_day, format_money, say
from core.templates import render
from providers.sandbox.gateway import GatewayCharge, GatewayName, SandboxGateway
from providers.sandbox.gateway_notices import Send

LABELS: dict[GatewayName, str] = {"vnpay": "VNPAY", "momo": "MoMo"}
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
"""Both gateways show the time of their country."""

ANSWERS = ("pay", "fail", "cancel", "pay_late", "pay_close", "back")
"""What the buttons of the page say."""


async def get_gateway(request: Request) -> SandboxGateway:
    gateway: SandboxGateway = request.app.state.sandbox_gateway
    return gateway


GatewayDep = Annotated[SandboxGateway, Depends(get_gateway)]


@dataclass(frozen=True, slots=True)
class Telling:
    """How a gateway tells what became of a charge."""

    make_notice: Callable[[GatewayCharge], Send]
    make_return_url: Callable[[GatewayCharge], str]
    """Where the browser goes back to, with what it shall tell."""


async def hear_answer(
    request: Request, gateway: SandboxGateway, charge: GatewayCharge, answer: str | None, telling: Telling
) -> Response:
    """Do what was asked, tell the shop if that settled the charge, and send the browser back."""
    if answer not in ANSWERS:
        return show_page(request, charge.gateway, charge)
    settled = None if answer == "back" else await _settle(gateway, charge, answer)
    if settled is not None:
        await gateway.notices.tell(telling.make_notice(settled), is_late=answer == "pay_late")
    now = settled or await gateway.find(charge.gateway, charge.reference) or charge
    if answer == "pay_close" or now.state == "open":
        return show_page(request, now.gateway, now)
    return RedirectResponse(telling.make_return_url(now), 303)


def join_query(url: str, query: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{query}"


def show_page(request: Request, name: GatewayName, charge: GatewayCharge | None) -> HTMLResponse:
    """The page of a charge; without one, that there is none."""
    language = _choose_language(request, charge)
    other: Language = "en" if language == "vi" else "vi"
    page = render(
        "gateway.html.j2",
        language=language,
        say=lambda key, **params: say(f"gateway.{key}", language, gateway=LABELS[name], **params),
        charge=None if charge is None else _describe(charge, language),
        other_url=f"{request.url.path}?{urlencode({**request.query_params, 'lang': other})}",
        action=f"{request.url.path}?{urlencode({**request.query_params, 'lang': language})}",
    )
    return HTMLResponse(page, 400 if charge is None else 200, headers={"Cache-Control": "no-store"})


async def _settle(gateway: SandboxGateway, charge: GatewayCharge, answer: str) -> GatewayCharge | None:
    if answer == "fail":
        return await gateway.fail(charge)
    return await (gateway.cancel(charge) if answer == "cancel" else gateway.pay(charge))


def _describe(charge: GatewayCharge, language: Language) -> dict[str, str]:
    expires_at_local = charge.expires_at.astimezone(VIETNAM)
    return {
        "state": charge.state,
        "amount": format_money(charge.dong, "VND", language),
        "description": charge.description,
        "reference": charge.reference,
        "until": f"{format_clock(expires_at_local)}, {format_day(expires_at_local, language)}",
        "expires_at": charge.expires_at.isoformat(),
    }


def _choose_language(request: Request, charge: GatewayCharge | None) -> Language:
    """What was chosen on the page, else what the shop asked for."""
    chosen = request.query_params.get("lang")
    return charge.language if charge and not chosen else choose_language(chosen)
