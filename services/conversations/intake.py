"""What a message passes before anything of it is stored: size and form. Personal data goes to the vault next."""

from __future__ import annotations

from typing import Any

from services.conversations.errors import MessageEmpty, MessageTooLong
from understanding.pii import redact
from understanding.text import clean, keep_readable

MAX_MESSAGE_CHARACTERS = 4_000
"""Far beyond any travel wish; a limit keeps prompts and parsers bounded."""


def make_readable(text: str) -> str:
    """The text as people see it, in NFC; not yet fit to be stored. Raises MessageEmpty and MessageTooLong."""
    if len(text) > MAX_MESSAGE_CHARACTERS:
        raise MessageTooLong(limit=MAX_MESSAGE_CHARACTERS)
    readable = keep_readable(text).strip()
    if not clean(readable).strip():
        raise MessageEmpty
    return readable


def take_in_context(value: Any) -> Any:
    """What a host page says about itself, with personal data replaced in every text of it."""
    match value:
        case str():
            return redact(value)
        case list():
            return [take_in_context(each) for each in value]
        case dict():
            return {redact(key): take_in_context(each) for key, each in value.items()}
        case _:
            return value
