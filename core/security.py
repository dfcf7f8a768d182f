"""Who is asking, and the secrets that prove it."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from uuid import UUID

from core.errors import Forbidden, Unauthorized
from core.vault import Vault, new_document_key

ACCOUNT_SCOPE = "account"
"""What a sign-in on our own pages or by an API client gives; a token handed to a foreign page lacks it."""
CHAT_SCOPE = "chat"
BOOKINGS_SCOPE = "bookings"


@dataclass(frozen=True, slots=True)
class Actor:
    """The caller as the credential says; never read from a body or a model's arguments."""

    kind: Literal["anonymous", "user", "client"] = "anonymous"
    user_id: UUID | None = None
    client_id: UUID | None = None
    """The site, partner or program whose key came with the request."""
    scopes: frozenset[str] = frozenset()
    session_id: UUID | None = None
    is_superuser: bool = False
    conversation_token_hash: bytes | None = None
    """What an anonymous visitor holds instead of an account: it opens the conversations made with it."""

    def require_user(self, scope: str = ACCOUNT_SCOPE) -> UUID:
        """The signed-in user's id; raises Unauthorized for a visitor, Forbidden for a token without the scope.

        A sign-in reaches everything of the user's.
        """
        if self.user_id is None:
            raise Unauthorized
        if self.scopes.isdisjoint({scope, ACCOUNT_SCOPE}):
            raise Forbidden
        return self.user_id

    def require_admin(self) -> UUID:
        """The signed-in administrator's id; raises Unauthorized and Forbidden."""
        user_id = self.require_user()
        if not self.is_superuser:
            raise Forbidden
        return user_id


@dataclass(frozen=True, slots=True)
class Keys:
    """The installation's secrets, as services use them."""

    signing_key: bytes
    vault: Vault

    def derive(self, purpose: str) -> bytes:
        """A key for one purpose, so that what one makes means nothing to another."""
        return hmac.new(self.signing_key, purpose.encode(), hashlib.sha256).digest()

    def hash_secret(self, purpose: str, secret: str) -> bytes:
        """What is stored instead of a secret; useless to whoever reads the database alone."""
        return hmac.new(self.derive(purpose), secret.encode(), hashlib.sha256).digest()


def new_token() -> str:
    """An unguessable bearer token of 256 bits."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class StoredSecrets:
    """What an installation without SECRET_KEY or DOCUMENT_KEYS keeps in DATA_DIR."""

    secret_key: str
    document_keys: str


def load_or_create_secrets(data_dir: Path) -> StoredSecrets:
    """The secrets of this installation, made on the first run and readable by their owner only (mode 0600)."""
    with _locked_secrets(data_dir) as path:
        found = json.loads(path.read_text()) if path.exists() else {}
        stored = {"secret_key": new_token(), "document_keys": new_document_key()} | found
        if stored != found:
            _write_secrets(path, stored)
    return StoredSecrets(**stored)


def add_document_key(data_dir: Path) -> None:
    """Put a new key before those that sealed documents so far."""
    stored = load_or_create_secrets(data_dir)
    with _locked_secrets(data_dir) as path:
        keys = f"{new_document_key()},{stored.document_keys}"
        _write_secrets(path, {"secret_key": stored.secret_key, "document_keys": keys})


@contextmanager
def _locked_secrets(data_dir: Path) -> Iterator[Path]:
    """The secrets' file, one process at a time: of two first starts both must end with the same keys."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data_dir / "secrets.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield data_dir / "secrets.json"


def _write_secrets(path: Path, stored: dict[str, str]) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(stored, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
