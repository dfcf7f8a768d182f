"""What stands in the database opens nothing, and what one secret makes means nothing to another."""

from __future__ import annotations

from core.security import Keys, new_token
from core.settings import Settings
from db.models import User
from db.session import Transactions
from domain.contacts import normalise_email
from services.accounts.registration import create_admin
from services.accounts.sessions import open_session, refresh, sign_in
from services.accounts.tokens import derive_successor
from tests.support.accounts import ANOTHER_PASSWORD, PASSWORD, new_email, read_audit
from tests.support.stored import find_stored


def test_successor_is_the_same_each_time_and_unknown_without_our_key(settings: Settings) -> None:
    token, keys = new_token(), settings.keys
    other = Keys(b"another installation", keys.vault)
    assert derive_successor(keys, token) == derive_successor(keys, token)
    assert len({token, derive_successor(keys, token), derive_successor(other, token)}) == 3
    assert derive_successor(keys, new_token()) != derive_successor(keys, token)


def test_secrets_of_two_purposes_have_nothing_in_common(settings: Settings) -> None:
    keys = settings.keys
    purposes = ["access-token", "refresh-successor", "refresh-token", "exchange-code", "code:1", "code:2"]
    assert len({keys.derive(purpose) for purpose in purposes} | {keys.signing_key}) == len(purposes) + 1
    assert len({keys.hash_secret(purpose, "123456") for purpose in purposes}) == len(purposes)


async def test_tokens_lie_in_no_table(transactions: Transactions, settings: Settings, database_url: str) -> None:
    async with transactions() as session:
        user = User(email=normalise_email(new_email()))
        session.add(user)
        await session.flush()
        first = await open_session(session, user, keys=settings.keys, method="google")
    second = await refresh(transactions, refresh_token=first.refresh_token, keys=settings.keys)
    secrets = [each for tokens in (first, second) for each in (tokens.access_token, tokens.refresh_token)]
    assert find_stored(database_url, secrets) == {secret: set() for secret in secrets}
    assert find_stored(database_url, [str(user.id)])[str(user.id)] >= {"public.user_sessions"}


async def test_administrator_is_made_once_and_made_again(transactions: Transactions, settings: Settings) -> None:
    email, keys = new_email(), settings.keys
    for password, had_account in ((PASSWORD, False), (ANOTHER_PASSWORD, True)):
        async with transactions() as session:
            assert await create_admin(session, email=email, password=password) is had_account
        opened = await sign_in(transactions, email=email, password=password, keys=keys)
        assert (opened.user.is_superuser, opened.user.is_active) == (True, True)
    assert (await read_audit(transactions, str(opened.user.id))).count("user.made_admin") == 2


async def test_user_who_is_made_an_administrator_stays_who_they_are(transactions: Transactions) -> None:
    async with transactions() as session:
        user = User(email=new_email(), full_name="Lan", is_active=False)
        session.add(user)
        await session.flush()
        assert await create_admin(session, email=user.email, password=PASSWORD)
        assert (user.full_name, user.is_active, user.is_superuser) == ("Lan", True, True)
