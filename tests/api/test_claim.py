"""An anonymous conversation becomes the signed-in user's who shows its token, and nobody else's."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import httpx
import pytest

from tests.api.test_chat_errors import check_error
from tests.conftest import StartApp
from tests.support.accounts import Account, Lobby
from tests.support.models import Say, scripted_models
from tests.support.sse import check_log
from tests.support.talk import SEARCH, Talk, run_of

REPLY = "Chuyến rẻ nhất bay buổi sáng, còn chuyến nhanh nhất bay buổi chiều nhé."


async def claim(account: Account, talk: Talk, token: str | None = None) -> httpx.Response:
    headers = {"X-Conversation-Token": token} if token else {}
    return await account.client.post(f"{talk.path}/claim", headers=headers)


async def see(client: httpx.AsyncClient, talk: Talk) -> int:
    return (await client.get(talk.path)).status_code


async def list_ids(account: Account) -> list[str]:
    return [each["id"] for each in (await account.client.get("/v1/chat/conversations")).json()]


async def test_claimed_conversation_is_the_users_and_its_token_opens_it_no_more(lobby: Lobby) -> None:
    talk, account = await Talk.open(lobby.visitor()), await lobby.join()
    await talk.ask("hello")
    assert await see(account.client, talk) == 404
    answer = await claim(account, talk, talk.token)
    body = answer.json()
    assert (answer.status_code, body["id"], body["user_id"]) == (200, talk.id, account.id)
    assert body["message_count"] == 2
    assert await list_ids(account) == [talk.id]
    assert await see(account.client, talk) == 200
    with_token = await talk.client.get(talk.path, headers=talk.headers)
    check_error(with_token, 404, "conversation_not_found")
    assert (await talk.client.get("/v1/chat/conversations", headers=talk.headers)).json() == []
    assert (await talk.post("hello again")).status_code == 404
    assert (await Talk(account.client, talk.id).ask("hello"))["state"]["run"] == "success"


async def test_claiming_again_is_harmless(lobby: Lobby) -> None:
    talk, account = await Talk.open(lobby.visitor()), await lobby.join()
    answers = [await claim(account, talk, token) for token in (talk.token, talk.token, None)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({answer.json()["user_id"] for answer in answers}) == 1


@pytest.mark.parametrize("token", [None, "x" * 43])
async def test_user_without_its_token_is_told_that_there_is_no_such_conversation(
    lobby: Lobby, token: str | None
) -> None:
    talk, account = await Talk.open(lobby.visitor()), await lobby.join()
    never_was = Talk(account.client, str(uuid4()))
    details = [
        check_error(await claim(account, each, token), 404, "conversation_not_found")["detail"]
        for each in (talk, never_was)
    ]
    assert details[0] == details[1]
    assert (await talk.detail())["user_id"] is None


async def test_claimed_conversation_is_not_claimed_by_the_next_who_knows_the_token(lobby: Lobby) -> None:
    talk, account, thief = await Talk.open(lobby.visitor()), await lobby.join(), await lobby.join()
    assert (await claim(account, talk, talk.token)).status_code == 200
    check_error(await claim(thief, talk, talk.token), 404, "conversation_not_found")
    assert await list_ids(thief) == []


async def test_of_two_who_claim_at_once_one_gets_it(lobby: Lobby) -> None:
    talk, accounts = await Talk.open(lobby.visitor()), [await lobby.join() for _ in range(5)]
    answers = await asyncio.gather(*(claim(account, talk, talk.token) for account in accounts))
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404, 404]
    owners = [account for account in accounts if await list_ids(account) == [talk.id]]
    assert len(owners) == 1


async def test_visitor_claims_nothing(lobby: Lobby) -> None:
    talk = await Talk.open(lobby.visitor())
    answer = await talk.client.post(f"{talk.path}/claim", headers=talk.headers)
    check_error(answer, 401, "unauthorized")
    assert (await talk.detail())["user_id"] is None


@pytest.mark.parametrize("conversation_id", ["me", "%00", "1", "x" * 500])
async def test_id_that_is_none_is_refused(lobby: Lobby, conversation_id: str) -> None:
    account = await lobby.join()
    check_error(await account.client.post(f"/v1/chat/conversations/{conversation_id}/claim"), 422, "invalid_request")


async def test_run_under_way_when_its_conversation_is_claimed_finishes(start_app: StartApp) -> None:
    async with start_app(scripted_models(Say(REPLY, pause=0.05))) as client:
        lobby = Lobby(client.app)  # type: ignore[attr-defined]
        talk, account = await Talk.open(lobby.visitor()), await lobby.join()
        reading = asyncio.create_task(talk.stream(SEARCH))
        await talk.wait_for_run(events=2)
        assert (await claim(account, talk, talk.token)).status_code == 200
        assert (await Talk(account.client, talk.id).detail())["active_run"] is not None
        read_through = await reading
        check_log(read_through)
        detail = await Talk(account.client, talk.id).wait_for_rest()
        asked, reply = detail["messages"]
        assert (asked["content"], reply["content"].strip(), reply["run"]) == (SEARCH, REPLY, "success")
        assert detail["state"]["frame"]["destination"]["iata"] == "DAD"
        run_id = run_of(read_through)
        check_log(await Talk(account.client, talk.id).resume(run_id))
        assert (await talk.client.get(f"{talk.path}/runs/{run_id}/events", headers=talk.headers)).status_code == 404


async def test_answer_awaited_as_json_comes_although_its_conversation_is_claimed_meanwhile(start_app: StartApp) -> None:
    async with start_app(scripted_models(Say(REPLY, pause=0.05))) as client:
        lobby = Lobby(client.app)  # type: ignore[attr-defined]
        talk, account = await Talk.open(lobby.visitor()), await lobby.join()
        awaiting = asyncio.create_task(talk.ask(SEARCH))
        await talk.wait_for_run(events=2)
        assert (await claim(account, talk, talk.token)).status_code == 200
        assert (await awaiting)["content"].strip() == REPLY
