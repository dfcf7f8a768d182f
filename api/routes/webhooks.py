"""What flight providers tell us by themselves."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from api.deps import PartsDep
from core.errors import NotFound
from services.bookings.provider_events import receive

router = APIRouter(prefix="/webhooks", include_in_schema=False)


@router.post("/duffel", status_code=202)
async def hear_duffel(
    request: Request, parts: PartsDep, signature: Annotated[str, Header(alias="X-Duffel-Signature")] = ""
) -> Response:
    """Its signature, over the very bytes of the body, is its credential; it is never told to come less often."""
    reader = parts.duffel_events
    provider = parts.market.find(reader.provider) if reader else None
    if reader is None or provider is None:
        raise NotFound
    await receive(
        parts.transactions,
        reader,
        body=await request.body(),
        signature=signature,
        is_live=provider.mode == "live",
    )
    return Response(status_code=202)
