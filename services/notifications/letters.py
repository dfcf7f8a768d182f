"""What a letter says: the sentences of its type, in one layout, written when it is sent."""

from __future__ import annotations

from collections.abc import Mapping

from core.messages import Language, say
from core.templates import render
from providers.messaging.base import Mail

LETTER_TYPES = (
    "verify_email",
    "reset_password",
    "password_changed",
    "email_changed",
    "google_linked",
    "google_linked_password_dropped",
)
"""Each has a subject, a body and a note in the catalogue. No subject takes a parameter: it is kept after sending."""


def compose(
    letter_type: str,
    language: Language,
    params: Mapping[str, str],
    *,
    message_id: str,
    to: str,
    is_simulated: bool,
) -> Mail:
    """The mail for a letter; a `code` among the parameters stands by itself, and large. Raises KeyError."""
    values = {
        "language": language,
        "subject": say(f"mail.{letter_type}.subject", language),
        "greeting": say("mail.greeting", language),
        "body": say(f"mail.{letter_type}.body", language, **params),
        "code": params.get("code"),
        "note": say(f"mail.{letter_type}.note", language),
        "signature": say("mail.signature", language),
        "simulated": say("mail.simulated", language) if is_simulated else None,
    }
    return Mail(
        message_id=message_id,
        to=to,
        subject=values["subject"] or "",
        text=render("mail.txt.j2", **values),
        html=render("mail.html.j2", **values),
        language=language,
    )
