"""Whose account the word of Google opens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from core.clock import clock
from core.messages import Language
from core.security import Keys
from db.models import AuditEvent, User, UserIdentity, UserSession
from db.repositories.identities import IdentityRepository
from db.session import Transactions
from providers.identity.base import VerifiedIdentity
from services.accounts import identities
from services.accounts.tokens import Tokens
from tests.support.accounts import PASSWORD, Account, Lobby, new_email
from tests.support.google import Browser


@pytest.fixture
async def browser(shared_app: FastAPI) -> AsyncIterator[Browser]:
    browser = Browser(shared_app)
    async with browser.http:
        yield browser


async def count_users(lobby: Lobby, email: str) -> int:
    async with lobby.transactions() as session:
        return await session.scalar(select(func.count()).select_from(User).where(User.email == email)) or 0


async def count_identities(lobby: Lobby, user_id: str) -> int:
    async with lobby.transactions() as session:
        rows = select(func.count()).select_from(UserIdentity).where(UserIdentity.user_id == UUID(user_id))
        return await session.scalar(rows) or 0


async def read_audit(lobby: Lobby, user_id: str) -> list[tuple[str, str]]:
    async with lobby.transactions() as session:
        rows = select(AuditEvent).where(AuditEvent.user_id == UUID(user_id)).order_by(AuditEvent.id)
        return [
            (row.action, row.details.get("method") or row.details.get("provider") or "")
            for row in await session.scalars(rows)
        ]


async def log_in(account: Account) -> int:
    answer = await account.client.post("/v1/auth/login", json={"email": account.email, "password": PASSWORD})
    return answer.status_code


async def test_a_newcomer_gets_an_account_without_a_password(browser: Browser, lobby: Lobby) -> None:
    email = new_email()
    await browser.sign_in(email=email.upper())
    user = await browser.who_am_i()
    assert user is not None
    assert user["email"] == email
    async with lobby.transactions() as session:
        stored = await session.get_one(User, UUID(user["id"]))
    assert stored.hashed_password is None
    assert stored.email_verified_at == clock.now()
    assert await read_audit(lobby, user["id"]) == [
        ("user.registered", ""),
        ("user.identity_linked", "google"),
        ("user.signed_in", "google"),
    ]


async def test_who_comes_again_is_the_same_person_whatever_their_address_is_by_now(
    browser: Browser, lobby: Lobby
) -> None:
    email = new_email()
    await browser.sign_in(email=email)
    first = await browser.who_am_i()
    assert first is not None
    async with lobby.transactions() as session:
        (await session.get_one(User, UUID(first["id"]))).email = new_email()
    await browser.sign_in(email=email, verified=False)
    second = await browser.who_am_i()
    assert second is not None
    assert second["id"] == first["id"]
    assert await count_users(lobby, email) == 0
    assert await count_identities(lobby, first["id"]) == 1


async def test_an_address_google_has_not_seen_opens_and_makes_nothing(browser: Browser, lobby: Lobby) -> None:
    account, stranger = await lobby.join(), new_email()
    for email, users in ((account.email, 1), (stranger, 0)):
        answer = await browser.sign_in(email=email, verified=False)
        assert answer.headers["location"] == "/sign-in?error=google_email_unverified"
        assert await count_users(lobby, email) == users
    assert await browser.who_am_i() is None
    assert await count_identities(lobby, account.id) == 0


async def test_the_owner_of_a_proved_address_keeps_password_and_sessions(browser: Browser, lobby: Lobby) -> None:
    account = await lobby.join()
    await lobby.change_user(account, email_verified_at=clock.now())
    await browser.sign_in(email=account.email)
    user = await browser.who_am_i()
    assert user is not None
    assert user["id"] == account.id
    assert await account.is_let_in()
    assert await log_in(account) == 200
    assert await count_identities(lobby, account.id) == 1


@pytest.mark.parametrize("is_proved", [True, False])
async def test_the_owner_is_told_that_google_opens_the_account_now(
    browser: Browser, lobby: Lobby, is_proved: bool
) -> None:
    account = await lobby.join()
    await lobby.change_user(account, email_verified_at=clock.now() if is_proved else None)
    await browser.sign_in(email=account.email)
    types = {letter.type for letter in await lobby.read_letters(account.email)}
    assert ("google_linked" in types, "google_linked_password_dropped" in types) == (is_proved, not is_proved)


async def test_whoever_took_the_address_before_its_owner_came_is_locked_out(browser: Browser, lobby: Lobby) -> None:
    """Pre-hijacking: Mallory registers Lan's address with a password of hers and waits for her to use it."""
    mallory = await lobby.join()
    await browser.sign_in(email=mallory.email)
    lan = await browser.who_am_i()
    assert lan is not None
    assert lan["id"] == mallory.id
    assert lan["email_verified_at"] is not None
    assert not await mallory.is_let_in()
    assert (await mallory.refresh()).status_code == 401
    assert await log_in(mallory) == 401
    assert await browser.who_am_i() is not None  # Lan's own session is not among those that ended
    actions = [action for action, _ in await read_audit(lobby, lan["id"])]
    assert actions.index("user.password_dropped") < actions.index("user.identity_linked")


async def test_a_locked_account_stays_shut_and_unlinked(browser: Browser, lobby: Lobby) -> None:
    account = await lobby.join()
    await lobby.change_user(account, is_active=False)
    answer = await browser.sign_in(email=account.email, continue_to="/sign-in?lang=vi")
    assert answer.headers["location"] == "/sign-in?lang=vi&error=account_locked"
    assert await browser.who_am_i() is None
    assert await count_identities(lobby, account.id) == 0
    await lobby.change_user(account, is_active=True)
    assert await log_in(account) == 200  # nothing of the attempt is left, the dropped password neither


async def test_an_account_locked_after_it_was_linked_stays_shut(browser: Browser, lobby: Lobby) -> None:
    email = new_email()
    await browser.sign_in(email=email)
    user = await browser.who_am_i()
    assert user is not None
    async with lobby.transactions() as session:
        (await session.get_one(User, UUID(user["id"]))).is_active = False
    assert (await browser.sign_in(email=email)).headers["location"] == "/sign-in?error=account_locked"
    assert await browser.who_am_i() is None


def meet_before_writing(monkeypatch: pytest.MonkeyPatch, callers: int) -> None:
    """Let so many sign-ins find nothing before any of them writes: the race, every time."""
    barrier, look = asyncio.Barrier(callers), IdentityRepository.find_user
    waiting = callers

    async def look_and_wait(self: IdentityRepository, *, issuer: str, subject: str) -> User | None:
        nonlocal waiting
        found = await look(self, issuer=issuer, subject=subject)
        if waiting:
            waiting -= 1
            await barrier.wait()
        return found

    monkeypatch.setattr(IdentityRepository, "find_user", look_and_wait)


@pytest.mark.parametrize("is_new", [True, False])
async def test_two_callbacks_at_once_are_one_person(
    shared_app: FastAPI, lobby: Lobby, monkeypatch: pytest.MonkeyPatch, is_new: bool
) -> None:
    email = new_email() if is_new else (await lobby.join()).email
    browsers = [Browser(shared_app) for _ in range(3)]
    callbacks = [await browser.say(await browser.start(), email=email) for browser in browsers]
    meet_before_writing(monkeypatch, len(browsers))
    answers = await asyncio.gather(
        *(browser.http.get(callback) for browser, callback in zip(browsers, callbacks, strict=True))
    )
    assert [answer.headers["location"] for answer in answers] == ["/sign-in"] * 3
    users = [await browser.who_am_i() for browser in browsers]
    assert len({user["id"] for user in users if user}) == 1
    assert None not in users
    assert await count_users(lobby, email) == 1
    assert await count_identities(lobby, (users[0] or {})["id"]) == 1


async def test_without_a_second_look_one_of_two_callbacks_would_fail(
    shared_app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant: the race above is a real one."""

    async def look_once(
        transactions: Transactions, identity: VerifiedIdentity, language: Language, keys: Keys
    ) -> Tokens:
        return await identities._sign_in_once(transactions, identity, language, keys)

    monkeypatch.setattr(identities, "_sign_in", look_once)
    email, browsers = new_email(), [Browser(shared_app) for _ in range(2)]
    callbacks = [await browser.say(await browser.start(), email=email) for browser in browsers]
    meet_before_writing(monkeypatch, len(browsers))
    answers = await asyncio.gather(
        *(browser.http.get(callback) for browser, callback in zip(browsers, callbacks, strict=True))
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409]


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("  Nguyễn\u202e Lan\x00 ", "Nguyễn Lan"),
        ("Nguye\u0302\u0303n", "Nguyễn"),
        ("x" * 300, "x" * 100),
        ("\u200b\n", None),
        ("\ud800", None),
        (None, None),
    ],
)
def test_a_name_is_kept_as_one_line_that_can_be_stored(said: str | None, stored: str | None) -> None:
    assert identities._clean_name(said) == stored


@pytest.mark.parametrize("email", ["no address", "a@b@c", "\ud800@example.com", "a\x00@example.com"])
async def test_an_address_that_is_none_is_refused(lobby: Lobby, email: str) -> None:
    with pytest.raises(identities.GoogleSignInFailed):
        await identities._sign_in(lobby.transactions, identify(email), "vi", lobby.parts.settings.keys)


def identify(email: str, subject: str = "7", *, keeps_email: bool = True) -> VerifiedIdentity:
    return VerifiedIdentity(
        "https://issuer.example", subject, email, email_verified=True, keeps_email=keeps_email, full_name=None
    )


async def test_a_proved_account_is_not_opened_to_who_only_once_had_its_address(lobby: Lobby) -> None:
    account = await lobby.join()
    await lobby.change_user(account, email_verified_at=clock.now())
    keys = lobby.parts.settings.keys
    with pytest.raises(identities.GoogleEmailTaken):
        await identities._sign_in(lobby.transactions, identify(account.email, keeps_email=False), "vi", keys)
    await identities._sign_in(lobby.transactions, identify(account.email), "vi", keys)
    with pytest.raises(identities.GoogleEmailTaken):  # the address has passed to somebody else
        await identities._sign_in(lobby.transactions, identify(account.email, "8"), "vi", keys)
    assert await count_identities(lobby, account.id) == 1


async def test_a_sign_in_leaves_one_session(browser: Browser, lobby: Lobby) -> None:
    await browser.sign_in(email=new_email())
    user = await browser.who_am_i()
    assert user is not None
    async with lobby.transactions() as session:
        owned = select(func.count()).select_from(UserSession).where(UserSession.user_id == UUID(user["id"]))
        assert await session.scalar(owned) == 1
