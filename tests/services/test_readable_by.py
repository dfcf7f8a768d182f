"""A caller sees their own conversations; everybody else's do not exist."""

from __future__ import annotations

from uuid import UUID

import pytest

from core.ids import new_id
from core.security import Actor
from db.models import Conversation, User
from db.repositories.conversations import ConversationRepository
from db.session import Transactions
from services.conversations import threads
from services.conversations.errors import ConversationNotFound

ANNA, BINH = new_id(), new_id()
ACTORS = {
    "anna": Actor(kind="user", user_id=ANNA),
    "binh": Actor(kind="user", user_id=BINH),
    "anna with a visitor's token": Actor(kind="user", user_id=ANNA, conversation_token_hash=b"visitor"),
    "visitor": Actor(conversation_token_hash=b"visitor"),
    "another visitor": Actor(conversation_token_hash=b"other"),
    "holder of an empty token": Actor(conversation_token_hash=b""),
    "nobody": Actor(),
    "holder of a claimed thread's token": Actor(conversation_token_hash=b"claimed"),
}
SEEN = {
    "anna": {"anna's", "claimed"},
    "binh": {"binh's"},
    "anna with a visitor's token": {"anna's", "claimed"},
    "visitor": {"visitor's"},
    "another visitor": set(),
    "holder of an empty token": set(),
    "nobody": set(),
    "holder of a claimed thread's token": set(),
}


async def put_conversations(transactions: Transactions) -> dict[str, UUID]:
    owners = {
        "anna's": (ANNA, None),
        "binh's": (BINH, None),
        "claimed": (ANNA, b"claimed"),
        "visitor's": (None, b"visitor"),
        "nobody's": (None, None),
    }
    made: dict[str, UUID] = {}
    async with transactions() as session:
        session.add_all(User(id=user_id, email=f"{user_id}@example.com") for user_id in (ANNA, BINH))
        await session.flush()
        for name, (user_id, token_hash) in owners.items():
            made[name] = new_id()
            session.add(
                Conversation(
                    id=made[name],
                    user_id=user_id,
                    token_hash=token_hash,
                    channel="web",
                    time_zone="UTC",
                    state={},
                    context={},
                )
            )
    return made


async def test_everybody_sees_exactly_their_own(transactions: Transactions) -> None:
    made = await put_conversations(transactions)
    for who, actor in ACTORS.items():
        async with transactions() as session:
            repository = ConversationRepository(session)
            listed = {each.id for each, _ in await repository.list_readable(actor, skip=0, limit=100)}
            found = {name for name, id_ in made.items() if await repository.find_readable(actor, id_)}
            locked = {name for name, id_ in made.items() if await repository.find_readable(actor, id_, for_update=True)}
        assert found == locked == SEEN[who], who
        assert listed == {made[name] for name in SEEN[who]}, who


async def test_stranger_is_told_the_same_as_about_a_thread_that_never_was(transactions: Transactions) -> None:
    made = await put_conversations(transactions)
    told = []
    for conversation_id in (made["binh's"], new_id()):
        with pytest.raises(ConversationNotFound) as refused:
            async with transactions() as session:
                await threads.get(session, ACTORS["anna"], conversation_id)
        told.append((refused.value.code, refused.value.params, refused.value.extra))
    assert told[0] == told[1]


async def test_stranger_can_delete_nothing(transactions: Transactions) -> None:
    made = await put_conversations(transactions)
    with pytest.raises(ConversationNotFound):
        async with transactions() as session:
            await threads.delete(session, ACTORS["anna"], made["binh's"])
    async with transactions() as session:
        assert await session.get(Conversation, made["binh's"]) is not None
