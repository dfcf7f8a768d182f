"""Assembles the server: the parts, in order, and the routes on top of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import httpx
import structlog
from fastapi import Depends, FastAPI
from fastapi_swagger import patch_fastapi
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from api.cors import ForeignPages
from api.deps import Parts
from api.errors import install_error_handlers
from api.limits import limited
from api.loopback import require_loopback
from api.middleware import Envelope
from api.routes import (
    actions,
    agui,
    auth,
    bookings,
    calendar,
    chat,
    flights,
    google,
    health,
    locations,
    notifications,
    pages,
    passengers,
    payments,
    preferences,
    proposals,
    sandbox,
    travel_papers,
    users,
    webhooks,
)
from core.clock import clock
from core.settings import Settings
from core.version import CODE_VERSION
from db.migrate import with_schema
from db.repositories.clock import start_clock
from db.session import create_engine, open_transactions
from db.wakeups import Wakeups
from graph.runner import Runner, RunnerParts
from jobs.queue import JobParts
from jobs.worker import work_forever
from providers.calendar.assemble import create_calendar_provider
from providers.flights.assemble import create_duffel_events, open_flight_providers
from providers.identity.assemble import create_identity_provider, has_simulated_identity
from providers.llm.assemble import create_models
from providers.llm.base import Models
from providers.llm.check import ModelWatch
from providers.messaging.smtp import create_smtp_sender
from providers.payments.assemble import create_payment_gateways, has_simulated_gateways
from providers.sandbox import (
    amadeus_api,
    duffel_api,
    faults_face,
    google_calendar_face,
    groq_face,
    identity_face,
    momo_face,
    vnpay_face,
)
from providers.sandbox.faults import Faults
from providers.sandbox.faulty import FaultyFlights
from providers.sandbox.flights import SandboxFlights
from providers.sandbox.gateway import SandboxGateway
from providers.sandbox.gateway_notices import Notices
from providers.sandbox.google_calendar import SandboxCalendars
from providers.sandbox.identity import SandboxGoogle
from providers.sandbox.outbox import SandboxOutbox
from services.bookings.desk import Desk
from services.flights.market import Market
from services.model_usage import read_limits
from services.payments.gateways import NOTICE_PATH, Gateways
from services.rate_limits import ACCOUNT

log = structlog.get_logger()

WORLDS = {
    "simulated": "Flights are simulated.",
    "test": "Flights come from a vendor's test mode: no real seats.",
    "live": "Flights are real.",
}

DRAIN_SECONDS = 5
LISTEN_SECONDS = 2


def create_app(settings: Settings, database_url: str, *, models: Models | None = None) -> FastAPI:
    """The server on a migrated database. `models` stands in for the settings' models in tests."""
    smtp = create_smtp_sender(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            engine = create_engine(database_url)
            stack.push_async_callback(engine.dispose)
            transactions = open_transactions(engine)
            await start_clock(transactions, settings.clock_fixed_at)
            checkpoints: AsyncConnectionPool[AsyncConnection[DictRow]] = AsyncConnectionPool(
                with_schema(database_url, "checkpoints"),
                min_size=1,
                # the saver lets one caller in at a time
                max_size=2,
                open=False,
                check=AsyncConnectionPool.check_connection,
                kwargs={"autocommit": True, "prepare_threshold": None, "row_factory": dict_row},
            )
            await stack.enter_async_context(checkpoints)
            http = await stack.enter_async_context(create_http_client(settings, app))
            faults = Faults()
            world = SandboxFlights(transactions, clock.now, faults=faults)
            providers = stack.enter_context(open_flight_providers(settings, http, FaultyFlights(world, faults)))
            market = Market(providers)
            stack.push_async_callback(market.close)
            if settings.app_env == "local":
                app.state.sandbox_flights, app.state.sandbox_faults = world, faults
                app.state.sandbox_groq = groq_face.SandboxGroq()
            gateways = Gateways(create_payment_gateways(settings, http), settings.base_url)
            google_calendar = create_calendar_provider(settings, http)
            outbox = SandboxOutbox(transactions)
            jobs = JobParts(transactions, smtp or outbox, settings.keys, market, gateways, google_calendar)
            desk = Desk(jobs.bookings)
            stack.push_async_callback(desk.close, DRAIN_SECONDS)
            runner = Runner(
                RunnerParts(
                    transactions=transactions,
                    # only plain JSON-able values: a type named in the database is never imported
                    checkpointer=AsyncPostgresSaver(
                        checkpoints, serde=JsonPlusSerializer(allowed_msgpack_modules=None)
                    ),
                    models=models or create_models(settings, http),
                    market=market,
                    keys=settings.keys,
                    gateways=gateways,
                    calendar=google_calendar,
                    desk=desk,
                    model_limits=read_limits(settings),
                    support_email=settings.support_email,
                )
            )
            stack.push_async_callback(runner.drain, DRAIN_SECONDS)
            wakeups = Wakeups(database_url)
            model_watch = ModelWatch(settings, http)
            for loop in (wakeups.listen(), work_forever(jobs, database_url), model_watch.watch()):
                stack.push_async_callback(_cancel, asyncio.create_task(loop))
            with suppress(TimeoutError):
                await asyncio.wait_for(wakeups.is_listening.wait(), LISTEN_SECONDS)
            if has_simulated_identity(settings):
                app.state.sandbox_google = SandboxGoogle(
                    transactions,
                    base_url=settings.base_url,
                    redirect_uris=(google.callback_url(settings), calendar.callback_url(settings)),
                )
                app.state.sandbox_calendars = SandboxCalendars(transactions, faults)
            if has_simulated_gateways(settings):
                notices = Notices(http, faults)
                stack.push_async_callback(notices.close)
                app.state.sandbox_gateway = SandboxGateway(
                    transactions,
                    vnpay_notice_url=f"{settings.base_url}{NOTICE_PATH}/vnpay",
                    faults=faults,
                    notices=notices,
                )
            app.state.parts = Parts(
                settings=settings,
                transactions=transactions,
                wakeups=wakeups,
                runner=runner,
                market=market,
                desk=desk,
                gateways=gateways,
                outbox=None if smtp else outbox,
                identity=create_identity_provider(settings, http),
                calendar=google_calendar,
                duffel_events=create_duffel_events(settings),
                check_models=lambda: model_watch.last,
            )
            yield

    app = FastAPI(
        title="Travel assistant",
        version=CODE_VERSION,
        description=(
            "Finds, books, pays for, changes and cancels flights, in Vietnamese and English. "
            f"{WORLDS[settings.flight_world]}"
        ),
        lifespan=lifespan,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )
    patch_fastapi(app, docs_url="/docs", redirect_from_root_to_docs=False, swagger_favicon_url="/docs.png")
    app.include_router(auth.router, prefix="/v1")
    app.include_router(google.router, prefix="/v1")
    app.include_router(users.router, prefix="/v1", dependencies=[limited(ACCOUNT)])
    app.include_router(passengers.router, prefix="/v1", dependencies=[limited(ACCOUNT)])
    app.include_router(preferences.router, prefix="/v1", dependencies=[limited(ACCOUNT)])
    app.include_router(flights.router, prefix="/v1")
    app.include_router(bookings.router, prefix="/v1", dependencies=[limited(ACCOUNT)])
    app.include_router(proposals.router, prefix="/v1", dependencies=[limited(ACCOUNT)])
    app.include_router(travel_papers.router, prefix="/v1", dependencies=[limited(ACCOUNT)])
    app.include_router(notifications.router, prefix="/v1", dependencies=[limited(ACCOUNT)])
    app.include_router(payments.router, prefix="/v1")
    app.include_router(payments.page_router)
    app.include_router(webhooks.router, prefix="/v1")
    app.include_router(calendar.router, prefix="/v1")
    app.include_router(locations.router, prefix="/v1")
    app.include_router(chat.router, prefix="/v1")
    app.include_router(actions.router, prefix="/v1")
    app.include_router(agui.router, prefix="/v1")
    app.include_router(health.router)
    app.include_router(pages.router)
    if settings.app_env == "local":
        app.include_router(sandbox.router)
        for face in (amadeus_api.router, duffel_api.router, faults_face.router, groq_face.router):
            app.include_router(face, dependencies=[Depends(require_loopback)])
    if has_simulated_identity(settings):
        for face in (identity_face.router, google_calendar_face.router):
            app.include_router(face, dependencies=[Depends(require_loopback)])
    if has_simulated_gateways(settings):
        for face in (vnpay_face.router, momo_face.router):
            app.include_router(face, dependencies=[Depends(require_loopback)])
    install_error_handlers(app)
    app.add_middleware(Envelope, is_https=settings.base_url.startswith("https:"))
    app.add_middleware(ForeignPages)
    return app


def create_http_client(settings: Settings, app: FastAPI) -> httpx.AsyncClient:
    """A client to the world, for which what we simulate over HTTP is a part of it, without a socket."""
    if not has_simulated_identity(settings) and not has_simulated_gateways(settings):
        return httpx.AsyncClient()
    ours = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(mounts={settings.base_url: ours})


async def _cancel(task: asyncio.Task[None]) -> None:
    """End a loop; told again now and then, because `asyncio.wait_for`, as Python 3.11 has it, can lose it."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=DRAIN_SECONDS)
