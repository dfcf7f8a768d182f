"""Which providers this installation asks for flights: its vendors, or the simulated world."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import httpx

from core.clock import clock
from core.settings import Settings
from providers.flights.amadeus import Amadeus
from providers.flights.base import EventReader, FlightProvider
from providers.flights.duffel import Duffel
from providers.flights.duffel_webhooks import DuffelWebhooks
from providers.flights.guard import GuardedProvider


@contextmanager
def open_flight_providers(
    settings: Settings, http: httpx.AsyncClient, sandbox: FlightProvider
) -> Iterator[tuple[GuardedProvider, ...]]:
    """Every configured vendor, the preferred first; with none, the sandbox: the two are never mixed."""
    vendors: list[FlightProvider] = []
    if settings.duffel_access_token is not None:
        duffel = Duffel(
            http,
            access_token=settings.duffel_access_token.get_secret_value(),
            base_url=settings.duffel_base_url,
            clock=clock.now,
            is_test=settings.tests_duffel,
        )
        vendors.append(duffel)
    if settings.amadeus_client_id is None or settings.amadeus_client_secret is None:
        yield tuple(GuardedProvider(provider) for provider in vendors or [sandbox])
        return
    amadeus = Amadeus(
        client_id=settings.amadeus_client_id.get_secret_value(),
        client_secret=settings.amadeus_client_secret.get_secret_value(),
        base_url=settings.amadeus_base_url,
        clock=clock.now,
        is_test=settings.tests_amadeus,
    )
    with closing(amadeus):
        yield tuple(GuardedProvider(provider) for provider in [*vendors, amadeus])


def create_duffel_events(settings: Settings) -> EventReader | None:
    """Who hears Duffel; None where no webhook was agreed on."""
    secret = settings.duffel_webhook_secret
    return DuffelWebhooks(secret.get_secret_value()) if secret is not None else None
