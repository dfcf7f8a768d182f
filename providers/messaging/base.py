"""What any sender of mail does, in our own words.

MailError
├── MailNotAccepted   this mail will never get there: the address does not exist, the content is refused
└── MailUnavailable   nothing is wrong with the mail: try again later
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

SEND_SECONDS = 20
"""A sender has given up by then; the lease on a letter is measured against it."""


class MailError(Exception):
    """A mail that did not go out. Its text names no address and quotes no server."""


class MailNotAccepted(MailError):
    """Refused for good."""


class MailUnavailable(MailError):
    """Not now. The mail may have gone out all the same, when the answer was lost."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that comes with a mail: text, in UTF-8."""

    name: str
    """ASCII, with its extension."""
    content_type: str
    """`text/…`, with its parameters other than the charset."""
    content: bytes

    def __repr__(self) -> str:
        return f"Attachment({self.content_type})"


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one person. Its repr is silent about what only they may know."""

    message_id: str
    """The same whenever the same mail is sent again; the sender adds a domain of its own."""
    to: str
    subject: str
    text: str
    html: str
    language: str
    attachments: tuple[Attachment, ...] = ()

    def __repr__(self) -> str:
        return f"Mail({self.message_id})"


@dataclass(frozen=True, slots=True)
class StoredMail:
    """A simulated mail and when it was sent."""

    mail: Mail
    sent_at: datetime


class MailSender(Protocol):
    @property
    def is_simulated(self) -> bool:
        """Whether mail stays in a box instead of going to people."""
        ...

    async def send(self, mail: Mail) -> None:
        """Hand the mail over within SEND_SECONDS; raises MailNotAccepted, MailUnavailable."""
        ...


class Outbox(Protocol):
    """Where simulated mail can be read."""

    async def list_newest(self, *, limit: int) -> Sequence[StoredMail]: ...

    async def find_attachment(self, message_id: str, position: int) -> Attachment | None:
        """A file of a mail, counted from 0."""
        ...
