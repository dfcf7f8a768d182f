"""The door at which Duffel tells of its orders."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from api.middleware import MAX_BODY_BYTES
from core.settings import Settings
from db.models import ProviderEvent
from db.session import Transactions
from services.bookings import provider_events
from tests.support.airline import Airline
from tests.support.duffel_talk import SECRET, SIGNATURE, tell
from tests.support.trips import Trips
from tests.support.waiting import eventually

DOOR = "/v1/webhooks/duffel"
ORDER = "ord_1"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of an installation that sells the imitated Duffel's flights, and hears of them."""
    return Settings(
        _env_file=None,
        data_dir=tmp_path,
        secret_key=SecretStr("a key for tests only"),
        duffel_access_token=SecretStr("duffel_test_x"),
        duffel_base_url="http://127.0.0.1:1/sandbox/duffel",
        duffel_webhook_secret=SecretStr(SECRET),
    )


@pytest.fixture
async def trips(transactions: Transactions, settings: Settings) -> Trips:
    airline = Airline()
    airline.name = "duffel"
    trips = Trips(transactions, settings.keys, airline)
    await trips.move_in()
    return trips


@pytest.fixture
async def duffel(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """Duffel, which has no account here."""
    client.headers.clear()
    return client


async def deliver(duffel: httpx.AsyncClient, delivery: tuple[bytes, dict[str, str]]) -> tuple[int, str | None]:
    body, headers = delivery
    answer = await duffel.post(DOOR, content=body, headers=headers)
    return answer.status_code, answer.json()["code"] if answer.content else None


async def count_events(trips: Trips) -> int:
    async with trips.transactions() as session:
        return await session.scalar(select(func.count()).select_from(ProviderEvent)) or 0


async def test_an_event_is_taken_once_and_thanked_for_each_time(duffel: httpx.AsyncClient, trips: Trips) -> None:
    await trips.add("refunding")
    for _ in range(2):
        assert await deliver(duffel, tell(ORDER)) == (202, None)
    assert await count_events(trips) == 1


async def test_work_under_way_is_brought_forward(duffel: httpx.AsyncClient, trips: Trips) -> None:
    """The order cannot be read here, so that all there is to see is that somebody tried at once."""
    booking_id = await trips.add("ticketing")
    before = (await trips.read(booking_id)).token
    assert await deliver(duffel, tell(ORDER)) == (202, None)
    await eventually(lambda: _token_is_above(trips, booking_id, before))


async def _token_is_above(trips: Trips, booking_id: object, before: int) -> bool:
    return (await trips.read(booking_id)).token > before  # type: ignore[arg-type]  # an id of a booking


@pytest.mark.parametrize(
    "delivery",
    [
        {"secret": "another"},
        {"age": timedelta(minutes=6)},
        {"age": timedelta(minutes=-6)},
    ],
)
async def test_whoever_is_not_duffel_is_refused(
    duffel: httpx.AsyncClient, trips: Trips, delivery: dict[str, object]
) -> None:
    await trips.add("ticketed")
    assert await deliver(duffel, tell(ORDER, **delivery)) == (401, "signature_invalid")  # type: ignore[arg-type]
    assert await count_events(trips) == 0


async def test_a_body_that_was_touched_is_refused(duffel: httpx.AsyncClient, trips: Trips) -> None:
    await trips.add("ticketed")
    body, headers = tell(ORDER)
    assert await deliver(duffel, (body.replace(b"updated", b"created"), headers)) == (401, "signature_invalid")
    assert await deliver(duffel, (body, {})) == (401, "signature_invalid")
    assert await deliver(duffel, (body, {SIGNATURE: "t=1,v1=0"})) == (401, "signature_invalid")
    assert await count_events(trips) == 0


@pytest.mark.parametrize("delivery", [{"order_id": "ord_9"}, {"is_live": True}, {"kind": "\x00"}, {"order_id": None}])
async def test_what_is_none_of_our_business_is_thanked_for_and_forgotten(
    duffel: httpx.AsyncClient, trips: Trips, delivery: dict[str, object]
) -> None:
    await trips.add("ticketed")
    assert await deliver(duffel, tell(**{"order_id": ORDER, **delivery})) == (202, None)  # type: ignore[arg-type]
    assert await count_events(trips) == 0


async def test_an_event_longer_than_any_is_refused(duffel: httpx.AsyncClient) -> None:
    answer = await duffel.post(DOOR, content=b"x" * (MAX_BODY_BYTES + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_a_database_that_is_away_asks_for_another_delivery(
    duffel: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise OperationalError("x", {}, Exception())

    monkeypatch.setattr(provider_events, "record_event", fail)
    body, headers = tell(ORDER)
    answer = await duffel.post(DOOR, content=body, headers=headers)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


async def test_a_fault_of_ours_is_not_told(duffel: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(provider_events, "record_event", fail)
    assert await deliver(duffel, tell(ORDER)) == (202, None)


async def test_without_a_secret_there_is_no_such_door(shared_client: httpx.AsyncClient) -> None:
    assert await deliver(shared_client, tell(ORDER)) == (404, "not_found")


async def test_what_was_told_is_counted(duffel: httpx.AsyncClient) -> None:
    await deliver(duffel, tell(ORDER, secret="another"))
    metrics = (await duffel.get("/metrics")).text
    assert 'flight_provider_events_total{provider="duffel",verdict="forged"}' in metrics
