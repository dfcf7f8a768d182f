"""What only this machine may see: the simulated world shows what would otherwise be in somebody's mailbox."""

from __future__ import annotations

from ipaddress import ip_address

from fastapi import Request

from core.errors import NotFound

FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


async def require_loopback(request: Request) -> None:
    """Answers everybody else as if there were nothing here: raises NotFound."""
    client = request.client.host if request.client else ""
    is_passed_on = any(name in request.headers for name in FORWARDED)  # then the client is a proxy of ours
    if not _is_loopback(client) or is_passed_on or not _is_local_name(request.url.hostname or ""):
        raise NotFound


def _is_local_name(host: str) -> bool:
    """Whether a page of the open web cannot carry this name, to have a browser here read ours as its own."""
    return _is_loopback(host) or ("." not in host and ":" not in host)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
