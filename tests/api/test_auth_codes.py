"""Codes by mail: five tries, five minutes, one use, the newest only; and what a right one changes."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, update

from core.clock import clock
from db.models import NotificationLog, VerificationCode
from services.accounts import codes
from tests.api.test_chat_errors import check_error
from tests.conftest import NOW
from tests.support.accounts import ANOTHER_PASSWORD, PASSWORD, Account, Letter, Lobby, new_email

SECOND = timedelta(seconds=1)
MINUTES = timedelta(minutes=1)


async def forget(lobby: Lobby, email: str) -> httpx.Response:
    return await lobby.visitor().post("/v1/auth/password/forgot", json={"email": email})


async def ask_for_code(lobby: Lobby, email: str) -> str:
    assert (await forget(lobby, email)).status_code == 202
    return await lobby.read_code(email)


async def reset(lobby: Lobby, email: str, code: str, password: str = ANOTHER_PASSWORD) -> httpx.Response:
    body = {"email": email, "code": code, "new_password": password}
    return await lobby.visitor().post("/v1/auth/password/reset", json=body)


def wrong_codes(code: str) -> list[str]:
    """Others than this one."""
    return [f"{(int(code) + step) % 10**6:06}" for step in range(1, 21)]


async def guess(lobby: Lobby, *, wrong: int) -> bool:
    """Try so many wrong codes; whether the right one is still good after them."""
    account = await lobby.join()
    code = await ask_for_code(lobby, account.email)
    for each in wrong_codes(code)[:wrong]:
        check_error(await reset(lobby, account.email, each), 422, "code_invalid")
    return (await reset(lobby, account.email, code)).status_code == 204


async def test_right_code_sets_the_password_and_ends_every_session(lobby: Lobby) -> None:
    account = await lobby.join()
    other = await lobby.sign_in(account.email)
    code = await ask_for_code(lobby, account.email)
    answer = await reset(lobby, account.email, code)
    assert (answer.status_code, answer.content) == (204, b"")
    assert not await account.is_let_in()
    assert not await other.is_let_in()
    check_error(await account.refresh(), 401, "token_invalid")
    assert await (await lobby.sign_in(account.email, ANOTHER_PASSWORD)).is_let_in()
    with pytest.raises(AssertionError, match="credentials_wrong"):
        await lobby.sign_in(account.email, PASSWORD)
    assert "user.password_reset" in await lobby.read_audit(account)
    assert Letter("password_changed", None) in await lobby.read_letters(account.email)


async def test_code_stands_four_wrong_tries(lobby: Lobby) -> None:
    assert await guess(lobby, wrong=4)


async def test_after_five_wrong_tries_the_right_code_is_refused(lobby: Lobby) -> None:
    assert not await guess(lobby, wrong=5)


async def test_the_check_notices_tries_that_are_not_kept(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    redeem = codes._redeem

    async def forget_tries(session: Any, user_id: UUID, *rest: Any) -> str | None:
        address = await redeem(session, user_id, *rest)
        await session.execute(update(VerificationCode).where(VerificationCode.user_id == user_id).values(tries=0))
        return address

    monkeypatch.setattr(codes, "_redeem", forget_tries)
    assert await guess(lobby, wrong=5)


async def test_wrong_tries_at_once_are_each_counted(lobby: Lobby) -> None:
    account = await lobby.join()
    code = await ask_for_code(lobby, account.email)
    answers = await asyncio.gather(*(reset(lobby, account.email, each) for each in wrong_codes(code)))
    assert {answer.status_code for answer in answers} <= {422, 429}
    async with lobby.transactions() as session:
        of_account = VerificationCode.user_id == UUID(account.id), VerificationCode.purpose == "reset_password"
        assert await session.scalar(select(VerificationCode.tries).where(*of_account)) == codes.MAX_TRIES


@pytest.mark.parametrize(("age", "status"), [(5 * MINUTES - SECOND, 204), (5 * MINUTES, 422)])
async def test_code_is_good_for_five_minutes(lobby: Lobby, age: timedelta, status: int) -> None:
    account = await lobby.join()
    code = await ask_for_code(lobby, account.email)
    with clock.frozen(NOW + age):
        assert (await reset(lobby, account.email, code)).status_code == status


async def test_code_is_good_once(lobby: Lobby) -> None:
    account = await lobby.join()
    code = await ask_for_code(lobby, account.email)
    answers = await asyncio.gather(*(reset(lobby, account.email, code) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [204, 422, 422, 422, 422]


async def test_only_the_newest_code_is_good(lobby: Lobby) -> None:
    account = await lobby.join()
    older, newer = [await ask_for_code(lobby, account.email) for _ in range(2)]
    if older != newer:  # one time in a million they are the same
        check_error(await reset(lobby, account.email, older), 422, "code_invalid")
    assert (await reset(lobby, account.email, newer)).status_code == 204


async def test_code_of_one_purpose_is_not_good_for_another(lobby: Lobby) -> None:
    account = await lobby.join()
    proof = await lobby.read_code(account.email)
    check_error(await reset(lobby, account.email, proof), 422, "code_invalid")
    await ask_for_code(lobby, account.email)
    check_error(await reset(lobby, account.email, proof), 422, "code_invalid")


async def test_code_of_one_account_is_not_good_for_another(lobby: Lobby) -> None:
    account, stranger = await lobby.join(), await lobby.join()
    code = await ask_for_code(lobby, account.email)
    check_error(await reset(lobby, stranger.email, code), 422, "code_invalid")


async def test_forgotten_password_is_answered_the_same_whether_there_is_an_account_or_not(lobby: Lobby) -> None:
    known, locked, unknown = (await lobby.join()), (await lobby.join()), new_email()
    await lobby.change_user(locked, is_active=False)
    answers = [await forget(lobby, email) for email in (known.email, locked.email, unknown)]
    told = {(answer.status_code, answer.content, tuple(sorted(answer.headers))) for answer in answers}
    assert len(told) == 1
    assert "reset_password" in [letter.type for letter in await lobby.read_letters(known.email)]
    assert "reset_password" not in [letter.type for letter in await lobby.read_letters(locked.email)]
    assert await lobby.read_letters(unknown) == []


async def test_code_for_an_unknown_address_is_refused_like_a_wrong_one(lobby: Lobby) -> None:
    account = await lobby.join()
    await forget(lobby, account.email)
    wrong = wrong_codes(await lobby.read_code(account.email))[0]
    told = [
        check_error(await reset(lobby, email, wrong), 422, "code_invalid")["detail"]
        for email in (account.email, new_email())
    ]
    assert told[0] == told[1]


async def test_code_lies_in_no_column_as_it_is(lobby: Lobby) -> None:
    account = await lobby.join()
    code = await ask_for_code(lobby, account.email)
    async with lobby.transactions() as session:
        of_account = VerificationCode.user_id == UUID(account.id)
        stored = list(await session.scalars(select(VerificationCode).where(of_account)))
        letters = list(
            await session.scalars(select(NotificationLog).where(NotificationLog.user_id == UUID(account.id)))
        )
    assert len(stored) == 2
    for row in stored:
        assert code.encode() not in row.code_hash
        assert account.email not in row.address
    for letter in letters:
        assert code not in (letter.letter or "")
        assert account.email not in (letter.letter or "")


async def change_email(account: Account, email: str) -> httpx.Response:
    return await account.client.post("/v1/auth/email", json={"email": email})


async def confirm(account: Account, code: str) -> httpx.Response:
    return await account.client.post("/v1/auth/email/confirm", json={"code": code})


async def test_the_code_of_the_welcome_letter_proves_the_address(lobby: Lobby) -> None:
    account = await lobby.join()
    answer = await confirm(account, await lobby.read_code(account.email))
    assert answer.status_code == 200, answer.text
    assert datetime.fromisoformat(answer.json()["email_verified_at"]) == NOW
    assert [letter.type for letter in await lobby.read_letters(account.email)] == ["verify_email"]


async def test_address_changes_once_the_new_one_is_proved_and_the_old_one_is_told(lobby: Lobby) -> None:
    account, address = await lobby.join(), new_email()
    answer = await change_email(account, address.upper())
    assert (answer.status_code, (await account.client.get("/v1/users/me")).json()["email"]) == (202, account.email)
    answer = await confirm(account, await lobby.read_code(address))
    assert (answer.status_code, answer.json()["email"]) == (200, address)
    assert Letter("email_changed", None) in await lobby.read_letters(account.email)
    assert [letter.type for letter in await lobby.read_letters(address)] == ["verify_email"]
    assert "user.email_verified" in await lobby.read_audit(account)
    assert await (await lobby.sign_in(address)).is_let_in()
    with pytest.raises(AssertionError, match="credentials_wrong"):
        await lobby.sign_in(account.email)


async def test_wrong_code_leaves_the_address_and_is_counted(lobby: Lobby) -> None:
    account = await lobby.join()
    code = await lobby.read_code(account.email)
    for each in wrong_codes(code)[:5]:
        check_error(await confirm(account, each), 422, "code_invalid")
    check_error(await confirm(account, code), 422, "code_invalid")
    assert (await account.client.get("/v1/users/me")).json()["email_verified_at"] is None


async def test_code_to_the_old_address_resets_nothing_after_the_change(lobby: Lobby) -> None:
    account, address = await lobby.join(), new_email()
    await change_email(account, address)
    proof = await lobby.read_code(address)
    stale = await ask_for_code(lobby, account.email)
    assert (await confirm(account, proof)).status_code == 200
    check_error(await reset(lobby, account.email, stale), 422, "code_invalid")
    check_error(await reset(lobby, address, stale), 422, "code_invalid")


async def test_address_of_somebody_else_is_refused(lobby: Lobby) -> None:
    account, other = await lobby.join(), await lobby.join()
    check_error(await change_email(account, other.email), 409, "email_taken")


async def test_address_taken_meanwhile_is_refused(lobby: Lobby) -> None:
    account, address = await lobby.join(), new_email()
    await change_email(account, address)
    code = await lobby.read_code(address)
    await lobby.join(email=address)
    check_error(await confirm(account, code), 409, "email_taken")
    assert (await account.client.get("/v1/users/me")).json()["email"] == account.email


async def test_of_two_who_take_one_address_at_once_one_gets_it(lobby: Lobby) -> None:
    for _ in range(2):  # a race: not each round is a close one
        accounts, address = [await lobby.join() for _ in range(4)], new_email()
        codes = []
        for account in accounts:
            await change_email(account, address)
            codes.append(await lobby.read_code(address))
        answers = await asyncio.gather(*map(confirm, accounts, codes))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


NEEDS_FRESH_SIGN_IN: list[tuple[str, str, Any]] = [
    ("POST", "/v1/auth/email", {"email": "lan.moi@example.com"}),
    ("GET", "/v1/users/me/export", None),
    ("DELETE", "/v1/users/me", None),
]


@pytest.mark.parametrize(("method", "path", "body"), NEEDS_FRESH_SIGN_IN)
async def test_a_borrowed_phone_must_sign_in_again(lobby: Lobby, method: str, path: str, body: Any) -> None:
    account = await lobby.join()
    with clock.frozen(NOW + 14 * MINUTES):
        renewed = (await account.refresh()).json()
        account.client.headers["Authorization"] = f"Bearer {renewed['access_token']}"
    with clock.frozen(NOW + 15 * MINUTES + SECOND):  # a new token, an old sign-in
        assert await account.is_let_in()
        check_error(await account.client.request(method, path, json=body), 403, "sign_in_again")
        fresh = await lobby.sign_in(account.email)
        assert (await fresh.client.request(method, path, json=body)).is_success


async def test_account_without_a_password_is_given_one_only_after_a_fresh_sign_in(lobby: Lobby) -> None:
    account = await lobby.join()
    await lobby.change_user(account, hashed_password=None)
    with clock.frozen(NOW + 14 * MINUTES):
        renewed = (await account.refresh()).json()
        account.client.headers["Authorization"] = f"Bearer {renewed['access_token']}"
    with clock.frozen(NOW + 15 * MINUTES + SECOND):
        answer = await account.client.post("/v1/auth/password", json={"new_password": ANOTHER_PASSWORD})
        check_error(answer, 403, "sign_in_again")


async def test_changing_the_password_ends_the_other_sessions_only(lobby: Lobby) -> None:
    account = await lobby.join()
    other = await lobby.sign_in(account.email)
    body = {"current_password": PASSWORD, "new_password": ANOTHER_PASSWORD}
    answer = await account.client.post("/v1/auth/password", json=body)
    assert (answer.status_code, answer.content) == (204, b"")
    assert await account.is_let_in()
    assert (await account.refresh()).status_code == 200
    assert not await other.is_let_in()
    check_error(await other.refresh(), 401, "token_invalid")
    assert await (await lobby.sign_in(account.email, ANOTHER_PASSWORD)).is_let_in()
    assert "user.password_changed" in await lobby.read_audit(account)
    assert Letter("password_changed", None) in await lobby.read_letters(account.email)


@pytest.mark.parametrize("current", [ANOTHER_PASSWORD, None])
async def test_wrong_current_password_changes_nothing(lobby: Lobby, current: str | None) -> None:
    account = await lobby.join()
    other = await lobby.sign_in(account.email)
    body = {"current_password": current, "new_password": "something else again"}
    check_error(await account.client.post("/v1/auth/password", json=body), 403, "password_wrong")
    assert await other.is_let_in()
    assert await (await lobby.sign_in(account.email)).is_let_in()


async def test_code_may_be_written_with_the_blanks_people_read_it_in(lobby: Lobby) -> None:
    account = await lobby.join()
    code = await lobby.read_code(account.email)
    answer = await account.client.post("/v1/auth/email/confirm", json={"code": f" {code[:3]} {code[3:]}"})
    assert answer.json()["email_verified_at"] is not None
