"""Cards about the caller's own things over REST, and the record of the conversation they were shown in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from api.schemas.proposals import AccountProposalRead
from core.security import ACCOUNT_SCOPE, Actor
from db.models import ConversationMessage
from services.proposals.approval import approve
from services.proposals.personal import propose_preference
from tests.api.test_chat_errors import check_error
from tests.support.accounts import Account, Lobby

FIELDS = set(AccountProposalRead.model_fields)


def actor_of(account: Account) -> Actor:
    return Actor(kind="user", user_id=UUID(account.id), scopes=frozenset({ACCOUNT_SCOPE}))


async def ask(lobby: Lobby, account: Account, conversation_id: str | None = None) -> dict[str, Any]:
    made = await propose_preference(
        lobby.parts.consent,
        actor_of(account),
        kind="seat",
        value="window",
        conversation_id=UUID(conversation_id) if conversation_id else None,
    )
    answer = await account.client.get(f"/v1/proposals/{made.id}", headers={"Accept-Language": "en"})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_card_about_the_account_is_told_in_a_sentence_and_answered_with_itself(lobby: Lobby) -> None:
    account = await lobby.join()
    card = await ask(lobby, account)
    assert set(card) == FIELDS
    assert (card["action"], card["status"], card["subject_id"]) == ("remember", "open", account.id)
    assert card["text"] == "Remember for you: Seat: by the window?"
    path = f"/v1/proposals/{card['id']}/approve"
    check_error(await account.client.post(path, json={"quote_hash": "0" * 64}), 409, "quote_mismatch")
    assert (await account.client.get("/v1/users/me/preferences")).status_code == 204
    for _ in range(2):
        done = await account.client.post(path, json={"quote_hash": card["quote_hash"]})
        assert (done.status_code, done.json()["status"], set(done.json())) == (200, "approved", FIELDS), done.text
    assert (await account.client.get("/v1/users/me/preferences")).json()["seat_preference"] == "window"
    forgotten = await account.client.patch("/v1/users/me/preferences", json={"seat_preference": None})
    assert forgotten.json()["seat_preference"] is None


async def test_a_no_to_it_is_answered_alike(lobby: Lobby) -> None:
    account = await lobby.join()
    card = await ask(lobby, account)
    declined = await account.client.post(f"/v1/proposals/{card['id']}/decline")
    assert (declined.json()["status"], set(declined.json())) == ("declined", FIELDS)
    body = {"quote_hash": card["quote_hash"]}
    refused = await account.client.post(f"/v1/proposals/{card['id']}/approve", json=body)
    assert (refused.status_code, refused.json()["code"], refused.json()["status"]) == (
        409,
        "proposal_closed",
        "declined",
    )
    assert (await account.client.get("/v1/users/me/preferences")).status_code == 204


async def test_it_exists_for_its_owner_only(lobby: Lobby) -> None:
    account, stranger = await lobby.join(), await lobby.join()
    card = await ask(lobby, account)
    body = {"quote_hash": card["quote_hash"]}
    path = f"/v1/proposals/{card['id']}"
    check_error(await stranger.client.get(path), 404, "proposal_not_found")
    check_error(await stranger.client.post(f"{path}/approve", json=body), 404, "proposal_not_found")
    check_error(await stranger.client.post(f"{path}/decline"), 404, "proposal_not_found")


async def test_record_of_a_conversation_is_read_in_ones_language_and_by_its_owner(lobby: Lobby) -> None:
    account, stranger = await lobby.join(), await lobby.join()
    conversation_id = (await account.client.post("/v1/chat/conversations", json={})).json()["id"]
    path = f"/v1/chat/conversations/{conversation_id}/actions"
    assert (await account.client.get(path)).json() == []
    card = await ask(lobby, account, conversation_id)
    async with lobby.transactions() as session:
        said = ConversationMessage(conversation_id=UUID(conversation_id), role="user", content="đồng ý", metadata_={})
        session.add(said)
    await approve(
        lobby.parts.consent,
        actor_of(account),
        proposal_id=UUID(card["id"]),
        quote_hash=card["quote_hash"],
        channel="typed",
        answered_in=said.id,
    )
    told = (await account.client.get(path, headers={"Accept-Language": "vi"})).json()
    assert [(each["kind"], each["action"]) for each in told] == [
        *(("proposed", "remember"), ("approved", "remember"), ("executed", "remember")),
    ]
    assert (told[1]["words"], told[1]["channel"], told[0]["channel"]) == ("đồng ý", "typed", None)
    assert told[1]["text"] == "Bạn đồng ý: “Ghi nhớ cho bạn: Chỗ ngồi: cạnh cửa sổ?” (bằng lời: “đồng ý”)"
    english = (await account.client.get(path, headers={"Accept-Language": "en"})).json()
    assert english[2]["text"] == "Carried out: “Remember for you: Seat: by the window?”"
    check_error(await stranger.client.get(path), 404, "conversation_not_found")
    check_error(await lobby.visitor().get(path), 404, "conversation_not_found")
