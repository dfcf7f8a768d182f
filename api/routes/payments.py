"""Payments: a link to pay by, what gateways tell us, and the page a browser comes back to."""

from __future__ import annotations

import json
from typing import Annotated, Any
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from api.deps import BookingHolder, LanguageDep, PartsDep, Session
from api.errors import describe_errors
from api.idempotency import OnceDep
from api.limits import ClientAddress, limited
from api.schemas.payments import PaymentCreate, PaymentRead, ReturnRead, describe_payment
from core.messages import Language, say
from core.templates import render
from services.payments import reading
from services.payments.gateways import RETURN_PATH
from services.payments.links import Asker, start_payment
from services.payments.notices import receive
from services.payments.reconcile import ask_soon
from services.rate_limits import ACCOUNT, STREAM

router = APIRouter(tags=["payments"])
page_router = APIRouter(include_in_schema=False)

Reference = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


@router.post(
    "/bookings/{booking_id}/payments",
    status_code=201,
    response_model=PaymentRead,
    responses=describe_errors(401, 403, 404, 409, 424),
    dependencies=[limited(ACCOUNT)],
)
async def make_payment(
    booking_id: UUID,
    body: PaymentCreate,
    actor: BookingHolder,
    once: OnceDep,
    parts: PartsDep,
    address: ClientAddress,
    language: LanguageDep,
) -> Response:
    """A link to pay what is due: the price of a held booking, or what an agreed change costs.

    An unpaid link is given again while it is good. After a 424 the same request under the same key goes on with the
    same payment.
    """

    async def start(payment_id: UUID) -> PaymentRead:
        found = await start_payment(
            parts.transactions,
            parts.gateways,
            actor,
            booking_id=booking_id,
            provider=body.provider,
            claimed=body.claimed,
            asker=Asker.at(address, language),
            payment_id=payment_id,
        )
        return describe_payment(found)

    return await once.run_named(201, PaymentRead, start)


@router.get(
    "/bookings/{booking_id}/payments",
    response_model=list[PaymentRead],
    responses=describe_errors(401, 403, 404),
    dependencies=[limited(ACCOUNT)],
)
async def list_payments(booking_id: UUID, actor: BookingHolder, session: Session) -> list[PaymentRead]:
    """Everything that was to be paid for a booking, latest first, with what was given back."""
    return [describe_payment(each) for each in await reading.list_payments(session, actor, booking_id)]


@router.api_route("/payments/webhook/{gateway_name}", methods=["GET", "POST"], include_in_schema=False)
async def hear_gateway(
    gateway_name: Annotated[str, Path(pattern=r"^[a-z]{1,20}$")], request: Request, parts: PartsDep
) -> Response:
    """What a gateway tells by itself. Its signature is its credential; it is never told to come less often."""
    fields = await _read_fields(request)
    status, body = await receive(parts.transactions, parts.gateways, gateway_name, fields)
    return Response(status_code=status) if body is None else JSONResponse(body, status)


@router.get(
    "/payments/return-status",
    response_model=ReturnRead,
    responses=describe_errors(401, 404),
    dependencies=[limited(STREAM)],
)
async def get_return_status(
    session: Session, reference: Annotated[str, Query(pattern=r"^[0-9a-f]{32}$")]
) -> reading.Return:
    """How a payment stands, for the page a browser came back to; its reference is all it takes. Changes nothing."""
    return await reading.read_return(session, reference)


@page_router.get(f"{RETURN_PATH}/{{reference}}")
async def get_return_page(
    reference: Reference, session: Session, lang: Annotated[Language | None, Query()] = None
) -> HTMLResponse:
    """Where gateways send the browser back to. What it brings along is not looked at: the gateway itself is asked."""
    found = await reading.read_return(session, reference)
    await ask_soon(session, reference)
    language = lang or found.language
    page = render(
        "payment_return.html.j2",
        language=language,
        say=lambda key, **params: say(f"payment_return.{key}", language, **params),
        reference=reference,
        found=found,
    )
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})


async def _read_fields(request: Request) -> dict[str, Any]:
    """The query of a gateway that sends one, else the form or the JSON object of its body."""
    if request.url.query:
        return dict(request.query_params)
    body = await request.body()
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    return fields if isinstance(fields, dict) else {}
