"""What only this machine may see: the simulated world shows what would otherwise be in somebody's mailbox."""

from __future__ import annotations

from fastapi import Request

from core.errors import NotFound
from core.origins import is_local_name, is_loopback

FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


async def require_loopback(request: Request) -> None:
    """Answers everybody else as if there were nothing here: raises NotFound."""
    client = request.client.host if request.client else ""
    is_passed_on = any(name in request.headers for name in FORWARDED)  # then the client is a proxy of ours
    if not is_loopback(client) or is_passed_on or not is_local_name(request.url.hostname or ""):
        raise NotFound
