"""Which identity provider there is, as the settings say."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

from core.origins import is_local_name
from core.settings import Settings
from providers.identity.base import IdentityProvider
from providers.identity.google import GOOGLE_ISSUER, GoogleIdentity
from providers.sandbox.identity import SANDBOX_CLIENT_ID, SANDBOX_CLIENT_SECRET, issuer_at


def has_simulated_identity(settings: Settings) -> bool:
    """Whether this server plays Google itself: for itself only, so not under a name the open web can reach."""
    is_local = settings.app_env == "local" and is_local_name(urlsplit(settings.base_url).hostname or "")
    return is_local and settings.google_client_id is None


def create_identity_provider(settings: Settings, http: httpx.AsyncClient) -> IdentityProvider | None:
    """Google for who has registered with it, else the simulated one, which exists in APP_ENV=local only, else None.

    The caller owns the HTTP client, which must reach this server where the simulated one is used.
    """
    if settings.google_client_id and settings.google_client_secret:
        return GoogleIdentity(
            http,
            issuer=GOOGLE_ISSUER,
            client_id=settings.google_client_id,
            client_secret=settings.google_client_secret.get_secret_value(),
            is_simulated=False,
        )
    if has_simulated_identity(settings):
        return GoogleIdentity(
            http,
            issuer=issuer_at(settings.base_url),
            client_id=SANDBOX_CLIENT_ID,
            client_secret=SANDBOX_CLIENT_SECRET,
            is_simulated=True,
        )
    return None
