"""What a proposal asks, in one sentence: for cards, for clients without a chat, and for the record."""

from __future__ import annotations

from datetime import date

from core.messages import Language, format_day, say
from db.models import Proposal
from domain.offers import Slice
from services.bookings.wording import route_text
from services.preferences.kinds import tell_preference


def ask_text(proposal: Proposal, language: Language) -> str:
    """Names no traveller: who that is, a card tells beside it."""
    forgets = proposal.action == "remember" and proposal.quote["value"] is None
    action = "forget" if forgets else proposal.action
    return say(f"confirm.ask.{action}", language, what=subject_text(proposal, language))


def subject_text(proposal: Proposal, language: Language) -> str:
    """What it is about: the preference, the document, the masked address, or else where the trip goes and when."""
    quote = proposal.quote
    match proposal.action:
        case "remember":
            return tell_preference(quote["kind"], quote["value"], language)
        case "forget_document":
            month = date.fromisoformat(f"{quote['expires_in']}-01") if quote["expires_in"] else None
            return document_text(quote["kind"], quote["issuing_country"], month, language)
        case "change_email":
            return str(quote["address"])
    first = Slice.model_validate(quote["slices"][0])
    return f"{route_text(first, language)}, {format_day(first.departs.at_local.date(), language)}"


def document_text(kind: str, country: str | None, expires_on: date | None, language: Language) -> str:
    """Passport (VN, valid until 01/2031): never its number."""
    until = say("confirm.document_until", language, month=f"{expires_on:%m/%Y}") if expires_on else None
    known = ", ".join(each for each in (country, until) if each)
    name = say(f"confirm.document.{kind}", language)
    return f"{name} ({known})" if known else name
