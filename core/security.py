"""Who is asking, and the secrets that prove it."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """The caller as the credential says; never read from a body or a model's arguments."""

    kind: Literal["anonymous", "user", "client"] = "anonymous"
    user_id: UUID | None = None
    client_id: UUID | None = None
    scopes: frozenset[str] = frozenset()
    session_id: UUID | None = None
    conversation_token_hash: bytes | None = None
    """What an anonymous visitor holds instead of an account: it opens the conversations made with it."""


def new_token() -> str:
    """An unguessable bearer token of 256 bits."""
    return secrets.token_urlsafe(32)


def hash_token(token: str, key: bytes) -> bytes:
    """What is stored instead of a token; useless to whoever reads the database alone."""
    return hmac.new(key, token.encode(), hashlib.sha256).digest()


def load_or_create_secrets(data_dir: Path) -> bytes:
    """The signing key of this installation, made on the first run and readable by its owner only (mode 0600)."""
    path = data_dir / "secrets.json"
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = data_dir / f"secrets.json.{secrets.token_hex(4)}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"secret_key": new_token()}, file)
    try:
        # a hard link fails when the name is taken, so of two first starts one key wins and it is never half written
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    key: str = json.loads(path.read_text())["secret_key"]
    return key.encode()
