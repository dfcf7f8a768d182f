"""Sealing what must not stand in a column as it is: AES-256-GCM, bound to one column of one row.

A sealed text reads `v1|<key id>|<nonce and ciphertext, base64>`. The place (table, column, row id) is associated data:
a text moved to another row or column does not open. The first key seals; all of them open, until `rotate-keys` has
sealed everything anew.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Callable, Mapping
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12

_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


class Unsealable(Exception):
    """A sealed text that was altered, moved from its place, or sealed with a key that is not here."""


class Vault:
    """Seals with the first of its keys and opens with any.

    `reload` gives the keys as they are now; it is asked when a text names one that came after this vault was made.
    """

    def __init__(self, keys: Mapping[str, bytes], reload: Callable[[], Mapping[str, bytes]] | None = None) -> None:
        self._reload = reload
        self._take(keys)

    def _take(self, keys: Mapping[str, bytes]) -> None:
        self._keys = dict(keys)
        self.newest_key_id = next(iter(keys))

    def seal(self, text: str, *, table: str, column: str, row_id: UUID) -> str:
        """The text as its column may hold it."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + AESGCM(self._keys[self.newest_key_id]).encrypt(
            nonce, text.encode(), _place(table, column, row_id)
        )
        return f"v1|{self.newest_key_id}|{base64.b64encode(sealed).decode()}"

    def open(self, sealed: str, *, table: str, column: str, row_id: UUID) -> str:
        """The text sealed for this place; raises Unsealable."""
        version, key_id, body = sealed.split("|")
        if key_id not in self._keys and self._reload is not None:
            self._take(self._reload())
        if version != "v1" or key_id not in self._keys:
            raise Unsealable(f"{table}.{column} is sealed with the unknown key {key_id}")
        data = base64.b64decode(body)
        try:
            return (
                AESGCM(self._keys[key_id])
                .decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], _place(table, column, row_id))
                .decode()
            )
        except InvalidTag as error:
            raise Unsealable(f"{table}.{column} of row {row_id} does not open") from error


def _place(table: str, column: str, row_id: UUID) -> bytes:
    return f"{table}:{column}:{row_id}".encode()


def new_document_key() -> str:
    """A key with an id of its own, as DOCUMENT_KEYS spells it."""
    return f"{secrets.token_hex(4)}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


def read_document_keys(text: str) -> dict[str, bytes]:
    """`id:base64` pairs, newest first, parted by commas; raises ValueError without quoting them."""
    keys: dict[str, bytes] = {}
    for entry in text.split(","):
        key_id, _, encoded = entry.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not _KEY_ID.fullmatch(key_id) or len(key) != KEY_BYTES or key_id in keys:
            raise ValueError(
                f"should be id:key pairs parted by commas, each key {KEY_BYTES} bytes in base64, ids unique"
            )
        keys[key_id] = key
    return keys
