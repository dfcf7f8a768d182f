"""What a letter says: the sentences of its type, in one layout, written when it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.messages import Language, say
from core.templates import render
from providers.messaging.base import Attachment, Mail

LETTER_TYPES = (
    "verify_email",
    "reset_password",
    "password_changed",
    "email_changed",
    "google_linked",
    "google_linked_password_dropped",
    "support_ticket",
)
"""Each has a subject, a body and a note in the catalogue. No subject takes a parameter: it is kept after sending."""


@dataclass(frozen=True, slots=True)
class Particulars:
    """What a letter about a booking says beside its sentences."""

    trip: str
    """Where to and when: the one thing a subject may tell."""
    flights: tuple[tuple[str, ...], ...] = ()
    """The lines of each."""
    facts: tuple[tuple[str, str], ...] = ()
    """Each with what it is."""
    sentences: tuple[str, ...] = ()
    """After the body."""
    banners: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()


NO_PARTICULARS = Particulars(trip="")


def compose(
    letter_type: str,
    language: Language,
    params: Mapping[str, str],
    *,
    message_id: str,
    to: str,
    is_simulated: bool,
    particulars: Particulars = NO_PARTICULARS,
) -> Mail:
    """The mail for a letter; a `code` among the parameters stands by itself, and large. Raises KeyError."""
    banners = [say("mail.simulated", language)] if is_simulated else []
    subject = say(f"mail.{letter_type}.subject", language, trip=particulars.trip)
    values = {
        "language": language,
        "subject": subject,
        "greeting": say("mail.greeting", language),
        "sentences": [say(f"mail.{letter_type}.body", language, **params), *particulars.sentences],
        "code": params.get("code"),
        "flights": particulars.flights,
        "facts": particulars.facts,
        "note": say(f"mail.{letter_type}.note", language),
        "signature": say("mail.signature", language),
        "banners": [*banners, *particulars.banners],
    }
    return Mail(
        message_id=message_id,
        to=to,
        subject=subject,
        text=render("mail.txt.j2", **values),
        html=render("mail.html.j2", **values),
        language=language,
        attachments=particulars.attachments,
    )
