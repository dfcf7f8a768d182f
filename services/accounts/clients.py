"""Websites that carry the widget, and their keys. A key is public, it stands in the page: the origin is what counts.

AppError
├── Unauthorized
│   └── SiteKeyUnknown    401  no such key, or revoked
└── Forbidden
    └── OriginNotAllowed  403  a page the key was not made for
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Forbidden, Unauthorized
from core.security import Keys, new_token
from db.models import ApiClient
from db.repositories.clients import ClientRepository
from services.accounts import audit

KEY_PREFIX = "site_"

_HOST = re.compile(r"[a-z0-9.-]+|[0-9a-f:]+", re.ASCII)
_DEFAULT_PORTS = {"http": 80, "https": 443}


class SiteKeyUnknown(Unauthorized):
    code = "site_key_unknown"


class OriginNotAllowed(Forbidden):
    code = "origin_not_allowed"


def normalise_origin(text: str) -> str:
    """An origin as browsers send it; raises ValueError for anything more or less than scheme, host and port.

    Plain http is for pages of this machine only.
    """
    origin = text.lower()
    parts = urlsplit(origin)
    host, port = parts.hostname or "", parts.port  # raises where it is not a number
    if origin != f"{parts.scheme}://{parts.netloc}" or not _HOST.fullmatch(host) or "@" in parts.netloc:
        raise ValueError("should be a scheme and a host, such as https://shop.example")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise ValueError("should begin with https://, unless it is a page of this machine")
    shown = f"[{host}]" if ":" in host else host
    is_default = port is None or port == _DEFAULT_PORTS[parts.scheme]
    return f"{parts.scheme}://{shown}" if is_default else f"{parts.scheme}://{shown}:{port}"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


async def create_site(session: AsyncSession, *, name: str, origins: Sequence[str], keys: Keys) -> str:
    """Let pages of these (normalised) origins use the chat; gives their key, which is not shown again."""
    key = f"{KEY_PREFIX}{new_token()}"
    site = ApiClient(
        kind="site", name=name, key_hash=keys.hash_secret("api-client", key), allowed_origins=list(origins)
    )
    session.add(site)
    await session.flush()
    audit.record(session, "site.created", site_id=str(site.id))
    return key


async def revoke_site(session: AsyncSession, *, site_key: str, keys: Keys) -> ApiClient:
    """End a key; raises SiteKeyUnknown."""
    site = await _get_site(session, keys, site_key)
    site.is_active = False
    audit.record(session, "site.revoked", site_id=str(site.id))
    return site


async def find_site(session: AsyncSession, keys: Keys, site_key: str, origin: str | None) -> ApiClient:
    """The website a key belongs to, asked from a page of its own; raises SiteKeyUnknown and OriginNotAllowed.

    No origin: a page of ours, or a caller that is no browser and could name any.
    """
    site = await _get_site(session, keys, site_key)
    if origin is not None and origin not in site.allowed_origins:
        raise OriginNotAllowed
    return site


async def _get_site(session: AsyncSession, keys: Keys, site_key: str) -> ApiClient:
    site = await ClientRepository(session).find_site(keys.hash_secret("api-client", site_key))
    if site is None:
        raise SiteKeyUnknown
    return site


async def list_site_origins(session: AsyncSession) -> frozenset[str]:
    """Every origin whose pages may read the chat's answers."""
    return await ClientRepository(session).list_site_origins()
