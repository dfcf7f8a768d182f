"""Which calendar there is, as the settings say."""

from __future__ import annotations

import httpx

from core.settings import Settings
from providers.calendar.base import CalendarProvider
from providers.calendar.google import GoogleAddresses, GoogleCalendar
from providers.identity.assemble import has_simulated_identity
from providers.sandbox.identity import SANDBOX_CLIENT_ID, SANDBOX_CLIENT_SECRET, issuer_at


def create_calendar_provider(settings: Settings, http: httpx.AsyncClient) -> CalendarProvider | None:
    """Google for who has registered with it, else the simulated one, which exists in APP_ENV=local only, else None.

    The caller owns the HTTP client, which must reach this server where the simulated one is used.
    """
    if settings.google_client_id and settings.google_client_secret:
        return GoogleCalendar(
            http,
            client_id=settings.google_client_id,
            client_secret=settings.google_client_secret.get_secret_value(),
            addresses=GoogleAddresses(),
            is_simulated=False,
        )
    if has_simulated_identity(settings):
        return GoogleCalendar(
            http,
            client_id=SANDBOX_CLIENT_ID,
            client_secret=SANDBOX_CLIENT_SECRET,
            addresses=simulated_addresses(settings.base_url),
            is_simulated=True,
        )
    return None


def simulated_addresses(base_url: str) -> GoogleAddresses:
    google = issuer_at(base_url)
    return GoogleAddresses(
        authorize=f"{google}/authorize",
        token=f"{google}/token",
        revoke=f"{google}/revoke",
        calendar=f"{google}/calendar/v3",
    )
