"""What was said in confidence: the same value has the same placeholder, and only its owner gets it back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from core.clock import clock
from core.security import CHAT_SCOPE, Actor, Keys
from core.settings import Settings
from core.vault import Unsealable
from db.models import Conversation, User, VaultEntry
from db.repositories import conversations
from db.session import Transactions
from services.conversations import threads, vault
from services.conversations.errors import ConversationNotFound, MessageIdReused, PlaceholderUnknown
from services.conversations.threads import ThreadDefaults
from services.conversations.turns import Incoming, begin_turn
from services.conversations.vault import VALUE_KEPT, put_away, resolve
from services.housekeeping import tidy
from tests.conftest import NOW
from understanding.pii import PLACEHOLDER, find_pii, replace_spans, without_placeholders

EMAIL, PASSPORT = "lan@example.com", "B7654321"


@dataclass
class Room:
    """Somebody with a conversation."""

    transactions: Transactions
    keys: Keys
    actor: Actor
    conversation_id: UUID

    async def say(self, text: str) -> str:
        async with self.transactions() as session:
            return await put_away(session, self.keys, self.conversation_id, text)

    async def resolve(self, text: str, *, conversation_id: UUID | None = None) -> str:
        async with self.transactions() as session:
            return await resolve(session, self.keys, self.actor, conversation_id or self.conversation_id, text)

    async def entries(self) -> Sequence[VaultEntry]:
        async with self.transactions() as session:
            rows = select(VaultEntry).where(VaultEntry.conversation_id == self.conversation_id)
            return list(await session.scalars(rows.order_by(VaultEntry.created_at, VaultEntry.id)))


async def open_room(transactions: Transactions, keys: Keys, actor: Actor | None = None) -> Room:
    async with transactions() as session:
        if actor is None:
            user = User(email=f"{uuid4().hex}@example.com")
            session.add(user)
            await session.flush()
            actor = Actor(kind="user", user_id=user.id, scopes=frozenset({CHAT_SCOPE}))
        made = await threads.create(
            session, actor, channel="web", time_zone=None, defaults=ThreadDefaults(keys, "Asia/Ho_Chi_Minh")
        )
        return Room(transactions, keys, actor, made.conversation.id)


@pytest.fixture
async def room(transactions: Transactions, settings: Settings) -> Room:
    return await open_room(transactions, settings.keys)


async def test_a_value_said_again_has_the_same_placeholder_however_it_is_written(room: Room) -> None:
    assert await room.say(f"hộ chiếu {PASSPORT}, mail {EMAIL}") == "hộ chiếu [passport-1], mail [email-1]"
    assert await room.say("mail LAN@Example.com hoặc tu@example.com") == "mail [email-1] hoặc [email-2]"
    assert await room.say("gọi 0912 345 678 hay 0912345678") == "gọi [phone-1] hay [phone-1]"
    assert await room.say("sinh ngày 1/12/1990, bé sinh ngày 11/2/1990") == (
        "sinh ngày [date of birth-1], bé sinh ngày [date of birth-2]"
    )
    assert await room.say("b 7 6 5 4 3 2 1 là hộ chiếu") == "[passport-1] là hộ chiếu"
    assert len(await room.entries()) == 6


async def test_only_a_placeholder_and_what_opens_nothing_is_in_the_row(room: Room) -> None:
    await room.say(f"passport {PASSPORT}")
    (entry,) = await room.entries()
    assert (entry.placeholder, entry.kind) == ("[passport-1]", "passport")
    assert PASSPORT not in str([entry.ciphertext, entry.value_hash])
    with pytest.raises(Unsealable):
        vault.open_entry(uuid4(), str(entry.ciphertext), room.keys)


async def test_of_a_card_nothing_is_kept(room: Room) -> None:
    said = "thẻ 4111 1111 1111 1111 cvv 123, hoặc 4111111111111111"
    assert await room.say(said) == "thẻ [card-1] cvv [card-2], hoặc [card-1]"
    assert await room.entries() == []
    with pytest.raises(PlaceholderUnknown):
        await room.resolve("[card-1]")


async def test_owner_gets_back_what_was_said(room: Room) -> None:
    assert await room.say(f"mail {EMAIL} và hộ chiếu {PASSPORT}") == "mail [email-1] và hộ chiếu [passport-1]"
    assert await room.resolve("[email-1]") == EMAIL
    assert await room.resolve("[passport-1] / [email-1]") == f"{PASSPORT} / {EMAIL}"
    assert await room.resolve("nothing of that kind") == "nothing of that kind"


@pytest.mark.parametrize("placeholder", ["[email-2]", "[email]", "[phone-1]", "[email-01]", "x [email-1] [email-9]"])
async def test_unknown_placeholder_says_so(room: Room, placeholder: str) -> None:
    await room.say(EMAIL)
    with pytest.raises(PlaceholderUnknown) as refused:
        await room.resolve(placeholder)
    missing = str(refused.value.params["placeholder"])
    assert missing in placeholder
    assert missing != "[email-1]"


async def compare_strangers(room: Room, strangers: Sequence[Room]) -> None:
    for stranger in strangers:
        for theirs in (room.conversation_id, uuid4()):
            with pytest.raises(ConversationNotFound):
                await stranger.resolve("[email-1]", conversation_id=theirs)
        with pytest.raises(PlaceholderUnknown):
            await stranger.resolve("[email-1]")


async def find_strangers(room: Room) -> list[Room]:
    tokens = [Actor(conversation_token_hash=token) for token in (b"one", b"two")]
    return [await open_room(room.transactions, room.keys, actor) for actor in (None, *tokens)]


async def test_somebody_elses_conversation_is_as_if_it_did_not_exist(room: Room) -> None:
    await room.say(EMAIL)
    await compare_strangers(room, await find_strangers(room))
    assert await room.resolve("[email-1]") == EMAIL


async def test_without_the_filter_the_stranger_is_noticed(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: everybody may read every conversation."""
    await room.say(EMAIL)
    strangers = await find_strangers(room)
    monkeypatch.setattr(conversations, "readable_by", lambda _: Conversation.id.is_not(None))
    with pytest.raises(pytest.fail.Exception):
        await compare_strangers(room, strangers)


async def test_one_value_in_two_conversations_cannot_be_told_to_be_one(room: Room) -> None:
    other = await open_room(room.transactions, room.keys, room.actor)
    for each in (room, other):
        assert await each.say(EMAIL) == "[email-1]"
    hashes = [entry.value_hash for each in (room, other) for entry in await each.entries()]
    assert len(set(hashes)) == 2
    with pytest.raises(PlaceholderUnknown):
        await (await open_room(room.transactions, room.keys, room.actor)).resolve("[email-1]")


async def test_claimed_conversation_keeps_what_was_said_for_its_new_owner(
    transactions: Transactions, room: Room
) -> None:
    visitor = await open_room(transactions, room.keys, Actor(conversation_token_hash=b"token"))
    await visitor.say(EMAIL)
    both = Actor("user", room.actor.user_id, scopes=room.actor.scopes, conversation_token_hash=b"token")
    async with transactions() as session:
        await threads.claim(session, both, visitor.conversation_id)
    assert await room.resolve("[email-1]", conversation_id=visitor.conversation_id) == EMAIL
    with pytest.raises(ConversationNotFound):
        await visitor.resolve("[email-1]")


async def test_values_go_after_thirty_days_and_their_numbers_are_not_given_again(room: Room) -> None:
    await room.say(EMAIL)
    for later, is_kept in ((VALUE_KEPT, True), (VALUE_KEPT + timedelta(seconds=1), False)):
        with clock.frozen(NOW + later):
            async with room.transactions() as session:
                await tidy(session)
        (entry,) = await room.entries()
        assert ((entry.ciphertext is not None), (entry.value_hash is not None)) == (is_kept, is_kept)
    with pytest.raises(PlaceholderUnknown):
        await room.resolve("[email-1]")
    assert await room.say(f"tu@example.com, {EMAIL}") == "[email-2], [email-3]"


@pytest.mark.parametrize("model", [Conversation, User])
async def test_vault_goes_with_the_conversation_and_with_the_account(
    room: Room, model: type[Conversation] | type[User]
) -> None:
    await room.say(EMAIL)
    other = await open_room(room.transactions, room.keys)
    await other.say(EMAIL)
    theirs = room.conversation_id if model is Conversation else room.actor.user_id
    async with room.transactions() as session:
        await session.execute(delete(model).where(model.id == theirs))
        assert await session.scalar(select(func.count()).select_from(VaultEntry)) == 1
    assert await other.resolve("[email-1]") == EMAIL


async def test_value_copied_into_another_row_does_not_open(room: Room) -> None:
    await room.say(f"{EMAIL}, tu@example.com")
    first, second = await room.entries()
    async with room.transactions() as session:
        moved = update(VaultEntry).where(VaultEntry.id == second.id).values(ciphertext=first.ciphertext)
        await session.execute(moved)
    with pytest.raises(Unsealable):
        await room.resolve("[email-2]")


async def test_message_sent_again_is_the_same_message(room: Room, settings: Settings) -> None:
    defaults, sent = ThreadDefaults(settings.keys, "Asia/Ho_Chi_Minh"), uuid4()

    async def send(text: str) -> tuple[bool, str]:
        incoming = Incoming(text, conversation_id=room.conversation_id, client_message_id=sent)
        async with room.transactions() as session:
            turn = await begin_turn(session, room.actor, incoming, defaults=defaults)
            return turn.is_new, turn.message.content

    said = f"{EMAIL}, thẻ 4111111111111111, {PASSPORT}"
    assert await send(said) == (True, "[email-1], thẻ [card-1], [passport-1]")
    assert await send(said) == (False, "[email-1], thẻ [card-1], [passport-1]")
    with pytest.raises(MessageIdReused):
        await send(said.replace(EMAIL, "tu@example.com"))
    assert len(await room.entries()) == 2, "what was refused left nothing"


async def test_message_full_of_addresses_is_put_away(room: Room) -> None:
    said = " ".join(f"a{number}@b.vn" for number in range(300))
    assert len(PLACEHOLDER.findall(await room.say(said))) == 300
    assert await room.resolve("[email-300]") == "a299@b.vn"


def number_placeholders(text: str) -> str:
    counts: Counter[str] = Counter()
    while spans := find_pii(text):
        names = []
        for span in spans:
            counts[span.kind] += 1
            names.append(f"[{span.kind}-{counts[span.kind]}]")
        text = replace_spans(text, spans, names)
    return text


WORDS = """
    hộ chiếu B7654321 passport b 7 6 5 4 3 2 1 sinh ngày 1/12/1990 dob 17 May 1990 lan@example.com at gmail.com 0912 345
    678 +84 912345678 4111 1111 1111 1111 cvv 123 cccd 001190012345 zero nine one two [passport-1] [email-12] [phone-3]
    [id-7] , . - : số là is 12 1990 một hai ba
"""
PIECES = [*WORDS.split(), "[date of birth-1]"]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join))
@settings(deadline=None, max_examples=150)
def test_what_is_put_away_has_nothing_left_to_put_away(message: str) -> None:
    stored = number_placeholders(message)
    assert find_pii(stored) == []
    assert not re.search(r"\[[a-z ]+-\d+\]", without_placeholders(stored))
