"""Websites that carry the widget, and their keys. A key is public, it stands in the page: the origin is what counts.

AppError
├── Unauthorized
│   └── SiteKeyUnknown    401  no such key, or revoked
└── Forbidden
    └── OriginNotAllowed  403  a page the key was not made for
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Forbidden, Unauthorized
from core.security import Keys, new_token
from db.models import ApiClient
from db.repositories.clients import ClientRepository
from services.accounts import audit

KEY_PREFIX = "site_"


class SiteKeyUnknown(Unauthorized):
    code = "site_key_unknown"


class OriginNotAllowed(Forbidden):
    code = "origin_not_allowed"


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
