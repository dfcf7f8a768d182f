"""Cards over REST: read, agreed to once, declined; trips changed and given up by the quote that was shown."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from api.deps import Parts, get_actor
from core.security import BOOKINGS_SCOPE, CHAT_SCOPE, Actor
from db.models import Booking, Offer
from domain.offers import FlightOffer
from providers.flights.base import FoundOffer
from services.accounts.sessions import FULL_SCOPES
from services.accounts.tokens import make_access_token, read_access_token
from services.proposals.proposing import propose_booking
from tests.api.test_bookings import add_passenger, book, find_offer
from tests.api.test_chat_errors import check_error
from tests.support.accounts import Account, Lobby


async def propose(lobby: Lobby, account: Account, **changes: Any) -> dict[str, Any]:
    """A card, as the chat will put one before a user."""
    passenger, offer = await add_passenger(account), await find_offer(account, **changes)
    parts = lobby.parts
    made = await propose_booking(
        parts.consent,
        Actor(kind="user", user_id=UUID(account.id), scopes=frozenset({BOOKINGS_SCOPE})),
        offer_id=UUID(offer["offer_id"]),
        passenger_ids=[UUID(passenger)],
    )
    answer = await account.client.get(f"/v1/proposals/{made.id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def approve(account: Account, card: dict[str, Any], **changes: Any) -> httpx.Response:
    body = {"quote_hash": card["quote_hash"]} | changes
    return await account.client.post(f"/v1/proposals/{card['id']}/approve", json=body)


async def test_a_card_tells_what_the_yes_is_to(lobby: Lobby) -> None:
    account = await lobby.join()
    card = await propose(lobby, account)
    assert (card["action"], card["status"], card["simulated"], card["warnings"]) == ("book", "open", True, [])
    assert card["id"] == card["proposal_id"]
    assert card["booking_id"] is None
    assert len(card["quote_hash"]) == 64
    assert card["amount"]["currency"] == "VND"
    assert int(card["amount"]["amount"]) > 0
    assert (card["fee"]["amount"], card["refund"]["amount"]) == ("0", "0")
    assert card["flights"][0]["origin"] == "HAN"
    assert len(card["passenger_ids"]) == 1


async def test_a_yes_is_answered_with_the_booking(lobby: Lobby) -> None:
    account = await lobby.join()
    card = await propose(lobby, account)
    made = await approve(account, card)
    assert made.status_code == 200, made.text
    assert (made.json()["phase"], made.json()["total_price"]) == ("held", card["amount"]["amount"])
    assert (made.json()["amount_due"], made.json()["fees_kept"]) == (card["amount"]["amount"], "0")
    again = await approve(account, card)
    assert again.json() == made.json()
    now = (await account.client.get(f"/v1/proposals/{card['id']}")).json()
    assert (now["status"], now["booking_id"]) == ("approved", made.json()["id"])
    closed = await account.client.post(f"/v1/proposals/{card['id']}/decline")
    assert (closed.status_code, closed.json()["code"], closed.json()["status"]) == (409, "proposal_closed", "approved")


async def test_a_no_ends_the_card(lobby: Lobby) -> None:
    account = await lobby.join()
    card = await propose(lobby, account)
    declined = await account.client.post(f"/v1/proposals/{card['id']}/decline")
    assert (declined.status_code, declined.json()["status"]) == (200, "declined")
    refused = await approve(account, card)
    assert (refused.status_code, refused.json()["code"], refused.json()["status"]) == (
        409,
        "proposal_closed",
        "declined",
    )


async def test_another_hash_is_no_yes(lobby: Lobby) -> None:
    account = await lobby.join()
    card = await propose(lobby, account)
    check_error(await approve(account, card, quote_hash="0" * 64), 409, "quote_mismatch")
    check_error(await approve(account, card, quote_hash="yes"), 422, "invalid_request")
    check_error(await approve(account, card, amount="1"), 422, "invalid_request")
    assert (await approve(account, card, quote_hash=card["quote_hash"].upper())).status_code == 200


async def test_a_risen_price_is_told_with_the_card_to_agree_to(lobby: Lobby, shared_app: FastAPI) -> None:
    account = await lobby.join()
    card = await propose(lobby, account)
    shared_app.state.sandbox_faults.arm("price", "price_change")
    refused = await approve(account, card)
    body = refused.json()
    assert (refused.status_code, body["code"]) == (409, "price_changed")
    assert body["previous_price"] == card["amount"]["amount"]
    assert int(body["total_price"]) == int(body["previous_price"]) + int(body["price_difference"])
    made = await approve(account, {"id": body["proposal_id"], "quote_hash": body["quote_hash"]})
    assert (made.status_code, made.json()["total_price"]) == (200, body["total_price"])


@pytest.mark.parametrize(("scopes", "status"), [({CHAT_SCOPE, BOOKINGS_SCOPE}, 200), ({CHAT_SCOPE}, 403)])
async def test_a_widget_answers_and_reads_by_its_scope(lobby: Lobby, scopes: set[str], status: int) -> None:
    account = await lobby.join()
    card = await propose(lobby, account)
    keys = lobby.parts.settings.keys
    claims = read_access_token(keys, account.access_token)
    token = make_access_token(keys, user_id=claims.user_id, session_id=claims.session_id, scopes=frozenset(scopes))
    account.client.headers["Authorization"] = f"Bearer {token}"
    assert (await account.client.get(f"/v1/proposals/{card['id']}")).status_code == status
    made = await approve(account, card)
    assert made.status_code == status
    assert (await account.client.get("/v1/users/me/bookings")).status_code == status
    if status == 200:
        paid = await account.client.post(
            f"/v1/bookings/{made.json()['id']}/payments", json={}, headers={"Idempotency-Key": uuid4().hex}
        )
        assert paid.status_code == 201, paid.text
        path = f"/v1/users/me/bookings/{made.json()['id']}"
        assert (await account.client.post(f"{path}/cancel")).status_code == 200
    assert (await account.client.get("/v1/users/me")).status_code == 403


async def test_seats_and_bags_are_booked_with_the_flight(lobby: Lobby) -> None:
    account = await lobby.join()
    offer = await find_offer(account)
    seats = (await account.client.get(f"/v1/flights/offers/{offer['offer_id']}/seat-map")).json()["seat_maps"]
    seat = next(
        seat for seat in seats[0]["cabins"][0]["seats"] if seat["is_available"] and seat["price"]["amount"] != "0"
    )
    stored = await lobby.parts.market.providers[0].services(await find_stored(lobby.parts, offer["offer_id"]))
    chosen = [{"service_id": stored[0].service_id}, {"service_id": await seat_id(lobby.parts, offer["offer_id"], seat)}]
    made = await book(account, offer_id=offer["offer_id"], services=chosen)
    extras = stored[0].price.amount_minor + int(seat["price"]["amount"])
    assert made["phase"] == "held"
    assert int(made["total_price"]) == int(offer["total_price"]) + extras
    assert [each["service_id"] for each in made["services"]] == [each["service_id"] for each in chosen]
    body = {
        "passenger_id": await add_passenger(account),
        "offer_id": offer["offer_id"],
        "services": [{"service_id": "seat:none"}],
    }
    check_error(await account.client.post("/v1/bookings", json=body), 422, "service_unknown")


async def find_stored(parts: Parts, offer_id: str) -> Any:
    async with parts.transactions() as session:
        row = await session.get(Offer, UUID(offer_id))
    assert row
    return FoundOffer(FlightOffer.model_validate(row.payload), row.raw)


async def seat_id(parts: Parts, offer_id: str, seat: dict[str, Any]) -> str:
    maps = await parts.market.providers[0].seat_map(await find_stored(parts, offer_id))
    return next(
        offered.service_id
        for each in maps[0].cabins[0].seats
        if each.designator == seat["designator"]
        for offered in each.prices
    )


async def test_unpaid_booking_is_given_up_by_the_quote_that_was_read(lobby: Lobby) -> None:
    account = await lobby.join()
    made = await book(account)
    path = f"/v1/users/me/bookings/{made['id']}"
    quote = (await account.client.get(f"{path}/cancellation-quote")).json()
    assert (quote["paid"], quote["fee"], quote["refund"], quote["booking_id"]) == ("0", "0", "0", made["id"])
    check_error(await account.client.patch(f"{path}/cancel", json={"quote_hash": "0" * 64}), 409, "quote_mismatch")
    answer = await account.client.patch(f"{path}/cancel", json={"quote_hash": quote["quote_hash"], "reason": "x"})
    assert (answer.status_code, answer.json()["phase"]) == (200, "cancelled")
    check_error(await account.client.get(f"{path}/cancellation-quote"), 400, "booking_not_cancellable")


async def test_what_has_no_tickets_cannot_be_changed(lobby: Lobby) -> None:
    account = await lobby.join()
    path = f"/v1/users/me/bookings/{(await book(account))['id']}"
    query = {"departs_on": "2026-12-23"}
    check_error(await account.client.get(f"{path}/change-quote", params=query), 400, "booking_not_changeable")
    check_error(await account.client.get(f"{path}/change-quote"), 422, "invalid_request")
    body = {"quote_id": str(uuid4()), "quote_hash": "0" * 64}
    check_error(await account.client.post(f"{path}/change", json=body), 404, "proposal_not_found")


async def test_an_account_with_a_live_booking_is_kept(lobby: Lobby) -> None:
    account = await lobby.join()
    made = await book(account)
    check_error(await account.client.delete("/v1/users/me"), 409, "bookings_live")
    await account.client.post(f"/v1/users/me/bookings/{made['id']}/cancel")
    assert (await account.client.delete("/v1/users/me")).status_code == 200


COPIES, WAVE = 1000, 20


@pytest.fixture
def let_through(shared_app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Callable[[Account], None]:
    """Know somebody without looking, and count nothing: a thousand calls in seconds are the point."""

    async def count_nothing(*_: object, **__: object) -> None: ...

    def know(account: Account) -> None:
        actor = Actor(kind="user", user_id=UUID(account.id), scopes=FULL_SCOPES)
        monkeypatch.setitem(shared_app.dependency_overrides, get_actor, lambda: actor)
        monkeypatch.setattr("api.limits.count_call", count_nothing)

    return know


async def test_a_thousand_requests_under_one_key_are_one_booking(
    lobby: Lobby, let_through: Callable[[Account], None]
) -> None:
    account = await lobby.join()
    body = {"passenger_id": await add_passenger(account), "offer_id": (await find_offer(account))["offer_id"]}
    headers = {"Idempotency-Key": uuid4().hex}
    let_through(account)
    answers: list[httpx.Response] = []
    for _ in range(COPIES // WAVE):
        wave = (account.client.post("/v1/bookings", json=body, headers=headers) for _ in range(WAVE))
        answers += await asyncio.gather(*wave)
    told = Counter((answer.status_code, answer.json().get("booking_id") or answer.json()["code"]) for answer in answers)
    booked = [outcome for outcome in told if outcome[0] == 201]
    assert len(booked) == 1, told
    assert set(told) <= {booked[0], (409, "request_under_way"), (503, "overloaded")}, told
    assert told[booked[0]] >= COPIES // 2
    async with lobby.transactions() as session:
        mine = select(func.count()).select_from(Booking).where(Booking.user_id == UUID(account.id))
        assert await session.scalar(mine) == 1
