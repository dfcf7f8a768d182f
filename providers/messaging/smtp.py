"""Mail over SMTP: TLS from the first byte (smtps), or STARTTLS, which only a server on this machine is spared."""

from __future__ import annotations

import asyncio
import re
import ssl
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Literal
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib import (
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from core.clock import clock
from core.errors import ConfigurationError
from core.origins import is_loopback
from core.settings import Settings
from providers.messaging.base import SEND_SECONDS, Attachment, Mail, MailNotAccepted, MailUnavailable

STEP_SECONDS = 10
"""For the connection and for each answer."""
PERMANENT = 500
"""SMTP's replies from here on are refusals for good."""

_SENDER = re.compile(r"(?:[^<>@\r\n]+ )?<?[^<>@\s]+@[^<>@\s]+>?")


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed over, and as whom."""

    host: str
    port: int
    tls: Literal["implicit", "starttls", "none"]
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def from_url(cls, url: str) -> SmtpServer:
        """Read smtps://user:password@host:465 or smtp://host:587, percent-encoded; raises ValueError."""
        parts = urlsplit(url)
        host, implicit = parts.hostname, parts.scheme == "smtps"
        # a second @ is part of a password that was not encoded
        if parts.scheme not in ("smtp", "smtps") or not host or not url.count("@") == parts.netloc.count("@") <= 1:
            raise ValueError("no URL of a mail server")
        return cls(
            host=host,
            port=parts.port or (465 if implicit else 587),
            tls="implicit" if implicit else "none" if is_loopback(host) else "starttls",
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )


def create_smtp_sender(settings: Settings) -> SmtpSender | None:
    """The sender the settings ask for, or None without SMTP_URL; raises ConfigurationError."""
    if settings.smtp_url is None:
        return None
    try:
        server = SmtpServer.from_url(settings.smtp_url.get_secret_value())
    except ValueError:
        raise ConfigurationError(
            "SMTP_URL should look like smtps://user:password@host:465 or smtp://host:587, with the special characters "
            "of a password percent-encoded."
        ) from None
    if not _SENDER.fullmatch(settings.mail_from):
        raise ConfigurationError("MAIL_FROM should look like Travel assistant <no-reply@example.com>.")
    return SmtpSender(server, settings.mail_from)


class SmtpSender:
    """Hands each mail over on a connection of its own."""

    is_simulated = False

    def __init__(self, server: SmtpServer, mail_from: str, tls_context: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._from = mail_from
        self._domain = parseaddr(mail_from)[1].rpartition("@")[2]
        self._tls_context = tls_context

    async def send(self, mail: Mail) -> None:
        """Raises MailNotAccepted when the server refuses this mail or address, MailUnavailable for everything else."""
        message = self._write(mail)
        try:
            async with asyncio.timeout(SEND_SECONDS), self._connect() as connection:
                await connection.send_message(message)
        # the library's errors quote addresses and servers' answers: none of that goes further
        except SMTPRecipientsRefused as error:
            raise _read_refusal(error.recipients[0]) from None
        except SMTPDataError as error:
            raise _read_refusal(error) from None
        except (SMTPNotSupported, ValueError) as error:  # an address this server cannot be told
            raise MailNotAccepted(type(error).__name__) from None
        except (SMTPException, OSError) as error:
            raise MailUnavailable(type(error).__name__) from None

    def _connect(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._server.host,
            port=self._server.port,
            username=self._server.username,
            password=self._server.password,
            use_tls=self._server.tls == "implicit",
            start_tls=self._server.tls == "starttls",
            tls_context=self._tls_context,
            timeout=STEP_SECONDS,
            local_hostname=self._domain if self._domain.isascii() else None,
        )

    def _write(self, mail: Mail) -> EmailMessage:
        """The mail as it goes over the wire; raises MailNotAccepted for a header that would be two."""
        message = EmailMessage(policy=SMTP)
        message["Message-ID"] = f"<{mail.message_id}@{self._domain}>"
        message["From"] = self._from
        try:
            name, _, domain = mail.to.rpartition("@")
            message["To"] = Address(username=name, domain=domain.encode("idna").decode())
            message["Subject"] = mail.subject
        except ValueError as error:  # the email package refuses line breaks
            raise MailNotAccepted(type(error).__name__) from None
        message["Date"] = format_datetime(clock.now())
        # keeps holiday replies away
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        for attachment in mail.attachments:
            _attach(message, attachment)
        message["Content-Language"] = mail.language  # now: an earlier one would go to the first part
        return message


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    kind, *params = (part.strip() for part in attachment.content_type.split(";"))
    message.add_attachment(
        attachment.content.decode(),
        subtype=kind.removeprefix("text/"),
        filename=attachment.name,
        params=dict(param.split("=", 1) for param in params),
    )


def _read_refusal(error: SMTPResponseException) -> MailNotAccepted | MailUnavailable:
    kind = MailNotAccepted if error.code >= PERMANENT else MailUnavailable
    return kind(f"{type(error).__name__} {error.code}")
