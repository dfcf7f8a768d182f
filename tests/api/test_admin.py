"""Administrators see every account and lock or unlock it; nobody else sees that there are any."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.api.test_auth_rows import USER
from tests.api.test_chat_errors import check_error
from tests.support.accounts import Account, Lobby, new_email

USERS = "/v1/admin/users"


async def list_users(admin: Account, **query: Any) -> tuple[list[str], int]:
    """The ids on a page, and the total."""
    answer = await admin.client.get(USERS, params=query)
    assert (answer.status_code, set(answer.json())) == (200, {"items", "total"}), answer.text
    items, total = answer.json()["items"], answer.json()["total"]
    assert all(set(user) == USER for user in items)
    return [user["id"] for user in items], total


async def test_list_is_paged_and_counts_what_it_does_not_show(client: Any) -> None:
    lobby = Lobby(client.app)
    admin = await lobby.join_as_admin()
    for _ in range(6):
        await lobby.join()
    everybody, total = await list_users(admin)
    assert (len(everybody), total) == (7, 7)
    pages = [await list_users(admin, skip=skip, limit=3) for skip in (0, 3, 6, 9)]
    assert [len(ids) for ids, _ in pages] == [3, 3, 1, 0]
    assert [user_id for ids, _ in pages for user_id in ids] == everybody
    assert {count for _, count in pages} == {7}


async def test_list_has_twenty_unless_told_otherwise_and_the_newest_first(client: Any) -> None:
    lobby = Lobby(client.app)
    admin = await lobby.join_as_admin()
    made = [(await lobby.join()).id for _ in range(21)]
    ids, total = await list_users(admin)
    assert (len(ids), total) == (20, 22)
    assert ids == sorted([*made, admin.id], reverse=True)[:20], "ids grow with time"


async def test_locked_and_open_accounts_are_listed_apart(client: Any) -> None:
    lobby = Lobby(client.app)
    admin, locked = await lobby.join_as_admin(), await lobby.join()
    await admin.client.patch(f"{USERS}/{locked.id}", json={"is_active": False})
    assert await list_users(admin, is_active=False) == ([locked.id], 1)
    assert await list_users(admin, is_active=True) == ([admin.id], 1)


@pytest.mark.parametrize("write", [str, str.upper, str.lower])
async def test_search_finds_a_part_of_the_name_or_the_address(lobby: Lobby, write: Any) -> None:
    admin, mark = await lobby.join_as_admin(), uuid4().hex
    named = await lobby.join(full_name=f"Đặng {mark} Lan")
    mailed = await lobby.join(email=f"x{mark}x@example.com")
    ids, total = await list_users(admin, q=write(mark))
    assert (set(ids), total) == ({named.id, mailed.id}, 2)
    assert await list_users(admin, q=write(f"đặng {mark}")) == ([named.id], 1)
    assert await list_users(admin, q=mark, is_active=False) == ([], 0)


async def test_search_takes_its_text_as_it_is(lobby: Lobby) -> None:
    admin, mark = await lobby.join_as_admin(), uuid4().hex
    found = await lobby.join(full_name=f"100% {mark} _x\\ ' OR 1=1")
    await lobby.join(full_name=f"1000 {mark} yx")
    for text in (f"100% {mark}", f"{mark} _x", f"{mark} _x\\", f"{mark} _x\\ ' OR 1=1"):
        assert await list_users(admin, q=text) == ([found.id], 1), text


async def test_administrator_sees_and_changes_any_account(lobby: Lobby) -> None:
    admin, account = await lobby.join_as_admin(), await lobby.join()
    seen = await admin.client.get(f"{USERS}/{account.id}")
    assert (seen.status_code, seen.json()) == (200, (await account.client.get("/v1/users/me")).json())
    changed = await admin.client.patch(f"{USERS}/{account.id}", json={"full_name": "Mai", "phone": "0912345678"})
    assert (changed.status_code, set(changed.json())) == (200, USER)
    me = (await account.client.get("/v1/users/me")).json()
    assert (me["full_name"], me["phone"], me["email"]) == ("Mai", "+84912345678", account.email)


@pytest.mark.parametrize("changes", [{"is_superuser": True}, {"hashed_password": "x"}, {"is_active": "perhaps"}])
async def test_what_no_administrator_changes_may_not_be_sent(lobby: Lobby, changes: dict[str, Any]) -> None:
    admin, account = await lobby.join_as_admin(), await lobby.join()
    check_error(await admin.client.patch(f"{USERS}/{account.id}", json=changes), 422, "invalid_request")


async def test_administrator_does_not_change_an_address(lobby: Lobby) -> None:
    admin, account = await lobby.join_as_admin(), await lobby.join()
    answer = await admin.client.patch(f"{USERS}/{account.id}", json={"email": new_email()})
    check_error(answer, 422, "email_not_editable")


async def test_locking_keeps_an_account_out_and_unlocking_lets_it_in(lobby: Lobby) -> None:
    admin, account = await lobby.join_as_admin(), await lobby.join()
    for is_active in (False, False, True, True):
        answer = await admin.client.patch(f"{USERS}/{account.id}", json={"is_active": is_active})
        assert (answer.status_code, answer.json()["is_active"]) == (200, is_active)
        if is_active:
            await lobby.sign_in(account.email)
        else:
            assert not await account.is_let_in()
            with pytest.raises(AssertionError, match="account_locked"):
                await lobby.sign_in(account.email)
    record = await lobby.read_audit(account)
    assert (record.count("user.locked"), record.count("user.unlocked")) == (1, 1)


async def test_is_active_cannot_be_cleared(lobby: Lobby) -> None:
    admin, account = await lobby.join_as_admin(), await lobby.join()
    answer = await admin.client.patch(f"{USERS}/{account.id}", json={"is_active": None})
    assert answer.json()["is_active"] is True


@pytest.mark.parametrize("method", ["GET", "PATCH"])
async def test_account_that_never_was_is_not_found(lobby: Lobby, method: str) -> None:
    admin = await lobby.join_as_admin()
    answer = await admin.client.request(method, f"{USERS}/{uuid4()}", json=None if method == "GET" else {})
    check_error(answer, 404, "account_not_found")


@pytest.mark.parametrize("method", ["GET", "PATCH"])
async def test_nobody_else_learns_whether_an_account_exists(lobby: Lobby, method: str) -> None:
    account, other = await lobby.join(), await lobby.join()
    body = None if method == "GET" else {"colour": 5}
    for client, status, code in ((account.client, 403, "forbidden"), (lobby.visitor(), 401, "unauthorized")):
        details = [
            check_error(await client.request(method, f"{USERS}/{user_id}", json=body), status, code)["detail"]
            for user_id in (other.id, account.id, uuid4())
        ]
        assert len(set(details)) == 1
    assert (await other.client.get("/v1/users/me")).json()["full_name"] is None


async def test_nobody_else_lists_accounts(lobby: Lobby) -> None:
    account = await lobby.join()
    check_error(await account.client.get(USERS), 403, "forbidden")
    check_error(await lobby.visitor().get(USERS), 401, "unauthorized")


async def test_administrator_no_more_has_no_power_left_in_an_old_token(lobby: Lobby) -> None:
    admin = await lobby.join_as_admin()
    await list_users(admin)
    await lobby.change_user(admin, is_superuser=False)
    check_error(await admin.client.get(USERS), 403, "forbidden")


@pytest.mark.parametrize("path", ["/v1/users/me", "/v1/admin/users/{id}"])
async def test_an_administrator_does_not_lock_the_own_account(lobby: Lobby, path: str) -> None:
    admin = await lobby.join_as_admin()
    answer = await admin.client.patch(path.format(id=admin.id), json={"is_active": False, "full_name": "Mai"})
    check_error(answer, 409, "own_account_locked")
    assert await admin.is_let_in()
