"""Personal data said in a conversation: put away before the words are stored, and taken out again by its owner.

What is stored, logged and shown to a model has numbered placeholders such as "[passport-1]"; a value said again has the
same one. Values are sealed, and dropped after VALUE_KEPT. Of payment cards nothing is kept.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import new_id
from core.security import Actor, Keys
from db.models import VaultEntry
from db.repositories.conversation_vault import ConversationVaultRepository
from db.repositories.conversations import ConversationRepository
from services.conversations.errors import ConversationNotFound, PlaceholderUnknown
from understanding.pii import PLACEHOLDER, PiiKind, find_pii, replace_spans

VALUE_KEPT = timedelta(days=30)
"""Longer than anybody needs to go on with a booking."""

_SAID_IN_WORDS: frozenset[PiiKind] = frozenset({"email", "date of birth"})
"""Kinds whose signs mean something: 1/12/1990 is not 11/2/1990."""

Said = tuple[PiiKind, str]
"""A piece of personal data as it was written."""


async def put_away(session: AsyncSession, keys: Keys, conversation_id: UUID, text: str) -> str:
    """The text as it may be stored: placeholders in the place of personal data, whose values are in the vault.

    The caller holds the conversation's row, so that no number is given twice.
    """
    drawer = _Drawer(session, keys, conversation_id)
    # what is taken out may have hidden a neighbour: "a@b.vn" right before a number
    while spans := find_pii(text):
        names = await drawer.name([(span.kind, text[span.start : span.end]) for span in spans])
        text = replace_spans(text, spans, names)
    return text


async def resolve(session: AsyncSession, keys: Keys, actor: Actor, conversation_id: UUID, text: str) -> str:
    """The text with what its placeholders stand for, which must not be logged or shown to a model.

    Raises ConversationNotFound for whoever does not own the conversation, and PlaceholderUnknown.
    """
    if await ConversationRepository(session).find_readable(actor, conversation_id) is None:
        raise ConversationNotFound
    kept = await ConversationVaultRepository(session, conversation_id).list_named(set(PLACEHOLDER.findall(text)))
    values = {entry.placeholder: open_entry(entry.id, entry.ciphertext, keys) for entry in kept if entry.ciphertext}
    for placeholder in PLACEHOLDER.findall(text):
        if placeholder not in values:
            raise PlaceholderUnknown(placeholder=placeholder)
    return PLACEHOLDER.sub(lambda match: values[match[0]], text)


def open_entry(entry_id: UUID, ciphertext: str, keys: Keys) -> str:
    """The value of an entry."""
    return keys.vault.open(ciphertext, table="vault_entries", column="ciphertext", row_id=entry_id)


class _Drawer:
    """Gives what is said in one message its placeholders."""

    def __init__(self, session: AsyncSession, keys: Keys, conversation_id: UUID) -> None:
        self._session = session
        self._keys = keys
        self._conversation_id = conversation_id
        self._repository = ConversationVaultRepository(session, conversation_id)
        self._cards: dict[str, str] = {}
        """Told apart within the message, and forgotten with it."""

    async def name(self, said: Sequence[Said]) -> list[str]:
        """The placeholder of each, known or new."""
        hashes = {each: self._hash(each) for each in said if each[0] != "card"}
        known = dict(await self._repository.find_by_hashes(set(hashes.values())))
        if not known.keys() >= set(hashes.values()):
            counts = Counter(await self._repository.count_by_kind())
            for (kind, value), value_hash in hashes.items():
                if value_hash not in known:
                    counts[kind] += 1
                    known[value_hash] = f"[{kind}-{counts[kind]}]"
                    self._keep(known[value_hash], kind, value, value_hash)
            await self._session.flush()
        return [known[hashes[each]] if each in hashes else self._name_card(each) for each in said]

    def _name_card(self, said: Said) -> str:
        return self._cards.setdefault(_normalise(said), f"[card-{len(self._cards) + 1}]")

    def _hash(self, said: Said) -> bytes:
        return self._keys.hash_secret("conversation-vault", f"{self._conversation_id}:{said[0]}:{_normalise(said)}")

    def _keep(self, placeholder: str, kind: PiiKind, value: str, value_hash: bytes) -> None:
        entry_id = new_id()
        self._session.add(
            VaultEntry(
                id=entry_id,
                conversation_id=self._conversation_id,
                placeholder=placeholder,
                kind=kind,
                value_hash=value_hash,
                ciphertext=self._keys.vault.seal(value, table="vault_entries", column="ciphertext", row_id=entry_id),
            )
        )


def _normalise(said: Said) -> str:
    """The same for a value however it is spaced and cased."""
    kind, value = said
    plain = unicodedata.normalize("NFKC", value).casefold()
    if kind in _SAID_IN_WORDS:
        return " ".join(plain.split())
    return "".join(character for character in plain if character.isalnum())
