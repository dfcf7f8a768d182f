"""Papers and mail of a booking over REST."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from core.ids import new_id
from services.notifications.queueing import enqueue_about
from tests.api.test_bookings import book
from tests.api.test_chat_errors import check_error
from tests.conftest import StartApp
from tests.support.accounts import Lobby
from tests.support.booked import put_booking
from tests.support.waiting import eventually

PATHS = ("itinerary.ics", "receipt")


def path_of(booking_id: object, name: str) -> str:
    return f"/v1/users/me/bookings/{booking_id}/{name}"


async def test_calendar_file_is_named_by_the_reference(lobby: Lobby) -> None:
    account = await lobby.join()
    made = await book(account)
    answer = await account.client.get(path_of(made["id"], "itinerary.ics"))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="{made["booking_reference"]}.ics"'
    assert "STATUS:TENTATIVE" in answer.text


async def test_receipt_is_in_the_language_asked_for(lobby: Lobby) -> None:
    account = await lobby.join()
    made = await book(account)
    path = path_of(made["id"], "receipt")
    for told, params, headers in (
        ("Đặt chỗ chưa thanh toán", {"language": "vi"}, {"Accept-Language": "en"}),
        ("Đặt chỗ chưa thanh toán", {}, {"Accept-Language": "vi"}),
        ("Booking not paid for", {"language": "en"}, {"Accept-Language": "vi"}),
    ):
        answer = await account.client.get(path, params=params, headers=headers)
        assert (answer.status_code, told in answer.text) == (200, True)
    assert answer.headers["content-language"] == "en"
    assert answer.headers["cache-control"] == "no-store"
    policy = answer.headers["content-security-policy"]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    refused = await account.client.get(path, params={"language": "de"})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("name", PATHS)
async def test_papers_are_the_owners_alone(lobby: Lobby, name: str) -> None:
    made, stranger = await book(await lobby.join()), await lobby.join()
    for booking_id in (made["id"], uuid4()):
        check_error(await stranger.client.get(path_of(booking_id, name)), 404, "booking_not_found")
    assert (await lobby.visitor().get(path_of(made["id"], name))).status_code == 401


async def test_history_of_mail_is_ones_own_and_can_be_narrowed(lobby: Lobby) -> None:
    account, stranger = await lobby.join(), await lobby.join()
    refs = {}
    async with lobby.transactions() as session:
        for name in ("booking_held", "booking_confirmed"):
            refs[name] = new_id()
            user_id = UUID(account.id)
            await enqueue_about(session, new_id(), user_id=user_id, type=name, ref_id=refs[name])
    path = "/v1/users/me/notifications"
    (found,) = (await account.client.get(path, params={"type": "booking_held"})).json()
    assert set(found) == {"id", "user_id", "type", "channel", "subject", "ref_id", "status", "sent_at"}
    assert (found["user_id"], found["ref_id"]) == (account.id, str(refs["booking_held"]))
    types = [each["type"] for each in (await account.client.get(path)).json()]
    assert {"booking_held", "booking_confirmed"} <= set(types)
    for skip, wanted in enumerate(types):
        page = await account.client.get(path, params={"skip": skip, "limit": 1})
        assert [each["type"] for each in page.json()] == [wanted]
    assert not {"booking_held", "booking_confirmed"} & {
        each["type"] for each in (await stranger.client.get(path)).json()
    }
    assert (await lobby.visitor().get(path)).status_code == 401


async def test_files_of_a_simulated_mail_can_be_saved(start_app: StartApp) -> None:
    async with start_app() as client:
        transactions = client.app.state.parts.transactions  # type: ignore[attr-defined]  # set by start_app
        booked = await put_booking(transactions, "paid")
        await booked.move("ticketed")
        (found,) = await eventually(lambda: read_json(client))
        assert [each["name"] for each in found["attachments"]] == ["ABC123.ics", "bien-nhan-ABC123.html"]
        page = (await client.get("/sandbox/outbox")).text
        for each in found["attachments"]:
            assert f'href="{each["url"]}"' in page
            saved = await client.get(each["url"])
            assert saved.headers["content-disposition"] == f'attachment; filename="{each["name"]}"'
            assert saved.headers["content-type"].startswith(each["content_type"].split(";")[0])
        assert (await client.get(f"/sandbox/outbox/{found['message_id']}/2")).status_code == 404
        assert (await client.get(f"/sandbox/outbox/{uuid4()}/0")).status_code == 404


async def read_json(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get("/sandbox/outbox.json")).json()
    return found


async def test_reminders_can_be_switched_off_and_on(lobby: Lobby) -> None:
    account = await lobby.join()
    path = "/v1/users/me/preferences"
    assert (await account.client.patch(path, json={"meal": "VGML"})).json()["reminders"] is True
    for sent, kept in ((False, False), (True, True), (False, False), (None, True)):
        assert (await account.client.patch(path, json={"reminders": sent})).json()["reminders"] is kept
    assert (await account.client.patch(path, json={"reminders": "maybe"})).status_code == 422
