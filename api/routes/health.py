"""Whether the process lives, whether it can serve, and what it has counted."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import structlog
from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.deps import PartsDep
from db.migrate import is_at_head
from services.backlog import forget, measure

log = structlog.get_logger()

router = APIRouter(tags=["health"])

READY_SECONDS = 0.5


@router.get("/healthz")
async def get_health() -> dict[str, str]:
    """The event loop turns; nothing else is looked at."""
    return {"status": "ok"}


@router.get("/readyz", responses={503: {"description": "Not ready; `checks` says why."}})
async def get_readiness(parts: PartsDep) -> JSONResponse:
    """The database answers and its tables are the ones this code was written for.

    How each flight provider has been doing is told too, and whether the chat's models can be asked. Neither makes
    anything unready: another process would meet the same.
    """
    checks = {"database": "ok", "migrations": "ok"}
    try:
        async with asyncio.timeout(READY_SECONDS), parts.transactions() as session:
            await session.execute(text("SELECT 1"))
            connection = await session.connection()
            if not await connection.run_sync(is_at_head):
                checks["migrations"] = "behind"
    except (SQLAlchemyError, TimeoutError) as error:
        log.warning("readiness.failed", error=type(error).__name__)
        checks["database"] = "unreachable"
    is_ready = set(checks.values()) == {"ok"}
    status = "ready" if is_ready else "not ready"
    told = {"providers": parts.market.health(), "models": asdict(parts.check_models())}
    return JSONResponse({"status": status, "checks": checks, **told}, status_code=200 if is_ready else 503)


@router.get("/metrics", response_class=Response)
async def get_metrics(parts: PartsDep) -> Response:
    """This process' counters, and what the rows say is under way, in Prometheus' text format."""
    try:
        async with asyncio.timeout(READY_SECONDS), parts.transactions() as session:
            await measure(session)
    except (SQLAlchemyError, TimeoutError) as error:
        log.warning("metrics.incomplete", error=type(error).__name__)
        forget()
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
